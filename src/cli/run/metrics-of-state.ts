// Shows at each scrape how the partitions stand: all of one partition is of one W.

import { FOLD_VERSION } from '../../domain/fold-settings.ts';
import { OUTCOMES } from '../../domain/outcome.ts';
import type { Metrics, SetMetric } from '../../observe/metrics.ts';
import { WORKER_STATES } from '../../pipeline/context.ts';
import { type PartitionSight, unaccounted } from './partition-sights.ts';

const SHOWN = [
  'taskfold_partition_received_total',
  'taskfold_partition_outcomes_total',
  'taskfold_partition_unaccounted_records',
  'taskfold_partition_watermark_offset',
  'taskfold_partition_emitted_offset',
  'taskfold_partition_unemitted_offsets',
  'taskfold_partition_log_end_offset',
  'taskfold_partition_lag_records',
  'taskfold_partition_lag_seconds',
  'taskfold_partition_state',
  'taskfold_partition_halted',
  'taskfold_ready',
  'taskfold_partitions_assigned',
  'taskfold_foldable_lag_records',
  'taskfold_tasks',
  'taskfold_tasks_by_liveness',
  'taskfold_info',
] as const;
type Shown = (typeof SHOWN)[number];

export interface ShownState {
  readonly sights: readonly PartitionSight[];
  readonly ready: boolean;
  readonly version: string;
}

export function showState(metrics: Metrics, wall: () => number, state: () => ShownState): void {
  metrics.show(SHOWN, (set) => {
    const { sights, ready, version } = state();
    set('taskfold_ready', {}, ready ? 1 : 0);
    set('taskfold_info', { version, fold_version: String(FOLD_VERSION), node: process.version }, 1);
    set('taskfold_partitions_assigned', {}, sights.length);
    const foldable = sights.filter(({ state }) => state !== 'halted');
    set('taskfold_foldable_lag_records', {}, sum(foldable.map(({ lag }) => lag ?? 0)));
    for (const sight of sights) showPartition(set, sight, wall());
    const counts = sights.flatMap(({ counts }) => (counts === null ? [] : [counts]));
    for (const [status, tasks] of added(counts.map((count) => count.tasks_by_status))) {
      set('taskfold_tasks', { status }, tasks);
    }
    for (const [liveness, tasks] of added(counts.map((count) => count.tasks_by_liveness))) {
      set('taskfold_tasks_by_liveness', { liveness }, tasks);
    }
  });
}

function showPartition(set: SetMetric<Shown>, sight: PartitionSight, nowMs: number): void {
  const { state, fault, watermark, emitted, logEnd, lag, waitingSince, counts } = sight;
  const partition = String(sight.partition);
  for (const one of WORKER_STATES) {
    if (one !== 'stopped') set('taskfold_partition_state', { partition, state: one }, one === state ? 1 : 0);
  }
  if (state === 'halted' && fault !== null) set('taskfold_partition_halted', { partition, code: fault }, 1);
  if (logEnd !== null) set('taskfold_partition_log_end_offset', { partition }, logEnd);
  if (watermark !== null) set('taskfold_partition_watermark_offset', { partition }, watermark);
  if (emitted !== null) set('taskfold_partition_emitted_offset', { partition }, emitted);
  if (watermark !== null && emitted !== null) {
    set('taskfold_partition_unemitted_offsets', { partition }, watermark - emitted);
  }
  if (lag !== null) {
    const waited = waitingSince === null ? 0 : Math.max(0, nowMs - waitingSince) / 1_000;
    set('taskfold_partition_lag_records', { partition }, lag);
    set('taskfold_partition_lag_seconds', { partition }, waited);
  }
  if (counts === null) return;
  set('taskfold_partition_received_total', { partition }, counts.received);
  for (const outcome of OUTCOMES) {
    set('taskfold_partition_outcomes_total', { partition, outcome }, counts.outcomes[outcome]);
  }
  set('taskfold_partition_unaccounted_records', { partition }, unaccounted(counts));
}

function added(shares: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const share of shares) for (const [name, count] of share) all.set(name, (all.get(name) ?? 0) + count);
  return all;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
