// What has changed since some moment, from the same sorted sets that lists are made of: they hold since when each task has its
// status, is silent, or stalls. So nothing is written for those who watch, and they may go away and come back.
//
// It is told where a task has come to, not every step that it took: of two changes between two looks only the later one is seen.
// A change may come twice. That a task is heard of again, or was retired, is no change here; the fleet's figures tell it.

import { SCORE_RANGE, STATUS_ORDER } from '../domain/task-places.ts';
import { countByScore, readStretches } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';

export interface TaskChangeSeen {
  readonly kind: 'status' | 'silent' | 'stalled';
  /** of kind `status`: which one it came to */
  readonly task_status?: string;
  readonly partition: number;
  readonly internal_task_id: string;
  /** log time, UTC epoch milliseconds */
  readonly at: number;
}

/** Log time, ms. */
export interface Told {
  /** all changes before this were told */
  readonly until: number;
  /** log time may step back a little: changes of so long before are looked at again */
  readonly overlap_ms: number;
}

/** Changes of one kind, in a stretch of a sorted set that begins at the score `base`. */
interface Range {
  readonly change: Pick<TaskChangeSeen, 'kind' | 'task_status'>;
  readonly key: string;
  readonly base: number;
}

function rangesOf({ places: { by_status, silent, stalled } }: SlotKeys): Range[] {
  return [
    ...STATUS_ORDER.map((task_status, number): Range => {
      return { change: { kind: 'status', task_status }, key: by_status, base: number * SCORE_RANGE };
    }),
    { change: { kind: 'silent' }, key: silent, base: 0 },
    { change: { kind: 'stalled' }, key: stalled, base: 0 },
  ];
}

/** How many changes a partition has had since `until`, those of the same moment included. @throws Fault */
export async function countChanges(redis: RedisClient, keys: SlotKeys, until: number): Promise<number> {
  const counts = rangesOf(keys).map(({ key, base }) => countByScore(redis, key, base + until, base + SCORE_RANGE - 1));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Changes of a partition since a moment, of each kind and status the newest, at most `max`. @throws Fault */
export async function readChanges(
  run: RunScript,
  keys: SlotKeys,
  partition: number,
  { until, overlap_ms }: Told,
  max: number,
): Promise<TaskChangeSeen[]> {
  const since = Math.max(0, until - overlap_ms);
  const ranges = rangesOf(keys);
  const stretches = ranges.map(({ key, base }) => {
    return { key, min: base + since, max: base + SCORE_RANGE - 1, reversed: true, count: max };
  });
  const found = await readStretches(run, stretches);
  return ranges.flatMap(({ change, base }, i) =>
    found[i]!.map(({ id: internal_task_id, score }): TaskChangeSeen => {
      return { ...change, partition, internal_task_id, at: score - base };
    }),
  );
}
