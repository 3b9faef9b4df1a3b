// Whether a task's engines still report, in the partition's time: its liveness, and the deadlines at which that changes by
// itself (docs/fold.md, "Silence and retirement").

import type { Contribution } from './contribution.ts';
import type { FoldSettings } from './fold-settings.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import type { PartitionClock } from './partition-clock.ts';
import type { Reporter } from './reporter.ts';
import { isTerminal } from './status-rule.ts';
import { type Liveness, PROCESSED_STATS, type ReporterTotals, type TaskState, type TaskStatus } from './task-state.ts';

/** Whether the task waits for the reporter: it has not ended, and no silence has told of it since it was heard last. */
export function isOpen({ lost_before = 0 }: TaskState, { ended, heard_at }: Reporter): boolean {
  return !ended && heard_at >= lost_before;
}

/** The name of the open reporter that was heard last, if there is one. */
export function lastOpenReporter(task: TaskState): string | null {
  let last: string | null = null;
  for (const [name, reporter] of task.reporters) if (isOpen(task, reporter)) last = name;
  return last;
}

/** A task that waits makes no progress, and none is expected. */
function waits({ task_status }: TaskState): boolean {
  return task_status === 'scheduled' || task_status === 'pending' || task_status === 'queued';
}

/** What an update makes of the liveness. @param progress it makes progress, or begins a new attempt */
function livenessAfter(task: TaskState, progress: boolean): Liveness {
  if (isTerminal(task.task_status)) return 'ended';
  let open = false;
  for (const reporter of task.reporters.values()) {
    if (!isOpen(task, reporter)) continue;
    if (reporter.rerouted) return 'unknown';
    open = true;
  }
  if (!open) return 'ended';
  return task.liveness === 'stalled' && !progress && !waits(task) ? 'stalled' : 'reporting';
}

/**
 * Takes note of an update that was not rejected.
 * @param progress it makes progress, or begins a new attempt
 */
export function hearOf(task: TaskState, progress: boolean, clock: PartitionClock): void {
  setLiveness(task, livenessAfter(task, progress), clock);
  const watched = task.liveness === 'reporting' || task.liveness === 'stalled';
  if (!watched || progress || waits(task)) task.no_progress_since = undefined;
  else task.no_progress_since ??= clock.now;
}

export function setLiveness(task: TaskState, liveness: Liveness, clock: PartitionClock): void {
  if (task.liveness === liveness) return;
  task.liveness = liveness;
  task.liveness_at = clock.log_time!;
  // Whoever is open has been silent for long, and is lost until it reports again: else each work request that ends after
  // this one would alarm once more for the same death.
  if (liveness === 'silent') task.lost_before = clock.now;
}

/** The earliest moment of the partition's clock at which something happens to the task without an update. */
export function earliestDeadline(task: TaskState, clock: PartitionClock, settings: FoldSettings): number {
  const { silence, stall, retirement } = deadlines(task, clock, settings);
  return Math.min(silence, stall, retirement);
}

/** On the partition's clock, ms; Infinity: there is none. */
interface Deadlines {
  silence: number;
  stall: number;
  retirement: number;
}

/** Made once and filled again and again: they are asked for at each update. */
const found: Deadlines = { silence: Infinity, stall: Infinity, retirement: Infinity };

/** Each deadline of the task, until the next call. */
export function deadlines(task: TaskState, clock: PartitionClock, settings: FoldSettings): Readonly<Deadlines> {
  let heard = 0;
  let open = Number.POSITIVE_INFINITY;
  for (const reporter of task.reporters.values()) {
    heard = reporter.heard_at;
    if (isOpen(task, reporter)) open = reporter.heard_at;
  }
  const { liveness, no_progress_since } = task;
  const { alarms_after } = clock;
  const isWatched = liveness === 'reporting' || liveness === 'stalled';
  const isStuck = liveness === 'reporting' && no_progress_since !== undefined;
  const retain_s = isTerminal(task.task_status) ? settings.retain_finished_s : settings.retain_silent_s;
  found.silence = isWatched ? Math.max(open + settings.silence_after_s * 1_000, alarms_after) : Infinity;
  found.stall = isStuck ? Math.max(no_progress_since + settings.stalled_after_s * 1_000, alarms_after) : Infinity;
  found.retirement = heard + retain_s * 1_000;
  return found;
}

/** Whether the update's work request is over. @param work_request_status the envelope's field, where a header brings it */
export function endsWorkRequest(update: TaskStatusDetail, work_request_status: string | undefined): boolean {
  if (isTerminal(update.task_status as TaskStatus | undefined) || update.task_output) return true;
  if (update.task_action === 'completeJob' || update.task_action === 'completeAndCreateJobs') return true;
  return work_request_status === 'complete' || work_request_status === 'failed' || work_request_status === 'timeout';
}

/** Whether what an applied update contributes is work done. @param totals of its reporter, before the update is taken */
export function makesProgress({ deltas }: Contribution, totals: ReporterTotals): boolean {
  const stats = deltas.processed_stats;
  if (stats) for (const stat of PROCESSED_STATS) if ((stats[stat] ?? 0) > 0) return true;
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { id, processed_count, processed_total_count } of deltas[side] ?? []) {
      if ((processed_count ?? 0) > 0) return true;
      const total = processed_total_count ?? 0;
      if (total > 0 && total > (totals.get(`${side}.${id ?? ''}`) ?? 0)) return true;
    }
  }
  return false;
}
