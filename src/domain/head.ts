// The head of a slot: all of a partition's state that is not a task. It is saved in the same atomic step as the tasks.

import type { ExactSum } from './exact-sum.ts';
import { emptyFleetShare } from './fleet-share.ts';
import type { FoldSettings } from './fold-settings.ts';
import type { Outcome, RejectReason } from './outcome.ts';
import { newClock, type PartitionClock } from './partition-clock.ts';
import type { SettingsChange } from './settings-change.ts';
import type { Liveness, ProcessedStat } from './task-state.ts';
import type { GenerationStart } from './tombstone.ts';

/** Sums of deltas, exact. */
export interface FleetSums {
  job_creations: number;
  error_count: ExactSum;
  retry_count: ExactSum;
  /** by the contract's name, e.g. processed_bytes */
  processed_stats: Map<ProcessedStat, ExactSum>;
}

/** The partition's share of the fleet. Its sums are those of the tasks that are there and of the retired ones. */
export interface FleetShare extends FleetSums {
  tasks: number;
  /** tasks by task_status now; a task without one counts under `unreported` */
  tasks_by_status: Map<string, number>;
  /** failures so far, by failure_reason; without one under `unreported` */
  failures_by_reason: Map<string, number>;
  tasks_by_liveness: Map<Liveness, number>;
  /** what retired tasks have added to the sums, and how many they are */
  retired: FleetSums & { tasks: number };
}

/** What is fixed at the slot's first start. */
export interface SlotPins {
  /** where the fold of this slot begins in the log */
  readonly origin: number;
  /** told apart from an earlier life of the same partition */
  readonly incarnation: string;
  readonly partition_count: number;
  readonly fold_version: number;
  /** at the origin; what control records have made of them since is the head's own */
  readonly settings: FoldSettings;
  /** the last growth of the input topic (growth.ts); absent: there was none */
  readonly growth?: PinnedGrowth;
}

/** A growth of the input topic: the life of this `id` began with what it was given then, at the origin; a later one does not. */
export interface PinnedGrowth {
  /** the same for all partitions, and the incarnation of the life that began with it */
  readonly id: string;
  /** how many partitions there were before */
  readonly partition_count: number;
}

/** What a slot that has grown knows of the time before. */
export interface GrownFrom {
  /** where each partition of before was cut: the W up to which it was folded with the old homes */
  readonly cuts: readonly number[];
  /** the partition's own life until then; null: there was none */
  readonly before: { readonly pins: SlotPins; readonly grown_from: GrownFrom | null } | null;
}

export interface SlotHead {
  readonly pins: SlotPins;
  /** those in force: the next record is folded by them */
  settings: FoldSettings;
  /** how they became so since the origin, the latest last; at most `CHANGES_KEPT` */
  changes: readonly SettingsChange[];
  /** control records: `obeyed` changed the settings, `repeated` said again what the last one had changed, `ignored` are none of ours */
  controls: { obeyed: number; repeated: number; ignored: number };
  /** counts per outcome since the partition's first record, growths included; `received` is their sum, kept on its own as the check */
  received: number;
  outcomes: { [outcome in Outcome]: number };
  rejected_by_reason: Map<RejectReason, number>;
  /** source partition → highest offset taken from it by re-routing */
  rerouted_from: Map<number, number>;
  clock: PartitionClock;
  generation: GenerationStart;
  /** records without an update that only tell the time; no part of `received` */
  ticks: number;
  fleet: FleetShare;
  /** null: the slot has not grown in this life */
  readonly grown_from: GrownFrom | null;
}

export function newHead(pins: SlotPins): SlotHead {
  return {
    pins,
    settings: pins.settings,
    changes: [],
    controls: { obeyed: 0, repeated: 0, ignored: 0 },
    received: 0,
    outcomes: { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 },
    rejected_by_reason: new Map(),
    rerouted_from: new Map(),
    clock: newClock(),
    generation: { number: 0, since: 0 },
    ticks: 0,
    fleet: emptyFleetShare(),
    grown_from: null,
  };
}

/** Whether every record has exactly one outcome (received = applied + duplicate + stale + rejected + rerouted). */
export function conserves(head: SlotHead): boolean {
  const { applied, duplicate, stale, rejected, rerouted } = head.outcomes;
  return head.received === applied + duplicate + stale + rejected + rerouted;
}
