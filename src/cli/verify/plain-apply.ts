// "Applying an update to a task" of docs/fold.md, paragraph by paragraph, in the plain fold's words.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import {
  FAILURE_REASONS,
  PROCESSED_STATS,
  TASK_ACTIONS,
  TASK_STATUSES,
  UNRECOGNIZED,
} from '../../domain/task-state.ts';
import type { PlainContribution } from './plain-contribution.ts';
import { exceeds, type PlainPost, type PlainSaid, SIDES } from './plain-post.ts';
import type { PlainFinding, PlainReporter } from './plain-reporter.ts';
import type { PlainTask } from './plain-task.ts';
import { cutToBytes, given } from './plain-texts.ts';
import { type PlainTotalChange, takeTotals } from './plain-totals.ts';

const UNRECOGNIZED_BYTES_MAX = 64;
const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];
const FAILED: readonly string[] = ['failed', 'aborted', 'rejected'];
const REOPENING: readonly string[] = ['reprocessing', 'pending', 'queued', 'scheduled'];
const COMPLETING: readonly string[] = ['completeJob', 'completeAndCreateJobs'];

/** What the ledger says of the update that is applied. */
export interface PlainView {
  readonly found: PlainFinding;
  /** all that the update says, whether it counts or not */
  readonly said: PlainSaid;
  /** B, if the prior was remembered, as it was before the update */
  readonly told: PlainPost | undefined;
  /** null: the update is unverified */
  readonly post: PlainPost | null;
  readonly reporter: PlainReporter;
  /** the update names a work request that is neither remembered nor known as let go */
  readonly isUnknownReporter: boolean;
  /** IOs that the task has once the update is taken */
  readonly held: ReadonlySet<string>;
  readonly totals: readonly PlainTotalChange[];
}

/** Changes the task by the contribution; answers the kind of the failure event that follows, or null. */
export function applyPlainly(
  task: PlainTask,
  { update, errors }: PlainContribution,
  view: PlainView,
  errors_kept: number,
): string | null {
  const { newest: isNewest } = view.found;
  if (isNewest) takeLatestValues(task, update);
  else takeUnknownIds(task, update);
  addSums(task, update);
  addIos(task, update, view.held);
  takeTotals(task, view.reporter, view.totals);
  if (errors.length > 0) task.errors = newest([...task.errors, ...errors], errors_kept);
  const output = given(update.task_output);
  if (output !== undefined) task.task_output = output;
  if (COMPLETING.includes(update.task_action ?? '')) task.completion_requested = true;
  const entered = takeStatus(task, update, view);
  if (entered !== null && FAILED.includes(entered)) return failure(task, entered);
  const toldAgain = update.task_status === task.task_status && FAILED.includes(update.task_status ?? '');
  return toldAgain ? null : errorEpisode(task, update, view.said, view);
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

const IDS = ['internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'] as const;

function takeUnknownIds(task: PlainTask, update: TaskStatusDetail): void {
  for (const field of IDS) {
    const value = given(update[field]);
    if (value !== undefined) task[field] ??= value;
  }
}

function takeLatestValues(task: PlainTask, update: TaskStatusDetail): void {
  for (const field of IDS) {
    const value = given(update[field]);
    if (value !== undefined) task[field] = value;
  }
  if (typeof update.timestamp === 'number') task.timestamp = update.timestamp;
  if (typeof update.prior_timestamp === 'number') task.prior_timestamp = update.prior_timestamp;
  for (const [field, known] of [
    ['failure_reason', FAILURE_REASONS],
    ['task_action', TASK_ACTIONS],
  ] as const) {
    const value = symbol(update[field], known);
    if (value === undefined) continue;
    task[field] = value;
    if (value !== UNRECOGNIZED) delete task[`unrecognized_${field}`];
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

function addIos(task: PlainTask, update: TaskStatusDetail, held: ReadonlySet<string>): void {
  for (const side of SIDES) {
    for (const { id, processed_count } of update[side] ?? []) {
      if (!held.has(`${side}.${id ?? ''}`)) {
        task.ios_dropped += 1;
        continue;
      }
      const io = task.ios[side].get(id ?? '') ?? {};
      task.ios[side].set(id ?? '', io);
      if (typeof processed_count === 'number') io.processed_count = (io.processed_count ?? 0) + processed_count;
    }
  }
}

/** Answers the status that the update gave to the task, or null where the status stays or none came. */
function takeStatus(task: PlainTask, update: TaskStatusDetail, view: PlainView): string | null {
  const { found, told, reporter, isUnknownReporter } = view;
  const word = symbol(update.task_status, TASK_STATUSES);
  if (found.newest && word !== undefined) {
    if (word !== UNRECOGNIZED) delete task.unrecognized_task_status;
    else task.unrecognized_task_status = cutToBytes(update.task_status as string, UNRECOGNIZED_BYTES_MAX);
  }
  let status = word === UNRECOGNIZED ? undefined : word;
  const ends = TERMINAL.includes(status ?? '');
  const reopenedSince = (reporter.reopened_at ?? -1) >= (update.timestamp ?? 0);
  if (!found.newest && (!ends || reopenedSince)) status = undefined;
  if (ends && told?.status === status) status = undefined;

  if (task.task_status === undefined || !TERMINAL.includes(task.task_status)) {
    if (status === undefined) return null;
    task.task_status = status;
    return status;
  }
  const reopens = status !== undefined && REOPENING.includes(status);
  if (!reopens && !(task.task_status === 'failed' && isUnknownReporter)) return null;
  if (typeof update.timestamp === 'number') {
    reporter.reopened_at = Math.max(update.timestamp, reporter.reopened_at ?? 0);
  }
  return newAttempt(task, status ?? 'running');
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

/** Whether an update without errors only repeats B, which knew of none either: it says nothing of others' errors. */
function isEcho({ found, told, post }: PlainView): boolean {
  if (found.updateClass !== 'supersede' || exceeds(post!, told!)) return false;
  return told!.reason === undefined || told!.reason === 'none';
}

/** @param said the update with all its deltas: an error that was counted before is an error still */
function errorEpisode(task: PlainTask, update: TaskStatusDetail, said: PlainSaid, view: PlainView): 'error' | null {
  const { found, told: known } = view;
  const reason = reasonOf(update);
  const told = reason !== undefined && reason !== 'none' ? reason : undefined;
  if (told === undefined && (said.vector.error_count ?? 0) === 0) {
    if (found.newest && !isEcho(view)) closeEpisode(task);
    return null;
  }
  const isNewReason = told !== undefined && said.reason !== known?.reason;
  const isKnown = known !== undefined && !isNewReason && (update.error_count ?? 0) === 0;
  if (isKnown) return null;
  const opens = !task.error_episode_open;
  const changes = told !== undefined && told !== task.error_episode_reason;
  task.error_episode_open = true;
  if (told !== undefined) task.error_episode_reason = told;
  return opens || changes ? 'error' : null;
}
