// Avro arrays and maps that believe no count: a few flipped bits can say "2^40 elements follow" or "skip back by
// 100 bytes", and avsc then loops until memory or patience ends, in every process that meets the record.

import avro from 'avsc';
import type { Reading, Tap } from './avsc-tap.ts';

/** The bytes end before the elements that they promise. */
export class CountBeyondBytes extends Error {}

/** The next block's number of elements; each takes at least one byte. 0 ends the array or map. */
function blockCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  // Written so that NaN is refused as well.
  if (!(count <= tap.buf.length - tap.pos)) {
    if (count === 0) return 0;
    throw new CountBeyondBytes();
  }
  return count;
}

export class BoundedArrayType extends avro.types.ArrayType {
  // avsc calls this on the type and, with `itemsType` being the items' resolver, on resolvers.
  _read(this: { readonly itemsType: unknown }, tap: Tap): unknown[] {
    const items = this.itemsType as Reading;
    let values: unknown[] | undefined;
    let i = 0;
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      values ??= new Array(count);
      while (count-- > 0) values[i++] = items._read(tap);
    }
    return values ?? [];
  }

  _skip(tap: Tap): void {
    const items = this.itemsType as unknown as Reading;
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) while (count-- > 0) items._skip(tap);
  }
}

export class BoundedMapType extends avro.types.MapType {
  // Only skipped: no map is part of our schemas.
  _skip(tap: Tap): void {
    const values = this.valuesType as unknown as Reading;
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      while (count-- > 0) {
        tap.skipString();
        values._skip(tap);
      }
    }
  }
}
