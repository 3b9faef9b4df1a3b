// Kafka's wire format, as far as the requests of this room need it: big-endian numbers, offsets below 2^53 as plain
// numbers, strings with a length in front ("compact" ones in the flexible versions).

import type { WirePayload } from './kafkajs-internals.ts';

const HIGH = 2 ** 32;

/** Reads an int64 that fits a double: offsets, times, producer ids. */
export function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4);
}

/** A request body under construction. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(512);
  #length = 0;

  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * this.#length);
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  int64(value: number): this {
    const at = this.#room(8);
    this.#bytes.writeInt32BE(Math.floor(value / HIGH), at);
    this.#bytes.writeUInt32BE(value >>> 0, at + 4);
    return this;
  }

  string(text: string): this {
    const size = Buffer.byteLength(text);
    this.int16(size);
    const at = this.#room(size);
    this.#bytes.write(text, at);
    return this;
  }

  /** An unsigned number of seven bits a byte: lengths of the flexible versions. */
  uvarint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      const at = this.#room(1);
      this.#bytes[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    const at = this.#room(1);
    this.#bytes[at] = rest;
    return this;
  }

  compactString(text: string): this {
    const size = Buffer.byteLength(text);
    this.uvarint(size + 1);
    const at = this.#room(size);
    this.#bytes.write(text, at);
    return this;
  }

  /** The empty list of tagged fields that ends every structure of the flexible versions. */
  noTags(): this {
    return this.uvarint(0);
  }

  payload(): WirePayload {
    const bytes = this.#bytes.subarray(0, this.#length);
    return { buf: bytes, buffer: bytes };
  }
}

/** Reads an answer from front to back. Throws a RangeError beyond its end. */
export class WireReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): number {
    this.at += 8;
    return int64At(this.bytes, this.at - 8);
  }

  string(): string {
    const size = this.int16();
    this.at += size;
    return this.bytes.toString('utf8', this.at - size, this.at);
  }

  /** A slice of the answer, not a copy. A length of -1 (null) reads as empty. */
  slice(size: number): Buffer {
    if (size <= 0) return this.bytes.subarray(this.at, this.at);
    this.at += size;
    if (this.at > this.bytes.length) throw new RangeError('the answer ends within a field');
    return this.bytes.subarray(this.at - size, this.at);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** null where the text is absent */
  compactString(): string | null {
    const size = this.uvarint() - 1;
    return size < 0 ? null : this.slice(size).toString('utf8');
  }

  /** Steps over tagged fields, which later brokers may add. */
  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.slice(this.uvarint());
    }
  }
}
