// The partition's share of the fleet roll-up, moved record by record (docs/fold.md, "Roll-up of the partition").

import type { Contribution } from './contribution.ts';
import { addExactly } from './exact-sum.ts';
import type { FleetShare, FleetSums } from './head.ts';
import { type Liveness, PROCESSED_STATS, type TaskState, type TaskStatus } from './task-state.ts';

/** Stands for "no update has told" among the roll-up's names. */
export const UNREPORTED = 'unreported';

export function emptySums(): FleetSums {
  return { job_creations: 0, error_count: 0, retry_count: 0, processed_stats: new Map() };
}

export function emptyFleetShare(): FleetShare {
  return {
    tasks: 0,
    tasks_by_status: new Map(),
    tasks_by_liveness: new Map(),
    failures_by_reason: new Map(),
    ...emptySums(),
    retired: { tasks: 0, ...emptySums() },
  };
}

/** Adds what one applied update contributes; exact for any number of updates. */
export function addToShare(share: FleetShare, { deltas, actions }: Contribution): void {
  addSums(share, deltas, actions.length);
}

function addSums(
  sums: FleetSums,
  { error_count, retry_count, processed_stats }: Contribution['deltas'] | TaskState,
  job_creations: number,
): void {
  if (error_count) sums.error_count = addExactly(sums.error_count, error_count);
  if (retry_count) sums.retry_count = addExactly(sums.retry_count, retry_count);
  sums.job_creations += job_creations;
  if (!processed_stats) return;
  for (const stat of PROCESSED_STATS) {
    const delta = processed_stats[stat];
    if (delta) sums.processed_stats.set(stat, addExactly(sums.processed_stats.get(stat) ?? 0, delta));
  }
}

/** Takes a task out of the roll-up; what it has counted stays in the sums. */
export function retireFromShare(share: FleetShare, task: TaskState): void {
  share.tasks--;
  count(share.tasks_by_status, task.task_status ?? UNREPORTED, -1);
  count(share.tasks_by_liveness, task.liveness, -1);
  share.retired.tasks++;
  addSums(share.retired, task, task.job_creations);
}

/** A growth brings the task into the partition (`step` 1), or takes it away, with all that it has counted. */
export function moveTask(share: FleetShare, task: TaskState, step: 1 | -1): void {
  share.tasks += step;
  count(share.tasks_by_status, task.task_status ?? UNREPORTED, step);
  count(share.tasks_by_liveness, task.liveness, step);
  for (const [reason, failures] of Object.entries(task.failures_by_reason ?? {})) {
    count(share.failures_by_reason, reason, step * failures);
  }
  share.job_creations += step * task.job_creations;
  share.error_count = addExactly(share.error_count, step * (task.error_count ?? 0));
  share.retry_count = addExactly(share.retry_count, step * (task.retry_count ?? 0));
  for (const stat of PROCESSED_STATS) {
    const sum = addExactly(share.processed_stats.get(stat) ?? 0, step * (task.processed_stats[stat] ?? 0));
    if (sum === 0) share.processed_stats.delete(stat);
    else share.processed_stats.set(stat, sum);
  }
}

/** Moves a task between livenesses; `from` null: the task is new. */
export function moveLiveness(share: FleetShare, from: Liveness | null, to: Liveness): void {
  if (from === to) return;
  if (from !== null) count(share.tasks_by_liveness, from, -1);
  count(share.tasks_by_liveness, to, 1);
}

/** Moves a task between statuses; `from` null: the task is new. A status that nobody is in is left out. */
export function moveStatus(share: FleetShare, from: TaskStatus | undefined | null, to: TaskStatus | undefined): void {
  if (from === null) share.tasks++;
  else if (from === to) return;
  else count(share.tasks_by_status, from ?? UNREPORTED, -1);
  count(share.tasks_by_status, to ?? UNREPORTED, 1);
}

export function countFailure(share: FleetShare, reason: string | undefined): void {
  count(share.failures_by_reason, reason ?? UNREPORTED, 1);
}

/** The same of the task itself: it takes its failures along where its job or engine changes. */
export function countFailureOf(task: TaskState, reason = UNREPORTED): void {
  const failures = task.failures_by_reason;
  task.failures_by_reason = { ...failures, [reason]: (failures?.[reason] ?? 0) + 1 };
}

function count<Name extends string>(counts: Map<Name, number>, name: Name, step: number): void {
  const next = (counts.get(name) ?? 0) + step;
  if (next === 0) counts.delete(name);
  else counts.set(name, next);
}
