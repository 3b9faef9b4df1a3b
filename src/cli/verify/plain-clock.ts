// The clock of a partition in the plain fold (docs/fold.md, "Silence and retirement"): how much time its log has seen.

export interface PlainClock {
  /** ms */
  readonly now: number;
  /** of the record before; null: there was none. ms */
  readonly log_time: number | null;
  /** no alarm is made before the clock stands here, ms */
  readonly alarms_after: number;
}

export const PLAIN_CLOCK_BEFORE: PlainClock = { now: 0, log_time: null, alarms_after: 0 };

/** The clock at the next record. @param log_time ms @param silence_after_s seconds */
export function plainClockAt(clock: PlainClock, log_time: number, silence_after_s: number): PlainClock {
  const { now, alarms_after } = clock;
  if (clock.log_time === null) return { now, log_time, alarms_after };
  const step = log_time - clock.log_time;
  if (step < 0) return { now, log_time, alarms_after };
  const silence = silence_after_s * 1_000;
  if (step <= silence / 2) return { now: now + step, log_time, alarms_after };
  return { now, log_time, alarms_after: now + silence };
}
