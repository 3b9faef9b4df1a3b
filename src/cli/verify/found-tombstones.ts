// The tombstones of retired tasks as Redis holds them, in the published form: hashes by generation and bucket, the field
// the MD5 of the id's UTF-8.

import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { SlotKeys } from '../../redis/slot-keys.ts';

const BUCKETS = 4_096;

/** Whether each id has a tombstone of its generation, or of the next one: Redis may be further on. */
export async function findTombstones(
  redis: Redis,
  slot: SlotKeys,
  wanted: readonly (readonly [id: string, generation: number])[],
): Promise<boolean[]> {
  const reading = redis.pipeline();
  for (const [id, generation] of wanted) {
    const digest = createHash('md5').update(id, 'utf8').digest();
    const bucket = (digest[0]! * 256 + digest[1]!) % BUCKETS;
    for (const one of [generation, generation + 1]) {
      reading.hexists(slot.retired(one, bucket), digest.toString('base64url'));
    }
  }
  const replies = (await reading.exec()) ?? [];
  return wanted.map((_, at) => replies[2 * at]?.[1] === 1 || replies[2 * at + 1]?.[1] === 1);
}
