// avsc's cursor over bytes, as far as our own types use it. avsc calls `_read`, `_skip` and `_write` of its types with
// it; they are not in its declarations, so its version is looked at in the tests of this room.

/** Never fails by itself: past the end it reads zeros, and avsc looks at the position when all is read. */
export interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  skipString(): void;
}

export interface Reading {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

export interface Writing {
  _write(tap: Tap, value: unknown): void;
}
