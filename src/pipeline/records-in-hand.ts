// How many records a process has in hand: taken up and not yet on their way into Redis. What is made of them lives until then, so with all
// partitions of a backlog at work at once, each waiting for what it reads, the garbage collector moved most of it to the old generation.
// It is a matter of speed alone: nobody's records depend on when those of another partition are folded.

import type { Surroundings } from './ports.ts';

/** Somebody who waits for Redis in vain holds up nobody for longer than this, ms. */
const STANDSTILL_MS = 1_000;

interface Waiter {
  readonly records: number;
  readonly go: () => void;
}

export class RecordsInHand {
  readonly #max: number;
  readonly #surroundings: Pick<Surroundings, 'sleep'>;
  #count = 0;
  #returns = 0;
  /** in the order in which they came */
  #waiting: Waiter[] = [];
  #isWatched = false;

  /** @param max how many together; more than that may only be taken where there are no others */
  constructor(max: number, surroundings: Pick<Surroundings, 'sleep'>) {
    this.#max = max;
    this.#surroundings = surroundings;
  }

  /** Waits until there is room for so many. @returns gives the room back; to be called once */
  async take(records: number): Promise<() => void> {
    await new Promise<void>((go) => {
      this.#waiting.push({ records, go });
      this.#admit();
    });
    return () => {
      this.#count -= records;
      this.#returns++;
      this.#admit();
    };
  }

  #admit(): void {
    while (this.#waiting.length > 0) {
      const { records, go } = this.#waiting[0]!;
      if (this.#count > 0 && this.#count + records > this.#max) break;
      this.#waiting.shift();
      this.#count += records;
      go();
    }
    if (this.#waiting.length > 0 && !this.#isWatched) void this.#watch();
  }

  async #watch(): Promise<void> {
    this.#isWatched = true;
    while (this.#waiting.length > 0) {
      const before = this.#returns;
      await this.#surroundings.sleep(STANDSTILL_MS);
      if (this.#returns > before) continue;
      for (const { records, go } of this.#waiting.splice(0)) {
        this.#count += records;
        go();
      }
    }
    this.#isWatched = false;
  }
}
