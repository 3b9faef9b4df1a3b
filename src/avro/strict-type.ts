// Parses Avro schemas into types that stay exact and bounded whatever the bytes say.

import avro from 'avsc';
import { BoundedArrayType, BoundedMapType } from './bounded-collections.ts';
import { EXACT_INT, EXACT_LONG } from './exact-integers.ts';

/**
 * A schema as a type that encodes and decodes. Logical types read as what they are made of.
 * @param registry named types that the schema may refer to; its own are added
 * @throws Error if the schema is invalid
 */
export function strictType(schema: unknown, registry: Record<string, avro.Type> = {}): avro.Type {
  return avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0], {
    registry,
    typeHook: (inner, options) => {
      const kind = typeof inner === 'object' && inner !== null && 'type' in inner ? inner.type : inner;
      switch (kind) {
        case 'long':
          return EXACT_LONG;
        case 'int':
          return EXACT_INT;
        case 'array':
          return new BoundedArrayType(inner, options);
        case 'map':
          return new BoundedMapType(inner, options);
        default:
          return undefined;
      }
    },
  });
}
