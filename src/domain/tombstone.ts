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

/** The generation that began where `tombstones_kept_s` was changed last; the others follow each other from there. */
export interface GenerationStart {
  readonly number: number;
  /** ms of the partition's clock */
  readonly since: number;
}

/** The generation that the partition's clock is in. Generations only go up, whatever becomes of the settings. */
export function generationOf(head: Pick<SlotHead, 'clock' | 'generation' | 'settings'>): number {
  const { number, since } = head.generation;
  return number + Math.floor((head.clock.now - since) / (head.settings.tombstones_kept_s * 1_000));
}
