// Lists of tasks, page by page: the sorted set that fits the filter best is followed, and what it does not say is looked up
// in the tasks, of which a page looks at so many at most. So no page takes long, however many tasks there are.

import { isTerminal } from '../domain/status-rule.ts';
import { REASON_ORDER, SCORE_RANGE, STATUS_ORDER } from '../domain/task-places.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import { countByScore } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import { readTaskRows } from '../redis/slot-reads.ts';
import { type TaskDocument, taskDocument } from './task-document.ts';
import { type Candidate, type ListOrder, type ListPlace, MergedRanges, type Range } from './task-order.ts';

/** What is left out does not matter. */
export interface TaskFilter {
  /** one of the contract's, or `unreported` */
  readonly task_status?: string | undefined;
  readonly engine_id?: string | undefined;
  readonly internal_job_id?: string | undefined;
  /** one of the contract's, or `unrecognized`: of the task's latest update that told one */
  readonly failure_reason?: string | undefined;
  readonly liveness?: string | undefined;
  /** whether a total of an IO is another than the sum of its deltas */
  readonly drifted?: boolean | undefined;
  /** log time of the last update, UTC epoch milliseconds: not before */
  readonly updated_from?: number | undefined;
  /** and before this */
  readonly updated_to?: number | undefined;
}

export interface TaskPage {
  /** without their errors and outputs; a page may be shorter than asked, or empty, and go on */
  readonly tasks: TaskDocument[];
  /** how many the list holds, counted by the indexes; absent: the filter asks for what no index has */
  readonly total?: number;
  readonly next_cursor?: string;
}

/** A cursor that no page has given. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

/** Tasks that are looked at for one page. */
const LOOKED_AT_MAX = 1_000;
/** Tasks that are read at once. */
const AT_ONCE_MAX = 200;

/** What a list follows, and the filters that this answers by itself. */
interface Plan {
  readonly ranges: Range[];
  readonly answered: readonly (keyof TaskFilter)[];
}

export interface TaskLists {
  /** @param limit 1 and more @throws InvalidCursor, Fault */
  page(filter: TaskFilter, order: ListOrder, limit: number, cursor: string | undefined): Promise<TaskPage>;
  /** In the order asked; null: there is none any more. @throws Fault */
  readRows(candidates: readonly Candidate[]): Promise<(TaskDocument | null)[]>;
  /** Among the tasks that changed their status last, in bounded time. @throws Fault */
  search(
    isWanted: (task: TaskDocument) => boolean,
  ): Promise<{ tasks: TaskDocument[]; looked: number; isComplete: boolean }>;
}

export function createTaskLists(
  redis: RedisClient,
  run: RunScript,
  keysOf: (partition: number) => SlotKeys,
  topic: string,
  readPartitionCount: () => Promise<number | null>,
): TaskLists {
  async function readRows(candidates: readonly Candidate[]): Promise<(TaskDocument | null)[]> {
    const byPartition = Map.groupBy(candidates, ({ partition }) => partition);
    const found = new Map<string, TaskDocument | null>();
    await Promise.all(
      [...byPartition].map(async ([partition, some]) => {
        const ids = some.map(({ internal_task_id }) => internal_task_id);
        const { tasks } = await readTaskRows(run, keysOf(partition), ids);
        for (const [i, task] of tasks.entries()) {
          found.set(ids[i]!, task && taskDocument(task, [], undefined, { topic, partition }));
        }
      }),
    );
    return candidates.map(({ internal_task_id }) => found.get(internal_task_id) ?? null);
  }

  async function totalOf({ ranges, answered }: Plan, filter: TaskFilter): Promise<number | undefined> {
    const asked = Object.entries(filter).filter(([, value]) => value !== undefined);
    if (!asked.every(([name]) => answered.includes(name as keyof TaskFilter))) return undefined;
    const counts = await Promise.all(
      ranges.map(({ key, base }) => countByScore(redis, key, base ?? 0, (base ?? 0) + SCORE_RANGE - 1)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  return {
    readRows,

    async search(isWanted) {
      const count = (await readPartitionCount()) ?? 0;
      const { ranges } = planOf(
        {},
        Array.from({ length: count }, (_, partition) => partition),
        keysOf,
      );
      const list = new MergedRanges(redis, ranges, 'newest', null, LOOKED_AT_MAX);
      const tasks: TaskDocument[] = [];
      for (let looked = 0; looked < LOOKED_AT_MAX; looked += AT_ONCE_MAX) {
        const candidates = await list.take(AT_ONCE_MAX);
        for (const row of await readRows(candidates)) if (row !== null && isWanted(row)) tasks.push(row);
        if (candidates.length < AT_ONCE_MAX) return { tasks, looked: looked + candidates.length, isComplete: true };
      }
      return { tasks, looked: LOOKED_AT_MAX, isComplete: false };
    },

    async page(filter, order, limit, cursor) {
      const behind = cursor === undefined ? null : placeOf(cursor);
      const count = (await readPartitionCount()) ?? 0;
      const plan = planOf(
        filter,
        Array.from({ length: count }, (_, partition) => partition),
        keysOf,
      );
      const isByJob = plan.answered.includes('internal_job_id');
      const list = new MergedRanges(redis, plan.ranges, isByJob ? 'oldest' : order, behind, limit);
      const counting = totalOf(plan, filter);
      const tasks: TaskDocument[] = [];
      let [looked, last, isOver] = [0, behind, false];
      while (tasks.length < limit && looked < LOOKED_AT_MAX && !isOver) {
        const wanted = Math.min(AT_ONCE_MAX, Math.max(limit - tasks.length, 50));
        const candidates = await list.take(wanted);
        isOver = candidates.length < wanted;
        for (const [i, row] of (await readRows(candidates)).entries()) {
          if (tasks.length === limit) {
            isOver = false;
            break;
          }
          last = candidates[i]!;
          looked++;
          if (row !== null && isChosen(row, filter)) tasks.push(row);
        }
      }
      const total = await counting;
      return {
        tasks,
        ...(total === undefined ? {} : { total }),
        ...(isOver || last === null ? {} : { next_cursor: cursorOf(last) }),
      };
    },
  };
}

function planOf(filter: TaskFilter, partitions: readonly number[], keysOf: (partition: number) => SlotKeys): Plan {
  const { task_status, engine_id, internal_job_id, failure_reason, liveness, drifted } = filter;
  const each = (key: (keys: SlotKeys) => string, bases: readonly (number | null)[]): Range[] =>
    partitions.flatMap((partition) => bases.map((base) => ({ partition, key: key(keysOf(partition)), base })));
  const isOpen = liveness !== undefined && liveness !== 'ended';
  const statuses = STATUS_ORDER.flatMap((status, number) => {
    // A task whose status is terminal has ended: there is no other among those.
    if (isOpen && isTerminal(status as TaskStatus)) return [];
    return task_status === undefined || task_status === status ? [number * SCORE_RANGE] : [];
  });
  if (internal_job_id !== undefined) {
    return { ranges: each((keys) => keys.jobTasks(internal_job_id), [null]), answered: ['internal_job_id'] };
  }
  if (liveness === 'silent' || liveness === 'stalled') {
    return { ranges: each(({ places }) => places[liveness], [0]), answered: ['liveness'] };
  }
  if (drifted === true) return { ranges: each(({ places }) => places.drifted, [0]), answered: ['drifted'] };
  if (failure_reason !== undefined) {
    const number = REASON_ORDER.indexOf(failure_reason);
    const bases = number < 0 ? [] : [number * SCORE_RANGE];
    return { ranges: each(({ places }) => places.by_reason, bases), answered: ['failure_reason'] };
  }
  if (engine_id !== undefined) {
    return { ranges: each((keys) => keys.engineTasks(engine_id), statuses), answered: ['engine_id', 'task_status'] };
  }
  return { ranges: each(({ places }) => places.by_status, statuses), answered: ['task_status'] };
}

/** Whether the task is one of those, as it is now: it may have moved since its place was read. */
function isChosen(task: TaskDocument, filter: TaskFilter): boolean {
  const { task_status, engine_id, internal_job_id, failure_reason, liveness, drifted } = filter;
  if (task_status !== undefined && (task.task_status ?? 'unreported') !== task_status) return false;
  if (engine_id !== undefined && task.engine_id !== engine_id) return false;
  if (internal_job_id !== undefined && task.internal_job_id !== internal_job_id) return false;
  if (failure_reason !== undefined && task.failure_reason !== failure_reason) return false;
  if (liveness !== undefined && task.liveness !== liveness) return false;
  if (drifted !== undefined && (task.ledger.drifted_ios !== undefined) !== drifted) return false;
  if (filter.updated_from !== undefined && task.last_update_at < filter.updated_from) return false;
  return filter.updated_to === undefined || task.last_update_at < filter.updated_to;
}

function cursorOf({ at, internal_task_id }: ListPlace): string {
  return Buffer.from(JSON.stringify([at, internal_task_id])).toString('base64url');
}

function placeOf(cursor: string): ListPlace {
  try {
    const [at, id, ...more] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof at === 'number' && Number.isSafeInteger(at) && typeof id === 'string' && more.length === 0) {
      return { at, internal_task_id: id };
    }
  } catch {
    // told below
  }
  throw new InvalidCursor('this cursor was not given by a page of this list');
}
