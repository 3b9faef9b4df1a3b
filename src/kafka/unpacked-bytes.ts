// The growing output of an unpacker of the LZ77 kind: literals and copies from what was already written.

export class UnpackedBytes {
  #bytes: Buffer;
  #length = 0;
  readonly #bytesMax: number;

  constructor(sizeHint: number, bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#bytes = Buffer.allocUnsafe(Math.min(Math.max(sizeHint, 64), bytesMax));
  }

  #room(count: number): number {
    const at = this.#length;
    const length = at + count;
    if (length > this.#bytesMax) throw new RangeError(`unpacks to more than ${this.#bytesMax} bytes`);
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(2 * length, this.#bytesMax));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = length;
    return at;
  }

  literal(source: Buffer, start: number, count: number): void {
    if (start + count > source.length) throw new RangeError('packed bytes end within a literal');
    // First the room, which may put other bytes in the place of these.
    const at = this.#room(count);
    source.copy(this.#bytes, at, start, start + count);
  }

  /** Repeats `count` bytes from `distance` bytes back; they may overlap with what is written. */
  copy(distance: number, count: number): void {
    if (distance <= 0 || distance > this.#length) throw new RangeError('packed bytes copy from before their start');
    let at = this.#room(count);
    const bytes = this.#bytes;
    if (distance >= count) {
      bytes.copyWithin(at, at - distance, at - distance + count);
      return;
    }
    for (const end = at + count; at < end; at++) bytes[at] = bytes[at - distance]!;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
