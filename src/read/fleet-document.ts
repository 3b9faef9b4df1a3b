// The fleet as dashboards show it: the sum of the partitions' shares, each exact at its own W.

import { OUTCOMES, type Outcome } from '../domain/outcome.ts';
import { PROCESSED_STATS, type ProcessedStat } from '../domain/task-state.ts';
import type { SlotGlimpse } from '../redis/slot-reads.ts';

/** A number up to 2^53−1; above that decimal text, because readers of JSON would round it. */
export type ExactCount = number | string;

export interface FleetDocument {
  tasks: number;
  /** tasks without a status count under `unreported` */
  tasks_by_status: Record<string, number>;
  /** failures so far; without a reason under `unreported` */
  failures_by_reason: Record<string, number>;
  job_creations: number;
  error_count: ExactCount;
  retry_count: ExactCount;
  /** a stat that nobody reported is absent */
  processed_stats: { [stat in ProcessedStat]?: ExactCount };
  /** records of the input by outcome; `received` is their sum */
  updates: { received: number } & { [outcome in Outcome]: number };
  rejected_by_reason: Record<string, number>;
  /**
   * Which records are in these figures: all below `watermark`. A partition without it is not in them: its slot is empty,
   * or `damaged`.
   */
  as_of: { partition: number; watermark?: number; seen_at?: number; damaged?: string }[];
}

/** @param slots one glimpse a partition, in their order */
export function fleetDocument(slots: readonly SlotGlimpse[]): FleetDocument {
  const fleet: FleetDocument = {
    tasks: 0,
    tasks_by_status: {},
    failures_by_reason: {},
    job_creations: 0,
    error_count: 0,
    retry_count: 0,
    processed_stats: {},
    updates: { received: 0, applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 },
    rejected_by_reason: {},
    as_of: [],
  };
  let error_count = 0n;
  let retry_count = 0n;
  const stats = new Map<ProcessedStat, bigint>();
  slots.forEach(({ watermark, head, live, damage }, partition) => {
    fleet.as_of.push({
      partition,
      ...(watermark === null ? {} : { watermark }),
      ...(live === null ? {} : { seen_at: live.seen_at }),
      ...(damage === null ? {} : { damaged: damage }),
    });
    if (!head) return;
    const share = head.fleet;
    fleet.tasks += share.tasks;
    fleet.job_creations += share.job_creations;
    error_count += share.error_count;
    retry_count += share.retry_count;
    addTo(fleet.tasks_by_status, share.tasks_by_status);
    addTo(fleet.failures_by_reason, share.failures_by_reason);
    addTo(fleet.rejected_by_reason, head.rejected_by_reason);
    for (const [stat, sum] of share.processed_stats) stats.set(stat, (stats.get(stat) ?? 0n) + sum);
    fleet.updates.received += head.received;
    for (const outcome of OUTCOMES) fleet.updates[outcome] += head.outcomes[outcome];
  });
  fleet.error_count = exactCount(error_count);
  fleet.retry_count = exactCount(retry_count);
  for (const stat of PROCESSED_STATS) {
    const sum = stats.get(stat);
    if (sum !== undefined) fleet.processed_stats[stat] = exactCount(sum);
  }
  return fleet;
}

function addTo(sums: Record<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count;
}

function exactCount(sum: bigint): ExactCount {
  return sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER ? Number(sum) : String(sum);
}
