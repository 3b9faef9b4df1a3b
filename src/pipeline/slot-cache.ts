// The bounded cache of what one claim has read of its slot: tasks, and shares of jobs and engines. Valid for exactly one W: any
// refused save or moved read drops it whole. "Absent" is a cached value like any other.

import type { RollUp, RollUpKind } from '../domain/roll-up.ts';
import type { KnownTask } from '../domain/tombstone.ts';

export class SlotCache {
  readonly tasks: BoundedCache<KnownTask>;
  readonly rollUps: { readonly [kind in RollUpKind]: BoundedCache<RollUp | null> };

  /** @param max how many tasks are kept at most, and of shares of jobs, and of those of engines; 2 or more */
  constructor(max: number) {
    this.tasks = new BoundedCache(max);
    this.rollUps = { internal_job_id: new BoundedCache(max), engine_id: new BoundedCache(max) };
  }

  /** Makes room. Called between batches only: a batch needs what it has read. */
  age(): void {
    this.tasks.age();
    for (const rollUps of Object.values(this.rollUps)) rollUps.age();
  }
}

/**
 * Two generations instead of a linked list: a hit in the old one moves the value to the young one, and when the young one is
 * full the old one is let go.
 */
export class BoundedCache<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  readonly #generationMax: number;

  constructor(max: number) {
    this.#generationMax = Math.max(1, Math.floor(max / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** null: known to be absent; undefined: not in the cache. */
  get(id: string): Value | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old === undefined) return undefined;
    this.#old.delete(id);
    this.#young.set(id, old);
    return old;
  }

  set(id: string, value: Value): void {
    this.#old.delete(id);
    this.#young.set(id, value);
  }

  /** Lets the old generation go if the young one is full. */
  age(): void {
    if (this.#young.size <= this.#generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
