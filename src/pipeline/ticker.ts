// Keeps the time of an idle partition: while tasks wait to be looked at and nobody writes, the owner writes a record that
// tells nothing but the time. The fold reads the log alone, so who ticks, and how often, decides nothing but when.

import { tickEveryMs } from '../domain/partition-clock.ts';
import { type Claimed, moved } from './claim.ts';
import type { PipelineContext } from './context.ts';
import type { Emitter } from './emitter.ts';

export class Ticker {
  readonly #context: PipelineContext;
  readonly #partition: number;
  readonly #claimed: Claimed;
  readonly #emitter: Emitter;
  /** by our own clock; a new owner's first tick comes at once, since nobody knows how long nobody ticked */
  #lastAt = Number.NEGATIVE_INFINITY;
  #unseen = false;
  /** the earliest `look_at` of the slot; null: there is none; undefined: not known since records came */
  #nextLook: number | null | undefined;

  constructor(context: PipelineContext, partition: number, claimed: Claimed, emitter: Emitter) {
    this.#context = context;
    this.#partition = partition;
    this.#claimed = claimed;
    this.#emitter = emitter;
  }

  /** Records came, so the log tells the time by itself. */
  heard(): void {
    this.#lastAt = this.#context.ports.surroundings.now();
    this.#unseen = false;
    this.#nextLook = undefined;
  }

  /**
   * Nothing came. @param watermark the W that all of the log is folded up to
   * @throws Fault watermark_moved; what the transaction fails with
   */
  async idle(watermark: number): Promise<void> {
    if (this.#unseen) return;
    const { surroundings, encoder } = this.#context.ports;
    this.#nextLook ??= await this.#readNextLook(watermark);
    if (this.#nextLook === null) return;
    const overdue = this.#nextLook < this.#claimed.head.clock.now;
    const now = surroundings.now();
    if (!overdue && now - this.#lastAt < tickEveryMs(this.#claimed.head.settings)) return;
    this.#lastAt = now;
    this.#unseen = true;
    this.#emitter.add([encoder.tick(this.#partition)], watermark, undefined);
    await this.#emitter.settle();
  }

  async #readNextLook(watermark: number): Promise<number | null> {
    const found = await this.#context.ports.slotStore.readLooks(this.#partition, Number.POSITIVE_INFINITY, 1);
    if (found.watermark !== watermark) throw moved(this.#partition, watermark, found.watermark);
    return found.looks[0]?.at ?? null;
  }
}
