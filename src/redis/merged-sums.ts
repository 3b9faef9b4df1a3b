// Sums over all partitions in plain hashes, for those who read Redis without a library: one of the fleet, one of each engine.
// They are a convenience outside of the fold: kept fresh by one processor at a time, and good only as of what they say themselves.

import { faultsOf } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';
import { encodeName } from './slot-keys.ts';

export interface MergedKeys {
  readonly fleet: string;
  /** who writes them: a string that lapses */
  readonly lease: string;
  /** sorted set of the engines' ids, of score 0 */
  readonly engines: string;
  engine(engine_id: string): string;
}

/** In one slot of a Cluster, and within the keys that our user may write. */
export function mergedKeys(prefix: string, group: string): MergedKeys {
  const tag = `{${encodeName(prefix)}:${encodeName(group)}:merged}`;
  return {
    fleet: `${tag}:fleet`,
    lease: `${tag}:lease`,
    engines: `${tag}:engines`,
    engine: (engine_id) => `${tag}:engine_sums:${engine_id}`,
  };
}

/** Whether this owner is the one who writes for the next `ms`. Two may for a moment, which does no harm. @throws Fault */
export async function holdLease(
  redis: RedisClient,
  { lease }: MergedKeys,
  owner: string,
  ms: number,
): Promise<boolean> {
  const doing = `asking for ${lease}`;
  if ((await faultsOf(doing, redis.set(lease, owner, 'PX', ms, 'NX'))) !== null) return true;
  if ((await faultsOf(doing, redis.get(lease))) !== owner) return false;
  await faultsOf(doing, redis.pexpire(lease, ms));
  return true;
}

export type MergedFields = Readonly<Record<string, string | number>>;

/** Puts these in the place of what the hashes held. @throws Fault */
export async function writeMerged(redis: RedisClient, hashes: ReadonlyMap<string, MergedFields>): Promise<void> {
  const writing = redis.multi();
  for (const [key, fields] of hashes) writing.del(key).hset(key, fields);
  if (hashes.size > 0) await faultsOf('writing merged sums', writing.exec());
}

/** Which engines there are: what is not among them goes. @throws Fault */
export async function writeMergedEngines(redis: RedisClient, keys: MergedKeys, ids: readonly string[]): Promise<void> {
  const doing = `writing ${keys.engines}`;
  const before = await faultsOf(doing, redis.zrange(keys.engines, 0, '-1'));
  const now = new Set(ids);
  const gone = before.filter((id) => !now.has(id));
  const writing = redis.multi();
  if (gone.length > 0) writing.zrem(keys.engines, ...gone).del(...gone.map((id) => keys.engine(id)));
  if (ids.length > 0) writing.zadd(keys.engines, ...ids.flatMap((id): [number, string] => [0, id]));
  await faultsOf(doing, writing.exec());
}
