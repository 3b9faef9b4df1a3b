// One applied update changes one task (docs/fold.md, "Applying an update to a task"). The state is changed in place:
// the hot path folds hundreds of thousands of updates a second, and a refused save drops the whole cache anyway.

import type { Contribution } from './contribution.ts';
import type { FoldSettings } from './fold-settings.ts';
import { addIos, iosPassTheBound } from './io-counters.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import type { FailureKind } from './notice.ts';
import { exceeds, type Post, SYMBOL_BYTES_MAX, symbolOf } from './post.ts';
import type { Reporter } from './reporter.ts';
import { isFailure, isTerminal, nextStatus } from './status-rule.ts';
import {
  FAILURE_REASONS,
  type FailureReason,
  PROCESSED_STATS,
  type ReporterTotals,
  TASK_ACTIONS,
  TASK_STATUSES,
  type TaskAction,
  type TaskChange,
  type TaskState,
  type TaskStatus,
  UNRECOGNIZED,
} from './task-state.ts';
import { cutBytes } from './text.ts';
import type { UpdateClass } from './update-class.ts';
import { NUMBER_MAX } from './validate.ts';

const LATEST_TEXTS = ['internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'] as const;
const statuses: ReadonlySet<string> = new Set(TASK_STATUSES);
const reasons: ReadonlySet<string> = new Set(FAILURE_REASONS);
const actions: ReadonlySet<string> = new Set(TASK_ACTIONS);

// Most tasks have neither, so they share what is empty.
const NO_TOTALS: TaskState['reporters_base'] = new Map();
const NONE_LET_GO: TaskState['reporters_let_go'] = new Map();
const NO_WORK_REQUESTS: TaskState['work_requests_let_go'] = [];
const NO_MARKS: TaskState['marks'] = {};

/** All of them in one order from the beginning: objects of one shape are what makes reading them fast. */
function noStats(): TaskState['processed_stats'] {
  return {
    processed_bytes: undefined,
    processed_cpu_milliseconds: undefined,
    processed_cpu_seconds: undefined,
    processed_chunks: undefined,
    processed_media_seconds: undefined,
  };
}

/** A task that no update has been applied to yet. */
export function newTask(internal_task_id: string, offset: number, logTime: number): TaskState {
  return {
    internal_task_id,
    internal_job_id: undefined,
    engine_id: undefined,
    work_request_id: undefined,
    task_route_id: undefined,
    timestamp: undefined,
    prior_timestamp: undefined,
    failure_reason: undefined,
    task_action: undefined,
    unrecognized_task_status: undefined,
    unrecognized_failure_reason: undefined,
    unrecognized_task_action: undefined,
    task_status: undefined,
    status_at: logTime,
    attempts: 1,
    completion_requested: false,
    error_count: undefined,
    retry_count: undefined,
    processed_stats: noStats(),
    inputs: new Map(),
    outputs: new Map(),
    ios_dropped: 0,
    error_episode_open: false,
    error_episode_reason: undefined,
    updates_applied: 0,
    updates_duplicate: 0,
    updates_stale: 0,
    updates_rejected: 0,
    updates_came_rerouted: 0,
    open_gaps: 0,
    marks: NO_MARKS,
    job_creations: 0,
    failures_by_reason: undefined,
    first_offset: offset,
    last_offset: -1,
    first_update_at: logTime,
    last_update_at: logTime,
    liveness: 'reporting',
    liveness_at: logTime,
    lost_before: undefined,
    no_progress_since: undefined,
    look_at: Number.POSITIVE_INFINITY,
    reporters: new Map(),
    reporters_base: NO_TOTALS,
    reporters_let_go: NONE_LET_GO,
    work_requests_let_go: NO_WORK_REQUESTS,
  };
}

/** Whether a sum of the task would pass 2^53−2 by this contribution (`sum_out_of_range`). Changes nothing. */
export function sumsPassTheBound(
  task: TaskState,
  { deltas }: Contribution,
  totals: ReporterTotals,
  settings: FoldSettings,
): boolean {
  if ((task.error_count ?? 0) + (deltas.error_count ?? 0) > NUMBER_MAX) return true;
  if ((task.retry_count ?? 0) + (deltas.retry_count ?? 0) > NUMBER_MAX) return true;
  const stats = deltas.processed_stats;
  if (stats) {
    for (const stat of PROCESSED_STATS) {
      if ((task.processed_stats[stat] ?? 0) + (stats[stat] ?? 0) > NUMBER_MAX) return true;
    }
  }
  if (!deltas.inputs?.length && !deltas.outputs?.length) return false;
  return iosPassTheBound(task, totals, { inputs: deltas.inputs, outputs: deltas.outputs }, settings);
}

/** One update as the ledger has judged it. */
export interface JudgedUpdate {
  readonly update: TaskStatusDetail;
  /** of its reporter */
  readonly name: string;
  /** it says that its work request is over */
  readonly ended: boolean;
  readonly updateClass: UpdateClass;
  readonly reporter: Reporter;
  /** the reporter as the task has it; null: it has none of this name */
  readonly known: Reporter | null;
  /** the first update of a work request that the task does not know */
  readonly fromNewWorkRequest: boolean;
  /** null where the update names no work request or no interval */
  readonly post: Post | null;
  /** the post of the same prior that was counted already */
  readonly before: Post | null;
  /** whether its reporter has made no later post */
  readonly newest: boolean;
  readonly contribution: Contribution;
}

/**
 * Applies one judged update whose sums stay in bounds.
 * @returns the failure that it makes known, if any: the task entered that status, or an error episode opened or changed
 */
export function evolve(change: TaskChange, judged: JudgedUpdate, settings: FoldSettings): FailureKind | null {
  const { task } = change;
  const { update, contribution, newest } = judged;
  takeLatest(task, update, newest);
  addSums(task, contribution.deltas);
  addTotals(change, judged, settings);
  if (contribution.errors.length > 0) change.errors.push(...contribution.errors);
  if (update.task_output) change.task_output = update.task_output;
  task.job_creations += contribution.actions.length;
  task.updates_applied++;
  return takeStatus(task, judged);
}

/** Takes the IO entries of a contribution. */
export function addTotals(
  { task, ios }: TaskChange,
  { contribution, reporter }: JudgedUpdate,
  settings: FoldSettings,
): void {
  const { inputs, outputs } = contribution.deltas;
  if (inputs?.length) task.ios_dropped += addIos(task, reporter.totals, 'inputs', inputs, settings, ios);
  if (outputs?.length) task.ios_dropped += addIos(task, reporter.totals, 'outputs', outputs, settings, ios);
}

/** @param newest whether its reporter has made no later post: otherwise only what is not known yet is taken */
function takeLatest(task: TaskState, update: TaskStatusDetail, newest: boolean): void {
  // These seldom change. The text that the task has is kept then: an equal one of each update would have to be moved
  // beside the task by the garbage collector, and compared letter by letter when the task is saved.
  for (const field of LATEST_TEXTS) {
    const text = update[field];
    if (text && text !== task[field] && (newest || task[field] === undefined)) task[field] = text;
  }
  if (update.task_action === 'completeJob' || update.task_action === 'completeAndCreateJobs') {
    task.completion_requested = true;
  }
  if (!newest) return;
  if (update.timestamp !== null && update.timestamp !== undefined) task.timestamp = update.timestamp;
  if (update.prior_timestamp !== null && update.prior_timestamp !== undefined) {
    task.prior_timestamp = update.prior_timestamp;
  }
  if (update.failure_reason) {
    const known = reasons.has(update.failure_reason);
    task.failure_reason = known ? (update.failure_reason as FailureReason) : UNRECOGNIZED;
    task.unrecognized_failure_reason = known ? undefined : cutBytes(update.failure_reason, SYMBOL_BYTES_MAX);
  }
  if (update.task_action) {
    const known = actions.has(update.task_action);
    task.task_action = known ? (update.task_action as TaskAction) : UNRECOGNIZED;
    task.unrecognized_task_action = known ? undefined : cutBytes(update.task_action, SYMBOL_BYTES_MAX);
  }
}

function addSums(task: TaskState, update: Contribution['deltas']): void {
  if (update.error_count !== null && update.error_count !== undefined)
    task.error_count = (task.error_count ?? 0) + update.error_count;
  if (update.retry_count !== null && update.retry_count !== undefined)
    task.retry_count = (task.retry_count ?? 0) + update.retry_count;
  const stats = update.processed_stats;
  if (!stats) return;
  for (const stat of PROCESSED_STATS) {
    const delta = stats[stat];
    if (delta !== null && delta !== undefined) task.processed_stats[stat] = (task.processed_stats[stat] ?? 0) + delta;
  }
}

function takeStatus(task: TaskState, judged: JudgedUpdate): FailureKind | null {
  const { update, reporter, newest, fromNewWorkRequest } = judged;
  const before = task.task_status;
  const reported = reportedStatus(task, judged);
  const { status, newAttempt } = nextStatus(before, reported, newest && fromNewWorkRequest);
  task.task_status = status;
  if (newAttempt) {
    task.attempts++;
    closeEpisode(task);
    reporter.reopened_at = Math.max(reporter.reopened_at, update.timestamp ?? -1);
  }
  if (isFailure(status) && (newAttempt || status !== before)) {
    closeEpisode(task);
    return status;
  }
  // The same failure told again is no error.
  return isFailure(status) && update.task_status === status ? null : takeErrorEpisode(task, judged);
}

/** The status that the update has to say, if it is one of the contract's and not old news. */
function reportedStatus(task: TaskState, { update, before, newest, reporter }: JudgedUpdate): TaskStatus | undefined {
  if (!update.task_status) return undefined;
  const known = statuses.has(update.task_status);
  if (newest) task.unrecognized_task_status = known ? undefined : cutBytes(update.task_status, SYMBOL_BYTES_MAX);
  if (!known) return undefined;
  const status = update.task_status as TaskStatus;
  // A post that was contained has told it already.
  if (before !== null && before.status === status && isTerminal(status)) return undefined;
  if (newest) return status;
  // What comes late counts only where it ends the task, and the reporter has not re-opened it since.
  return isTerminal(status) && reporter.reopened_at < (update.timestamp ?? 0) ? status : undefined;
}

function takeErrorEpisode(task: TaskState, judged: JudgedUpdate): FailureKind | null {
  const { update, before, contribution } = judged;
  const reason = reasonOf(update);
  const named = reason !== undefined && reason !== 'none';
  if (!named && !((update.error_count ?? 0) > 0)) {
    if (tellsItsEnd(judged)) closeEpisode(task);
    return null;
  }
  // A post that was contained has told of these errors already.
  const newReason = named && before?.reason !== symbolOf(update.failure_reason);
  if (before !== null && !newReason && !((contribution.deltas.error_count ?? 0) > 0)) return null;
  const changed = !task.error_episode_open || (named && reason !== task.error_episode_reason);
  task.error_episode_open = true;
  if (named) task.error_episode_reason = reason;
  return changed ? 'error' : null;
}

/** Whether an update without an error tells anything of that. A mere repeat may be older than the error of another reporter. */
function tellsItsEnd({ updateClass, newest, before, post }: JudgedUpdate): boolean {
  if (updateClass !== 'supersede') return newest;
  const { reason } = before!;
  return newest && (exceeds(before!, post!) || (reason !== '' && reason !== 'none'));
}

function closeEpisode(task: TaskState): void {
  task.error_episode_open = false;
  task.error_episode_reason = undefined;
}

/** The update's failure_reason, or undefined where it brings none. */
export function reasonOf(update: TaskStatusDetail): TaskState['failure_reason'] {
  if (!update.failure_reason) return undefined;
  return reasons.has(update.failure_reason) ? (update.failure_reason as FailureReason) : UNRECOGNIZED;
}
