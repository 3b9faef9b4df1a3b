// One partition's bounded stock of fetched record sets, between the fetch loop that fills it and the pipeline that
// takes from it by position. Sets are unpacked only when they are taken, so the stock is bounded in bytes on the wire.

import type { Fault } from '../pipeline/errors.ts';
import type { InputRecord, LogBatch } from '../pipeline/ports.ts';
import { toFault } from './faults.ts';
import type { PartitionAnswer } from './fetch-request.ts';
import { RecordSetReader } from './record-set-reader.ts';

/** bytes of fetched sets a partition holds before it is left out of further requests */
export const STOCK_BYTES_MAX = 4 * 1024 * 1024;
/** ms after which a fault that nobody has been told is forgotten: whoever comes then wants to know how it is now */
const FAULT_MS_MAX = 5_000;

export class PartitionFeed {
  readonly partition: number;
  /** next offset to ask the broker for; null: nobody has asked for records yet */
  fetchAt: number | null = null;
  /** why no further set came; told once the stock is empty, then forgotten, so that a new try asks again */
  #fault: { readonly fault: Fault; readonly at: number } | null = null;
  #taken: number | null = null;
  #end = 0;
  #stock: RecordSetReader[] = [];
  #stockBytes = 0;
  #arrival: { resolve: () => void; reject: (fault: Fault) => void } | null = null;

  constructor(partition: number) {
    this.partition = partition;
  }

  /** Whether the fetch loop should ask the broker for more. */
  get wanted(): boolean {
    return this.fetchAt !== null && this.#fault === null && this.#stockBytes < STOCK_BYTES_MAX;
  }

  /** Sets where the next `take` begins. The stock is kept if it goes on just there, else dropped. */
  seek(position: number): void {
    if (this.#taken === position) return;
    this.#taken = position;
    this.#drop(position);
    this.#fault = null;
  }

  #drop(position: number): void {
    this.fetchAt = position;
    this.#stock = [];
    this.#stockBytes = 0;
  }

  /** What the broker answered when asked for `fetchedAt`. An answer to an older question is dropped. */
  accept(fetchedAt: number, answer: PartitionAnswer): void {
    if (this.fetchAt !== fetchedAt) return;
    this.#end = answer.highWatermark;
    if (answer.records.length === 0) return;
    const reader = new RecordSetReader(answer.records, this.partition, fetchedAt, answer.aborted);
    if (reader.end === fetchedAt) return; // only a part of a batch: it comes whole in a later turn
    this.#stock.push(reader);
    this.#stockBytes += reader.bytes;
    this.fetchAt = reader.end;
    this.#arrival?.resolve();
  }

  /** Ends the waiting of `arrival` with the fault; where nobody waits, the next `take` tells it. */
  fail(fault: Fault): void {
    if (this.#arrival === null) this.#fault = { fault, at: Date.now() };
    else this.#arrival.reject(fault);
  }

  /**
   * Records from the position on: all that is in stock, at most `recordsMax`.
   * @throws the fault that the fetch loop met, once the stock is empty; service_unavailable for bytes that do not unpack
   */
  take(recordsMax: number): LogBatch {
    const from = this.#taken!;
    const records: InputRecord[] = [];
    let to = from;
    while (this.#stock.length > 0 && records.length < recordsMax) {
      const reader = this.#stock[0]!;
      try {
        reader.read(records, recordsMax);
      } catch (error) {
        // What lies before the bytes that cannot be unpacked is given first; the next take meets them at once.
        to = reader.position;
        this.#drop(to);
        const what = `partition ${this.partition} at or after offset ${to}`;
        if (to === from) throw toFault(error, what);
        break;
      }
      to = reader.position;
      if (!reader.exhausted) break;
      this.#stock.shift();
      this.#stockBytes -= reader.bytes;
    }
    this.#taken = to;
    if (to === from && this.#fault !== null) {
      const { fault, at } = this.#fault;
      this.#fault = null;
      if (Date.now() - at < FAULT_MS_MAX) throw fault;
    }
    return { records, from, to, end: Math.max(this.#end, to) };
  }

  /** Resolves when a set arrives or `waitMs` have passed; rejects with the fault that the fetch loop meets. */
  async arrival(waitMs: number): Promise<void> {
    if (this.#arrival !== null) throw new Error(`partition ${this.partition} is already being waited for`);
    if (this.#stock.length > 0) return;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(resolve, waitMs);
        this.#arrival = { resolve, reject };
      });
    } finally {
      clearTimeout(timer);
      this.#arrival = null;
    }
  }
}
