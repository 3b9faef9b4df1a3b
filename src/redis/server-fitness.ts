// Whether this Redis can hold the state of a fold at all. Asked once, before the first claim.

import type { Redis } from 'ioredis';
import { Fault } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';

/** XTRIM MINID came with 6.2. */
const VERSION_MIN = [6, 2] as const;

/**
 * What makes the server unfit, in one sentence with the cure, or null.
 * @throws Fault service_unavailable where it does not answer
 */
export async function serverUnfit(redis: Redis): Promise<string | null> {
  const info = new Map<string, string>();
  for (const line of (await faultsOf('asking Redis about itself', redis.info())).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) info.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return unfitnessOf(info);
}

/** @throws Fault service_unavailable where the server is unfit or does not answer: it is waited for */
export async function requireFitServer(redis: Redis): Promise<void> {
  const unfit = await serverUnfit(redis);
  if (unfit !== null) throw new Fault('service_unavailable', unfit);
}

/** @param info the fields of INFO */
export function unfitnessOf(info: ReadonlyMap<string, string>): string | null {
  const version = info.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1])) {
    return `Redis ${version} is too old: ${VERSION_MIN.join('.')} or later is needed.`;
  }
  if (info.get('cluster_enabled') === '1') {
    return 'This Redis is a cluster, which this version of Taskfold does not speak to: use a single Redis.';
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys') && info.get('maxmemory') !== '0') {
    return `Redis may evict any key (maxmemory-policy ${policy}), and an evicted task would begin at zero: set noeviction.`;
  }
  return null;
}
