// Reads what transactional producers wrote, without waiting for the transactions of others. A read-committed reader
// stops at the first open transaction of anybody; after our own fence every earlier transaction of *ours* has ended, so
// reading uncommitted records and learning each outcome from its marker tells all about them at once, even while a
// killed processor's transaction stays open for many seconds.

import type { InputRecord } from '../pipeline/ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { fetchRounds, type RecordSet } from './fetch-rounds.ts';
import { BatchBody, batchAt } from './record-batches.ts';

/** Picks what matters of a record, null: nothing. */
export type Pick<Item> = (record: InputRecord) => Item | null;

/** ms; a claim waits for this reading */
const STALL_MS_MAX = 15_000;

export class TransactionScan<Item> {
  readonly #link: ClusterLink;
  readonly #pick: Pick<Item>;
  readonly #onCommitted: (item: Item) => void;
  /** next offset by partition */
  readonly #positions = new Map<number, number>();
  /** by partition and producer: picked from a transaction whose end has not been read */
  readonly #open = new Map<string, Item[]>();

  /** `onCommitted` gets the picked items of each committed transaction, in order within a partition and producer. */
  constructor(link: ClusterLink, pick: Pick<Item>, onCommitted: (item: Item) => void) {
    this.#link = link;
    this.#pick = pick;
    this.#onCommitted = onCommitted;
  }

  /** Reads on to the present end of all partitions, from where the last call stopped. */
  async advance(): Promise<void> {
    const partitions = [...Array(await this.#link.partitionCount()).keys()];
    const starts = await this.#link.offsets(partitions, 'start');
    for (const [partition, start] of starts) {
      this.#positions.set(partition, Math.max(start, this.#positions.get(partition) ?? 0));
    }
    const to = await this.#link.offsets(partitions, 'end');
    const from = new Map(this.#positions);
    const stretch = { from, to, isolation: 'uncommitted', gone: 'skip', stallMsMax: STALL_MS_MAX } as const;
    for await (const sets of fetchRounds(this.#link, stretch)) {
      for (const set of sets) {
        this.#take(set);
        this.#positions.set(set.partition, set.to);
      }
    }
  }

  #take(set: RecordSet): void {
    for (let at = 0, batch = batchAt(set.bytes, at); batch !== null; batch = batchAt(set.bytes, at)) {
      at = batch.bodyEnd;
      // Everything that we look for was written in a transaction: the rest need not even be unpacked.
      if (!batch.transactional || batch.lastOffset < set.from) continue;
      const key = `${set.partition}:${batch.producerId}`;
      if (batch.control !== null) {
        if (batch.control === 'commit') for (const item of this.#open.get(key) ?? []) this.#onCommitted(item);
        this.#open.delete(key);
        continue;
      }
      const body = BatchBody.open(set.bytes, batch);
      for (let i = 0; i < batch.count; i++) {
        const record = body.next(set.partition, batch, set.from);
        const item = record === null ? null : this.#pick(record);
        if (item === null) continue;
        const items = this.#open.get(key);
        if (items === undefined) this.#open.set(key, [item]);
        else items.push(item);
      }
    }
  }
}
