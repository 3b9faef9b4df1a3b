// The fleet as dashboards show it: the sum of the partitions' shares, each exact at its own W.

import { addExactly, type ExactSum } from '../domain/exact-sum.ts';
import type { FleetSums } from '../domain/head.ts';
import { OUTCOMES, type Outcome } from '../domain/outcome.ts';
import { type Liveness, PROCESSED_STATS, type ProcessedStat } from '../domain/task-state.ts';
import type { SlotGlimpse } from '../redis/slot-reads.ts';

/** A number up to 2^53−1; above that decimal text, because readers of JSON would round it. */
export type ExactCount = number | string;

export interface SumsDocument {
  job_creations: number;
  error_count: ExactCount;
  retry_count: ExactCount;
  /** a stat that nobody reported is absent */
  processed_stats: { [stat in ProcessedStat]?: ExactCount };
}

/** The sums are those of the tasks that are there and of the retired ones. */
export interface FleetDocument extends SumsDocument {
  tasks: number;
  /** tasks without a status count under `unreported` */
  tasks_by_status: Record<string, number>;
  /** failures so far; without a reason under `unreported` */
  failures_by_reason: Record<string, number>;
  /** whether their engines still report */
  tasks_by_liveness: { [liveness in Liveness]?: number };
  /** what retired tasks have added to the sums, and how many they are */
  retired: SumsDocument & { tasks: number };
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
    tasks_by_liveness: {},
    ...sumsDocument([]),
    retired: { tasks: 0, ...sumsDocument([]) },
    updates: { received: 0, applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 },
    rejected_by_reason: {},
    as_of: [],
  };
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
    fleet.retired.tasks += share.retired.tasks;
    addTo(fleet.tasks_by_liveness, share.tasks_by_liveness);
    addTo(fleet.tasks_by_status, share.tasks_by_status);
    addTo(fleet.failures_by_reason, share.failures_by_reason);
    addTo(fleet.rejected_by_reason, head.rejected_by_reason);
    fleet.updates.received += head.received;
    for (const outcome of OUTCOMES) fleet.updates[outcome] += head.outcomes[outcome];
  });
  const shares = slots.flatMap(({ head }) => (head ? [head.fleet] : []));
  Object.assign(fleet, sumsDocument(shares));
  Object.assign(fleet.retired, sumsDocument(shares.map(({ retired }) => retired)));
  return fleet;
}

function sumsDocument(shares: readonly FleetSums[]): SumsDocument {
  const sum = (figure: (sums: FleetSums) => ExactSum) =>
    shares.reduce<ExactSum>((total, share) => addExactly(total, figure(share)), 0);
  const processed_stats: SumsDocument['processed_stats'] = {};
  for (const stat of PROCESSED_STATS) {
    if (!shares.some((share) => share.processed_stats.has(stat))) continue;
    processed_stats[stat] = exactCount(sum((share) => share.processed_stats.get(stat) ?? 0));
  }
  return {
    job_creations: shares.reduce((total, share) => total + share.job_creations, 0),
    error_count: exactCount(sum(({ error_count }) => error_count)),
    retry_count: exactCount(sum(({ retry_count }) => retry_count)),
    processed_stats,
  };
}

function addTo(sums: Record<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count;
}

/** The sum as JSON may hold it. */
export function exactCount(sum: ExactSum): ExactCount {
  return typeof sum === 'number' ? sum : String(sum);
}
