// What an engine costs and how well it behaves, from its roll-up; and how that compares with its peers.

import type { EngineDocument } from '../documents.ts';

export interface EngineFigures {
  readonly engine_id: string;
  readonly engine: EngineDocument;
  /** more is worse; 0: nothing is wrong */
  readonly trouble: number;
  readonly silent: number;
  readonly stalled: number;
  readonly failures: number;
  /** errors for each applied update */
  readonly errors_per_update: number;
  /** undefined: it reports no media or no CPU */
  readonly cpu_ms_per_media_s: number | undefined;
  readonly cpu_ms_per_chunk: number | undefined;
  /** of its updates that are in the right partition at once, 0 to 1 */
  readonly keyed_right: number;
  /** of its updates that go on where the one before ended, or contain or repeat it, 0 to 1 */
  readonly chained: number;
  /** of its updates that name their work request and their interval, so that none is counted twice, 0 to 1 */
  readonly verified: number;
  /** of its updates that were not said before, 0 to 1 */
  readonly said_once: number;
  /** of its updates that could be applied or dropped for a reason, 0 to 1 */
  readonly accepted: number;
}

/** How well-behaved an engine is, as shares of its updates; `name` as in the address, `hint` what the title means. */
export const CONDUCT = [
  {
    name: 'keyed',
    figure: 'keyed_right',
    title: 'Keyed right',
    hint: 'Share of its updates that were in the right partition at once',
  },
  {
    name: 'chained',
    figure: 'chained',
    title: 'Chained',
    hint: 'Share of its updates that go on where the one before ended, or contain or repeat it',
  },
  {
    name: 'verified',
    figure: 'verified',
    title: 'Verified',
    hint: 'Share of its updates that name their work request and interval: only of these none is counted twice',
  },
  {
    name: 'once',
    figure: 'said_once',
    title: 'Said once',
    hint: 'Share of its updates that no other had said before',
  },
  {
    name: 'accepted',
    figure: 'accepted',
    title: 'Accepted',
    hint: 'Share of its updates that were not rejected',
  },
] as const;

/** A silent task weighs more than a stalled one, and that more than a failure that is over. */
const WEIGHTS = { silent: 5, stalled: 3, failure: 1, rejected: 1, error: 0.2 };
/** Cost beyond this many times the median of its peers makes a straggler. */
export const STRAGGLER_TIMES = 2;

export function figuresOf(engine: EngineDocument): EngineFigures {
  const { updates, marks, tasks_by_liveness, processed_stats, failures_by_reason } = engine;
  const [applied, duplicate, stale, rejected] = [
    updates.applied,
    updates.duplicate,
    updates.stale,
    updates.rejected,
  ].map(Number) as [number, number, number, number];
  const taken = applied + duplicate + stale;
  const { supersede: _, ...broken } = marks;
  const unchained = Object.values(broken).reduce<number>((sum, count) => sum + Number(count), 0);
  const { silent = 0, stalled = 0 } = tasks_by_liveness;
  const failures = Object.values(failures_by_reason).reduce<number>((sum, count) => sum + Number(count), 0);
  const errors = Number(engine.error_count);
  const trouble =
    WEIGHTS.silent * silent +
    WEIGHTS.stalled * stalled +
    WEIGHTS.failure * failures +
    WEIGHTS.rejected * rejected +
    WEIGHTS.error * errors;
  // The same quantity in two units: never added.
  const cpu_ms =
    Number(processed_stats.processed_cpu_milliseconds ?? 0) ||
    Number(processed_stats.processed_cpu_seconds ?? 0) * 1_000;
  return {
    engine_id: engine.engine_id,
    engine,
    trouble: trouble / Math.max(1, engine.tasks + engine.retired.tasks),
    silent,
    stalled,
    failures,
    errors_per_update: shareOf(errors, applied, 0),
    cpu_ms_per_media_s: quotient(cpu_ms, Number(processed_stats.processed_media_seconds ?? 0)),
    cpu_ms_per_chunk: quotient(cpu_ms, Number(processed_stats.processed_chunks ?? 0)),
    keyed_right: 1 - shareOf(Number(updates.came_rerouted), taken, 0),
    chained: 1 - shareOf(unchained, taken, 0),
    verified: 1 - shareOf(Number(marks.unverified ?? 0), taken, 0),
    said_once: shareOf(applied, taken, 1),
    accepted: shareOf(taken, taken + rejected, 1),
  };
}

function quotient(of: number, by: number): number | undefined {
  return of === 0 || by === 0 ? undefined : of / by;
}

function shareOf(part: number, whole: number, otherwise: number): number {
  return whole === 0 ? otherwise : part / whole;
}

/** The middle one of what is known; undefined: nothing is. */
export function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length === 0) return undefined;
  const middle = known.length >> 1;
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1]! + known[middle]!) / 2;
}
