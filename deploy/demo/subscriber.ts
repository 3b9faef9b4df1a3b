// Somebody who subscribes to the demo's events: counts what a read-committed reader of one topic gets, as it arrives.

import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterLink } from '../../src/kafka/cluster-link.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { RecordSetReader } from '../../src/kafka/record-set-reader.ts';
import type { InputRecord } from '../../src/pipeline/ports.ts';

const WAIT_MS = 500;
const BYTES_MAX = 4 * 1024 * 1024;

export class Subscriber {
  /** events got so far */
  count = 0;
  readonly #link: ClusterLink;
  readonly #positions = new Map<number, number>();
  #ended = false;

  constructor(brokers: readonly string[], topic: string) {
    this.#link = new ClusterLink(createKafka({ brokers, clientId: 'taskfold-demo-subscriber' }, 'read'), topic);
  }

  /** Reads on until `close`. What goes wrong is tried again. */
  async listen(): Promise<void> {
    while (!this.#ended) {
      await this.#readOn().catch(() => sleep(WAIT_MS));
    }
  }

  async #readOn(): Promise<void> {
    const leaders = await this.#link.leaders();
    for (const [leader, partitions] of Map.groupBy(leaders.keys(), (partition) => leaders.get(partition)!)) {
      const asks = partitions.map((partition) => {
        return { partition, offset: this.#positions.get(partition) ?? 0, bytesMax: BYTES_MAX };
      });
      const limits = { waitMs: WAIT_MS, bytesMax: BYTES_MAX };
      const answer = await this.#link.fetch(leader, asks, 'committed', limits);
      for (const { partition, errorCode, records, aborted } of answer.partitions) {
        if (errorCode !== 0) throw new Error(`error ${errorCode}`);
        const reader = new RecordSetReader(records, partition, this.#positions.get(partition) ?? 0, aborted);
        const got: InputRecord[] = [];
        while (!reader.exhausted) reader.read(got, got.length + 10_000);
        this.count += got.length;
        this.#positions.set(partition, reader.end);
      }
    }
    // A broker answers at once while anything is there, and the demo's processors need the machine more.
    await sleep(WAIT_MS);
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#link.close();
  }
}
