// Collects the writes of one save in the form that save.lua takes: the keys, declared in full, and one argument, a msgpack
// array of strings. One packed argument instead of thousands is what makes large saves fast. It is packed here as it comes, a
// number as its digits: of a list of texts, each had to be made, kept and read once more, and that was half of what folding and
// saving cost.

import { DIGITS_MAX, isPlain, writeDigits, writeLow } from '../domain/digits.ts';

/** Lua's unpack fails at about 8,000 values. */
const VALUES_MAX = 2_000;
/** Up to this length a text is written unit by unit, which is faster than calling what encodes any text. */
const SHORT_MAX = 12;
/** Up to this length a text has a header of one byte. */
const SMALL_MAX = 31;
/** And up to this one, a header of two. */
const BYTE_MAX = 255;
const BYTES_A_UNIT_MAX = 3;
/** Of an array or a text, at most. */
const HEADER_BYTES = 5;
/** Of the count of a hash's values, which is known at its end. */
const COUNT_DIGITS = 5;

/** A text that is written again and again: packed once. */
export interface PackedText {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** @param text up to 255 characters of ASCII */
export function packedText(text: string): PackedText {
  const { length } = text;
  const header = length <= SMALL_MAX ? [0xa0 | length] : [0xd9, length];
  return { text, bytes: Uint8Array.of(...header, ...Buffer.from(text, 'latin1')) };
}

/**
 * One hash, field by field, between `openHash` and `closeHash`. A field is followed by its value, which is written whole, or piece by
 * piece between `beginValue` and `endValue`.
 */
export interface HashWrites {
  /** nothing happens where no field follows */
  openHash(key: string): void;
  field(name: PackedText): void;
  fieldOf(name: string): void;
  /** an integer */
  number(value: number): void;
  text(value: string): void;
  beginValue(): void;
  piece(text: string): void;
  /** an integer */
  digits(value: number): void;
  endValue(): void;
  closeHash(): void;
}

export interface SlotWrites extends HashWrites {
  /** KEYS: the head first */
  readonly keys: string[];
  /** `values` alternates fields and values; nothing happens where it is empty */
  hset(key: string, values: readonly string[]): void;
  hdel(key: string, fields: readonly string[]): void;
  rpush(key: string, values: readonly string[]): void;
  /** `values` alternates scores and members */
  zadd(key: string, values: readonly string[]): void;
  zrem(key: string, members: readonly string[]): void;
  /** any other command with few values */
  write(command: string, key: string, ...values: string[]): void;
  /** the msgpack argument; strings only, because cmsgpack reads nothing else as exactly as everybody writes it. Called once */
  pack(): Buffer;
}

const BYTES_MIN = 64 * 1_024;
/** How much room the next save is given at first: a little more than the last one took. */
let roomLately = BYTES_MIN;

export function slotWrites(head: string): SlotWrites {
  return new PackedWrites(head);
}

// One class for all saves, so that what is called millions of times is the same function each time.
class PackedWrites implements SlotWrites {
  readonly keys: string[];
  readonly #head: string;
  #bytes = Buffer.allocUnsafeSlow(roomLately);
  #end = HEADER_BYTES;
  #texts = 0;
  #lastKey: string;
  #lastIndex = 1;
  /** of the hash at hand: its key, where its count stands, and how many texts there were before it */
  #hash: string;
  #countAt = 0;
  #textsBefore = 0;
  #valueAt = 0;

  constructor(head: string) {
    this.keys = [head];
    this.#head = head;
    this.#lastKey = head;
    this.#hash = head;
  }

  openHash(key: string): void {
    this.#hash = key;
  }

  field({ bytes: packed }: PackedText): void {
    this.#beginField();
    const bytes = this.#room(packed.length);
    const start = this.#end;
    for (let at = 0; at < packed.length; at++) bytes[start + at] = packed[at]!;
    this.#end = start + packed.length;
    this.#texts++;
  }

  fieldOf(name: string): void {
    this.#beginField();
    this.text(name);
  }

  number(value: number): void {
    if (!isPlain(value)) {
      this.text(String(value));
      return;
    }
    const bytes = this.#room(1 + DIGITS_MAX);
    const start = this.#end;
    this.#end = writeDigits(bytes, start + 1, value);
    bytes[start] = 0xa0 | (this.#end - start - 1);
    this.#texts++;
  }

  text(value: string): void {
    const { length } = value;
    const bytes = this.#room(HEADER_BYTES + BYTES_A_UNIT_MAX * length);
    const at = this.#end;
    this.#texts++;
    // As if it were all ASCII, which nearly every text is.
    const start = at + (length <= SMALL_MAX ? 1 : 2);
    if (length <= BYTE_MAX && writeText(bytes, start, value) === length) {
      if (length <= SMALL_MAX) bytes[at] = 0xa0 | length;
      else {
        bytes[at] = 0xd9;
        bytes[at + 1] = length;
      }
      this.#end = start + length;
      return;
    }
    const written = bytes.write(value, at + HEADER_BYTES);
    writeHeader(bytes, at, written);
    this.#end = at + HEADER_BYTES + written;
  }

  beginValue(): void {
    this.#room(HEADER_BYTES);
    this.#valueAt = this.#end;
    this.#end += HEADER_BYTES;
    this.#texts++;
  }

  piece(text: string): void {
    const bytes = this.#room(BYTES_A_UNIT_MAX * text.length);
    this.#end += writeText(bytes, this.#end, text);
  }

  digits(value: number): void {
    if (isPlain(value)) this.#end = writeDigits(this.#room(DIGITS_MAX), this.#end, value);
    else this.piece(String(value));
  }

  endValue(): void {
    writeHeader(this.#bytes, this.#valueAt, this.#end - this.#valueAt - HEADER_BYTES);
  }

  closeHash(): void {
    if (this.#countAt === 0) return;
    writeLow(this.#bytes, this.#countAt, this.#texts - this.#textsBefore, COUNT_DIGITS);
    this.#countAt = 0;
  }

  hset(key: string, values: readonly string[]): void {
    this.#many('HSET', key, values);
  }

  hdel(key: string, fields: readonly string[]): void {
    this.#many('HDEL', key, fields);
  }

  rpush(key: string, values: readonly string[]): void {
    this.#many('RPUSH', key, values);
  }

  zadd(key: string, values: readonly string[]): void {
    this.#many('ZADD', key, values);
  }

  zrem(key: string, members: readonly string[]): void {
    this.#many('ZREM', key, members);
  }

  write(command: string, key: string, ...values: string[]): void {
    this.#begin(command, key);
    this.number(values.length);
    for (const value of values) this.text(value);
  }

  pack(): Buffer {
    this.#bytes[0] = 0xdd;
    this.#bytes.writeUInt32BE(this.#texts, 1);
    roomLately = Math.max(BYTES_MIN, Math.ceil(1.25 * this.#end));
    return this.#bytes.subarray(0, this.#end);
  }

  /** The bytes, with room for so many more. */
  #room(more: number): Buffer {
    const bytes = this.#bytes;
    if (this.#end + more <= bytes.length) return bytes;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(this.#end + more, 2 * bytes.length));
    bytes.copy(this.#bytes, 0, 0, this.#end);
    return this.#bytes;
  }

  #begin(command: string, key: string): void {
    if (key !== this.#lastKey) {
      this.#lastIndex = key === this.#head ? 1 : this.keys.push(key);
      this.#lastKey = key;
    }
    this.text(command);
    this.number(this.#lastIndex);
  }

  #many(command: string, key: string, values: readonly string[]): void {
    for (let from = 0; from < values.length; from += VALUES_MAX) {
      const to = Math.min(from + VALUES_MAX, values.length);
      this.#begin(command, key);
      this.number(to - from);
      for (let i = from; i < to; i++) this.text(values[i]!);
    }
  }

  /** Before a field of the hash at hand: its command, where that is to begin. */
  #beginField(): void {
    if (this.#countAt > 0) {
      if (this.#texts - this.#textsBefore < VALUES_MAX) return;
      this.closeHash();
    }
    this.#begin('HSET', this.#hash);
    const bytes = this.#room(1 + COUNT_DIGITS);
    bytes[this.#end] = 0xa0 | COUNT_DIGITS;
    this.#countAt = this.#end + 1;
    this.#end += 1 + COUNT_DIGITS;
    this.#textsBefore = ++this.#texts;
  }
}

/** Writes the text in UTF-8, and answers how many bytes that took. */
function writeText(bytes: Buffer, start: number, text: string): number {
  const { length } = text;
  if (length > SHORT_MAX) return bytes.write(text, start);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return bytes.write(text, start);
    bytes[start + at] = unit;
  }
  return length;
}

function writeHeader(bytes: Buffer, at: number, length: number): void {
  bytes[at] = 0xdb;
  bytes[at + 1] = length >>> 24;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 8;
  bytes[at + 4] = length;
}
