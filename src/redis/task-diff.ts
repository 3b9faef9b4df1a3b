// What is written of a task: only what differs from the last save.

import { newTask } from '../domain/evolve.ts';
import { COUNTED_REASONS } from '../domain/roll-up.ts';
import { type IoState, PROCESSED_STATS, type ProcessedStat, type TaskState } from '../domain/task-state.ts';
import { MARKS } from '../domain/update-class.ts';
import { type HashWrites, type PackedText, packedText } from './slot-writes.ts';
import { isLong } from './stored-values.ts';
import { SCALARS, TASK_FIELDS } from './task-fields.ts';

const PACKED: ReadonlyMap<string, PackedText> = new Map(TASK_FIELDS.map((field) => [field, packedText(field)]));
const F = Object.fromEntries(SCALARS.map(({ field, property }) => [property, PACKED.get(field)!])) as {
  readonly [property in keyof TaskState]-?: PackedText;
};
const STATS = Object.fromEntries(
  PROCESSED_STATS.map((stat) => [stat, PACKED.get(`processed_stats.${stat}`)!]),
) as Readonly<Record<ProcessedStat, PackedText>>;

/** What Redis holds of a task that it does not have. */
const BLANK = {
  ...newTask('', 0, 0),
  ...Object.fromEntries(SCALARS.map(({ property, absent }) => [property, absent])),
} as TaskState;

/** What a task's hash has no room for, or has no more. */
export interface Aside {
  readonly gone: string[];
  readonly long: string[];
  readonly longGone: string[];
}

/**
 * Writes what differs between the task as it was and as it is, but its IOs and its ledger: the hash is open.
 * @param before null: Redis has nothing of it
 * @param aside gets what is to be written elsewhere
 */
export function writeTask(hash: HashWrites, aside: Aside, before: TaskState | null, task: TaskState): void {
  const was = before ?? BLANK;
  // The hot path: written out, each of these is a comparison and no more.
  text(hash, aside, F.internal_job_id, was.internal_job_id, task.internal_job_id);
  text(hash, aside, F.engine_id, was.engine_id, task.engine_id);
  text(hash, aside, F.work_request_id, was.work_request_id, task.work_request_id);
  text(hash, aside, F.task_route_id, was.task_route_id, task.task_route_id);
  scalar(hash, aside, F.timestamp, was.timestamp, task.timestamp);
  scalar(hash, aside, F.prior_timestamp, was.prior_timestamp, task.prior_timestamp);
  scalar(hash, aside, F.failure_reason, was.failure_reason, task.failure_reason);
  scalar(hash, aside, F.task_status, was.task_status, task.task_status);
  scalar(hash, aside, F.status_at, was.status_at, task.status_at);
  scalar(hash, aside, F.task_action, was.task_action, task.task_action);
  text(hash, aside, F.unrecognized_failure_reason, was.unrecognized_failure_reason, task.unrecognized_failure_reason);
  text(hash, aside, F.unrecognized_task_status, was.unrecognized_task_status, task.unrecognized_task_status);
  text(hash, aside, F.unrecognized_task_action, was.unrecognized_task_action, task.unrecognized_task_action);
  scalar(hash, aside, F.attempts, was.attempts, task.attempts);
  flag(hash, F.completion_requested, was.completion_requested, task.completion_requested);
  scalar(hash, aside, F.error_count, was.error_count, task.error_count);
  scalar(hash, aside, F.retry_count, was.retry_count, task.retry_count);
  scalar(hash, aside, F.ios_dropped, was.ios_dropped, task.ios_dropped);
  flag(hash, F.error_episode_open, was.error_episode_open, task.error_episode_open);
  scalar(hash, aside, F.error_episode_reason, was.error_episode_reason, task.error_episode_reason);
  scalar(hash, aside, F.updates_applied, was.updates_applied, task.updates_applied);
  scalar(hash, aside, F.updates_duplicate, was.updates_duplicate, task.updates_duplicate);
  scalar(hash, aside, F.updates_stale, was.updates_stale, task.updates_stale);
  scalar(hash, aside, F.updates_rejected, was.updates_rejected, task.updates_rejected);
  scalar(hash, aside, F.updates_came_rerouted, was.updates_came_rerouted, task.updates_came_rerouted);
  scalar(hash, aside, F.open_gaps, was.open_gaps, task.open_gaps);
  scalar(hash, aside, F.job_creations, was.job_creations, task.job_creations);
  scalar(hash, aside, F.first_offset, was.first_offset, task.first_offset);
  scalar(hash, aside, F.last_offset, was.last_offset, task.last_offset);
  scalar(hash, aside, F.first_update_at, was.first_update_at, task.first_update_at);
  scalar(hash, aside, F.last_update_at, was.last_update_at, task.last_update_at);
  scalar(hash, aside, F.liveness, was.liveness, task.liveness);
  scalar(hash, aside, F.liveness_at, was.liveness_at, task.liveness_at);
  scalar(hash, aside, F.lost_before, was.lost_before, task.lost_before);
  scalar(hash, aside, F.no_progress_since, was.no_progress_since, task.no_progress_since);
  scalar(hash, aside, F.look_at, was.look_at, task.look_at);
  const [had, stats] = [was.processed_stats, task.processed_stats];
  scalar(hash, aside, STATS.processed_bytes, had.processed_bytes, stats.processed_bytes);
  scalar(
    hash,
    aside,
    STATS.processed_cpu_milliseconds,
    had.processed_cpu_milliseconds,
    stats.processed_cpu_milliseconds,
  );
  scalar(hash, aside, STATS.processed_cpu_seconds, had.processed_cpu_seconds, stats.processed_cpu_seconds);
  scalar(hash, aside, STATS.processed_chunks, had.processed_chunks, stats.processed_chunks);
  scalar(hash, aside, STATS.processed_media_seconds, had.processed_media_seconds, stats.processed_media_seconds);
  // Most tasks have none of these; they are replaced where they change.
  if (was.marks !== task.marks) numbers(hash, aside, 'marks', MARKS, was, task);
  if (was.failures_by_reason !== task.failures_by_reason)
    numbers(hash, aside, 'failures_by_reason', COUNTED_REASONS, was, task);
}

/** A number, or one of the contract's symbols. */
function scalar<Value extends number | string>(
  hash: HashWrites,
  aside: Aside,
  field: PackedText,
  old: Value | undefined,
  now: Value | undefined,
): void {
  if (now === old) return;
  if (now === undefined) {
    aside.gone.push(field.text);
    return;
  }
  hash.field(field);
  if (typeof now === 'number') hash.number(now);
  else hash.text(now);
}

function numbers(
  hash: HashWrites,
  aside: Aside,
  group: 'marks' | 'failures_by_reason',
  names: readonly string[],
  was: TaskState,
  task: TaskState,
): void {
  const [of, to]: (Readonly<Record<string, number>> | undefined)[] = [was[group], task[group]];
  for (const name of names) scalar(hash, aside, PACKED.get(`${group}.${name}`)!, of?.[name], to?.[name]);
}

function flag(hash: HashWrites, field: PackedText, old: boolean, now: boolean): void {
  if (now === old) return;
  hash.field(field);
  hash.text(now ? '1' : '0');
}

function text(
  hash: HashWrites,
  aside: Aside,
  field: PackedText,
  old: string | undefined,
  now: string | undefined,
): void {
  if (now === old) return;
  const wasLong = old !== undefined && isLong(old);
  const nowLong = now !== undefined && isLong(now);
  if (old !== undefined && (now === undefined || wasLong !== nowLong)) {
    (wasLong ? aside.longGone : aside.gone).push(field.text);
  }
  if (now === undefined) return;
  if (nowLong) {
    aside.long.push(field.text, now);
    return;
  }
  hash.field(field);
  hash.text(now);
}

/** Writes an IO into the hash that is open, or aside. */
export function writeIo(hash: HashWrites, aside: Aside, io: IoState): void {
  const { name, processed_count, processed_total_count } = io;
  if (isLong(name)) {
    aside.long.push(name, `${processed_count ?? ''},${processed_total_count ?? ''}`);
    return;
  }
  hash.fieldOf(name);
  hash.beginValue();
  if (processed_count !== undefined) hash.digits(processed_count);
  hash.piece(',');
  if (processed_total_count !== undefined) hash.digits(processed_total_count);
  hash.endValue();
}
