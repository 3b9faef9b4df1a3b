// Holds what was folded against what the simulated engines really did. The plain fold's tasks stand for Redis here, because a
// difference between those two is told on its own; where there is no plain fold, Redis and the topics are held against it.

import type { Outcome } from '../../domain/outcome.ts';
import type { ExpectedEvent } from './expected-events.ts';
import { comparedReasons } from './expected-state.ts';
import type { Mismatches } from './mismatches.ts';
import { isOfSilence } from './plain-failure.ts';
import {
  type Figures,
  failuresOf,
  failureText,
  isError,
  isOver,
  partOf,
  sorted,
  sumsOf,
  texts,
  totalsOf,
  withoutZeros,
} from './truth-figures.ts';
import { readTruth, type TruthGroup, type TruthSummary, type TruthTask } from './truth-file.ts';
import type { TruthSubject } from './truth-subject.ts';

/** What each task's events said, in order. */
export class ToldOfTasks {
  readonly #failures = new Map<string, string[]>();
  readonly #jobs = new Map<string, string[]>();

  take({ event, asked }: ExpectedEvent): void {
    if (event.kind === 'failure') this.failure(event.internal_task_id, event.failure, event.failure_reason);
    else if (event.kind === 'job_creation') this.job(event.internal_task_id, asked!.action.base_internal_job_id ?? '');
  }

  failure(task: string, failure: string, reason: string | undefined): void {
    if (!isOfSilence(failure)) push(this.#failures, task, failureText(failure, reason));
  }

  job(task: string, base_internal_job_id: string): void {
    push(this.#jobs, task, base_internal_job_id);
  }

  failuresOf(task: string): readonly string[] {
    return this.#failures.get(task) ?? [];
  }

  jobsOf(task: string): readonly string[] {
    return this.#jobs.get(task) ?? [];
  }
}

/** Where and how something was folded is no matter here. */
export interface TruthFigures {
  /** tasks that are there */
  readonly tasks: number;
  subjectOf(internal_task_id: string): TruthSubject | undefined;
  /** how many tasks were retired */
  readonly retired: number;
  isRetired(internal_task_id: string): boolean;
  readonly told: ToldOfTasks;
  readonly published: number;
  /** of all partitions */
  readonly outcomes: { readonly [outcome in Outcome]: number };
  readonly rejected_by_reason: ReadonlyMap<string, number>;
  /** whether the reasons of damaged bodies are the processor's, which may name one of several */
  readonly bodiesAreOne: boolean;
  readonly failures: number;
  readonly failures_by_kind: ReadonlyMap<string, number>;
  readonly job_creations: number;
}

export interface TruthAnswer {
  readonly tasks: number;
  /** of these tasks nobody knows everything; they were not compared */
  readonly tasks_unknown: number;
  /** tasks that a fault hit so that they may be wrong, if they carry a mark that says so */
  readonly tasks_marked: number;
  /** of those: wrong, and without a mark. Nobody can exclude it; up to 3 in 1,000 (and one) are no mismatch */
  readonly tasks_unmarked: number;
  /** tasks of which the truth leaves a group unclaimed (`open`) */
  readonly tasks_open: number;
  /** of how many tasks each of these groups is not claimed */
  readonly open_groups: { readonly [group in TruthGroup]?: number };
  /** tasks that are not of this run */
  readonly tasks_of_others: number;
  /** whether the summary's counts could be compared: only if the run alone wrote to the topic, and knows all */
  readonly summary_compared: boolean;
}

/** @throws CommandFailure (exit 2) where the file is no whole truth of this topic */
export async function compareTruth(
  file: string,
  topic: string,
  figures: TruthFigures,
  mismatches: Mismatches,
): Promise<TruthAnswer> {
  let [tasks, tasks_there, tasks_unknown, tasks_marked, tasks_open] = [0, 0, 0, 0, 0];
  const open_groups: { [group in TruthGroup]?: number } = {};
  const unmarked = new Map<string, Compared>();
  const inexact = new Set<TruthGroup>();
  const summary = await readTruth(file, topic, (truth) => {
    const task = figures.subjectOf(truth.internal_task_id);
    if (task !== undefined) tasks_there += 1;
    tasks += 1;
    for (const group of Object.keys(truth.exactness ?? {})) inexact.add(group as TruthGroup);
    if (truth.unknown || (task === undefined && figures.isRetired(truth.internal_task_id))) tasks_unknown += 1;
    else {
      const doubtful = compareTask(truth, task, figures.told, mismatches);
      if (Object.values(truth.exactness ?? {}).includes('marked')) tasks_marked += 1;
      if (doubtful !== null) unmarked.set(truth.internal_task_id, doubtful);
      const open = openGroups(truth);
      if (open.length > 0) tasks_open += 1;
      for (const group of open) open_groups[group] = (open_groups[group] ?? 0) + 1;
    }
  });
  if (unmarked.size > 1 + UNMARKED_SHARE_MAX * tasks_marked) {
    for (const [internal_task_id, { said, found }] of unmarked) {
      mismatches.compare({ about: 'truth', internal_task_id }, said, found);
    }
  }
  const tasks_of_others = figures.tasks - tasks_there;
  const summary_compared = tasks_of_others === 0 && summary.unknown === 0;
  if (summary_compared) compareSummary(summary, figures, inexact, mismatches);
  const doubtful = { tasks_unknown, tasks_marked, tasks_unmarked: unmarked.size, tasks_open, open_groups };
  return { tasks, ...doubtful, tasks_of_others, summary_compared };
}

function openGroups({ exactness = {} }: TruthTask): TruthGroup[] {
  return (Object.keys(exactness) as TruthGroup[]).filter((group) => exactness[group] === 'open');
}

/** How many of the tasks that may be wrong can be so without a mark (docs/decisions/ledger.md). */
const UNMARKED_SHARE_MAX = 0.003;

interface Compared {
  readonly said: Map<string, string>;
  readonly found: Map<string, string>;
}

/** @returns what the task should have said, or carried a mark, and did not; null: nothing of that */
function compareTask(
  truth: TruthTask,
  task: TruthSubject | undefined,
  told: ToldOfTasks,
  mismatches: Mismatches,
): Compared | null {
  const about = { about: 'truth', internal_task_id: truth.internal_task_id } as const;
  if (task === undefined) {
    mismatches.add({ ...about, problem: 'missing' });
    return null;
  }
  const id = truth.internal_task_id;
  const exact: Compared = { said: new Map(), found: new Map() };
  const doubtful: Compared = { said: new Map(), found: new Map() };
  const compare = (group: TruthGroup | null, claimed: Figures, figures: Figures) => {
    const certainty = group === null ? undefined : truth.exactness?.[group];
    if (certainty === 'open' || (certainty === 'marked' && task.doubted)) return;
    const { said, found } = certainty === 'marked' ? doubtful : exact;
    for (const [field, text] of texts(claimed)) said.set(field, text);
    for (const [field, text] of texts(figures)) found.set(field, text);
  };
  compare(
    null,
    {
      internal_job_id: truth.internal_job_id,
      engine_id: truth.engine_id,
      updates: truth.updates,
      updates_rejected: truth.updates_rejected,
    },
    {
      internal_job_id: task.internal_job_id,
      engine_id: task.engine_id,
      updates: task.updates,
      updates_rejected: task.updates_rejected,
    },
  );
  compare('sums', sumsOf(truth), sumsOf(task));
  compare('totals', totalsOf(truth), totalsOf(task));
  compare(
    'status',
    {
      task_status: truth.task_status,
      attempts: truth.attempts,
      completion_requested: truth.completion_requested,
      failures: failuresOf(truth, false).join(', '),
      // Not known: not claimed.
      nobody_reports_any_more: task.ended === undefined ? undefined : isOver(truth),
      timestamp: truth.timestamp,
      work_request_id: truth.work_request_id,
    },
    {
      task_status: task.task_status,
      attempts: task.attempts,
      completion_requested: task.completion_requested,
      failures: told
        .failuresOf(id)
        .filter((text) => !isError(text))
        .join(', '),
      nobody_reports_any_more: task.ended,
      // Left out of the truth: not claimed.
      timestamp: truth.timestamp === undefined ? undefined : task.timestamp,
      work_request_id: truth.work_request_id === undefined ? undefined : task.work_request_id,
    },
  );
  const errors = told.failuresOf(id).filter(isError);
  const claimedErrors = failuresOf(truth, true);
  // A post that contains another one carries its reason: only how many there are is claimed then.
  const fewErrors = truth.exactness?.errors === 'at_most' && errors.length <= claimedErrors.length;
  if (!fewErrors) compare('errors', { errors: claimedErrors.join(', ') }, { errors: errors.join(', ') });
  const reordered = truth.reordered || truth.exactness !== undefined;
  const jobs = (list: readonly string[]) => (reordered ? [...list].sort() : list).join(', ');
  const atMost = truth.exactness?.job_creations === 'at_most';
  const claimed = atMost ? partOf(truth.job_creations, told.jobsOf(id)) : truth.job_creations;
  compare('job_creations', { job_creations: jobs(claimed) }, { job_creations: jobs(told.jobsOf(id)) });
  mismatches.compare(about, exact.said, exact.found);
  const differs = [...doubtful.said].some(([field, text]) => doubtful.found.get(field) !== text);
  return differs || doubtful.said.size !== doubtful.found.size ? doubtful : null;
}

function compareSummary(
  summary: TruthSummary,
  figures: TruthFigures,
  inexact: ReadonlySet<TruthGroup>,
  mismatches: Mismatches,
): void {
  const { outcomes, bodiesAreOne } = figures;
  const reasonsText = (reasons: Iterable<readonly [string, number]>) =>
    sorted(withoutZeros(Object.fromEntries(bodiesAreOne ? comparedReasons(reasons) : reasons)));
  // Events of tasks that are not known exactly make the sum of all of them inexact too.
  const eventsKnown = !inexact.has('status') && !inexact.has('errors');
  const jobsKnown = !inexact.has('job_creations');
  const said = texts({
    published: summary.published,
    applied: summary.applied,
    rejected: summary.rejected,
    rejected_by_reason: reasonsText(Object.entries(summary.rejected_by_reason)),
    rerouted: summary.rerouted,
    tasks: summary.tasks,
    ...(eventsKnown
      ? { failures: summary.failures, failures_by_kind: sorted(withoutZeros(summary.failures_by_kind)) }
      : {}),
    ...(jobsKnown ? { job_creations: summary.job_creations } : {}),
  });
  const found = texts({
    published: figures.published,
    applied: outcomes.applied + outcomes.duplicate + outcomes.stale,
    rejected: outcomes.rejected,
    rejected_by_reason: reasonsText(figures.rejected_by_reason),
    rerouted: outcomes.rerouted,
    tasks: figures.tasks + figures.retired,
    ...(eventsKnown
      ? { failures: figures.failures, failures_by_kind: sorted(Object.fromEntries(figures.failures_by_kind)) }
      : {}),
    ...(jobsKnown ? { job_creations: figures.job_creations } : {}),
  });
  mismatches.compare({ about: 'truth' }, said, found);
}

function push(lists: Map<string, string[]>, task: string, text: string): void {
  const list = lists.get(task);
  if (list === undefined) lists.set(task, [text]);
  else list.push(text);
}
