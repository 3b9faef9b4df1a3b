// Says once that something stopped working, then every so often that it still does not, and once that it works again.

import type { KafkaLog } from './connection.ts';

/** ms between two lines about the same outage */
const REMINDER_MS = 30_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export class Outage {
  readonly #what: string;
  readonly #log: KafkaLog;
  #since: number | null = null;
  #saidAt = 0;
  #failures = 0;

  /** `what` opens each line, such as `reading task-status`. */
  constructor(what: string, log: KafkaLog) {
    this.#what = what;
    this.#log = log;
  }

  /** Notes a failure and answers how long to pause before the next try, ms: doubling, with chance, at most 5 s. */
  failed(error: unknown): number {
    const now = Date.now();
    this.#since ??= now;
    this.#failures++;
    if (this.#failures === 1 || now - this.#saidAt >= REMINDER_MS) {
      this.#saidAt = now;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log('warn', `${this.#what}: ${reason}; going on by itself when that ends`, {
        since_ms: now - this.#since,
        failures: this.#failures,
      });
    }
    const pause = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(this.#failures - 1, 10));
    return pause * (0.5 + Math.random() / 2);
  }

  /** Notes a success. */
  recovered(): void {
    if (this.#since === null) return;
    this.#log('info', `${this.#what}: works again`, { outage_ms: Date.now() - this.#since, failures: this.#failures });
    this.#since = null;
    this.#failures = 0;
  }
}
