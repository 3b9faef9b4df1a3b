// Whether a task's engines still report, and until when it may be left alone: liveness, progress and deadlines of "Silence
// and retirement" in docs/fold.md.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import { type Liveness, PROCESSED_STATS } from '../../domain/task-state.ts';
import type { PlainClock } from './plain-clock.ts';
import type { PlainContribution } from './plain-contribution.ts';
import { SIDES } from './plain-post.ts';
import type { PlainReporter } from './plain-reporter.ts';
import type { PlainTask } from './plain-task.ts';
import { given } from './plain-texts.ts';
import type { PlainTotalChange } from './plain-totals.ts';

const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];
const WAITING: readonly string[] = ['scheduled', 'pending', 'queued'];
const COMPLETING: readonly string[] = ['completeJob', 'completeAndCreateJobs'];
const ENDING: readonly string[] = ['complete', 'failed', 'timeout'];

/** Whether an update ends its work request. @param header the record's `work_request_status` */
export function endsWorkRequest(update: TaskStatusDetail, header: string | undefined): boolean {
  return (
    TERMINAL.includes(update.task_status ?? '') ||
    given(update.task_output) !== undefined ||
    COMPLETING.includes(update.task_action ?? '') ||
    ENDING.includes(header ?? '')
  );
}

/**
 * Whether an update makes progress.
 * @param contribution null: it is not applied
 * @param told the update's totals by IO
 * @param highest its reporter's highest total of an IO before the update
 */
export function makesProgress(
  contribution: PlainContribution | null,
  told: readonly (readonly [io: string, total: number])[],
  highest: (io: string) => number,
): boolean {
  if (contribution === null) return false;
  const { update } = contribution;
  if (PROCESSED_STATS.some((stat) => (update.processed_stats?.[stat] ?? 0) > 0)) return true;
  for (const side of SIDES) {
    if ((update[side] ?? []).some(({ processed_count }) => (processed_count ?? 0) > 0)) return true;
  }
  return told.some(([io, total]) => total > 0 && total > highest(io));
}

/** What the liveness rule asks of an update that was taken. */
export interface PlainStir {
  readonly progress: boolean;
  readonly newAttempt: boolean;
  /** log time of the record, ms */
  readonly log_time: number;
  /** the partition's clock, ms */
  readonly now: number;
}

/** The task's liveness after an update; its reporters are those after the update. */
export function liveOn(task: PlainTask, stir: PlainStir): void {
  const waits = WAITING.includes(task.task_status ?? '');
  const moves = stir.progress || stir.newAttempt;
  setLiveness(task, livenessOf(task, !moves && !waits), stir.log_time);
  const needsNone = task.liveness !== 'reporting' && task.liveness !== 'stalled';
  if (needsNone || waits || moves) delete task.no_progress_since;
  else task.no_progress_since ??= stir.now;
}

export function setLiveness(task: PlainTask, liveness: Liveness, log_time: number): void {
  if (task.liveness !== liveness) task.liveness_at = log_time;
  task.liveness = liveness;
}

function livenessOf(task: PlainTask, staysStalled: boolean): Liveness {
  const open = [...task.reporters.values()].filter(isOpen);
  if (isFinished(task) || open.length === 0) return 'ended';
  if (open.some(({ rerouted }) => rerouted)) return 'unknown';
  return task.liveness === 'stalled' && staysStalled ? 'stalled' : 'reporting';
}

function isFinished(task: PlainTask): boolean {
  return TERMINAL.includes(task.task_status ?? '');
}

function isOpen({ ended, lost }: PlainReporter): boolean {
  return !ended && !lost;
}

/** The open reporter that was heard last, with its name. */
export function lastHeardOpen(task: PlainTask): [name: string, PlainReporter] | undefined {
  return [...task.reporters].filter(([, reporter]) => isOpen(reporter)).at(-1);
}

/** All that are open are lost with the silence. @param now the partition's clock, ms */
export function loseOpen(task: PlainTask, now: number): void {
  task.lost_before = now;
  for (const reporter of task.reporters.values()) if (!reporter.ended) reporter.lost = true;
}

/** Deadlines by the partition's clock, ms; infinite where there is none. */
export interface PlainDeadlines {
  readonly silence: number;
  readonly stall: number;
  readonly retirement: number;
}

export function deadlinesOf(task: PlainTask, { alarms_after }: PlainClock, settings: FoldSettings): PlainDeadlines {
  const after = (since: number, seconds: number) => since + seconds * 1_000;
  const alarm = (since: number | undefined, seconds: number) =>
    since === undefined ? Number.POSITIVE_INFINITY : Math.max(after(since, seconds), alarms_after);
  const reports = task.liveness === 'reporting' || task.liveness === 'stalled';
  const heard = reports ? lastHeardOpen(task)?.[1].heard_at : undefined;
  const idle = task.liveness === 'reporting' ? task.no_progress_since : undefined;
  const heardAtAll = Math.max(...[...task.reporters.values()].map(({ heard_at }) => heard_at));
  const retain = isFinished(task) ? settings.retain_finished_s : settings.retain_silent_s;
  return {
    silence: alarm(heard, settings.silence_after_s),
    stall: alarm(idle, settings.stalled_after_s),
    retirement: after(heardAtAll, retain),
  };
}

export function earliest({ silence, stall, retirement }: PlainDeadlines): number {
  return Math.min(silence, stall, retirement);
}

/** A reporter's highest total of each IO before an update, what counts as told included. @param changes of the update's totals */
export function highestTold({ totals }: PlainReporter, changes: readonly PlainTotalChange[]): (io: string) => number {
  const before = new Map(totals);
  return (io) => before.get(io) ?? -(changes.find((change) => change.io === io)?.base ?? 0);
}
