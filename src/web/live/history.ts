// What the fleet's figures were, second by second, since the page was opened: their courses are drawn from it. Redis holds
// sums, and no history; so the page says since when it watches.

import type { FleetAnswer } from '../documents.ts';

export interface Sample {
  /** epoch ms, by the API's clock */
  readonly at: number;
  /** records a second: that the log grew by, and that were folded; absent: too early to tell */
  readonly logged_per_s?: number;
  readonly folded_per_s?: number;
  readonly received: number;
  /** log ends and watermarks together */
  readonly logged: number;
  readonly folded: number;
  /** failures so far, by reason */
  readonly failures: Readonly<Record<string, number>>;
  /** records behind, and by how long; null: not known */
  readonly lag: number | null;
  readonly lag_ms: number | null;
}

/** The log's ends are told once a second: over less a rate would jump. */
const RATE_OVER_MS = 4_000;
export const KEPT_MS = 10 * 60_000;

/** Null: nothing was folded yet. */
export function sampleOf({ fleet, rates, as_of }: FleetAnswer): Sample | null {
  if (fleet === null) return null;
  return {
    at: as_of.read_at,
    ...(rates === undefined ? {} : { folded_per_s: rates.folded_per_s }),
    ...(rates?.logged_per_s === undefined ? {} : { logged_per_s: rates.logged_per_s }),
    received: fleet.updates.received,
    logged: as_of.partitions.reduce((sum, { log_end = 0 }) => sum + log_end, 0),
    folded: as_of.partitions.reduce((sum, { watermark = 0 }) => sum + watermark, 0),
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
  return [...history.slice(Math.max(0, from)), { ...ratesOf(history, sample), ...sample }];
}

/** Where the API tells no rates they come from what it told before. */
function ratesOf(history: readonly Sample[], sample: Sample) {
  const first = history.findLast(({ at }) => sample.at - at >= RATE_OVER_MS) ?? history[0]!;
  const seconds = (sample.at - first.at) / 1_000;
  if (seconds < 1.5) return {};
  return {
    logged_per_s: Math.max(0, (sample.logged - first.logged) / seconds),
    folded_per_s: Math.max(0, (sample.folded - first.folded) / seconds),
  };
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
