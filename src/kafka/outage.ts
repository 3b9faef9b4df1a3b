// Says once that something stopped working, then every so often that it still does not, and once that it works again.

import type { KafkaLog } from './connection.ts';
import { reasonOf } from './faults.ts';

/** ms between two lines about the same outage */
const REMINDER_MS = 30_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export class Outage {
  readonly #what: string;
  readonly #log: KafkaLog;
  /** failures in a row by source */
  readonly #failing = new Map<number, number>();
  #since = 0;
  #saidAt = 0;

  /** `what` opens each line, such as `reading task-status`. */
  constructor(what: string, log: KafkaLog) {
    this.#what = what;
    this.#log = log;
  }

  /** Sources that have failed and not recovered. */
  get failing(): Iterable<number> {
    return this.#failing.keys();
  }

  /**
   * Notes a failure and answers how long to pause before the next try, ms: doubling, with chance, at most 5 s.
   * Of several sources (brokers) some may fail while others work: it is one outage until all have recovered.
   */
  failed(error: unknown, source = 0): number {
    const now = Date.now();
    const first = this.#failing.size === 0;
    if (first) this.#since = now;
    const failures = (this.#failing.get(source) ?? 0) + 1;
    this.#failing.set(source, failures);
    if (first || now - this.#saidAt >= REMINDER_MS) {
      this.#saidAt = now;
      const reason = reasonOf(error);
      this.#log('warn', `${this.#what}: ${reason}; going on by itself when that ends`, {
        since_ms: now - this.#since,
        failures,
      });
    }
    const pause = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(failures - 1, 10));
    return pause * (0.5 + Math.random() / 2);
  }

  /** Notes a success. */
  recovered(source = 0): void {
    if (!this.#failing.delete(source) || this.#failing.size > 0) return;
    this.#log('info', `${this.#what}: works again`, { outage_ms: Date.now() - this.#since });
  }
}
