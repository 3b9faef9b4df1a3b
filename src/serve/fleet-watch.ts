// One look at the fleet a second, for everybody who wants it every second: the rates, the readiness, the stream of changes.

import type { AsOf } from '../read/as-of.ts';
import type { FleetDocument } from '../read/fleet-document.ts';
import type { Reads } from '../read/reads.ts';
import type { FleetAnswer } from './fleet-documents.ts';
import type { LogEnds } from './log-ends.ts';
import { problemOf } from './problems.ts';

const LOOK_EVERY_MS = 1_000;
/** Rates are measured over so many looks. */
const LOOKS_KEPT = 10;

export interface FleetLook {
  readonly fleet: FleetDocument | null;
  readonly as_of: AsOf;
}

interface Sight {
  readonly at: number;
  readonly folded: number;
  readonly logged: number | null;
}

export class FleetWatch {
  readonly #reads: Reads;
  readonly #logEnds: LogEnds;
  readonly #sights: Sight[] = [];
  readonly #listeners = new Set<(look: FleetLook | null) => void>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  /** why Redis does not answer; null: it does */
  away: string | null = 'Redis was not asked yet';

  constructor(reads: Reads, logEnds: LogEnds) {
    this.#reads = reads;
    this.#logEnds = logEnds;
  }

  start(): void {
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Told each look; null: Redis does not answer. @returns how to hear no more */
  listen(listener: (look: FleetLook | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get rates(): FleetAnswer['rates'] {
    const [first, last] = [this.#sights[0], this.#sights.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return undefined;
    const seconds = (last.at - first.at) / 1_000;
    // A slot that begins anew, or falls back, counts again: that is no rate.
    const perSecond = (from: number, to: number) => Math.max(0, Math.round((to - from) / seconds));
    return {
      seconds: Math.round(10 * seconds) / 10,
      folded_per_s: perSecond(first.folded, last.folded),
      ...(first.logged === null || last.logged === null ? {} : { logged_per_s: perSecond(first.logged, last.logged) }),
    };
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const look = await this.#reads.readFleet();
      this.away = null;
      // Without some partitions there is less, and with them more again: neither is a rate.
      if (look.as_of.unreachable.length > 0) this.#sights.length = 0;
      const folded = look.fleet?.updates.received ?? 0;
      this.#sights.push({ at: look.as_of.read_at, folded, logged: this.#logEnds.total });
      if (this.#sights.length > LOOKS_KEPT + 1) this.#sights.shift();
      for (const listener of this.#listeners) listener(look);
    } catch (error) {
      this.away = problemOf(error).detail;
      this.#sights.length = 0;
      for (const listener of this.#listeners) listener(null);
    } finally {
      this.#looking = false;
    }
  }
}
