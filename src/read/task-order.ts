// One list out of many sorted sets: those of all partitions, and in each a range of scores for every status. They are merged
// as far as somebody asks, and a place in the list is a time and an id, so that a list can go on anywhere.

import { SCORE_RANGE } from '../domain/task-places.ts';
import { type Placed, readBehind, readStretches, type ScoreBounds, type SetStretch } from '../redis/place-reads.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { readIds } from '../redis/roll-up-reads.ts';
import type { RunScript } from '../redis/scripts.ts';

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
export function boundsOf({ base, from = 0, to = SCORE_RANGE - 1 }: Pick<Range, 'base' | 'from' | 'to'>): ScoreBounds {
  return { min: (base ?? 0) + from, max: (base ?? 0) + to };
}

export type ListOrder = 'newest' | 'oldest';

/** Below 0: `a` comes first. Those of one time are in the order of their ids' bytes. */
export function comparePlaces(a: ListPlace, b: ListPlace, order: ListOrder): number {
  const up = a.at - b.at || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
  return order === 'newest' ? -up : up;
}

/** Places of a range that are read at once: few of many ranges come into one page. */
const STEP_MIN = 12;
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

export class MergedRanges {
  readonly #redis: RedisClient;
  readonly #run: RunScript;
  readonly #order: ListOrder;
  readonly #streams: Stream[];

  /** @param wanted about how many will be taken */
  constructor(
    redis: RedisClient,
    run: RunScript,
    ranges: readonly Range[],
    order: ListOrder,
    behind: ListPlace | null,
    wanted: number,
  ) {
    this.#redis = redis;
    this.#run = run;
    this.#order = order;
    const step = Math.min(STEP_MAX, Math.max(STEP_MIN, Math.ceil((2 * wanted) / Math.max(1, ranges.length))));
    this.#streams = ranges.map((range) => ({ range, waiting: [], from: behind, isOver: false, step }));
  }

  /** The next ones, at most `max`; fewer only where there are no more. @throws Fault service_unavailable */
  async take(max: number): Promise<Candidate[]> {
    const taken: Candidate[] = [];
    while (taken.length < max) {
      // Behind its last one a stream may have others that come before those of the rest.
      const dry = this.#streams.filter(({ waiting, isOver }) => waiting.length === 0 && !isOver);
      if (dry.length > 0) await this.#fill(dry);
      const first = this.#first();
      if (first === null) break;
      taken.push(first.waiting.pop()!);
    }
    return taken;
  }

  #first(): Stream | null {
    let first: Stream | null = null;
    for (const stream of this.#streams) {
      const head = stream.waiting.at(-1);
      if (head === undefined) continue;
      if (first === null || comparePlaces(head, first.waiting.at(-1)!, this.#order) < 0) first = stream;
    }
    return first;
  }

  /** What is read of one partition is read together. */
  async #fill(dry: readonly Stream[]): Promise<void> {
    const byId = dry.filter(({ range }) => range.base === null);
    const byTime = Map.groupBy(
      dry.filter(({ range }) => range.base !== null),
      ({ range }) => range.partition,
    );
    await Promise.all([
      ...byId.map((stream) => this.#fillById(stream)),
      ...[...byTime.values()].map((streams) => this.#fillByTime(streams)),
    ]);
  }

  async #fillById(stream: Stream): Promise<void> {
    const { range, from, step } = stream;
    const ids = await readIds(this.#redis, range.key, from?.id ?? null, step);
    const found = ids.map((id) => ({ partition: range.partition, at: 0, id }));
    this.#took(stream, found, ids.length < step);
  }

  /** @param streams of one partition */
  async #fillByTime(streams: readonly Stream[]): Promise<void> {
    const stretches = streams.map((stream) => this.#nextOf(stream));
    const read = await readStretches(this.#run, stretches);
    const passed: Promise<void>[] = [];
    for (const [i, stream] of streams.entries()) {
      const { from, step } = stream;
      const found = candidatesOf(stream, read[i]!).filter(
        (one) => from === null || comparePlaces(one, from, this.#order) > 0,
      );
      const isOver = read[i]!.length < step;
      if (found.length > 0 || isOver) this.#took(stream, found, isOver);
      else passed.push(this.#fillBehind(stream, stretches[i]!));
    }
    await Promise.all(passed);
  }

  /** Many of one moment, which the list has passed already. */
  async #fillBehind(stream: Stream, stretch: SetStretch): Promise<void> {
    const { from, range } = stream;
    const place = { id: from!.id, score: range.base! + from!.at };
    const { placed, isOver } = await readBehind(this.#redis, stretch.key, stretch, place);
    this.#took(stream, candidatesOf(stream, placed), isOver);
  }

  /** Where a stream by time goes on. */
  #nextOf({ range, from, step }: Stream): SetStretch {
    const reversed = this.#order === 'newest';
    const { min, max } = boundsOf(range);
    const at = from === null ? null : range.base! + from.at;
    return {
      key: range.key,
      min: at === null || reversed ? min : Math.max(min, at),
      max: at === null || !reversed ? max : Math.min(max, at),
      reversed,
      count: step,
    };
  }

  #took(stream: Stream, found: Candidate[], isOver: boolean): void {
    stream.step = Math.min(STEP_MAX, 2 * stream.step);
    stream.isOver = isOver;
    stream.from = found.at(-1) ?? stream.from;
    stream.waiting = found.reverse();
  }
}

function candidatesOf({ range: { partition, base, unless } }: Stream, placed: readonly Placed[]): Candidate[] {
  return placed.map(({ id, score }) => ({ partition, at: score - base!, id, unless }));
}
