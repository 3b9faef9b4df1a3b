// The bad records of the simulated fleet: each flaw is the name of the reason that its record must be rejected with.

import type { RejectReason } from '../domain/outcome.ts';

export const FLAWS = [
  'negative_number',
  'unknown_schema',
  'truncated',
  'internal_task_id_missing',
  'too_short',
  'wrong_magic_byte',
  'trailing_bytes',
  'tombstone',
] as const satisfies readonly RejectReason[];
export type Flaw = (typeof FLAWS)[number];

/** No registry that we meet hands out an id this high. */
export const UNKNOWN_SCHEMA_ID = 0x7fff_fff0;

/** The bytes of a flawed record, made of a sound record's bytes (head of five bytes, then Avro). */
export function damage(flaw: Flaw, sound: Buffer): Buffer | null {
  switch (flaw) {
    case 'unknown_schema': {
      const bytes = Buffer.from(sound);
      bytes.writeUInt32BE(UNKNOWN_SCHEMA_ID, 1);
      return bytes;
    }
    case 'truncated':
      return sound.subarray(0, sound.length - 3);
    case 'too_short':
      return sound.subarray(0, 4);
    case 'wrong_magic_byte': {
      const bytes = Buffer.from(sound);
      bytes[0] = 0x7b;
      return bytes;
    }
    case 'trailing_bytes':
      return Buffer.concat([sound, Buffer.from([1, 2, 3])]);
    case 'tombstone':
      return null;
    case 'negative_number':
    case 'internal_task_id_missing':
      // Sound Avro: the flaw is in the update itself.
      return sound;
  }
}
