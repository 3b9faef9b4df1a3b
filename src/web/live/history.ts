// What the fleet's figures were, second by second, since the page was opened: their courses are drawn from it. Redis holds
// sums, and no history; so the page says since when it watches.

import type { FleetAnswer } from '../documents.ts';

export interface Sample {
  /** epoch ms, by the API's clock */
  readonly at: number;
  /** records a second: that the log grew by, and that were folded; null: not known */
  readonly logged_per_s: number | null;
  readonly folded_per_s: number | null;
  readonly received: number;
  /** failures so far, by reason */
  readonly failures: Readonly<Record<string, number>>;
  /** records behind, and by how long; null: not known */
  readonly lag: number | null;
  readonly lag_ms: number | null;
}

export const KEPT_MS = 10 * 60_000;

/** Null: nothing was folded yet. */
export function sampleOf({ fleet, rates, as_of }: FleetAnswer): Sample | null {
  if (fleet === null) return null;
  return {
    at: as_of.read_at,
    logged_per_s: rates?.logged_per_s ?? null,
    folded_per_s: rates?.folded_per_s ?? null,
    received: fleet.updates.received,
    failures: fleet.failures_by_reason,
    lag: as_of.lag ?? null,
    lag_ms: as_of.complete_until === undefined ? null : Math.max(0, as_of.read_at - as_of.complete_until),
  };
}

/** The history with one more; what is too old leaves. A sum that went down is of another life of the fleet: all begins anew. */
export function withSample(history: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = history.at(-1);
  if (last === undefined || sample.received < last.received) return [sample];
  if (sample.at <= last.at) return history;
  const from = history.findIndex(({ at }) => at >= sample.at - KEPT_MS);
  return [...history.slice(Math.max(0, from)), sample];
}

/** How much was added in each of the last buckets, the newest last. */
export function additions(
  history: readonly Sample[],
  figure: (sample: Sample) => number,
  buckets: number,
  bucket_ms: number,
): number[] {
  const added = new Array<number>(buckets).fill(0);
  // Buckets stand on round times: bars then keep their height while time goes on.
  const end = Math.floor((history.at(-1)?.at ?? 0) / bucket_ms);
  for (let i = 1; i < history.length; i++) {
    const bucket = buckets - 1 - (end - Math.floor(history[i]!.at / bucket_ms));
    if (bucket >= 0) added[bucket] = added[bucket]! + Math.max(0, figure(history[i]!) - figure(history[i - 1]!));
  }
  return added;
}
