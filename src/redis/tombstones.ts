// Tombstones of retired tasks: a digest each, in many small hashes, so that a million of them take tens of megabytes. The
// hashes of a generation are dropped together.

import { createHash } from 'node:crypto';
import { Fault } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';

/** Hashes of a generation. Each is compact up to 512 fields (Redis' hash-max-listpack-entries), two million in all. */
export const BUCKETS = 4_096;
/** Keys that one script deletes at most. */
const DROPS_MAX = 1_000;

interface Place {
  readonly bucket: number;
  /** the hash's field */
  readonly digest: string;
}

/** Where the tombstone of an id lies within a generation: by the MD5 of its UTF-8, as text because saves are text. */
export function tombstonePlace(internal_task_id: string): Place {
  const digest = createHash('md5').update(internal_task_id).digest();
  return { bucket: digest.readUInt16BE(0) % BUCKETS, digest: digest.toString('base64url') };
}

export function writeTombstones(writes: SlotWrites, keys: SlotKeys, tombstones: ReadonlyMap<string, number>): void {
  for (const [internal_task_id, generation] of tombstones) {
    const { bucket, digest } = tombstonePlace(internal_task_id);
    writes.write('HSET', keys.retired(generation, bucket), digest, '');
  }
}

/** The generation of each id's newest tombstone among `generation` and the one before; null: it has none in these. */
export async function readTombstones(
  run: RunScript,
  keys: SlotKeys,
  ids: readonly string[],
  generation: number,
): Promise<{ watermark: unknown; generations: (number | null)[] }> {
  const places = ids.map(tombstonePlace);
  const buckets = places.flatMap(({ bucket }) => [
    keys.retired(generation, bucket),
    keys.retired(generation - 1, bucket),
  ]);
  const digests = places.map(({ digest }) => digest);
  const reply = await faultsOf(
    `reading tombstones of ${keys.tag}`,
    run('readTombstones', [keys.head, ...buckets], digests),
  );
  const [watermark, ages] = reply as [unknown, number[]];
  return { watermark, generations: ages.map((age) => (age < 0 ? null : generation - age)) };
}

/** Drops a generation that nothing asks for any more. @throws Fault service_unavailable */
export async function dropTombstones(run: RunScript, keys: SlotKeys, incarnation: string, generation: number) {
  for (let from = 0; from < BUCKETS; from += DROPS_MAX) {
    const count = Math.min(DROPS_MAX, BUCKETS - from);
    const buckets = Array.from({ length: count }, (_, i) => keys.retired(generation, from + i));
    const argv = [incarnation, String(generation)];
    const answer = await faultsOf(
      `dropping tombstones of ${keys.tag}`,
      run('dropTombstones', [keys.head, ...buckets], argv),
    );
    if (answer !== 1) return;
  }
}

/** @throws Fault watermark_moved */
export function requireSameWatermark(keys: SlotKeys, before: unknown, after: unknown): void {
  if (String(before) === String(after)) return;
  throw new Fault('watermark_moved', `W of ${keys.tag} moved from ${before} to ${after} while reading`);
}
