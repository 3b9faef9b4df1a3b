// Whether this Redis can hold the state of a fold at all, and whether our user may do there what a save does. Asked once,
// before the first claim.

import { Cluster } from 'ioredis';
import { away } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';
import { mastersOf } from './masters.ts';
import type { RedisClient } from './redis-target.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';

/** XTRIM MINID came with 6.2. */
export const REDIS_VERSION_MIN = [6, 2] as const;

/** The fields of INFO. */
export type ServerInfo = ReadonlyMap<string, string>;

/** What each master says of itself, by its address. @throws Fault service_unavailable where one does not answer */
export async function serverInfos(redis: RedisClient): Promise<ReadonlyMap<string, ServerInfo>> {
  const infos = new Map<string, ServerInfo>();
  for (const node of await mastersOf(redis)) {
    const info = new Map<string, string>();
    for (const line of (await faultsOf('asking Redis about itself', node.info())).split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) info.set(line.slice(0, colon), line.slice(colon + 1));
    }
    infos.set(`${node.options.host}:${node.options.port}`, info);
  }
  return infos;
}

/**
 * What makes the server, or one of a Cluster's, unfit, in one sentence with the cure, or null.
 * @throws Fault service_unavailable where it does not answer
 */
export async function serverUnfit(redis: RedisClient): Promise<string | null> {
  for (const info of (await serverInfos(redis)).values()) {
    const unfit = unfitnessOf(info, redis instanceof Cluster);
    if (unfit !== null) return unfit;
  }
  return null;
}

/** @throws Fault service_unavailable where the server is unfit, our user lacks a right, or it does not answer: it is waited for */
export async function requireFitServer(redis: RedisClient, run?: RunScript, keys?: SlotKeys): Promise<void> {
  const unfit = await serverUnfit(redis);
  if (unfit !== null) throw away('redis', unfit);
  if (run === undefined || keys === undefined) return;
  const lacking = await lackingCommands(run, keys);
  if (lacking.length === 0) return;
  throw away(
    'redis',
    `our Redis user may not run ${lacking.join(', ')} on ${keys.tag}:*; "taskfold doctor" says what it needs`,
  );
}

/** Commands that a script of ours may not run on the keys of this slot. @throws Fault service_unavailable */
export async function lackingCommands(run: RunScript, keys: SlotKeys): Promise<string[]> {
  const doing = `trying what our Redis user may do in ${keys.tag}`;
  const flat = (await faultsOf(doing, run('probe', [...keys.probes, keys.absent], []))) as string[];
  return flat.filter((_, at) => at % 2 === 0 && /NOPERM|can't (run|access)|no permissions/i.test(flat[at + 1] ?? ''));
}

/** @param asCluster whether it is spoken to as a Cluster */
export function unfitnessOf(info: ServerInfo, asCluster = false): string | null {
  const version = info.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = REDIS_VERSION_MIN;
  if (major < majorMin || (major === majorMin && minor < minorMin)) {
    return `Redis ${version} is too old: ${REDIS_VERSION_MIN.join('.')} or later is needed.`;
  }
  if (info.get('cluster_enabled') === '1' && !asCluster) {
    return 'This Redis is one node of a Cluster: set REDIS_MODE=cluster.';
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys') && info.get('maxmemory') !== '0') {
    return `Redis may evict any key (maxmemory-policy ${policy}), and an evicted task would begin at zero: set noeviction.`;
  }
  return null;
}
