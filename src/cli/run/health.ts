// Health by progress. Live: the loops of the partitions turn. Ready: the process takes part in the group, and each of its
// partitions is folded, or halted for a reason that another process would meet as well.

import type { PartitionSight } from './partition-sights.ts';

export interface HealthFacts {
  /** `starting`: services are waited for, or the group; `stopping`: a signal came */
  readonly phase: 'starting' | 'running' | 'stopping';
  /** monotonic, ms: the last heartbeat or join that the group's coordinator answered; null: none yet */
  readonly groupHeardAt: number | null;
  readonly partitions: readonly PartitionSight[];
}

export interface Health {
  readonly good: boolean;
  /** whole sentences, empty where it is good; they hold no word of a record or of a service's address */
  readonly reasons: readonly string[];
}

/**
 * Halts that lie with this process. A rolling update to such processes has to stop while the old ones still work; every
 * other halt waits for an operator wherever the partition goes, and no restart or further wait mends it.
 */
const HALTS_OF_THE_PROCESS: ReadonlySet<string> = new Set(['fold_differs', 'settings_differ']);

/** @param nowMs monotonic @param stallMs how long W may stand while records wait, and Kafka may be silent */
export function readiness({ phase, groupHeardAt, partitions }: HealthFacts, nowMs: number, stallMs: number): Health {
  if (phase === 'starting') return bad('It waits for its services.');
  if (phase === 'stopping') return bad('It stops.');
  if (groupHeardAt === null) return bad('It has not joined the group yet.');
  const reasons: string[] = [];
  const silent = nowMs - groupHeardAt;
  if (silent > stallMs) reasons.push(`The group has not answered for ${seconds(silent)}.`);
  for (const sight of partitions) {
    const reason = whyNotReady(sight, nowMs, stallMs);
    if (reason !== null) reasons.push(`Partition ${sight.partition} ${reason}.`);
  }
  return { good: reasons.length === 0, reasons };
}

function whyNotReady(sight: PartitionSight, nowMs: number, stallMs: number): string | null {
  const { state, fault, lag, movedAt, endHeardAt } = sight;
  switch (state) {
    case 'halted':
      return HALTS_OF_THE_PROCESS.has(fault ?? '') ? `is halted: ${fault}` : null;
    case 'running': {
      if (nowMs - endHeardAt > stallMs) return `does not hear its log's end for ${seconds(nowMs - endHeardAt)}`;
      const stands = nowMs - movedAt;
      return lag !== null && lag > 0 && stands > stallMs
        ? `has ${lag} records to fold, and W stands for ${seconds(stands)}`
        : null;
    }
    default:
      return `is ${state}${fault === null ? '' : `: ${fault}`}`;
  }
}

/**
 * Only what a restart can mend: a loop of a partition that stands although each of its steps has a time-out. A service
 * that is away is none of it. @param nowMs monotonic @param stallMs how long a loop may stand
 */
export function liveness({ partitions }: HealthFacts, nowMs: number, stallMs: number): Health {
  const stuck = partitions.filter(({ state, turnedAt }) => state === 'running' && nowMs - turnedAt > stallMs);
  const reasons = stuck.map(({ partition, turnedAt }) => {
    return `The loop of partition ${partition} has not turned for ${seconds(nowMs - turnedAt)}.`;
  });
  return { good: reasons.length === 0, reasons };
}

function bad(reason: string): Health {
  return { good: false, reasons: [reason] };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
