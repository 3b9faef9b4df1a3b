// Records of the simulated fleet that are under way longer than others: given out when their time comes.

import type { FleetRecord } from './deed.ts';

export class LateRecords {
  /** the next one last */
  readonly #waiting: FleetRecord[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Of two that are due at once, the one that was added first comes first. */
  add(record: FleetRecord): void {
    const waiting = this.#waiting;
    // Few are ever under way, and most are due later than those that wait already.
    let place = waiting.length;
    while (place > 0 && waiting[place - 1]!.log_time <= record.log_time) place--;
    waiting.splice(place, 0, record);
  }

  /** The next one that is due by this time, or null. @param now virtual time, ms */
  take(now: number): FleetRecord | null {
    const next = this.#waiting.at(-1);
    return next !== undefined && next.log_time <= now ? this.#waiting.pop()! : null;
  }
}
