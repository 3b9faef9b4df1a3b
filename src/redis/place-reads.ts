// Stretches of the sorted sets that lists of tasks are made of: by score, or by id where all scores are 0.

import { faultsOf } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';

export interface Placed {
  readonly internal_task_id: string;
  readonly score: number;
}

export interface ScoreStretch {
  /** both included */
  readonly min: number;
  readonly max: number;
  /** from the highest score down */
  readonly reversed: boolean;
  readonly skip: number;
  readonly count: number;
}

/** Those of one score in the order of their ids' bytes, reversed too. @throws Fault service_unavailable */
export async function readByScore(
  redis: RedisClient,
  key: string,
  { min, max, reversed, skip, count }: ScoreStretch,
): Promise<Placed[]> {
  const [low, high] = [String(min), String(max)];
  const reading = reversed
    ? redis.zrange(key, high, low, 'BYSCORE', 'REV', 'LIMIT', skip, count, 'WITHSCORES')
    : redis.zrange(key, low, high, 'BYSCORE', 'LIMIT', skip, count, 'WITHSCORES');
  const flat = await faultsOf(`reading ${key}`, reading);
  const placed: Placed[] = [];
  for (let i = 0; i < flat.length; i += 2) placed.push({ internal_task_id: flat[i]!, score: Number(flat[i + 1]) });
  return placed;
}

/** How many have a score in the range, both ends included; found without looking at them. @throws Fault service_unavailable */
export function countByScore(redis: RedisClient, key: string, min: number, max: number): Promise<number> {
  return faultsOf(`counting ${key}`, redis.zcount(key, String(min), String(max)));
}
