// The shares of jobs and engines in the plain fold ("Roll-ups of jobs and engines" of docs/fold.md): which tasks belong to each,
// and what was retired from it. Figures are added up over those tasks whenever somebody asks.

import { PROCESSED_STATS } from '../../domain/task-state.ts';
import type { PlainTask } from './plain-task.ts';

export const PLAIN_KINDS = ['internal_job_id', 'engine_id'] as const;
export type PlainKind = (typeof PLAIN_KINDS)[number];

export interface PlainRollUp {
  readonly tasks: Set<PlainTask>;
  /** what retired tasks had counted, by the name of the sum; `tasks`: how many they are */
  readonly retired: Map<string, bigint>;
  first_update_at: number;
  last_update_at: number;
}

export class PlainRollUps {
  readonly byId: { readonly [kind in PlainKind]: Map<string, PlainRollUp> } = {
    internal_job_id: new Map(),
    engine_id: new Map(),
  };

  /**
   * An update of the task was taken.
   * @param before the ids that it had
   * @param log_time of the record, ms
   */
  updated(task: PlainTask, before: { readonly [kind in PlainKind]: string | undefined }, log_time: number): void {
    for (const kind of PLAIN_KINDS) {
      const id = task[kind];
      if (before[kind] !== undefined && before[kind] !== id) this.#takeOut(kind, before[kind], task);
      if (id === undefined) continue;
      const { first_update_at } = task;
      const rollUp = this.byId[kind].get(id) ?? newPlainRollUp(first_update_at);
      this.byId[kind].set(id, rollUp);
      rollUp.tasks.add(task);
      rollUp.first_update_at = Math.min(rollUp.first_update_at, first_update_at);
      rollUp.last_update_at = log_time;
    }
  }

  retire(task: PlainTask): void {
    for (const kind of PLAIN_KINDS) {
      const id = task[kind];
      if (id === undefined) continue;
      const { retired } = this.byId[kind].get(id)!;
      for (const [name, sum] of [['tasks', 1n] as const, ...sumsOf(task)]) addTo(retired, name, sum);
      this.#takeOut(kind, id, task);
    }
  }

  #takeOut(kind: PlainKind, id: string, task: PlainTask): void {
    const { tasks } = this.byId[kind].get(id)!;
    tasks.delete(task);
    if (tasks.size === 0) this.byId[kind].delete(id);
  }
}

export function newPlainRollUp(first_update_at: number): PlainRollUp {
  return { tasks: new Set(), retired: new Map(), first_update_at, last_update_at: 0 };
}

/** What a task has counted, by the name of the sum. */
function sumsOf(task: PlainTask): [name: string, sum: bigint][] {
  const { error_count = 0, retry_count = 0 } = task;
  return [
    ['completion_requested', task.completion_requested ? 1n : 0n],
    ['job_creations', BigInt(task.job_creations)],
    ['error_count', BigInt(error_count)],
    ['retry_count', BigInt(retry_count)],
    ...PROCESSED_STATS.map((stat): [string, bigint] => [
      `processed_stats.${stat}`,
      BigInt(task.processed_stats.get(stat) ?? 0),
    ]),
    ...[...task.failures_by_reason].map(([reason, times]): [string, bigint] => [
      `failures_by_reason.${reason}`,
      BigInt(times),
    ]),
    ...[...task.marks].map(([mark, times]): [string, bigint] => [`marks.${mark}`, BigInt(times)]),
    ...(['applied', 'duplicate', 'stale', 'rejected', 'came_rerouted'] as const).map((outcome): [string, bigint] => [
      `updates.${outcome}`,
      BigInt(task[`updates_${outcome}`]),
    ]),
  ];
}

/** All figures of a share that are not 0, by their published names. */
export function figuresOfRollUp(rollUp: PlainRollUp): Map<string, bigint> {
  const figures = new Map<string, bigint>();
  addTo(figures, 'tasks', BigInt(rollUp.tasks.size));
  addTo(figures, 'first_update_at', BigInt(rollUp.first_update_at));
  addTo(figures, 'last_update_at', BigInt(rollUp.last_update_at));
  for (const task of rollUp.tasks) {
    addTo(figures, `tasks_by_status.${task.task_status ?? 'unreported'}`, 1n);
    addTo(figures, `tasks_by_liveness.${task.liveness}`, 1n);
    for (const [name, sum] of sumsOf(task)) addTo(figures, name, sum);
  }
  for (const [name, sum] of rollUp.retired) {
    addTo(figures, `retired.${name}`, sum);
    if (name !== 'tasks') addTo(figures, name, sum);
  }
  return figures;
}

function addTo(sums: Map<string, bigint>, name: string, sum: bigint): void {
  if (sum !== 0n) sums.set(name, (sums.get(name) ?? 0n) + sum);
}
