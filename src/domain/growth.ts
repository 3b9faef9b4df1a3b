// What the growth of the input topic makes of the slots: each task goes to the home that the new number of partitions gives
// it, with all that it has counted (docs/fold.md, "Growth"). A function of the slots alone, each at the W where it was cut.

import { emptyFleetShare, moveTask } from './fleet-share.ts';
import { FOLD_SETTING_NAMES } from './fold-settings.ts';
import { type FleetShare, newHead, type SlotHead } from './head.ts';
import { homeOf } from './home.ts';
import {
  countTask,
  emptyCounted,
  inherit,
  join,
  newRollUp,
  ROLL_UP_KINDS,
  type RollUp,
  type RollUpKind,
} from './roll-up.ts';
import type { TaskState } from './task-state.ts';
import { generationOf } from './tombstone.ts';

export interface Growth {
  readonly id: string;
  /** how many partitions there are afterwards; more than before */
  readonly partition_count: number;
  /** the heads of all partitions of before, in order, each at its cut; they are not changed */
  readonly heads: readonly SlotHead[];
  /** where each partition of afterwards goes on: the W of the cut; of a new one the start of its log */
  readonly cuts: readonly number[];
}

/** The settings that are not the same in all slots: without one fold for all of them nothing can be moved. */
export function differingSettings(heads: readonly SlotHead[]): string[] {
  return FOLD_SETTING_NAMES.filter((name) => heads.some(({ settings }) => settings[name] !== heads[0]!.settings[name]));
}

/** Whether a task, and so a tombstone, of the one partition can have its home in the other afterwards. */
export function canMove(from: number, to: number, before: number, after: number): boolean {
  return (from - to) % greatestCommonDivisor(before, after) === 0;
}

/** Of the generations that are still asked for, the one that stands for `generation` afterwards; null: for none. */
export function generationAfter({ heads }: Pick<Growth, 'heads'>, from: number, generation: number): number | null {
  const age = generationOf(heads[from]!) - generation;
  return age === 0 || age === 1 ? presentGeneration(heads) - age : null;
}

/** One slot as the growth leaves it. It is given each partition of before in turn: first its tasks, then its shares. */
export class GrownSlot {
  readonly head: SlotHead;
  readonly rollUps: { readonly [kind in RollUpKind]: Map<string, RollUp> } = newMaps();
  readonly #growth: Growth;
  readonly #partition: number;
  readonly #counted = emptyCounted();
  /** of the partition at hand: the lowest id of the tasks of each share, and the shares that gave us a task */
  #lowest = newMaps<string>();
  #gave = newMaps<true>();

  constructor(growth: Growth, partition: number) {
    this.#growth = growth;
    this.#partition = partition;
    this.head = grownHead(growth, partition);
  }

  /** Whether the home of a task is here afterwards. */
  isHome(internal_task_id: string): boolean {
    return homeOf(internal_task_id, this.#growth.partition_count) === this.#partition;
  }

  /** Counts a task of the partition `from`, changed or not, wherever its home is. */
  take(task: TaskState, from: number): void {
    const id = task.internal_task_id;
    const isHere = this.isHome(id);
    for (const kind of ROLL_UP_KINDS) {
      const name = task[kind];
      if (name === undefined) continue;
      const lowest = this.#lowest[kind].get(name);
      if (lowest === undefined || id < lowest) this.#lowest[kind].set(name, id);
      if (isHere) this.#gave[kind].set(name, true);
    }
    const wasHere = from === this.#partition;
    if (wasHere !== isHere) moveTask(this.head.fleet, task, isHere ? 1 : -1);
    if (!isHere) return;
    countTask(task, this.#counted);
    for (const kind of ROLL_UP_KINDS) {
      const name = task[kind];
      if (name !== undefined) join(this.#rollUp(kind, name), task, this.#counted);
    }
  }

  /** Changes a task of the partition `from`, whose home is here, into what the slot holds of it. */
  place(task: TaskState, from: number): void {
    if (from !== this.#partition) moveInLog(task, this.#growth.cuts[this.#partition]!);
    moveInTime(task, this.head.clock.now - this.#growth.heads[from]!.clock.now);
  }

  /** A share of the partition whose tasks were given last, each once. */
  takeShare(kind: RollUpKind, share: RollUp): void {
    if (!this.#gave[kind].has(share.id)) return;
    // What was retired from a share has to stay with a task of it, or it would be dropped.
    const lowest = this.#lowest[kind].get(share.id)!;
    const keepsRetired = homeOf(lowest, this.#growth.partition_count) === this.#partition;
    inherit(this.#rollUp(kind, share.id), share, keepsRetired);
  }

  /** All of the partition at hand was given. */
  endPartition(): void {
    this.#lowest = newMaps();
    this.#gave = newMaps();
  }

  #rollUp(kind: RollUpKind, id: string): RollUp {
    const known = this.rollUps[kind].get(id);
    if (known !== undefined) return known;
    const begun = newRollUp(id);
    this.rollUps[kind].set(id, begun);
    return begun;
  }
}

function newMaps<Value = RollUp>(): { readonly [kind in RollUpKind]: Map<string, Value> } {
  return { internal_job_id: new Map(), engine_id: new Map() };
}

function presentGeneration(heads: readonly SlotHead[]): number {
  return Math.max(1, ...heads.map(generationOf));
}

function grownHead({ id, partition_count, heads, cuts }: Growth, partition: number): SlotHead {
  const before = heads[partition];
  const { settings } = heads[0]!;
  const now = Math.max(...heads.map(({ clock }) => clock.now));
  const pins = {
    origin: cuts[partition]!,
    incarnation: id,
    partition_count,
    fold_version: heads[0]!.pins.fold_version,
    settings,
    growth: { id, partition_count: heads.length },
  };
  return {
    ...newHead(pins),
    ...(before === undefined
      ? {}
      : {
          received: before.received,
          outcomes: { ...before.outcomes },
          rejected_by_reason: new Map(before.rejected_by_reason),
          rerouted_from: new Map(before.rerouted_from),
          ticks: before.ticks,
        }),
    // Nobody folded while the tasks moved, so nobody knows who could report.
    clock: { now, log_time: before?.clock.log_time ?? null, alarms_after: now + settings.silence_after_s * 1_000 },
    generation: { number: presentGeneration(heads), since: now },
    fleet: before === undefined ? emptyFleetShare() : copyOfShare(before.fleet),
    grown_from: {
      cuts: cuts.slice(0, heads.length),
      before: before === undefined ? null : { pins: before.pins, grown_from: before.grown_from },
    },
  };
}

function copyOfShare(share: FleetShare): FleetShare {
  return {
    ...share,
    tasks_by_status: new Map(share.tasks_by_status),
    tasks_by_liveness: new Map(share.tasks_by_liveness),
    failures_by_reason: new Map(share.failures_by_reason),
    processed_stats: new Map(share.processed_stats),
    retired: { ...share.retired, processed_stats: new Map(share.retired.processed_stats) },
  };
}

/** Offsets of another log mean nothing here: all that was folded before lies below the cut, in the order it had. */
function moveInLog(task: TaskState, cut: number): void {
  task.first_offset = cut - 1;
  task.last_offset = cut - 1;
  let offset = cut - task.reporters.size;
  for (const reporter of task.reporters.values()) reporter.last_offset = offset++;
}

/** @param shift of the clock, ms */
function moveInTime(task: TaskState, shift: number): void {
  task.look_at += shift;
  if (task.no_progress_since !== undefined) task.no_progress_since += shift;
  if (task.lost_before !== undefined) task.lost_before += shift;
  for (const reporter of task.reporters.values()) reporter.heard_at += shift;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
