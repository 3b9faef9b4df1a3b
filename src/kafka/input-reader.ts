// The port `InputLog` for whoever is no member of the group: reads any partition of the input topic, read committed.

import type { Kafka } from 'kafkajs';
import { Fault } from '../pipeline/errors.ts';
import type { InputLog, LogBatch } from '../pipeline/ports.ts';
import { ClusterLink } from './cluster-link.ts';
import { type KafkaLog, silentLog } from './connection.ts';
import { LogFetcher } from './log-fetcher.ts';

export class InputReader implements InputLog {
  readonly #link: ClusterLink;
  readonly #fetcher: LogFetcher;

  constructor(kafka: Kafka, topic: string, log: KafkaLog = silentLog) {
    this.#link = new ClusterLink(kafka, topic);
    this.#fetcher = new LogFetcher(this.#link, 'committed', log);
  }

  fetch(partition: number, position: number, limits: { records_max: number; wait_ms: number }): Promise<LogBatch> {
    this.#fetcher.open(partition);
    return this.#fetcher.fetch(partition, position, limits);
  }

  async bounds(partition: number): Promise<{ start: number; end: number }> {
    const start = await this.#link.offsets([partition], 'start');
    const end = await this.#link.offsets([partition], 'end');
    return { start: start.get(partition)!, end: end.get(partition)! };
  }

  partitionCount(options?: { fresh: boolean }): Promise<number> {
    return this.#link.partitionCount(options);
  }

  async close(): Promise<void> {
    this.#fetcher.stop(new Fault('partition_lost', 'the reader is closed'));
    await this.#link.close();
  }
}
