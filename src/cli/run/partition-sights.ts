// What is known of each partition that this process works on, for metrics and health: copied at the moments at which it is
// true, so that figures that belong together are of one W.

import type { SlotHead } from '../../domain/head.ts';
import { OUTCOMES, type Outcome } from '../../domain/outcome.ts';
import type { PipelineObserver, WorkerState } from '../../pipeline/context.ts';
import type { FaultCode } from '../../pipeline/errors.ts';

/** The head's counts at a saved W. */
export interface HeadCounts {
  readonly received: number;
  readonly outcomes: { readonly [outcome in Outcome]: number };
  readonly tasks_by_status: ReadonlyMap<string, number>;
  readonly tasks_by_liveness: ReadonlyMap<string, number>;
}

export interface PartitionSight {
  readonly partition: number;
  readonly state: WorkerState;
  /** of the fault that the partition waits for, or is halted by */
  readonly fault: FaultCode | null;
  /** W; null: not claimed yet */
  readonly watermark: number | null;
  /** C */
  readonly emitted: number | null;
  /** null: not heard yet */
  readonly logEnd: number | null;
  readonly counts: HeadCounts | null;
  /** records behind; null: not known */
  readonly lag: number | null;
  /** wall clock and log time, ms: no record that waits is older; null: none waits */
  readonly waitingSince: number | null;
  /** monotonic, ms: when W last moved, or nothing waited */
  readonly movedAt: number;
  /** monotonic, ms: when the partition's loop last began anything */
  readonly turnedAt: number;
  /** monotonic, ms: when the broker last told the log's end, asked apart from the fetches */
  readonly endHeardAt: number;
}

export interface Clocks {
  /** UTC epoch, ms */
  wall(): number;
  /** ms since whenever, never back */
  monotonic(): number;
}

type Sight = { -readonly [key in Exclude<keyof PartitionSight, 'lag' | 'waitingSince'>]: PartitionSight[key] } & {
  /** log time of the last folded record, ms */
  logTime: number;
  /** log time of the oldest record fetched and not folded, ms */
  oldest: number | null;
  /** wall clock, ms: when nothing was known to wait */
  caughtUpAt: number;
};

export class PartitionSights {
  readonly #sights = new Map<number, Sight>();
  readonly #clocks: Clocks;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** By partition. */
  all(): PartitionSight[] {
    const all = [...this.#sights.values()].sort((a, b) => a.partition - b.partition);
    return all.map((sight) => ({ ...sight, lag: lagOf(sight), waitingSince: waitingSinceOf(sight) }));
  }

  /** The log's ends as the broker tells them now. */
  heardEnds(ends: ReadonlyMap<number, number>): void {
    for (const [partition, end] of ends) {
      const sight = this.#sights.get(partition);
      if (sight === undefined) continue;
      sight.endHeardAt = this.#clocks.monotonic();
      this.#heardEnd(sight, end);
    }
  }

  readonly observer: PipelineObserver = {
    state: (partition, state) => {
      if (state === 'stopped') return void this.#sights.delete(partition);
      const sight = this.#sights.get(partition) ?? this.#newSight(partition);
      this.#turn(sight);
      sight.state = state;
      if (state === 'running') sight.fault = null;
    },
    claimed: (partition, { head, watermark, emitted }) => {
      const sight = this.#of(partition);
      if (sight === undefined) return;
      if (watermark !== sight.watermark) sight.movedAt = this.#clocks.monotonic();
      Object.assign(sight, { watermark, emitted, counts: countsOf(head), logTime: head.clock.log_time, oldest: null });
      // A topic that was made again may end earlier.
      sight.logEnd = null;
    },
    problem: (partition, { code }) => {
      const sight = this.#of(partition);
      if (sight !== undefined) sight.fault = code;
    },
    halted: (partition, { code }) => {
      const sight = this.#of(partition);
      if (sight !== undefined) sight.fault = code;
    },
    step: (partition) => {
      const sight = this.#of(partition);
      if (sight !== undefined) this.#turn(sight);
    },
    fetched: (partition, { oldest, end }) => {
      const sight = this.#of(partition);
      if (sight === undefined) return;
      sight.oldest = oldest;
      this.#heardEnd(sight, end);
    },
    folded: (partition, { to, end, head }) => {
      const sight = this.#of(partition);
      if (sight === undefined) return;
      const movedAt = this.#clocks.monotonic();
      const { log_time: logTime } = head.clock;
      Object.assign(sight, { watermark: to, counts: countsOf(head), logTime, oldest: null, movedAt });
      this.#heardEnd(sight, end);
    },
    emitted: (partition, { emitted }) => {
      const sight = this.#of(partition);
      if (sight !== undefined) sight.emitted = emitted;
    },
  };

  #newSight(partition: number): Sight {
    const now = this.#clocks.monotonic();
    const sight: Sight = {
      partition,
      state: 'claiming',
      fault: null,
      watermark: null,
      emitted: null,
      logEnd: null,
      counts: null,
      logTime: 0,
      oldest: null,
      caughtUpAt: 0,
      movedAt: now,
      turnedAt: now,
      endHeardAt: now,
    };
    this.#sights.set(partition, sight);
    return sight;
  }

  #of(partition: number): Sight | undefined {
    return this.#sights.get(partition);
  }

  #turn(sight: Sight): void {
    sight.turnedAt = this.#clocks.monotonic();
  }

  /** A fetch that began earlier may know an older end. */
  #heardEnd(sight: Sight, end: number): void {
    sight.logEnd = Math.max(sight.logEnd ?? 0, end);
    if (sight.watermark === null || sight.logEnd > sight.watermark) return;
    sight.caughtUpAt = this.#clocks.wall();
    sight.movedAt = this.#clocks.monotonic();
  }
}

function lagOf({ watermark, logEnd }: Sight): number | null {
  return watermark === null || logEnd === null ? null : Math.max(0, logEnd - watermark);
}

/** A record that was not fetched yet came after the last folded one, and after we last saw that none waits. */
function waitingSinceOf(sight: Sight): number | null {
  if (!lagOf(sight)) return null;
  return sight.oldest ?? Math.max(sight.logTime, sight.caughtUpAt);
}

function countsOf({ received, outcomes, fleet }: SlotHead): HeadCounts {
  return {
    received,
    outcomes: { ...outcomes },
    tasks_by_status: new Map(fleet.tasks_by_status),
    tasks_by_liveness: new Map(fleet.tasks_by_liveness),
  };
}

/** Received less the sum of the outcomes: 0, always. */
export function unaccounted({ received, outcomes }: HeadCounts): number {
  return OUTCOMES.reduce((rest, outcome) => rest - outcomes[outcome], received);
}
