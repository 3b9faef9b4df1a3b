// What the plain fold keeps of tasks that it has retired: their sums, and for a while their ids.

import type { PlainTask } from './plain-task.ts';

export class PlainRetired {
  tasks = 0;
  job_creations = 0;
  error_count = 0n;
  retry_count = 0n;
  /** stat → sum */
  readonly processed_stats = new Map<string, bigint>();
  /** id → the generation of its tombstone; all that are still remembered */
  readonly tombstones = new Map<string, number>();
  #keptMs: number;
  #generation = 0;
  /** where the generations are counted from, ms of the clock and number */
  #from = { now: 0, number: 0 };

  /** @param tombstones_kept_s length of a generation, seconds */
  constructor(tombstones_kept_s: number) {
    this.#keptMs = tombstones_kept_s * 1_000;
  }

  /** Where the generations are counted from: the clock at which the present one began anew, and its number. */
  get start(): { readonly number: number; readonly since: number } {
    return { number: this.#from.number, since: this.#from.now };
  }

  /** From here on a generation has another length, and the present one begins anew. @param now the clock, ms */
  keepFor(tombstones_kept_s: number, now: number): void {
    if (tombstones_kept_s * 1_000 === this.#keptMs) return;
    this.#keptMs = tombstones_kept_s * 1_000;
    this.#from = { now, number: this.#generation };
  }

  /** The present generation. */
  get generation(): number {
    return this.#generation;
  }

  /** Goes on in another slot from here, as the growth says. @param generation the present one @param now the clock, ms */
  goOn(generation: number, now: number): void {
    this.#generation = generation;
    this.#from = { now, number: generation };
  }

  /** The partition's clock has gone on to this, ms. */
  passTo(now: number): void {
    const { now: start, number } = this.#from;
    const generation = number + Math.floor((now - start) / this.#keptMs);
    if (generation === this.#generation) return;
    this.#generation = generation;
    for (const [id, of] of this.tombstones) if (of < generation - 1) this.tombstones.delete(id);
  }

  take(task: PlainTask): void {
    task.retired = true;
    this.tasks += 1;
    this.job_creations += task.job_creations;
    this.error_count += BigInt(task.error_count ?? 0);
    this.retry_count += BigInt(task.retry_count ?? 0);
    for (const [stat, sum] of task.processed_stats) {
      this.processed_stats.set(stat, (this.processed_stats.get(stat) ?? 0n) + BigInt(sum));
    }
    this.tombstones.set(task.internal_task_id, this.#generation);
  }

  /** Whether an update is of a retired task; then its tombstone is of the present generation. */
  meets(internal_task_id: string): boolean {
    if (!this.tombstones.has(internal_task_id)) return false;
    this.tombstones.set(internal_task_id, this.#generation);
    return true;
  }
}
