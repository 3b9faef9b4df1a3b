// Where the log of each partition ends, asked of Kafka every second: so that nobody takes an answer for fresh because the
// one who folds has not looked at the log for a while.

import type { ClusterLink } from '../kafka/cluster-link.ts';
import type { LogEnd } from '../read/as-of.ts';

const ASK_EVERY_MS = 1_000;
/** Distinct ends that are remembered of each partition, with the last moment at which each was the end. */
const ENDS_KEPT = 120;
/** Without an answer for so long Kafka is away. */
const AWAY_AFTER_MS = 3_500;

interface Seen {
  readonly end: number;
  at: number;
}

export class LogEnds {
  readonly #link: ClusterLink;
  readonly #seen = new Map<number, Seen[]>();
  readonly #onTrouble: (error: unknown) => void;
  readonly #onBack: () => void;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #heardAt: number | null = null;
  #reason: string | null = 'Kafka has not answered yet';

  constructor(link: ClusterLink, onTrouble: (error: unknown) => void, onBack: () => void) {
    this.#link = link;
    this.#onTrouble = onTrouble;
    this.#onBack = onBack;
  }

  start(): void {
    void this.#ask();
    this.#timer = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Why Kafka does not answer; null: it does. */
  get away(): string | null {
    if (this.#heardAt !== null && Date.now() - this.#heardAt <= AWAY_AFTER_MS) return null;
    return this.#reason ?? 'Kafka does not answer';
  }

  of(partition: number): LogEnd | null {
    const seen = this.#seen.get(partition);
    const last = seen?.at(-1);
    if (seen === undefined || last === undefined) return null;
    return { end: last.end, at: last.at, endedBy: (offset) => seen.findLast(({ end }) => end <= offset)?.at ?? null };
  }

  /** Sum of all ends; null: not heard. */
  get total(): number | null {
    if (this.#seen.size === 0) return null;
    let sum = 0;
    for (const seen of this.#seen.values()) sum += seen.at(-1)!.end;
    return sum;
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    // The moment before the question: what the log had then is below the answer.
    const at = Date.now();
    try {
      const count = await this.#link.partitionCount();
      const partitions = Array.from({ length: count }, (_, partition) => partition);
      for (const [partition, end] of await this.#link.offsets(partitions, 'end')) this.#hear(partition, end, at);
      if (this.#reason !== null) this.#onBack();
      this.#heardAt = Date.now();
      this.#reason = null;
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error);
      this.#onTrouble(error);
    } finally {
      this.#asking = false;
    }
  }

  #hear(partition: number, end: number, at: number): void {
    const seen = this.#seen.get(partition) ?? [];
    this.#seen.set(partition, seen);
    const last = seen.at(-1);
    // A topic that was made again has nothing to do with what was heard before.
    if (last !== undefined && end < last.end) seen.length = 0;
    if (last?.end === end && seen.length > 0) last.at = at;
    else seen.push({ end, at });
    if (seen.length > ENDS_KEPT) seen.shift();
  }
}
