// One list out of many sorted sets: those of all partitions, and in each a range of scores for every status. They are merged
// as far as somebody asks, and a place in the list is a time and an id, so that a list can go on anywhere.

import { SCORE_RANGE } from '../domain/task-places.ts';
import { type Placed, readBehind, readByScore } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { readIds } from '../redis/roll-up-reads.ts';

/** Where a list stands: behind this one. */
export interface ListPlace {
  /** log time, ms; 0 in a list by ids */
  readonly at: number;
  readonly id: string;
}

export interface Candidate extends ListPlace {
  readonly partition: number;
  /** key of a sorted set: one that has the task says where it stands, and this place says nothing */
  readonly unless?: string | undefined;
}

/** A range of one sorted set of one partition. */
export interface Range {
  readonly partition: number;
  readonly key: string;
  /** scores are this and a time; null: all scores are 0, and the order is that of the ids */
  readonly base: number | null;
  /** of its candidates */
  readonly unless?: string;
  /** times within, ms, both included; absent: any from 0 on */
  readonly from?: number;
  readonly to?: number;
}

/** The scores of the range, both included. */
export function boundsOf({ base, from = 0, to = SCORE_RANGE - 1 }: Range): { min: number; max: number } {
  return { min: (base ?? 0) + from, max: (base ?? 0) + to };
}

export type ListOrder = 'newest' | 'oldest';

/** Below 0: `a` comes first. Those of one time are in the order of their ids' bytes. */
export function comparePlaces(a: ListPlace, b: ListPlace, order: ListOrder): number {
  const up = a.at - b.at || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
  return order === 'newest' ? -up : up;
}

const STEP_MIN = 16;
const STEP_MAX = 256;

interface Stream {
  readonly range: Range;
  /** the next ones; the first comes last */
  waiting: Candidate[];
  /** behind it the stream goes on; null: from its begin */
  from: ListPlace | null;
  isOver: boolean;
  /** how many are read at once: the more, the oftener it ran dry */
  step: number;
}

interface Stretch {
  readonly found: Candidate[];
  /** there are no more behind them */
  readonly isOver: boolean;
}

export class MergedRanges {
  readonly #redis: RedisClient;
  readonly #order: ListOrder;
  readonly #streams: Stream[];

  /** @param wanted about how many will be taken */
  constructor(
    redis: RedisClient,
    ranges: readonly Range[],
    order: ListOrder,
    behind: ListPlace | null,
    wanted: number,
  ) {
    this.#redis = redis;
    this.#order = order;
    const step = Math.min(STEP_MAX, Math.max(STEP_MIN, Math.ceil((2 * wanted) / Math.max(1, ranges.length))));
    this.#streams = ranges.map((range) => ({ range, waiting: [], from: behind, isOver: false, step }));
  }

  /** The next ones, at most `max`; fewer only where there are no more. @throws Fault service_unavailable */
  async take(max: number): Promise<Candidate[]> {
    const taken: Candidate[] = [];
    while (taken.length < max) {
      const dry = this.#streams.filter(({ waiting, isOver }) => waiting.length === 0 && !isOver);
      await Promise.all(dry.map((stream) => this.#fill(stream)));
      let first: Stream | null = null;
      for (const stream of this.#streams) {
        const head = stream.waiting.at(-1);
        if (head !== undefined && (first === null || comparePlaces(head, first.waiting.at(-1)!, this.#order) < 0))
          first = stream;
      }
      if (first === null) return taken;
      taken.push(first.waiting.pop()!);
    }
    return taken;
  }

  async #fill(stream: Stream): Promise<void> {
    const { range, from, step } = stream;
    const { found, isOver } =
      range.base === null ? await this.#byId(range, from, step) : await this.#byTime(range, range.base, from, step);
    stream.step = Math.min(STEP_MAX, 2 * step);
    stream.isOver = isOver;
    stream.from = found.at(-1) ?? from;
    stream.waiting = found.reverse();
  }

  async #byId({ partition, key }: Range, from: ListPlace | null, step: number): Promise<Stretch> {
    const ids = await readIds(this.#redis, key, from?.id ?? null, step);
    const found = ids.map((id) => ({ partition, at: 0, id }));
    return { found, isOver: ids.length < step };
  }

  async #byTime(range: Range, base: number, from: ListPlace | null, step: number): Promise<Stretch> {
    const { partition, key, unless } = range;
    const reversed = this.#order === 'newest';
    const bounds = boundsOf(range);
    const stretch = { ...bounds, reversed, count: step };
    if (from !== null && reversed) stretch.max = Math.min(stretch.max, base + from.at);
    else if (from !== null) stretch.min = Math.max(stretch.min, base + from.at);
    const ofRange = (placed: readonly Placed[]) =>
      placed.map(({ id, score }): Candidate => ({ partition, at: score - base, id, unless }));
    const placed = await readByScore(this.#redis, key, stretch);
    const found = ofRange(placed).filter((one) => from === null || comparePlaces(one, from, this.#order) > 0);
    const isOver = placed.length < step;
    if (found.length > 0 || isOver) return { found, isOver };
    // Many of one moment, which the list has passed already.
    const place = { id: from!.id, score: base + from!.at };
    const behind = await readBehind(this.#redis, key, stretch, place);
    return { found: ofRange(behind.placed), isOver: behind.isOver };
  }
}
