// The visible records of one fetched record set, taken out bit by bit: committed, at or above a position, in order.
//
// Which records were aborted is told by the broker beside the set, as (producer, first offset) of every aborted
// transaction that touches it. A producer's transactional batches are hidden from that offset on until its abort
// marker. The list comes in the order in which transactions ended, so it is sorted first, and every entry that begins
// at or before a batch counts for it. (kafkajs does neither: with several producers its read-committed consumer shows
// records that were never committed.)

import type { InputRecord } from '../pipeline/ports.ts';
import { type AbortedTransaction, BatchBody, type BatchHeader, batchAt, endOfSet } from './record-batches.ts';

export class RecordSetReader {
  /** offset after all that was read or skipped so far */
  position: number;
  /** offset after the last whole batch of the set */
  readonly end: number;
  readonly #partition: number;
  readonly #set: Buffer;
  readonly #aborted: AbortedTransaction[];
  readonly #hidden = new Set<number>();
  #nextAborted = 0;
  #at = 0;
  #batch: BatchHeader | null = null;
  #body: BatchBody | null = null;
  #left = 0;

  /** @param position records below it are not shown */
  constructor(set: Buffer, partition: number, position: number, aborted: readonly AbortedTransaction[]) {
    this.#set = set;
    this.#partition = partition;
    this.position = position;
    this.end = Math.max(position, endOfSet(set) ?? position);
    this.#aborted = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** bytes that this reader keeps in memory */
  get bytes(): number {
    return this.#set.length;
  }

  get exhausted(): boolean {
    return this.position >= this.end;
  }

  /** Appends visible records until `into` holds `countMax`, or the set ends. */
  read(into: InputRecord[], countMax: number): void {
    while (into.length < countMax && this.position < this.end) {
      if (this.#batch === null && !this.#openNext()) return;
      const batch = this.#batch!;
      const body = this.#body!;
      while (this.#left > 0 && into.length < countMax) {
        this.#left--;
        const record = body.next(this.#partition, batch, this.position);
        if (record === null) continue;
        into.push(record);
        this.position = record.offset + 1;
      }
      if (this.#left === 0) this.#closeBatch(batch);
    }
  }

  // Finds the next batch with something to show; skipped ones move the position.
  #openNext(): boolean {
    for (let batch = batchAt(this.#set, this.#at); batch !== null; batch = batchAt(this.#set, this.#at)) {
      this.#at = batch.bodyEnd;
      if (this.#isHidden(batch) || batch.lastOffset < this.position) {
        this.#closeBatch(batch);
        continue;
      }
      this.#batch = batch;
      this.#body = BatchBody.open(this.#set, batch);
      this.#left = batch.count;
      return true;
    }
    this.position = this.end;
    return false;
  }

  #closeBatch(batch: BatchHeader): void {
    this.#batch = null;
    this.#body = null;
    if (batch.lastOffset >= this.position) this.position = batch.lastOffset + 1;
  }

  #isHidden(batch: BatchHeader): boolean {
    const aborted = this.#aborted;
    while (this.#nextAborted < aborted.length && aborted[this.#nextAborted]!.firstOffset <= batch.lastOffset) {
      this.#hidden.add(aborted[this.#nextAborted]!.producerId);
      this.#nextAborted++;
    }
    if (batch.control === null) return batch.transactional && this.#hidden.has(batch.producerId);
    if (batch.control === 'abort') this.#hidden.delete(batch.producerId);
    return true;
  }
}
