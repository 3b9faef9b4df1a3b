// "Silence and retirement" of docs/fold.md in the plain fold's words: the clock, who is looked at when, what a task's
// liveness becomes.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import { SIDES } from './plain-post.ts';
import type { PlainReporter } from './plain-reporter.ts';
import type { PlainTask } from './plain-task.ts';
import type { PlainTotalChange } from './plain-totals.ts';

const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];
const WAITING: readonly string[] = ['scheduled', 'pending', 'queued'];
const ENDING: readonly string[] = ['complete', 'failed', 'timeout'];

export class PlainClock {
  /** ms */
  now = 0;
  log_time: number | null = null;
  alarms_after = 0;

  passTo(log_time: number, silence_after_s: number): void {
    const step = this.log_time === null ? 0 : log_time - this.log_time;
    this.log_time = log_time;
    const limit = silence_after_s * 1_000;
    if (step >= 0 && 2 * step <= limit) this.now += step;
    else if (step > 0) this.alarms_after = this.now + limit;
  }
}

/** Tasks by the second in which they are to be looked at. */
export class PlainLooks {
  readonly #seconds = new Map<number, Set<string>>();
  /** no look lies in an earlier second */
  #first = 0;

  move(internal_task_id: string, from: number | undefined, to: number | undefined): void {
    if (from !== undefined) this.#seconds.get(Math.floor(from / 1_000))?.delete(internal_task_id);
    if (to === undefined) return;
    const second = Math.floor(to / 1_000);
    const others = this.#seconds.get(second) ?? new Set();
    this.#seconds.set(second, others.add(internal_task_id));
    this.#first = Math.min(this.#first, second);
  }

  /** Ids of the seconds up to this clock; some may be due later within the last one. */
  upTo(clock: number): string[] {
    const found: string[] = [];
    const last = Math.floor(clock / 1_000);
    for (let second = this.#first; second <= last; second++) {
      const ids = this.#seconds.get(second);
      if (ids === undefined) continue;
      if (ids.size === 0) this.#seconds.delete(second);
      found.push(...ids);
    }
    while (this.#first < last && !this.#seconds.has(this.#first)) this.#first += 1;
    return found;
  }
}

/** An update ends its work request. @param status of the envelope, in the record's header */
export function endsPlainly(update: TaskStatusDetail, status: string | undefined): boolean {
  const { task_status, task_output, task_action } = update;
  return (
    TERMINAL.includes(task_status ?? '') ||
    Boolean(task_output) ||
    task_action === 'completeJob' ||
    task_action === 'completeAndCreateJobs' ||
    ENDING.includes(status ?? '')
  );
}

/** @param forward the update makes progress, or begins a new attempt */
export function hearPlainly(task: PlainTask, forward: boolean, clock: PlainClock): void {
  const waits = WAITING.includes(task.task_status ?? '');
  const open = [...task.reporters.values()].filter(({ ended }) => !ended);
  let liveness: PlainTask['liveness'] = 'reporting';
  if (open.length === 0 || isOver(task)) liveness = 'ended';
  else if (open.some(({ rerouted }) => rerouted)) liveness = 'unknown';
  else if (task.liveness === 'stalled' && !forward && !waits) liveness = 'stalled';
  becomePlainly(task, liveness, clock);
  const isWatched = liveness === 'reporting' || liveness === 'stalled';
  if (!isWatched || waits || forward) delete task.no_progress_since;
  else task.no_progress_since ??= clock.now;
}

export function becomePlainly(task: PlainTask, liveness: PlainTask['liveness'], clock: PlainClock): void {
  if (task.liveness === liveness) return;
  task.liveness = liveness;
  task.liveness_at = clock.log_time!;
}

function isOver({ task_status }: PlainTask): boolean {
  return TERMINAL.includes(task_status ?? '');
}

/** The reporter that has not ended and was heard last. */
export function lastOpen(task: PlainTask): readonly [name: string, reporter: PlainReporter] | undefined {
  return [...task.reporters].filter(([, { ended }]) => !ended).at(-1);
}

/** Deadlines on the partition's clock, ms; one that the task does not have is absent. */
export function plainDeadlines(task: PlainTask, clock: PlainClock, settings: FoldSettings) {
  const notBefore = (at: number) => Math.max(at, clock.alarms_after);
  const watched = task.liveness === 'reporting' || task.liveness === 'stalled';
  const open = lastOpen(task)?.[1];
  const heard = Math.max(...[...task.reporters.values()].map(({ heard_at }) => heard_at));
  const kept_s = isOver(task) ? settings.retain_finished_s : settings.retain_silent_s;
  const deadlines: { silence?: number; stall?: number; retirement: number } = { retirement: heard + kept_s * 1_000 };
  if (watched && open) deadlines.silence = notBefore(open.heard_at + settings.silence_after_s * 1_000);
  if (task.liveness === 'reporting' && task.no_progress_since !== undefined) {
    deadlines.stall = notBefore(task.no_progress_since + settings.stalled_after_s * 1_000);
  }
  return deadlines;
}

/**
 * Whether what an update contributes is work done.
 * @param told its totals @param changes what they change @param reporter as it was before
 */
export function makesProgress(
  contributed: TaskStatusDetail,
  told: Readonly<Record<string, number>>,
  changes: readonly PlainTotalChange[],
  { totals }: PlainReporter,
): boolean {
  const above = (figure: number | null | undefined) => (figure ?? 0) > 0;
  if (Object.values(contributed.processed_stats ?? {}).some(above)) return true;
  if (SIDES.some((side) => contributed[side]?.some(({ processed_count }) => above(processed_count)))) return true;
  const givenUp = (io: string) => -(changes.find((change) => change.io === io)?.base ?? 0);
  return Object.entries(told).some(([io, total]) => total > (totals.get(io) ?? givenUp(io)));
}
