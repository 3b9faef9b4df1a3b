// Holds what was folded against what the simulated engines really did. The plain fold's tasks stand for Redis here: a
// difference between those two is told on its own.

import type { ExpectedEvent } from './expected-events.ts';
import type { Mismatches } from './mismatches.ts';
import type { PlainFold } from './plain-fold.ts';
import type { PlainIos, PlainTask } from './plain-task.ts';
import { readTruth, type TruthIo, type TruthSummary, type TruthTask } from './truth-file.ts';

/** What each task's events said, in order. */
export class ToldOfTasks {
  readonly #failures = new Map<string, string[]>();
  readonly #jobs = new Map<string, string[]>();

  take({ event, asked }: ExpectedEvent): void {
    if (event.kind === 'failure') {
      push(this.#failures, event.internal_task_id, failureText(event.failure, event.failure_reason));
    } else if (event.kind === 'job_creation') {
      push(this.#jobs, event.internal_task_id, asked!.action.base_internal_job_id ?? '');
    }
  }

  failures(task: string): readonly string[] {
    return this.#failures.get(task) ?? [];
  }

  jobs(task: string): readonly string[] {
    return this.#jobs.get(task) ?? [];
  }
}

export interface FoldedFigures {
  readonly folds: ReadonlyMap<number, PlainFold>;
  readonly told: ToldOfTasks;
  readonly published: number;
  readonly failures: number;
  readonly failures_by_kind: ReadonlyMap<string, number>;
  readonly job_creations: number;
}

export interface TruthAnswer {
  readonly tasks: number;
  /** of these tasks nobody knows everything; they were not compared */
  readonly tasks_unknown: number;
  /** tasks that are not of this run */
  readonly tasks_of_others: number;
  /** whether the summary's counts could be compared: only if the run alone wrote to the topic, and knows all */
  readonly summary_compared: boolean;
}

/** @throws CommandFailure (exit 2) where the file is no whole truth of this topic */
export async function compareTruth(
  file: string,
  topic: string,
  figures: FoldedFigures,
  mismatches: Mismatches,
): Promise<TruthAnswer> {
  const folded = new Map<string, PlainTask>();
  for (const fold of figures.folds.values()) for (const [id, task] of fold.tasks) folded.set(id, task);
  const all = folded.size;
  let [tasks, tasks_unknown] = [0, 0];
  const summary = await readTruth(file, topic, (truth) => {
    const task = folded.get(truth.internal_task_id);
    folded.delete(truth.internal_task_id);
    tasks += 1;
    if (truth.unknown) tasks_unknown += 1;
    else compareTask(truth, task, figures.told, mismatches);
  });
  const tasks_of_others = folded.size;
  const summary_compared = tasks_of_others === 0 && summary.unknown === 0;
  if (summary_compared) compareSummary(summary, figures, all, mismatches);
  return { tasks, tasks_unknown, tasks_of_others, summary_compared };
}

function compareTask(truth: TruthTask, task: PlainTask | undefined, told: ToldOfTasks, mismatches: Mismatches): void {
  const about = { about: 'truth', internal_task_id: truth.internal_task_id } as const;
  if (task === undefined) {
    mismatches.add({ ...about, problem: 'missing' });
    return;
  }
  const id = truth.internal_task_id;
  const jobs = (list: readonly string[]) => (truth.reordered ? [...list].sort() : list).join(', ');
  const said = texts({
    internal_job_id: truth.internal_job_id,
    engine_id: truth.engine_id,
    updates: truth.updates,
    updates_rejected: truth.updates_rejected,
    task_status: truth.task_status,
    attempts: truth.attempts,
    completion_requested: truth.completion_requested,
    error_count: truth.error_count,
    retry_count: truth.retry_count,
    processed_stats: sorted(truth.processed_stats ?? {}),
    inputs: iosText(truth.inputs ?? []),
    outputs: iosText(truth.outputs ?? []),
    failures: truth.failures.map(({ failure, failure_reason }) => failureText(failure, failure_reason)).join(', '),
    job_creations: jobs(truth.job_creations),
    timestamp: truth.timestamp,
    work_request_id: truth.work_request_id,
  });
  const found = texts({
    internal_job_id: task.internal_job_id,
    engine_id: task.engine_id,
    updates: task.updates_applied,
    updates_rejected: task.updates_rejected,
    task_status: task.task_status,
    attempts: task.attempts,
    completion_requested: task.completion_requested,
    error_count: task.error_count,
    retry_count: task.retry_count,
    processed_stats: sorted(Object.fromEntries(task.processed_stats)),
    inputs: iosText(iosOf(task.ios.inputs)),
    outputs: iosText(iosOf(task.ios.outputs)),
    failures: told.failures(id).join(', '),
    job_creations: jobs(told.jobs(id)),
    // Left out of the truth: not claimed.
    timestamp: truth.timestamp === undefined ? undefined : task.timestamp,
    work_request_id: truth.work_request_id === undefined ? undefined : task.work_request_id,
  });
  mismatches.compare(about, said, found);
}

function compareSummary(summary: TruthSummary, figures: FoldedFigures, tasks: number, mismatches: Mismatches): void {
  const folds = [...figures.folds.values()];
  const sum = (amount: (fold: PlainFold) => number) => folds.reduce((total, fold) => total + amount(fold), 0);
  const reasons = new Map<string, number>();
  for (const fold of folds) {
    for (const [reason, count] of fold.rejected_by_reason) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  const said = texts({
    published: summary.published,
    applied: summary.applied,
    rejected: summary.rejected,
    rejected_by_reason: sorted(withoutZeros(summary.rejected_by_reason)),
    rerouted: summary.rerouted,
    tasks: summary.tasks,
    failures: summary.failures,
    failures_by_kind: sorted(withoutZeros(summary.failures_by_kind)),
    job_creations: summary.job_creations,
  });
  const found = texts({
    published: figures.published,
    applied: sum((fold) => fold.outcomes.applied),
    rejected: sum((fold) => fold.outcomes.rejected),
    rejected_by_reason: sorted(Object.fromEntries(reasons)),
    rerouted: sum((fold) => fold.outcomes.rerouted),
    tasks,
    failures: figures.failures,
    failures_by_kind: sorted(Object.fromEntries(figures.failures_by_kind)),
    job_creations: figures.job_creations,
  });
  mismatches.compare({ about: 'truth' }, said, found);
}

function push(lists: Map<string, string[]>, task: string, text: string): void {
  const list = lists.get(task);
  if (list === undefined) lists.set(task, [text]);
  else list.push(text);
}

function failureText(failure: string, reason: string | undefined): string {
  return reason === undefined ? failure : `${failure} (${reason})`;
}

function texts(values: { readonly [field: string]: string | number | boolean | undefined }): Map<string, string> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Map(given.map(([field, value]) => [field, String(value)]));
}

function sorted(counts: { readonly [name: string]: number }): string {
  return JSON.stringify(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutZeros(counts: { readonly [name: string]: number }): { [name: string]: number } {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

function iosOf(ios: PlainIos): TruthIo[] {
  return [...ios].map(([id, io]) => ({ id, ...io }));
}

function iosText(ios: readonly TruthIo[]): string {
  return ios
    .map((io) => `${io.id}: ${io.processed_count ?? '-'} of ${io.processed_total_count ?? '-'}`)
    .sort()
    .join(', ');
}
