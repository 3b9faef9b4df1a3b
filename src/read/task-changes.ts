// What has changed since some moment, from the same sorted sets that lists are made of: they hold since when each task has its
// status, is silent, or stalls. So nothing is written for those who watch, and they may go away and come back.
//
// It is told where a task has come to, not every step that it took: of two changes between two looks only the later one is seen.
// A change may come twice. That a task is heard of again, or was retired, is no change here; the fleet's figures tell it.

import { SCORE_RANGE, STATUS_ORDER } from '../domain/task-places.ts';
import { countInStretches, readStretches } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import { boundsOf } from './task-order.ts';

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

/** Changes that one look may bring: more is no stream any more but a list, and only so many of the newest are told. */
const CHANGES_MAX = 500;
const CHANGES_OF_MANY = 100;

/**
 * Changes since a moment of each partition, in the order of their log times. `isWhole` false: some were left out.
 * @param isWanted asked of each that was read @throws Fault service_unavailable
 */
export async function readNewestChanges(
  redis: RedisClient,
  run: RunScript,
  keysOf: (partition: number) => SlotKeys,
  told: ReadonlyMap<number, Told>,
  isWanted: (change: TaskChangeSeen) => boolean,
): Promise<{ newest: TaskChangeSeen[]; isWhole: boolean }> {
  const partitions = [...told];
  const fresh = partitions.flatMap(([one, { until }]) =>
    rangesOf(keysOf(one)).map((range) => stretchSince(range, until)),
  );
  const isMany = (await countInStretches(redis, fresh)) > CHANGES_MAX;
  // Of many, none of the others is looked at: whoever listens reads anew what it shows, and the fold needs Redis more.
  const ofEach = isMany ? Math.ceil((2 * CHANGES_OF_MANY) / partitions.length) : CHANGES_MAX;
  const found = await Promise.all(
    partitions.map(([one, since]) => {
      const behind = isMany ? { ...since, overlap_ms: 0 } : since;
      return readChanges(run, keysOf(one), one, behind, ofEach);
    }),
  );
  const all = found.flat().filter(isWanted);
  const newest = all.sort((a, b) => a.at - b.at).slice(isMany ? -CHANGES_OF_MANY : -CHANGES_MAX);
  return { newest, isWhole: !isMany && newest.length === all.length };
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

/** Those of the range from a moment of log time on. */
function stretchSince({ key, base }: Range, from: number) {
  return { key, ...boundsOf({ base, from }) };
}

/** Changes of a partition since a moment, of each kind and status the newest, at most `max`. */
async function readChanges(
  run: RunScript,
  keys: SlotKeys,
  partition: number,
  { until, overlap_ms }: Told,
  max: number,
): Promise<TaskChangeSeen[]> {
  const from = Math.max(0, until - overlap_ms);
  const ranges = rangesOf(keys);
  const stretches = ranges.map((range) => ({ ...stretchSince(range, from), reversed: true, count: max }));
  const found = await readStretches(run, stretches);
  return ranges.flatMap(({ change, base }, i) =>
    found[i]!.map(({ id: internal_task_id, score }): TaskChangeSeen => {
      return { ...change, partition, internal_task_id, at: score - base };
    }),
  );
}
