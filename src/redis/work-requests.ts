// Which work requests lead to which tasks: in many small hashes, as tombstones are, a field for each, which begins with a digest of the
// work request and goes on with the id of the task. Whoever finds a task by it looks whether it is the right one.

import { hash } from 'node:crypto';
import type { TaskChange } from '../domain/task-state.ts';
import { movesOf } from '../domain/work-requests.ts';
import { faultsOf } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';

/** Characters of base64url: 12 bits, and 36 more. */
const BUCKET_CHARACTERS = 2;
const DIGEST_CHARACTERS = 6;

const DIGITS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
/** Of all hashes of a slot: each is compact up to 512 fields (Redis' hash-max-listpack-entries), two million in all. */
export const WORK_REQUEST_BUCKETS: readonly string[] = DIGITS.flatMap((one) => DIGITS.map((other) => one + other));

/** Where the fields of a work request lie, by the MD5 of its UTF-8, and what they begin with. */
export function workRequestPlace(work_request_id: string): { readonly bucket: string; readonly digest: string } {
  const whole = hash('md5', work_request_id, 'base64url');
  const end = BUCKET_CHARACTERS + DIGEST_CHARACTERS;
  return { bucket: whole.slice(0, BUCKET_CHARACTERS), digest: whole.slice(BUCKET_CHARACTERS, end) };
}

export function writeWorkRequests(writes: SlotWrites, keys: SlotKeys, change: TaskChange): void {
  for (const [work_request_id, leads] of movesOf(change)) {
    const { bucket, digest } = workRequestPlace(work_request_id);
    const [key, field] = [keys.workRequests(bucket), digest + change.task.internal_task_id];
    if (leads) writes.write('HSET', key, field, '');
    else writes.write('HDEL', key, field);
  }
}

/** The tasks of one slot that a work request may lead to, at most `max` of them. @throws Fault service_unavailable */
export async function readTasksOfWorkRequest(
  redis: RedisClient,
  keys: SlotKeys,
  work_request_id: string,
  max: number,
): Promise<string[]> {
  const { bucket, digest } = workRequestPlace(work_request_id);
  const key = keys.workRequests(bucket);
  const found = new Set<string>();
  // A compact hash answers whole at once; only the fields that match cross the wire.
  for (let cursor = '0'; ; ) {
    const [next, flat] = await faultsOf(
      `looking into ${key}`,
      redis.hscan(key, cursor, 'MATCH', `${digest}*`, 'COUNT', 1_000),
    );
    for (let i = 0; i < flat.length; i += 2) found.add(flat[i]!.slice(DIGEST_CHARACTERS));
    if (next === '0' || found.size >= max) return [...found].slice(0, max);
    cursor = next;
  }
}
