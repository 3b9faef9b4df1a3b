// Record batches (format 2, Kafka 0.11 and later) as a broker sends them: walking over batches, and the records of a
// batch that a read-committed reader may see. Values are slices of the answer's bytes.

import { type InputRecord, NO_HEADERS, type RecordHeaders } from '../pipeline/ports.ts';
import { decompress } from './compression.ts';
import { int64At } from './wire.ts';

/** A transaction that was aborted: its records begin at `firstOffset`. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface BatchHeader {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1: not transactional, not idempotent */
  readonly producerId: number;
  readonly transactional: boolean;
  /** what a transaction's marker says; null: ordinary records. Unknown markers read `other`. */
  readonly control: 'abort' | 'commit' | 'other' | null;
  readonly codec: number;
  readonly baseTimestamp: number;
  /** the broker's time for the whole batch; null: each record has the sender's */
  readonly logAppendTime: number | null;
  readonly count: number;
  /** where the records begin, and where the batch ends, in the set */
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

const LENGTH_AT = 8;
const MAGIC_AT = 16;
const RECORDS_AT = 61;
const BEFORE_LENGTH_ENDS = 12;

/** The header of the batch that begins at `at`, or null if no whole batch is left there. */
export function batchAt(set: Buffer, at: number): BatchHeader | null {
  if (at + MAGIC_AT >= set.length) return null;
  const bodyEnd = at + BEFORE_LENGTH_ENDS + set.readInt32BE(at + LENGTH_AT);
  if (bodyEnd > set.length) return null;
  const magic = set.readInt8(at + MAGIC_AT);
  if (magic !== 2) throw new Error(`record batch of format ${magic}: only format 2 (Kafka 0.11 and later) is read`);
  const attributes = set.readInt16BE(at + 21);
  const baseOffset = int64At(set, at);
  const control = (attributes & 0x20) === 0 ? null : markerAt(set, at + RECORDS_AT, bodyEnd);
  return {
    baseOffset,
    lastOffset: baseOffset + set.readInt32BE(at + 23),
    producerId: int64At(set, at + 43),
    transactional: (attributes & 0x10) !== 0,
    control,
    codec: attributes & 0x07,
    baseTimestamp: int64At(set, at + 27),
    logAppendTime: (attributes & 0x08) === 0 ? null : int64At(set, at + 35),
    count: set.readInt32BE(at + 57),
    bodyStart: at + RECORDS_AT,
    bodyEnd,
  };
}

/** The offset after the last whole batch of a set, or null if it holds none. Decodes nothing. */
export function endOfSet(set: Buffer): number | null {
  let end: number | null = null;
  for (let at = 0; at + MAGIC_AT < set.length; ) {
    const next = at + BEFORE_LENGTH_ENDS + set.readInt32BE(at + LENGTH_AT);
    if (next > set.length) break;
    end = int64At(set, at) + set.readInt32BE(at + 23) + 1;
    at = next;
  }
  return end;
}

// A marker is one record whose key holds a version and a type: 0 aborts, 1 commits.
function markerAt(set: Buffer, at: number, end: number): 'abort' | 'commit' | 'other' {
  const key = new BatchBody(set, at, end).markerKey();
  if (key === null || key.length < 4) return 'other';
  const type = key.readInt16BE(2);
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';
}

/** The records of one batch, from front to back. */
export class BatchBody {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  static open(set: Buffer, batch: BatchHeader): BatchBody {
    if (batch.codec === 0) return new BatchBody(set, batch.bodyStart, batch.bodyEnd);
    const bytes = decompress(batch.codec, set.subarray(batch.bodyStart, batch.bodyEnd));
    return new BatchBody(bytes, 0, bytes.length);
  }

  /** The next record; null if its offset is below `position`. */
  next(partition: number, batch: BatchHeader, position: number): InputRecord | null {
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 0 || end > this.#end) throw new Error(`a record of the batch at ${batch.baseOffset} does not end`);
    this.#at += 1; // attributes: unused
    const timeDelta = this.#varlong();
    const offset = batch.baseOffset + this.#varint();
    if (offset < position) {
      this.#at = end;
      return null;
    }
    const key = this.#field();
    const value = this.#field();
    const headers = this.#headers();
    this.#at = end;
    const timestamp = batch.logAppendTime ?? batch.baseTimestamp + timeDelta;
    return { partition, offset, timestamp, key, value, headers };
  }

  markerKey(): Buffer | null {
    this.#varint();
    this.#at += 1;
    this.#varlong();
    this.#varint();
    return this.#field();
  }

  #headers(): RecordHeaders {
    const count = this.#varint();
    if (count <= 0) return NO_HEADERS;
    // No prototype, so that a header may be called `__proto__` or `constructor`.
    const headers = Object.create(null) as Record<string, Buffer | null | (Buffer | null)[]>;
    for (let i = 0; i < count; i++) {
      const size = this.#varint();
      const name = this.#bytes.toString('utf8', this.#at, this.#at + size);
      this.#at += size;
      const value = this.#field();
      const known = headers[name];
      if (known === undefined) headers[name] = value;
      else if (Array.isArray(known)) known.push(value);
      else headers[name] = [known, value];
    }
    return headers;
  }

  #field(): Buffer | null {
    const size = this.#varint();
    if (size < 0) return null;
    this.#at += size;
    if (this.#at > this.#end) throw new Error('a field ends beyond its batch');
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new Error('a number of more than five bytes');
  }

  // Beyond 31 bits, hence by multiplication; exact below 2^53.
  #varlong(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    let factor = 128;
    for (let more = 0; more < 9; more++) {
      byte = bytes[this.#at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      factor *= 128;
    }
    throw new Error('a number of more than ten bytes');
  }
}
