// One applied update changes one task (docs/fold.md, "Applying an update to a task"). The state is changed in place:
// the hot path folds hundreds of thousands of updates a second, and a refused save drops the whole cache anyway.

import { errorsOf } from './error-details.ts';
import type { FoldSettings } from './fold-settings.ts';
import { addIos, iosPassTheBound } from './io-counters.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import type { FailureKind } from './notice.ts';
import { isFailure, nextStatus } from './status-rule.ts';
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
import { NUMBER_MAX } from './validate.ts';

const SYMBOL_BYTES_MAX = 64;
const LATEST_TEXTS = ['internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'] as const;
const statuses: ReadonlySet<string> = new Set(TASK_STATUSES);
const reasons: ReadonlySet<string> = new Set(FAILURE_REASONS);
const actions: ReadonlySet<string> = new Set(TASK_ACTIONS);

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
    attempts: 1,
    completion_requested: false,
    error_count: undefined,
    retry_count: undefined,
    processed_stats: {},
    inputs: new Map(),
    outputs: new Map(),
    ios_dropped: 0,
    error_episode_open: false,
    error_episode_reason: undefined,
    updates_applied: 0,
    updates_rejected: 0,
    job_creations: 0,
    first_offset: offset,
    last_offset: -1,
    first_update_at: logTime,
    last_update_at: logTime,
    reporters: new Map(),
    reporters_base: new Map(),
  };
}

/** Whether a sum of the task would pass 2^53−2 by this update (`sum_out_of_range`). Changes nothing. */
export function sumsPassTheBound(task: TaskState, update: TaskStatusDetail, settings: FoldSettings): boolean {
  if ((task.error_count ?? 0) + (update.error_count ?? 0) > NUMBER_MAX) return true;
  if ((task.retry_count ?? 0) + (update.retry_count ?? 0) > NUMBER_MAX) return true;
  const stats = update.processed_stats;
  if (stats) {
    for (const stat of PROCESSED_STATS) {
      if ((task.processed_stats[stat] ?? 0) + (stats[stat] ?? 0) > NUMBER_MAX) return true;
    }
  }
  if (!update.inputs?.length && !update.outputs?.length) return false;
  const ios = { inputs: update.inputs, outputs: update.outputs };
  return iosPassTheBound(task, task.reporters.get(update.work_request_id ?? ''), ios, settings);
}

/**
 * Applies one valid update whose sums stay in bounds.
 * @returns the failure that it makes known, if any: the task entered that status, or an error episode opened or changed
 */
export function evolve(
  change: TaskChange,
  update: TaskStatusDetail,
  offset: number,
  logTime: number,
  settings: FoldSettings,
): FailureKind | null {
  const task = change.task;
  const fromNewWorkRequest = !!update.work_request_id && !task.reporters.has(update.work_request_id);
  const reporter = reporterOf(change, update.work_request_id ?? '', settings);

  takeLatest(task, update);
  addSums(task, update);
  if (update.inputs?.length || update.outputs?.length) {
    if (update.inputs) task.ios_dropped += addIos(task, reporter, 'inputs', update.inputs, settings);
    if (update.outputs) task.ios_dropped += addIos(task, reporter, 'outputs', update.outputs, settings);
    change.reporters_changed = true;
  }
  if (update.error_details) change.errors.push(...errorsOf(update.error_details, settings.errors_kept));
  if (update.task_output) change.task_output = update.task_output;
  task.job_creations += update.create_jobs_action?.length ?? 0;
  task.updates_applied++;
  task.last_offset = offset;
  task.last_update_at = logTime;
  return takeStatus(task, update, fromNewWorkRequest);
}

function reporterOf(change: TaskChange, work_request_id: string, settings: FoldSettings): ReporterTotals {
  const { reporters, reporters_base } = change.task;
  let reporter = reporters.get(work_request_id);
  if (reporter !== undefined) return reporter;
  reporter = new Map();
  reporters.set(work_request_id, reporter);
  change.reporters_changed = true;
  if (reporters.size > settings.reporters_kept) {
    const [oldest, totals] = reporters.entries().next().value!;
    for (const [io, total] of totals) reporters_base.set(io, (reporters_base.get(io) ?? 0) + total);
    reporters.delete(oldest);
  }
  return reporter;
}

function takeLatest(task: TaskState, update: TaskStatusDetail): void {
  // These seldom change. The text that the task has is kept then: an equal one of each update would have to be moved
  // beside the task by the garbage collector, and compared letter by letter when the task is saved.
  for (const field of LATEST_TEXTS) {
    const text = update[field];
    if (text && text !== task[field]) task[field] = text;
  }
  if (update.timestamp !== null && update.timestamp !== undefined) task.timestamp = update.timestamp;
  if (update.prior_timestamp !== null && update.prior_timestamp !== undefined)
    task.prior_timestamp = update.prior_timestamp;
  if (update.failure_reason) {
    const known = reasons.has(update.failure_reason);
    task.failure_reason = known ? (update.failure_reason as FailureReason) : UNRECOGNIZED;
    task.unrecognized_failure_reason = known ? undefined : cutBytes(update.failure_reason, SYMBOL_BYTES_MAX);
  }
  if (update.task_action) {
    const known = actions.has(update.task_action);
    task.task_action = known ? (update.task_action as TaskAction) : UNRECOGNIZED;
    task.unrecognized_task_action = known ? undefined : cutBytes(update.task_action, SYMBOL_BYTES_MAX);
    if (update.task_action === 'completeJob' || update.task_action === 'completeAndCreateJobs') {
      task.completion_requested = true;
    }
  }
}

function addSums(task: TaskState, update: TaskStatusDetail): void {
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

function takeStatus(task: TaskState, update: TaskStatusDetail, fromNewWorkRequest: boolean): FailureKind | null {
  const before = task.task_status;
  let reported: TaskStatus | undefined;
  if (update.task_status) {
    const known = statuses.has(update.task_status);
    if (known) reported = update.task_status as TaskStatus;
    task.unrecognized_task_status = known ? undefined : cutBytes(update.task_status, SYMBOL_BYTES_MAX);
  }
  const { status, newAttempt } = nextStatus(before, reported, fromNewWorkRequest);
  task.task_status = status;
  if (newAttempt) {
    task.attempts++;
    closeEpisode(task);
  }
  if (isFailure(status) && (newAttempt || status !== before)) {
    closeEpisode(task);
    return status;
  }
  // The same failure told again is no error.
  return isFailure(reported) && reported === status ? null : takeErrorEpisode(task, update);
}

function takeErrorEpisode(task: TaskState, update: TaskStatusDetail): FailureKind | null {
  const reason = reasonOf(update);
  const named = reason !== undefined && reason !== 'none';
  if (!named && !((update.error_count ?? 0) > 0)) {
    closeEpisode(task);
    return null;
  }
  const changed = !task.error_episode_open || (named && reason !== task.error_episode_reason);
  task.error_episode_open = true;
  if (named) task.error_episode_reason = reason;
  return changed ? 'error' : null;
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
