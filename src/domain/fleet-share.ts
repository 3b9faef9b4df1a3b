// The partition's share of the fleet roll-up, moved record by record (docs/fold.md, "Roll-up of the partition").

import type { Contribution } from './contribution.ts';
import type { FleetShare } from './head.ts';
import { PROCESSED_STATS, type TaskStatus } from './task-state.ts';

/** Stands for "no update has told" among the roll-up's names. */
export const UNREPORTED = 'unreported';

export function emptyFleetShare(): FleetShare {
  return {
    tasks: 0,
    tasks_by_status: new Map(),
    failures_by_reason: new Map(),
    job_creations: 0,
    error_count: 0n,
    retry_count: 0n,
    processed_stats: new Map(),
  };
}

/** Adds what one applied update contributes; exact for any number of updates. */
export function addToShare(share: FleetShare, { deltas, actions }: Contribution): void {
  if (deltas.error_count) share.error_count += BigInt(deltas.error_count);
  if (deltas.retry_count) share.retry_count += BigInt(deltas.retry_count);
  share.job_creations += actions.length;
  const stats = deltas.processed_stats;
  if (!stats) return;
  for (const stat of PROCESSED_STATS) {
    const delta = stats[stat];
    if (delta) share.processed_stats.set(stat, (share.processed_stats.get(stat) ?? 0n) + BigInt(delta));
  }
}

/** Moves a task between statuses; `from` null: the task is new. A status that nobody is in is left out. */
export function moveStatus(share: FleetShare, from: TaskStatus | undefined | null, to: TaskStatus | undefined): void {
  if (from === null) share.tasks++;
  else if (from === to) return;
  else count(share.tasks_by_status, from ?? UNREPORTED, -1);
  count(share.tasks_by_status, to ?? UNREPORTED, 1);
}

export function countFailure(share: FleetShare, reason: string | undefined): void {
  count(share.failures_by_reason, reason ?? UNREPORTED, 1);
}

function count(counts: Map<string, number>, name: string, step: 1 | -1): void {
  const next = (counts.get(name) ?? 0) + step;
  if (next === 0) counts.delete(name);
  else counts.set(name, next);
}
