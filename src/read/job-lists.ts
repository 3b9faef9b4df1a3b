// Jobs by their last updates, page by page. The whole of a job is the sum of its partitions' shares, and each of these has a place of
// its own by the minute of its last update: so a job counts where its latest share stands, and is passed over at its other ones.

import { minuteOf } from '../domain/task-places.ts';
import type { RedisClient } from '../redis/redis-target.ts';
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
export async function pageOfJobs(
  redis: RedisClient,
  rollUps: RollUpReads,
  slots: readonly SlotKeys[],
  { order, limit, cursor }: { readonly order: ListOrder; readonly limit: number; readonly cursor: string | undefined },
): Promise<JobPage> {
  const behind = cursor === undefined ? null : placeOf(cursor);
  const ranges = slots.map(({ jobsByLastUpdate: key }, partition) => ({ partition, key, base: 0 }));
  const merged = new MergedRanges(redis, ranges, order, behind, limit);
  const jobs: JobDocument[] = [];
  let last: ListPlace | null = behind;
  let [looked, isOver] = [0, false];
  while (jobs.length < limit && looked < LOOKED_AT_MAX && !isOver) {
    const wanted = Math.min(AT_ONCE_MAX, Math.max(limit - jobs.length, 50));
    const candidates = await merged.take(wanted);
    isOver = candidates.length < wanted;
    const documents = await rollUps.readMany(
      'internal_job_id',
      candidates.map(({ id }) => id),
    );
    for (const candidate of candidates) {
      if (jobs.length === limit) {
        isOver = false;
        break;
      }
      // Partitions that have a share of one minute stand side by side.
      const isRepeated = isSame(candidate, last);
      last = candidate;
      looked++;
      const job = documents.get(candidate.id);
      if (job && !isRepeated && minuteOf(job.last_update_at) === candidate.at) jobs.push(job);
    }
  }
  jobs.sort((a, b) => comparePlaces(lastUpdateOf(a), lastUpdateOf(b), order));
  return { jobs, ...(isOver || last === null ? {} : { next_cursor: cursorOf(last) }) };
}

function isSame(one: Candidate, other: ListPlace | null): boolean {
  return other !== null && one.at === other.at && one.id === other.id;
}

function lastUpdateOf({ last_update_at: at, internal_job_id: id }: JobDocument): ListPlace {
  return { at, id };
}
