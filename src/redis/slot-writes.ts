// Collects the writes of one save in the form that save.lua takes: the keys, declared in full, and one argument, a msgpack
// array of strings. One packed argument instead of thousands is what makes large saves fast. It is packed here as it comes, a
// number as its digits: of a list of texts, each had to be made, kept and read once more, and that was half of what folding and
// saving cost.

import { DIGITS_MAX, isPlain, writeDigits, writeLow } from '../domain/digits.ts';

/** Lua's unpack fails at about 8,000 values. */
const VALUES_MAX = 2_000;
/** Up to this length a text is looked at unit by unit, which is faster than calling what encodes any text. */
const SHORT_MAX = 100;
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
  const header = length < 32 ? [0xa0 | length] : [0xd9, length];
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
  const keys = [head];
  let bytes = Buffer.allocUnsafeSlow(roomLately);
  let end = HEADER_BYTES;
  let texts = 0;
  let lastKey = head;
  let lastIndex = 1;
  /** of the hash at hand: where its count stands, and how many texts there were before it; 0: nothing is written of it yet */
  let hash = head;
  let countAt = 0;
  let textsBefore = 0;
  let valueAt = 0;

  function makeRoom(more: number): void {
    if (end + more <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(end + more, 2 * bytes.length));
    bytes.copy(larger, 0, 0, end);
    bytes = larger;
  }

  function put(text: string): void {
    const { length } = text;
    makeRoom(HEADER_BYTES + BYTES_A_UNIT_MAX * length);
    texts++;
    if (length <= SHORT_MAX) {
      const start = end + (length < 32 ? 1 : 2);
      if (putAscii(text, start)) {
        if (length < 32) bytes[end] = 0xa0 | length;
        else {
          bytes[end] = 0xd9;
          bytes[end + 1] = length;
        }
        end = start + length;
        return;
      }
    }
    const written = bytes.write(text, end + HEADER_BYTES);
    putHeader(end, written);
    end += HEADER_BYTES + written;
  }

  /** Answers whether that is all. */
  function putAscii(text: string, start: number): boolean {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return false;
      bytes[start + at] = unit;
    }
    return true;
  }

  function putHeader(at: number, length: number): void {
    bytes[at] = 0xdb;
    bytes[at + 1] = length >>> 24;
    bytes[at + 2] = length >>> 16;
    bytes[at + 3] = length >>> 8;
    bytes[at + 4] = length;
  }

  function begin(command: string, key: string): void {
    if (key !== lastKey) {
      lastIndex = key === head ? 1 : keys.push(key);
      lastKey = key;
    }
    put(command);
    number(lastIndex);
  }

  function many(command: string, key: string, values: readonly string[]): void {
    for (let from = 0; from < values.length; from += VALUES_MAX) {
      const to = Math.min(from + VALUES_MAX, values.length);
      begin(command, key);
      number(to - from);
      for (let i = from; i < to; i++) put(values[i]!);
    }
  }

  /** Before a field of the hash at hand: its command, where that is to begin. */
  function beginField(): void {
    if (countAt > 0) {
      if (texts - textsBefore < VALUES_MAX) return;
      closeHash();
    }
    begin('HSET', hash);
    makeRoom(1 + COUNT_DIGITS);
    bytes[end] = 0xa0 | COUNT_DIGITS;
    countAt = end + 1;
    end += 1 + COUNT_DIGITS;
    textsBefore = ++texts;
  }

  function field(name: PackedText): void {
    beginField();
    const packed = name.bytes;
    makeRoom(packed.length);
    for (let at = 0; at < packed.length; at++) bytes[end + at] = packed[at]!;
    end += packed.length;
    texts++;
  }

  function number(value: number): void {
    if (!isPlain(value)) {
      put(String(value));
      return;
    }
    makeRoom(1 + DIGITS_MAX);
    const next = writeDigits(bytes, end + 1, value);
    bytes[end] = 0xa0 | (next - end - 1);
    end = next;
    texts++;
  }

  function piece(text: string): void {
    makeRoom(BYTES_A_UNIT_MAX * text.length);
    if (text.length <= SHORT_MAX && putAscii(text, end)) end += text.length;
    else end += bytes.write(text, end);
  }

  function digits(value: number): void {
    if (!isPlain(value)) {
      piece(String(value));
      return;
    }
    makeRoom(DIGITS_MAX);
    end = writeDigits(bytes, end, value);
  }

  function closeHash(): void {
    if (countAt === 0) return;
    writeLow(bytes, countAt, texts - textsBefore, COUNT_DIGITS);
    countAt = 0;
  }

  return {
    keys,
    openHash(key) {
      hash = key;
    },
    field,
    fieldOf(name) {
      beginField();
      put(name);
    },
    number,
    text: put,
    beginValue() {
      makeRoom(HEADER_BYTES);
      valueAt = end;
      end += HEADER_BYTES;
      texts++;
    },
    piece,
    digits,
    endValue() {
      putHeader(valueAt, end - valueAt - HEADER_BYTES);
    },
    closeHash,
    hset: (key, values) => many('HSET', key, values),
    hdel: (key, fields) => many('HDEL', key, fields),
    rpush: (key, values) => many('RPUSH', key, values),
    zadd: (key, values) => many('ZADD', key, values),
    zrem: (key, members) => many('ZREM', key, members),
    write(command, key, ...values) {
      begin(command, key);
      number(values.length);
      for (const value of values) put(value);
    },
    pack() {
      bytes[0] = 0xdd;
      bytes.writeUInt32BE(texts, 1);
      roomLately = Math.max(BYTES_MIN, Math.ceil(1.25 * end));
      return bytes.subarray(0, end);
    },
  };
}
