// The bounded cache of one claim's tasks. Valid for exactly one W: any refused save or moved read drops it whole.
// Two generations instead of a linked list: a hit in the old one moves the task to the young one, and when the young one
// is full the old one is let go. "Absent" is a cached value like any other.

import type { KnownTask } from '../domain/tombstone.ts';

export class TaskCache {
  #young = new Map<string, KnownTask>();
  #old = new Map<string, KnownTask>();
  readonly #generationMax: number;

  /** @param tasksMax how many tasks are kept at most, 2 or more */
  constructor(tasksMax: number) {
    this.#generationMax = Math.max(1, Math.floor(tasksMax / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The task, or its tombstone; null: known to be absent; undefined: not in the cache. */
  get(internal_task_id: string): KnownTask | undefined {
    const young = this.#young.get(internal_task_id);
    if (young !== undefined) return young;
    const old = this.#old.get(internal_task_id);
    if (old === undefined) return undefined;
    this.#old.delete(internal_task_id);
    this.#young.set(internal_task_id, old);
    return old;
  }

  set(internal_task_id: string, task: KnownTask): void {
    this.#old.delete(internal_task_id);
    this.#young.set(internal_task_id, task);
  }

  /** Lets the old generation go if the young one is full. Called between batches only: a batch needs what it has read. */
  age(): void {
    if (this.#young.size <= this.#generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
