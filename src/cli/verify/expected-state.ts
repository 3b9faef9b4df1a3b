// What Redis must hold, as named texts: one for each field of a task, of the head and of the fleet's share, under the
// names of the published layout. The plain fold's figures go in, and nothing is worked out but sums over tasks.

import { FOLD_SETTING_NAMES } from '../../domain/fold-settings.ts';
import { PROCESSED_STATS } from '../../domain/task-state.ts';
import { comparedReason } from './plain-decode.ts';
import type { PlainFold } from './plain-fold.ts';
import { plainPlaces } from './plain-places.ts';
import type { PlainChange } from './plain-settings.ts';
import { type PlainTask, plainOpenGaps } from './plain-task.ts';

/** Counters and flags that stand for 0 where they are left out. */
export const ZERO_IS_ABSENT: ReadonlySet<string> = new Set([
  'completion_requested',
  'ios_dropped',
  'error_episode.open',
  'open_gaps',
  'updates.duplicate',
  'updates.stale',
  'updates.rejected',
  'updates.came_rerouted',
  'job_creations',
]);

export function expectedTask(task: PlainTask): Map<string, string> {
  const fields = new Map<string, string>();
  const put = (name: string, value: string | number | boolean | undefined) => {
    if (value === undefined) return;
    const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value).toWellFormed();
    if (text !== '0' || !ZERO_IS_ABSENT.has(name)) fields.set(name, text);
  };
  put('internal_job_id', task.internal_job_id);
  put('engine_id', task.engine_id);
  put('work_request_id', task.work_request_id);
  put('task_route_id', task.task_route_id);
  put('timestamp', task.timestamp);
  put('prior_timestamp', task.prior_timestamp);
  put('failure_reason', task.failure_reason);
  put('task_status', task.task_status);
  put('status_at', task.status_at);
  put('task_action', task.task_action);
  put('unrecognized_failure_reason', task.unrecognized_failure_reason);
  put('unrecognized_task_status', task.unrecognized_task_status);
  put('unrecognized_task_action', task.unrecognized_task_action);
  put('attempts', task.attempts);
  put('completion_requested', task.completion_requested);
  put('error_count', task.error_count);
  put('retry_count', task.retry_count);
  for (const [stat, sum] of task.processed_stats) put(`processed_stats.${stat}`, sum);
  for (const side of ['inputs', 'outputs'] as const) {
    for (const [id, io] of task.ios[side]) {
      put(`${side}.${id}`, `${io.processed_count ?? ''},${io.processed_total_count ?? ''}`);
    }
  }
  put('ios_dropped', task.ios_dropped);
  put('error_episode.open', task.error_episode_open);
  put('error_episode.failure_reason', task.error_episode_reason);
  if (task.errors.length > 0) put('errors', JSON.stringify(task.errors.map(({ id, msg }) => [id, msg])));
  put('task_output', task.task_output);
  put('updates.applied', task.updates_applied);
  put('updates.duplicate', task.updates_duplicate);
  put('updates.stale', task.updates_stale);
  put('updates.rejected', task.updates_rejected);
  put('updates.came_rerouted', task.updates_came_rerouted);
  put('open_gaps', plainOpenGaps(task));
  for (const [mark, times] of task.marks) put(`marks.${mark}`, times);
  put('job_creations', task.job_creations);
  for (const [reason, times] of task.failures_by_reason) put(`failures_by_reason.${reason}`, times);
  put('source.first_offset', task.first_offset);
  put('source.last_offset', task.last_offset);
  put('first_update_at', task.first_update_at);
  put('last_update_at', task.last_update_at);
  put('liveness', task.liveness);
  put('liveness_at', task.liveness_at);
  put('lost_before', task.lost_before);
  put('no_progress_since', task.no_progress_since);
  put('look_at', task.look_at);
  put('looks', task.look_at);
  for (const [place, score] of plainPlaces(task)) put(place, score);
  put('reporters', reportersText([...task.reporters].map(([name, reporter]) => ({ name, ...reporter }))));
  put('reporters_base', totalsText([...task.reporters_base]));
  return fields;
}

/** What verify compares of a reporter. */
export interface ReporterLook {
  readonly name: string;
  readonly totals: Iterable<readonly [string, number]>;
  /** the partition's clock at its last update, ms */
  readonly heard_at: number;
  readonly ended: boolean;
  readonly rerouted: boolean;
}

/** Reporters in order, each with its totals by IO, when it was heard last, and what that said of it. */
export function reportersText(reporters: readonly ReporterLook[]): string {
  const texts = reporters.map(({ name, totals, heard_at, ended, rerouted }) => {
    const state = `${ended ? 'ended' : 'open'}${rerouted ? ', re-routed' : ''}`;
    return `${JSON.stringify(name)} ${totalsText([...totals])} heard at ${heard_at}, ${state}`;
  });
  return texts.join('; ');
}

/** Totals by IO; their order says nothing. */
export function totalsText(totals: readonly (readonly [string, number])[]): string {
  return `{${totals
    .map(([io, total]) => `${JSON.stringify(io)}: ${total}`)
    .sort()
    .join(', ')}}`;
}

/** Counts by reason as verify compares them, under the head's names. */
export function comparedReasons(reasons: Iterable<readonly [reason: string, count: number]>): Map<string, number> {
  const compared = new Map<string, number>();
  for (const [reason, count] of reasons) {
    const name = `rejected_by_reason.${comparedReason(reason)}`;
    compared.set(name, (compared.get(name) ?? 0) + count);
  }
  return compared;
}

/** The head's counts. Reasons and source partitions without any are left out. */
export function expectedHead(fold: PlainFold): Map<string, string> {
  const { applied, duplicate, stale, rejected, rerouted } = fold.outcomes;
  const fields = new Map([['received', String(applied + duplicate + stale + rejected + rerouted)]]);
  for (const [outcome, count] of Object.entries(fold.outcomes)) fields.set(`outcomes.${outcome}`, String(count));
  for (const [reason, count] of comparedReasons(fold.rejected_by_reason)) fields.set(reason, String(count));
  for (const [partition, offset] of fold.rerouted_from) fields.set(`rerouted_from.${partition}`, String(offset));
  for (const [name, ms] of Object.entries(fold.clock)) if (ms !== null) fields.set(`clock.${name}`, String(ms));
  fields.set('ticks', String(fold.ticks));
  const { now, changes, controls } = fold.settings;
  for (const name of FOLD_SETTING_NAMES) fields.set(`settings.${name}`, String(now[name]));
  if (changes.length > 0) fields.set('changes', changesText(changes));
  for (const [kind, count] of Object.entries(controls)) fields.set(`controls.${kind}`, String(count));
  for (const [name, value] of Object.entries(fold.retired.start)) fields.set(`generation.${name}`, String(value));
  return fields;
}

/** A list of objects, each with its fields in this order, the settings in the order of the list of them. */
function changesText(changes: readonly PlainChange[]): string {
  return JSON.stringify(
    changes.map(({ change, offset, log_time, settings }) => {
      const named = FOLD_SETTING_NAMES.filter((name) => name in settings);
      return { change, offset, log_time, settings: Object.fromEntries(named.map((name) => [name, settings[name]])) };
    }),
  );
}

/** The partition's share of the fleet, summed over its tasks and the retired ones. Sums and counts of 0 by name are left out. */
export function expectedFleet(fold: PlainFold): Map<string, string> {
  const { retired } = fold;
  let { error_count, retry_count, job_creations } = retired;
  const byStatus = new Map<string, number>();
  const byLiveness = new Map<string, number>();
  const stats = new Map(retired.processed_stats);
  for (const task of fold.tasks.values()) {
    error_count += BigInt(task.error_count ?? 0);
    retry_count += BigInt(task.retry_count ?? 0);
    job_creations += task.job_creations;
    const status = task.task_status ?? 'unreported';
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
    byLiveness.set(task.liveness, (byLiveness.get(task.liveness) ?? 0) + 1);
    for (const [stat, sum] of task.processed_stats) stats.set(stat, (stats.get(stat) ?? 0n) + BigInt(sum));
  }
  const fields = new Map([
    ['tasks', String(fold.tasks.size)],
    ['job_creations', String(job_creations)],
    ['error_count', String(error_count)],
    ['retry_count', String(retry_count)],
    ['retired.tasks', String(retired.tasks)],
    ['retired.job_creations', String(retired.job_creations)],
    ['retired.error_count', String(retired.error_count)],
    ['retired.retry_count', String(retired.retry_count)],
  ]);
  for (const [liveness, tasks] of byLiveness) fields.set(`tasks_by_liveness.${liveness}`, String(tasks));
  for (const [status, tasks] of byStatus) fields.set(`tasks_by_status.${status}`, String(tasks));
  for (const [reason, count] of fold.failures_by_reason) fields.set(`failures_by_reason.${reason}`, String(count));
  for (const stat of PROCESSED_STATS) {
    for (const [name, sums] of [
      ['processed_stats', stats],
      ['retired.processed_stats', retired.processed_stats],
    ] as const) {
      const sum = sums.get(stat) ?? 0n;
      if (sum > 0n) fields.set(`${name}.${stat}`, String(sum));
    }
  }
  return fields;
}
