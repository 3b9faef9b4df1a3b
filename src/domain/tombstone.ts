// What is left of a task that was retired: that it was there, and in which generation that was known last.

import type { SlotHead } from './head.ts';
import type { TaskState } from './task-state.ts';

export class Tombstone {
  /** number of the stretch of the partition's clock, each `tombstones_kept_s` long */
  readonly generation: number;

  constructor(generation: number) {
    this.generation = generation;
  }
}

/** A task as the slot has it: its state, its tombstone, or nothing. */
export type KnownTask = TaskState | Tombstone | null;

/** The generation that the partition's clock is in. */
export function generationOf({ clock, pins }: Pick<SlotHead, 'clock' | 'pins'>): number {
  return Math.floor(clock.now / (pins.settings.tombstones_kept_s * 1_000));
}
