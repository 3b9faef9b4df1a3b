// Jobs that are not over, by their last updates, page by page. A job is the sum of its partitions' shares, and each that is not over
// has a place of its own, by the minute of its last update: so a job counts at the latest of these, and is passed over at the others.

import { readScores } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import { cursorOf, placeOf } from './list-cursor.ts';
import type { JobDocument } from './roll-up-document.ts';
import type { RollUpReads } from './roll-up-reads.ts';
import { type Candidate, comparePlaces, type ListOrder, type ListPlace, MergedRanges } from './task-order.ts';

export interface JobPage {
  /** may be fewer than asked, or none, and go on */
  readonly jobs: JobDocument[];
  readonly next_cursor?: string;
}

/** Places that are looked at for one page, and at once. */
const LOOKED_AT_MAX = 1_000;
const AT_ONCE_MAX = 200;

/** @throws InvalidCursor, Fault */
export async function pageOfOpenJobs(
  redis: RedisClient,
  run: RunScript,
  rollUps: RollUpReads,
  slots: readonly SlotKeys[],
  { order, limit, cursor }: { readonly order: ListOrder; readonly limit: number; readonly cursor: string | undefined },
): Promise<JobPage> {
  const behind = cursor === undefined ? null : placeOf(cursor);
  const ranges = slots.map(({ openJobs: key }, partition) => ({ partition, key, base: 0 }));
  const merged = new MergedRanges(redis, run, ranges, order, behind, limit);
  const found: { readonly job: JobDocument; readonly minute: number }[] = [];
  let last: ListPlace | null = behind;
  let [looked, isOver] = [0, false];
  while (found.length < limit && looked < LOOKED_AT_MAX && !isOver) {
    const wanted = Math.min(AT_ONCE_MAX, Math.max(limit - found.length, 50));
    const candidates = await merged.take(wanted);
    isOver = candidates.length < wanted;
    const latest = await thoseAtTheirLatest(redis, slots, candidates);
    const documents = await rollUps.readMany(
      'internal_job_id',
      [...latest].map(({ id }) => id),
    );
    for (const candidate of candidates) {
      if (found.length === limit) {
        isOver = false;
        break;
      }
      last = candidate;
      looked++;
      const job = latest.has(candidate) ? documents.get(candidate.id) : undefined;
      if (job) found.push({ job, minute: candidate.at });
    }
  }
  const byMinute = (a: number, b: number) => (order === 'newest' ? b - a : a - b);
  found.sort((a, b) => byMinute(a.minute, b.minute) || comparePlaces(lastUpdateOf(a.job), lastUpdateOf(b.job), order));
  const jobs = found.map(({ job }) => job);
  return { jobs, ...(isOver || last === null ? {} : { next_cursor: cursorOf(last) }) };
}

/** Those whose job has no later place, nor one of the same minute in a partition before. */
async function thoseAtTheirLatest(
  redis: RedisClient,
  slots: readonly SlotKeys[],
  candidates: readonly Candidate[],
): Promise<Set<Candidate>> {
  const ids = candidates.map(({ id }) => id);
  const scores = await Promise.all(slots.map(({ openJobs }) => readScores(redis, openJobs, ids)));
  const isLater = (candidate: Candidate, score: number | null | undefined, partition: number) =>
    score != null && (score > candidate.at || (score === candidate.at && partition < candidate.partition));
  return new Set(candidates.filter((one, i) => !scores.some((of, partition) => isLater(one, of[i], partition))));
}

function lastUpdateOf({ last_update_at: at, internal_job_id: id }: JobDocument): ListPlace {
  return { at, id };
}
