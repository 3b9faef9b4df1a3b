// What has changed since some moment, from the same sorted sets that lists are made of: they hold since when each task has its
// status, is silent, or stalls. So nothing is written for those who watch, and they may go away and come back.
//
// It is told where a task has come to, not every step that it took: of two changes between two looks only the later one is seen.
// A change may come twice. That a task is heard of again, or was retired, is no change here; the fleet's figures tell it.

import { SCORE_RANGE, STATUS_ORDER } from '../domain/task-places.ts';
import { readByScore } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
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

/** Of one range and look; more is no stream any more but a list. */
const RANGE_MAX = 250;

/** Log time, ms. */
export interface Told {
  /** all changes before this were told */
  readonly until: number;
  /** log time may step back a little: changes of so long before are looked at again */
  readonly overlap_ms: number;
}

/**
 * Changes of a partition since a moment, in the order of log time.
 * `isWhole`: false where there are more than one look may bring; the newest are there then. @throws Fault
 */
export async function readChanges(
  redis: RedisClient,
  keys: SlotKeys,
  partition: number,
  { until, overlap_ms }: Told,
): Promise<{ changes: TaskChangeSeen[]; isWhole: boolean }> {
  const { by_status, silent, stalled } = keys.places;
  const since = Math.max(0, until - overlap_ms);
  const ranges = [
    ...STATUS_ORDER.map((task_status, number) => {
      return { change: { kind: 'status', task_status }, key: by_status, base: number * SCORE_RANGE } as const;
    }),
    { change: { kind: 'silent' }, key: silent, base: 0 } as const,
    { change: { kind: 'stalled' }, key: stalled, base: 0 } as const,
  ];
  let isWhole = true;
  const found = await Promise.all(
    ranges.map(async ({ change, key, base }) => {
      const stretch = { min: base + since, max: base + SCORE_RANGE - 1, reversed: true, count: RANGE_MAX };
      const placed = await readByScore(redis, key, stretch);
      if (placed.length === RANGE_MAX && placed.at(-1)!.score - base >= until) isWhole = false;
      return placed.map(({ id: internal_task_id, score }): TaskChangeSeen => {
        return { ...change, partition, internal_task_id, at: score - base };
      });
    }),
  );
  return { changes: found.flat().sort((a, b) => a.at - b.at), isWhole };
}
