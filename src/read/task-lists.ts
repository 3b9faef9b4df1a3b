// Lists of tasks, page by page: the sorted set that fits the filter best is followed, and what it does not say is looked up
// in the tasks, of which a page looks at so many at most. So no page takes long, however many tasks there are. Where the
// order asked is another than that of the set, few tasks are sorted whole, and of many the set of that order is followed.

import { LAST_UPDATE_STEP_MS, minuteOf } from '../domain/task-places.ts';
import { countInStretches, readTimes, whichOf } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import { readTaskRows } from '../redis/slot-reads.ts';
import { type Cursor, cursorOf, placeOf } from './list-cursor.ts';
import { type TaskDocument, taskDocument } from './task-document.ts';
import { isChosen, type ListSort, type TaskFilter, type TaskIndex, TaskIndexes } from './task-filter.ts';
import {
  boundsOf,
  type Candidate,
  comparePlaces,
  type ListOrder,
  type ListPlace,
  MergedRanges,
  type Range,
} from './task-order.ts';

export interface TaskPage {
  /** without their errors and outputs; a page may be shorter than asked, or empty, and go on */
  readonly tasks: TaskDocument[];
  /** how many the list holds, counted by the indexes; absent: the filter asks for what no index has */
  readonly total?: number;
  readonly next_cursor?: string;
}

export interface PageOfTasks {
  /** how many the group has: the lists of all of them are one */
  readonly partitions: number;
  /** undefined: that of the index which fits the filter best */
  readonly sort: ListSort | undefined;
  readonly order: ListOrder;
  /** 1 and more */
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Tasks that are looked at for one page, and places that are passed, those that say nothing included. */
const LOOKED_AT_MAX = 1_000;
const PASSED_MAX = 10_000;
/** Tasks that are read at once. */
const AT_ONCE_MAX = 200;
/** Up to so many are sorted for each page anew. */
const SORTED_MAX = 1_000;

/** Tasks in the order of a list. */
interface Candidates {
  readonly isOfFew: boolean;
  /** fewer than `max` only where there are no more */
  take(max: number): Promise<Candidate[]>;
}

export interface TaskLists {
  /** @throws InvalidCursor, Fault */
  page(filter: TaskFilter, page: PageOfTasks): Promise<TaskPage>;
  /** In the order asked; null: there is none any more. @throws Fault */
  readRows(candidates: readonly Pick<Candidate, 'partition' | 'id'>[]): Promise<(TaskDocument | null)[]>;
}

export function createTaskLists(
  redis: RedisClient,
  run: RunScript,
  keysOf: (partition: number) => SlotKeys,
  topic: string,
): TaskLists {
  const readRows: TaskLists['readRows'] = async (candidates) => {
    const found = new Map<string, TaskDocument | null>();
    await inEachPartition(candidates, async (partition, ids) => {
      const { tasks } = await readTaskRows(run, keysOf(partition), ids);
      for (const [i, task] of tasks.entries()) {
        found.set(ids[i]!, task && taskDocument(task, [], undefined, { topic, partition }));
      }
    });
    return candidates.map(({ id }) => found.get(id) ?? null);
  };

  /** @param sort another order than that of the ranges @returns null: they are more than a page may sort */
  async function sorted(
    ranges: readonly Range[],
    sort: ListSort,
    order: ListOrder,
    behind: ListPlace | null,
  ): Promise<Candidates | null> {
    const all = await new MergedRanges(redis, run, ranges, 'oldest', null, SORTED_MAX).take(SORTED_MAX + 1);
    if (all.length > SORTED_MAX) return null;
    const stale = await whichAreStale(all);
    const few: Candidate[] = [];
    await inEachPartition(
      all.filter((one) => !stale.has(one)),
      async (partition, ids) => {
        const times = await readTimes(
          redis,
          keysOf(partition),
          ids,
          sort === 'status' ? 'status_at' : 'last_update_at',
        );
        for (const [i, at] of times.entries()) if (at !== null) few.push({ partition, id: ids[i]!, at });
      },
    );
    const left = few
      .filter((one) => behind === null || comparePlaces(one, behind, order) > 0)
      .sort((a, b) => comparePlaces(a, b, order));
    return { isOfFew: true, take: async (max) => left.splice(0, max) };
  }

  /** Those whose place says nothing. */
  async function whichAreStale(candidates: readonly Candidate[]): Promise<Set<Candidate>> {
    const stale = new Set<Candidate>();
    await Promise.all(
      [...Map.groupBy(candidates, ({ unless }) => unless)].map(async ([key, some]) => {
        if (key === undefined) return;
        const known = await whichOf(
          redis,
          key,
          some.map(({ id }) => id),
        );
        for (const [i, isKnown] of known.entries()) if (isKnown) stale.add(some[i]!);
      }),
    );
    return stale;
  }

  function followed({ ranges, sort }: TaskIndex, order: ListOrder, behind: Cursor | null, limit: number): Candidates {
    // Ids have one order only.
    const isById = ranges.some(({ base }) => base === null);
    const from = behind?.isOfFew && sort === 'last_update' ? beforeItsMinute(behind, order) : behind;
    const merged = new MergedRanges(redis, run, ranges, isById ? 'oldest' : order, from, limit);
    return { isOfFew: false, take: (max) => merged.take(max) };
  }

  return {
    readRows,

    async page(filter, { partitions, sort, order, limit, cursor }) {
      const behind = cursor === undefined ? null : placeOf(cursor);
      const indexes = new TaskIndexes(partitions, keysOf);
      const narrowest = indexes.narrowest(filter);
      const counted = countInStretches(redis, joined(narrowest.ranges));
      // Whoever needs it awaits it, and hears then why there is none.
      counted.catch(() => {});
      const isSorted = sort === undefined || sort === narrowest.sort;
      let list: Candidates | null = null;
      if (!isSorted && behind?.isOfFew !== false && (await counted) <= SORTED_MAX) {
        list = await sorted(narrowest.ranges, sort, order, behind);
      }
      const index = isSorted ? narrowest : indexes.whole(sort, filter);
      list ??= followed(index, order, behind, limit);
      const tasks: TaskDocument[] = [];
      let [looked, passed, isOver] = [0, 0, false];
      let last: Cursor | null = behind;
      while (tasks.length < limit && looked < LOOKED_AT_MAX && passed < PASSED_MAX && !isOver) {
        const wanted = Math.min(AT_ONCE_MAX, Math.max(limit - tasks.length, 50));
        const candidates = await list.take(wanted);
        isOver = candidates.length < wanted;
        const stale = await whichAreStale(candidates);
        const rows = (await readRows(candidates.filter((one) => !stale.has(one)))).values();
        for (const candidate of candidates) {
          if (tasks.length === limit) {
            isOver = false;
            break;
          }
          last = { ...candidate, isOfFew: list.isOfFew };
          passed++;
          if (stale.has(candidate)) continue;
          looked++;
          const row = rows.next().value ?? null;
          if (row !== null && isChosen(row, filter)) tasks.push(row);
        }
      }
      // The sets tell minutes only.
      if (index.sort === 'last_update') tasks.sort((a, b) => comparePlaces(lastUpdateOf(a), lastUpdateOf(b), order));
      const asked = Object.entries(filter).filter(([, value]) => value !== undefined);
      const isCounted = asked.every(([name]) => narrowest.answered.includes(name as keyof TaskFilter));
      return {
        tasks,
        ...(isCounted ? { total: await counted } : {}),
        ...(isOver || last === null ? {} : { next_cursor: cursorOf(last) }),
      };
    },
  };
}

/** The scores of ranges, those of one set that follow each other as one. */
function joined(ranges: readonly Range[]): { key: string; min: number; max: number }[] {
  const stretches: { key: string; min: number; max: number }[] = [];
  for (const range of ranges) {
    const { min, max } = boundsOf(range);
    const last = stretches.at(-1);
    if (last !== undefined && last.key === range.key && last.max + 1 === min) last.max = max;
    else stretches.push({ key: range.key, min, max });
  }
  return stretches;
}

async function inEachPartition(
  candidates: readonly Pick<Candidate, 'partition' | 'id'>[],
  read: (partition: number, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const byPartition = Map.groupBy(candidates, ({ partition }) => partition);
  await Promise.all(
    [...byPartition].map(([partition, some]) =>
      read(
        partition,
        some.map(({ id }) => id),
      ),
    ),
  );
}

function lastUpdateOf({ last_update_at: at, internal_task_id: id }: TaskDocument): ListPlace {
  return { at, id };
}

/** The few have become many: the list goes on with the minute that it had come to, whose tasks may come twice, and none is left out. */
function beforeItsMinute({ at }: ListPlace, order: ListOrder): ListPlace {
  const minute = minuteOf(at);
  return { at: order === 'newest' ? minute + LAST_UPDATE_STEP_MS : minute, id: '' };
}
