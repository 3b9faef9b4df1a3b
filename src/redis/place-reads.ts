// Stretches of the sorted sets that lists of tasks are made of: by score, or by id where all scores are 0.

import { unpack } from './packed-reply.ts';
import { faultsOf, redisFault } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';

export interface Placed {
  readonly id: string;
  readonly score: number;
}

/** Both included. */
export interface ScoreBounds {
  readonly min: number;
  readonly max: number;
}

export interface ScoreStretch extends ScoreBounds {
  /** from the highest score down */
  readonly reversed: boolean;
  readonly count: number;
}

/** Of one sorted set. */
export type SetStretch = ScoreStretch & { readonly key: string };

/**
 * What is in each of these stretches of sets of one slot, in the order asked, all at one moment; those of one score in the order of
 * their ids' bytes, reversed too. @throws Fault service_unavailable
 */
export async function readStretches(run: RunScript, stretches: readonly SetStretch[]): Promise<Placed[][]> {
  const keys = stretches.map(({ key }) => key);
  const argv = stretches.flatMap(({ min, max, reversed, count }) => {
    return [String(min), String(max), String(count), reversed ? 'REV' : ''];
  });
  const reply = await faultsOf(`reading ${keys[0]}`, run('readPlaces', keys, argv));
  return unpack<string[][]>(reply as Buffer).map(placedOf);
}

/** Below 0: `a` comes first. Those of one score are in the order of their ids' bytes. */
export function comparePlaced(a: Placed, b: Placed, reversed: boolean): number {
  const up = a.score - b.score || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
  return reversed ? -up : up;
}

/** Members that are read before the one wanted: so many may leave or come before it meanwhile. */
const MARGIN = 32;

/**
 * Those of the stretch behind one of its places, however many have the same score: no command of Redis begins within a score, so
 * the rank is found by halving. @throws Fault service_unavailable
 */
export async function readBehind(
  redis: RedisClient,
  key: string,
  { min, max, reversed, count }: ScoreStretch,
  place: Placed,
): Promise<{ placed: Placed[]; isOver: boolean }> {
  const isBehind = (one: Placed) => comparePlaced(one, place, reversed) > 0;
  const byRank = async (first: number, last: number) => {
    const reading = reversed
      ? redis.zrange(key, first, String(last), 'REV', 'WITHSCORES')
      : redis.zrange(key, first, String(last), 'WITHSCORES');
    return placedOf(await faultsOf(`reading ${key}`, reading));
  };
  const score = String(place.score);
  for (;;) {
    const [before, within] = await Promise.all([
      faultsOf(
        `counting ${key}`,
        reversed ? redis.zcount(key, `(${score}`, '+inf') : redis.zcount(key, '-inf', `(${score}`),
      ),
      faultsOf(`counting ${key}`, redis.zcount(key, score, score)),
    ]);
    let [low, high] = [before, before + within];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [one] = await byRank(middle, middle);
      if (one === undefined || isBehind(one)) high = middle;
      else low = middle + 1;
    }
    const first = Math.max(0, low - MARGIN);
    const read = await byRank(first, low + count - 1);
    // Where ranks have moved by more than the margin meanwhile, something may be left out.
    if (first > 0 && (read.length === 0 || isBehind(read[0]!))) continue;
    const last = read.at(-1);
    const isOver = read.length < low + count - first || last!.score < min || last!.score > max;
    return { placed: read.filter((one) => isBehind(one) && one.score >= min && one.score <= max), isOver };
  }
}

function placedOf(flat: readonly string[]): Placed[] {
  const placed: Placed[] = [];
  for (let i = 0; i < flat.length; i += 2) placed.push({ id: flat[i]!, score: Number(flat[i + 1]) });
  return placed;
}

/** How many there are in all of these stretches; found without looking at them. @throws Fault service_unavailable */
export async function countInStretches(
  redis: RedisClient,
  stretches: readonly (ScoreBounds & { readonly key: string })[],
): Promise<number> {
  const counts = await Promise.all(
    stretches.map(({ key, min, max }) => faultsOf(`counting ${key}`, redis.zcount(key, String(min), String(max)))),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A time of each task of one slot, ms, in the order asked; null: there is no such task. @throws Fault service_unavailable */
export async function readTimes(
  redis: RedisClient,
  keys: SlotKeys,
  ids: readonly string[],
  field: 'status_at' | 'last_update_at',
): Promise<(number | null)[]> {
  const reading = redis.pipeline();
  for (const id of ids) reading.hget(keys.task(id), field);
  const doing = `reading times of tasks of ${keys.tag}`;
  const replies = (await faultsOf(doing, reading.exec())) ?? [];
  return replies.map(([error, time]) => {
    if (error !== null) throw redisFault(error, doing);
    return time === null ? null : Number(time);
  });
}

/** Whether the sorted set has each of these members. @throws Fault service_unavailable */
export async function whichOf(redis: RedisClient, key: string, members: readonly string[]): Promise<boolean[]> {
  const scores = await readScores(redis, key, members);
  return scores.map((score) => score !== null);
}

/** In the order asked; null: it is no member. @throws Fault service_unavailable */
export async function readScores(
  redis: RedisClient,
  key: string,
  members: readonly string[],
): Promise<(number | null)[]> {
  if (members.length === 0) return [];
  const scores = await faultsOf(`reading ${key}`, redis.zmscore(key, ...members));
  return scores.map((score) => (score === null ? null : Number(score)));
}
