// The head of a slot: all of a partition's state that is not a task. It is saved in the same atomic step as the tasks.

import type { FoldSettings } from './fold-settings.ts';
import type { Outcome, RejectReason } from './outcome.ts';
import type { ProcessedStat } from './task-state.ts';

/** The partition's share of the fleet. Sums are exact: bigint, decimal text in Redis. */
export interface FleetShare {
  tasks: number;
  /** tasks by task_status now; a task without one counts under `unreported` */
  tasks_by_status: Map<string, number>;
  /** failures so far, by failure_reason; without one under `unreported` */
  failures_by_reason: Map<string, number>;
  job_creations: number;
  // sums of deltas, exact
  error_count: bigint;
  retry_count: bigint;
  /** by the contract's name, e.g. processed_bytes */
  processed_stats: Map<ProcessedStat, bigint>;
}

/** What is fixed at the slot's first start. */
export interface SlotPins {
  /** where the fold of this slot begins in the log */
  readonly origin: number;
  /** told apart from an earlier life of the same partition */
  readonly incarnation: string;
  readonly partition_count: number;
  readonly fold_version: number;
  readonly settings: FoldSettings;
}

export interface SlotHead {
  readonly pins: SlotPins;
  /** counts per outcome since the origin; `received` is their sum, kept on its own as the check */
  received: number;
  outcomes: { [outcome in Outcome]: number };
  rejected_by_reason: Map<RejectReason, number>;
  /** source partition → highest offset taken from it by re-routing */
  rerouted_from: Map<number, number>;
  fleet: FleetShare;
}
