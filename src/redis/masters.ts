// Every master of a Redis Cluster, for what has no key: SCAN, INFO, PING. Asked of the Cluster each time, because a walk
// over all keys that leaves a master out would look whole and be wrong.

import { Cluster, type Redis } from 'ioredis';
import { away } from '../pipeline/errors.ts';
import { CLUSTER_SLOTS } from './cluster-slot.ts';
import { faultsOf } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';

type SlotRange = readonly [from: number, to: number, master: readonly [host: string, port: number]];

/** Connections to all masters; a single Redis is its own. @throws Fault service_unavailable unless every slot has one */
export async function mastersOf(client: RedisClient): Promise<readonly Redis[]> {
  if (!(client instanceof Cluster)) return [client];
  const ranges = (await faultsOf(
    'asking the Redis Cluster for its masters',
    client.cluster('SLOTS'),
  )) as unknown as SlotRange[];
  const masters = new Map<string, Redis>();
  let covered = 0;
  for (const [from, to, [host, port]] of ranges) {
    covered += to - from + 1;
    const address = `${host}:${port}`;
    const node = client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === address);
    if (node === undefined) {
      // It has just become one, or has gone: the client finds out by this.
      client.refreshSlotsCache();
      throw away('redis', `the master ${address} of the Redis Cluster is not connected`);
    }
    masters.set(address, node);
  }
  if (covered !== CLUSTER_SLOTS) {
    throw away('redis', `the Redis Cluster has masters for ${covered} of ${CLUSTER_SLOTS} slots only`);
  }
  return [...masters.values()];
}

/**
 * All keys that match, of every master, step by step. A key that moves between two masters meanwhile may be missed.
 * @throws Fault service_unavailable, also where a master cannot be asked
 */
export async function* scanAll(client: RedisClient, pattern: string, count: number): AsyncGenerator<string[]> {
  for (const node of await mastersOf(client)) {
    let cursor = '0';
    do {
      const [next, keys] = await faultsOf('reading all keys', node.scan(cursor, 'MATCH', pattern, 'COUNT', count));
      cursor = next;
      yield keys;
    } while (cursor !== '0');
  }
}
