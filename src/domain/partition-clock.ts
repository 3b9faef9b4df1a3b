// The clock of a partition: how much time its log has seen (docs/fold.md, "Silence and retirement"). It reads the broker's
// time alone, so every owner, restart and replay sees the same.

import type { FoldSettings } from './fold-settings.ts';

export interface PartitionClock {
  /** ms since the fold's origin, as far as it is known that engines could report */
  now: number;
  /** log time of the last record, ms; null: there was none */
  log_time: number | null;
  /** no alarm lies before this: the log had a hole, and nobody knows who could report */
  alarms_after: number;
}

export function newClock(): PartitionClock {
  return { now: 0, log_time: null, alarms_after: 0 };
}

/** A longer step between two records may be a broker that was away, or an idle partition without an owner. ms */
function longestStep(settings: FoldSettings): number {
  return (settings.silence_after_s * 1_000) / 2;
}

/** Moves the clock on to the next record. @param log_time of that record, ms */
export function moveClock(clock: PartitionClock, log_time: number, settings: FoldSettings): void {
  const step = clock.log_time === null ? 0 : log_time - clock.log_time;
  clock.log_time = log_time;
  if (step < 0) return;
  if (step <= longestStep(settings)) clock.now += step;
  else clock.alarms_after = clock.now + settings.silence_after_s * 1_000;
}

/** What the clock's `now` will be after these records. Changes nothing. @param log_times ms, in the order of the log */
export function clockAfter(clock: PartitionClock, log_times: Iterable<number>, settings: FoldSettings): number {
  const ahead = { ...clock };
  for (const log_time of log_times) moveClock(ahead, log_time, settings);
  return ahead.now;
}

const TICK_MS_MAX = 5_000;

/**
 * How often an idle partition with pending deadlines gets a tick, ms: often enough that a new owner's first one comes
 * within the longest step.
 */
export function tickEveryMs(settings: FoldSettings): number {
  return Math.min(TICK_MS_MAX, settings.silence_after_s * 100);
}
