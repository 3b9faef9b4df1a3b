// Which tasks a list holds, and the sorted sets that say so by themselves.

import { isTerminal } from '../domain/status-rule.ts';
import { LAST_UPDATE_STEP_MS, minuteOf, REASON_ORDER, SCORE_RANGE, STATUS_ORDER } from '../domain/task-places.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import type { TaskDocument } from './task-document.ts';
import type { Range } from './task-order.ts';

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

/** By when the task came to its status, or by when its last update came. */
export const LIST_SORTS = ['status', 'last_update'] as const;
export type ListSort = (typeof LIST_SORTS)[number];

/** What a list can follow. */
export interface TaskIndex {
  readonly ranges: readonly Range[];
  /** the order of the ranges; null: another one, of ids or since when a task is silent or stalls */
  readonly sort: ListSort | null;
  /** filters that it answers by itself */
  readonly answered: readonly (keyof TaskFilter)[];
}

/** The sorted sets of some partitions. */
export class TaskIndexes {
  readonly #slots: readonly { readonly partition: number; readonly keys: SlotKeys }[];

  constructor(count: number, keysOf: (partition: number) => SlotKeys) {
    this.#slots = Array.from({ length: count }, (_, partition) => ({ partition, keys: keysOf(partition) }));
  }

  /** The one that leaves the fewest tasks to be looked at. */
  narrowest(filter: TaskFilter): TaskIndex {
    const { task_status, engine_id, internal_job_id, failure_reason, liveness, drifted } = filter;
    if (internal_job_id !== undefined) {
      const ranges = this.#each((keys) => keys.jobTasks(internal_job_id), [null]);
      return { ranges, sort: null, answered: ['internal_job_id'] };
    }
    if (liveness === 'silent' || liveness === 'stalled') {
      return { ranges: this.#each(({ places }) => places[liveness], [0]), sort: null, answered: ['liveness'] };
    }
    if (drifted === true) {
      return { ranges: this.#each(({ places }) => places.drifted, [0]), sort: 'status', answered: ['drifted'] };
    }
    if (failure_reason !== undefined) {
      const number = REASON_ORDER.indexOf(failure_reason);
      const bases = number < 0 ? [] : [number * SCORE_RANGE];
      const ranges = this.#each(({ places }) => places.by_reason, bases);
      return { ranges, sort: 'status', answered: ['failure_reason'] };
    }
    if (engine_id !== undefined) {
      const ranges = this.#each((keys) => keys.engineTasks(engine_id), basesOf(filter));
      return { ranges, sort: 'status', answered: ['engine_id', 'task_status'] };
    }
    const isByUpdate = filter.updated_from !== undefined || filter.updated_to !== undefined;
    return this.whole(task_status === undefined && isByUpdate ? 'last_update' : 'status', filter);
  }

  /** One that holds every task, in this order. */
  whole(sort: ListSort, filter: TaskFilter): TaskIndex {
    const statuses = this.#each(({ places }) => places.by_status, basesOf(filter));
    if (sort === 'status') return { ranges: statuses, sort, answered: ['task_status'] };
    // A task that was updated in the minute of its status has a place there alone. Of another minute they know no more than
    // that, so those that a bound lies in are looked at task by task.
    const { updated_from, updated_to } = filter;
    const bounds = {
      ...(updated_from === undefined ? {} : { from: minuteOf(updated_from) }),
      ...(updated_to === undefined ? {} : { to: minuteOf(updated_to - 1) + LAST_UPDATE_STEP_MS - 1 }),
    };
    const ranges = [
      ...statuses.map((range) => ({ ...range, unless: this.#slots[range.partition]!.keys.places.by_last_update })),
      ...this.#each(({ places }) => places.by_last_update, [0]),
    ];
    return { ranges: ranges.map((range) => ({ ...range, ...bounds })), sort, answered: [] };
  }

  #each(key: (keys: SlotKeys) => string, bases: readonly (number | null)[]): Range[] {
    return this.#slots.flatMap(({ partition, keys }) => bases.map((base) => ({ partition, key: key(keys), base })));
  }
}

/** Of those statuses that a task of the filter may have. */
function basesOf({ task_status, liveness }: TaskFilter): number[] {
  const isOpen = liveness !== undefined && liveness !== 'ended';
  return STATUS_ORDER.flatMap((status, number) => {
    // A task whose status is terminal has ended: there is no other among those.
    if (isOpen && isTerminal(status as TaskStatus)) return [];
    return task_status === undefined || task_status === status ? [number * SCORE_RANGE] : [];
  });
}

/** Whether the task is one of those, as it is now: it may have moved since its place was read. */
export function isChosen(task: TaskDocument, filter: TaskFilter): boolean {
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
