// One seed decides everything that happens in a simulated world: which call goes next, which is lost, who dies, and when.
// Every call of a port becomes a pending step; the world picks them one by one and lets all promises settle in between.

import { Fault } from '../../src/pipeline/errors.ts';

/** mulberry32: 0 ≤ x < 1, the same sequence for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Somebody whose calls end with it: a process of the simulated world. */
export interface Caller {
  dead: boolean;
}

interface Step {
  readonly caller: Caller;
  /** virtual ms; not before this */
  readonly dueAt: number;
  /** who only waits can die, and no more; only a client that re-sends by itself repeats */
  readonly faults: 'crash' | 'unrepeated' | 'all';
  readonly perform: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** How likely each fault is for one call, 0–1. */
export interface FaultRates {
  readonly crash: number;
  readonly lostRequest: number;
  readonly lostReply: number;
  readonly repeated: number;
}

export const NO_FAULTS: FaultRates = { crash: 0, lostRequest: 0, lostReply: 0, repeated: 0 };

export class Schedule {
  readonly random: () => number;
  rates: FaultRates = NO_FAULTS;
  now = 1_000_000;
  #steps: Step[] = [];
  readonly #crash: (caller: Caller) => void;

  constructor(seed: number, crash: (caller: Caller) => void) {
    this.random = seededRandom(seed);
    this.#crash = crash;
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A call of a port. `perform` happens at once, when its turn comes. */
  call<T>(caller: Caller, perform: () => T, options: { delayMs?: number; faults?: Step['faults'] } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (caller.dead) return;
      this.#steps.push({
        caller,
        dueAt: this.now + (options.delayMs ?? 0),
        faults: options.faults ?? 'all',
        perform,
        resolve: resolve as (value: never) => void,
        reject,
      });
    });
  }

  /** Takes one step; answers false where nothing is left to do. */
  async step(): Promise<boolean> {
    this.#steps = this.#steps.filter(({ caller }) => !caller.dead);
    if (this.#steps.length === 0) return false;
    let ready = this.#steps.filter(({ dueAt }) => dueAt <= this.now);
    if (ready.length === 0 || this.chance(0.02)) {
      this.now = Math.max(this.now, Math.min(...this.#steps.map(({ dueAt }) => dueAt)));
      ready = this.#steps.filter(({ dueAt }) => dueAt <= this.now);
    }
    const step = ready[this.below(ready.length)]!;
    this.#steps.splice(this.#steps.indexOf(step), 1);
    this.#take(step);
    await new Promise(setImmediate);
    return true;
  }

  #take(step: Step): void {
    const { crash, lostRequest, lostReply, repeated } = this.rates;
    let dice = this.random();
    const falls = (rate: number) => {
      const hit = dice < rate;
      dice -= rate;
      return hit;
    };
    if (falls(crash)) {
      // Half of the dying callers' requests still reach the server.
      if (this.chance(0.5)) this.#perform(step);
      this.#crash(step.caller);
    } else if (step.faults !== 'crash' && falls(lostRequest)) {
      step.reject(new Fault('service_unavailable', 'simulated: the request was lost'));
    } else if (step.faults !== 'crash' && falls(lostReply)) {
      this.#perform(step);
      step.reject(new Fault('service_unavailable', 'simulated: the reply was lost'));
    } else {
      if (step.faults === 'all' && falls(repeated)) this.#perform(step);
      const result = this.#perform(step);
      if (result.error !== undefined) step.reject(result.error);
      else step.resolve(result.value as never);
    }
  }

  #perform(step: Step): { value?: unknown; error?: unknown } {
    try {
      return { value: step.perform() };
    } catch (error) {
      return { error };
    }
  }
}
