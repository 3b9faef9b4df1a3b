// Avro types whose arrays and maps believe no count: a few flipped bits can say "2^40 elements follow" or "skip back by
// 100 bytes", and avsc then loops until memory or patience ends, in every process that meets the record.

import avro from 'avsc';

/** The bytes end before the elements that they promise. */
export class CountBeyondBytes extends Error {}

/** The part of avsc's cursor that is used here. It never fails by itself: past the end it reads zeros. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  skipString(): void;
}

interface Reading {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

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

class BoundedArrayType extends avro.types.ArrayType {
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

class BoundedMapType extends avro.types.MapType {
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

/**
 * Parses a schema; all its arrays and maps are bounded. Logical types read as what they are made of.
 * @param registry named types that the schema may refer to; its own are added
 * @throws Error if the schema is invalid
 */
export function boundedType(schema: unknown, registry: Record<string, avro.Type> = {}): avro.Type {
  return avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0], {
    registry,
    typeHook: (inner, options) => {
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || !('type' in inner)) return undefined;
      if (inner.type === 'array') return new BoundedArrayType(inner, options);
      if (inner.type === 'map') return new BoundedMapType(inner, options);
      return undefined;
    },
  });
}
