// "Applying an update to a task" of docs/fold.md, paragraph by paragraph, in the plain fold's words.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import {
  FAILURE_REASONS,
  PROCESSED_STATS,
  TASK_ACTIONS,
  TASK_STATUSES,
  UNRECOGNIZED,
} from '../../domain/task-state.ts';
import { reporterOf, SIDES } from './plain-checks.ts';
import type { PlainTask } from './plain-task.ts';
import { plainTotal } from './plain-task.ts';
import { cutToBytes, errorsOf, given } from './plain-texts.ts';

const UNRECOGNIZED_BYTES_MAX = 64;
const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];
const FAILED: readonly string[] = ['failed', 'aborted', 'rejected'];
const REOPENING: readonly string[] = ['reprocessing', 'pending', 'queued', 'scheduled'];
const COMPLETING: readonly string[] = ['completeJob', 'completeAndCreateJobs'];

export interface PlainLimits {
  readonly errors_kept: number;
  readonly reporters_kept: number;
  readonly ios_kept: number;
}

/** Changes the task by the update; answers the kind of the failure event that follows, or null. */
export function applyPlainly(task: PlainTask, update: TaskStatusDetail, limits: PlainLimits): string | null {
  const unknownReporter =
    given(update.work_request_id) !== undefined && !task.reporters.has(update.work_request_id as string);
  takeLatestValues(task, update);
  addSums(task, update);
  takeReporter(task, update);
  takeIos(task, update, limits.ios_kept);
  forgetOldReporters(task, limits.reporters_kept);
  task.errors = newest([...task.errors, ...errorsOf(update.error_details)], limits.errors_kept);
  const output = given(update.task_output);
  if (output !== undefined) task.task_output = output;
  if (COMPLETING.includes(update.task_action ?? '')) task.completion_requested = true;
  const entered = takeStatus(task, update, unknownReporter);
  if (entered !== null && FAILED.includes(entered)) return failure(task, entered);
  const toldAgain = update.task_status === task.task_status && FAILED.includes(update.task_status ?? '');
  return toldAgain ? null : errorEpisode(task, update);
}

/** The last `count` of a list; 0 keeps none. */
export function newest<T>(list: readonly T[], count: number): T[] {
  return list.slice(Math.max(0, list.length - count));
}

/** The contract's symbol, `unrecognized`, or undefined where the update has none. */
export function reasonOf(update: TaskStatusDetail): string | undefined {
  return symbol(update.failure_reason, FAILURE_REASONS);
}

function symbol(text: string | null | undefined, known: readonly string[]): string | undefined {
  const word = given(text);
  return word === undefined || known.includes(word) ? word : UNRECOGNIZED;
}

function takeLatestValues(task: PlainTask, update: TaskStatusDetail): void {
  for (const field of ['internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'] as const) {
    const value = given(update[field]);
    if (value !== undefined) task[field] = value;
  }
  if (typeof update.timestamp === 'number') task.timestamp = update.timestamp;
  if (typeof update.prior_timestamp === 'number') task.prior_timestamp = update.prior_timestamp;
  for (const [field, known] of [
    ['failure_reason', FAILURE_REASONS],
    ['task_action', TASK_ACTIONS],
    ['task_status', TASK_STATUSES],
  ] as const) {
    const value = symbol(update[field], known);
    if (value === undefined) continue;
    // The status itself has rules of its own, see takeStatus.
    if (field !== 'task_status') task[field] = value;
    if (known.includes(update[field] as never)) delete task[`unrecognized_${field}`];
    else task[`unrecognized_${field}`] = cutToBytes(update[field] as string, UNRECOGNIZED_BYTES_MAX);
  }
}

function addSums(task: PlainTask, update: TaskStatusDetail): void {
  for (const field of ['error_count', 'retry_count'] as const) {
    const delta = update[field];
    if (typeof delta === 'number') task[field] = (task[field] ?? 0) + delta;
  }
  for (const stat of PROCESSED_STATS) {
    const delta = update.processed_stats?.[stat];
    if (typeof delta === 'number') task.processed_stats.set(stat, (task.processed_stats.get(stat) ?? 0) + delta);
  }
}

function takeReporter(task: PlainTask, update: TaskStatusDetail): void {
  const reporter = reporterOf(update);
  if (!task.reporters.has(reporter)) task.reporters.set(reporter, new Map());
}

function takeIos(task: PlainTask, update: TaskStatusDetail, ios_kept: number): void {
  const highest = task.reporters.get(reporterOf(update))!;
  for (const side of SIDES) {
    const ios = task.ios[side];
    for (const entry of update[side] ?? []) {
      const id = entry.id ?? '';
      if (!ios.has(id) && ios.size >= ios_kept) {
        task.ios_dropped += 1;
        continue;
      }
      const io = ios.get(id) ?? {};
      ios.set(id, io);
      if (typeof entry.processed_count === 'number') {
        io.processed_count = (io.processed_count ?? 0) + entry.processed_count;
      }
      if (typeof entry.processed_total_count === 'number') {
        const name = `${side}.${id}`;
        highest.set(name, Math.max(highest.get(name) ?? 0, entry.processed_total_count));
        io.processed_total_count = plainTotal(task, name);
      }
    }
  }
}

function forgetOldReporters(task: PlainTask, reporters_kept: number): void {
  for (const [reporter, totals] of task.reporters) {
    if (task.reporters.size <= reporters_kept) return;
    for (const [io, total] of totals) task.reporters_base.set(io, (task.reporters_base.get(io) ?? 0) + total);
    task.reporters.delete(reporter);
  }
}

/** Answers the status that the update gave to the task, or null where the status stays or none came. */
function takeStatus(task: PlainTask, update: TaskStatusDetail, unknownReporter: boolean): string | null {
  const word = symbol(update.task_status, TASK_STATUSES);
  const status = word === UNRECOGNIZED ? undefined : word;
  if (task.task_status === undefined || !TERMINAL.includes(task.task_status)) {
    if (status === undefined) return null;
    task.task_status = status;
    return status;
  }
  if (status !== undefined && REOPENING.includes(status)) return newAttempt(task, status);
  if (task.task_status === 'failed' && unknownReporter) return newAttempt(task, status ?? 'running');
  return null;
}

function newAttempt(task: PlainTask, status: string): string {
  task.attempts += 1;
  task.task_status = status;
  closeEpisode(task);
  return status;
}

function closeEpisode(task: PlainTask): void {
  task.error_episode_open = false;
  delete task.error_episode_reason;
}

function failure(task: PlainTask, kind: string): string {
  closeEpisode(task);
  return kind;
}

function errorEpisode(task: PlainTask, update: TaskStatusDetail): 'error' | null {
  const reason = reasonOf(update);
  const told = reason !== undefined && reason !== 'none' ? reason : undefined;
  if (told === undefined && (update.error_count ?? 0) === 0) {
    closeEpisode(task);
    return null;
  }
  const opens = !task.error_episode_open;
  const changes = told !== undefined && told !== task.error_episode_reason;
  task.error_episode_open = true;
  if (told !== undefined) task.error_episode_reason = told;
  return opens || changes ? 'error' : null;
}
