// One list out of many sorted sets: those of all partitions, and in each a range of scores for every status. They are merged
// as far as somebody asks, and a place in the list is a time and an id, so that a list can go on anywhere.

import { SCORE_RANGE } from '../domain/task-places.ts';
import { type Placed, readByScore } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { readIds } from '../redis/roll-up-reads.ts';

/** Where a list stands: behind this one. */
export interface ListPlace {
  /** log time, ms; 0 in a list by ids */
  readonly at: number;
  readonly internal_task_id: string;
}

export interface Candidate extends ListPlace {
  readonly partition: number;
}

/** A range of one sorted set of one partition. */
export interface Range {
  readonly partition: number;
  readonly key: string;
  /** scores are this and a time; null: all scores are 0, and the order is that of the ids */
  readonly base: number | null;
}

export type ListOrder = 'newest' | 'oldest';

const STEP_MIN = 16;
const STEP_MAX = 256;

interface Stream {
  readonly range: Range;
  /** the next ones; the first comes last */
  waiting: Candidate[];
  /** behind it the stream goes on; null: from its begin */
  from: ListPlace | null;
  isOver: boolean;
}

export class MergedRanges {
  readonly #redis: RedisClient;
  readonly #order: ListOrder;
  readonly #streams: Stream[];
  readonly #step: number;

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
    this.#streams = ranges.map((range) => ({ range, waiting: [], from: behind, isOver: false }));
    this.#step = Math.min(STEP_MAX, Math.max(STEP_MIN, Math.ceil((2 * wanted) / Math.max(1, ranges.length))));
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
        if (head !== undefined && (first === null || this.#compare(head, first.waiting.at(-1)!) < 0)) first = stream;
      }
      if (first === null) return taken;
      taken.push(first.waiting.pop()!);
    }
    return taken;
  }

  #compare(a: ListPlace, b: ListPlace): number {
    const up = a.at - b.at || Buffer.compare(Buffer.from(a.internal_task_id), Buffer.from(b.internal_task_id));
    return this.#order === 'newest' ? -up : up;
  }

  async #fill(stream: Stream): Promise<void> {
    const { range, from } = stream;
    const found = range.base === null ? await this.#byId(range, from) : await this.#byTime(range, range.base, from);
    stream.isOver = found.length < this.#step;
    stream.from = found.at(-1) ?? from;
    stream.waiting = found.reverse();
  }

  async #byId({ partition, key }: Range, from: ListPlace | null): Promise<Candidate[]> {
    const ids = await readIds(this.#redis, key, from?.internal_task_id ?? null, this.#step);
    return ids.map((internal_task_id) => ({ partition, at: 0, internal_task_id }));
  }

  async #byTime({ partition, key }: Range, base: number, from: ListPlace | null): Promise<Candidate[]> {
    const reversed = this.#order === 'newest';
    const min = !reversed && from !== null ? base + from.at : base;
    const max = reversed && from !== null ? base + from.at : base + SCORE_RANGE - 1;
    const found: Candidate[] = [];
    // Those of the same moment that the list has passed already come first.
    for (let skip = 0; found.length < this.#step; ) {
      const stretch = { min, max, reversed, skip, count: this.#step };
      const placed = await readByScore(this.#redis, key, stretch);
      for (const { internal_task_id, score } of placed satisfies Placed[]) {
        const candidate = { partition, at: score - base, internal_task_id };
        if (from === null || this.#compare(candidate, from) > 0) found.push(candidate);
      }
      if (placed.length < this.#step) break;
      skip += placed.length;
    }
    return found;
  }
}
