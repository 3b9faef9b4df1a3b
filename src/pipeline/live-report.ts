// What one worker knows of its partition, for people: kept while it works, told to dashboards through the slot's `live`.

import type { PipelineContext, WorkerState } from './context.ts';
import type { SlotLive } from './ports.ts';

/** Outside of the fold: a report that is lost is of no matter. */
export class LiveReport {
  readonly #context: PipelineContext;
  readonly #partition: number;
  #state: WorkerState = 'claiming';
  watermark: number | null = null;
  emitted: number | null = null;
  logEnd = 0;
  halt: SlotLive['halt'] | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(context: PipelineContext, partition: number) {
    this.#context = context;
    this.#partition = partition;
  }

  /** W, C and the log's end as the worker last knew them. */
  get status() {
    return {
      partition: this.#partition,
      state: this.#state,
      watermark: this.watermark,
      emitted: this.emitted,
      log_end: this.logEnd,
      ...(this.halt ? { halt: this.halt } : {}),
    };
  }

  /** The worker changes its state, which is told at once. */
  enter(state: WorkerState): void {
    this.#state = state;
    this.#context.observer.state?.(this.#partition, state);
    this.#toldAt = Number.NEGATIVE_INFINITY;
    this.tell();
  }

  /** Tells dashboards, at most once in `live_every_ms`. */
  tell(): void {
    const { ports, settings } = this.#context;
    const now = ports.surroundings.now();
    if (now - this.#toldAt < settings.live_every_ms) return;
    this.#toldAt = now;
    const live: SlotLive = {
      owner: settings.owner,
      state: this.#state,
      log_end: this.logEnd,
      emitted: this.emitted,
      seen_at: now,
      ...(this.halt ? { halt: this.halt } : {}),
      given: settings.given,
    };
    void ports.slotStore.reportLive(this.#partition, live).catch(() => {});
  }
}
