// What a slot holds in Redis, by kind of key: how many keys, how many elements in them, how many bytes.

import type { RedisClient } from '../../src/redis/redis-target.ts';
import { type SlotKeys, slotPattern } from '../../src/redis/slot-keys.ts';

export interface Holding {
  keys: number;
  /** fields, members, entries; 1 for a string */
  elements: number;
  bytes: number;
}

/** By kind: `task`, `task:io`, `job:tasks`, `looks` … */
export type Inventory = Readonly<Record<string, Holding>>;

const SCAN_COUNT = 2_000;

export async function inventoryOf(redis: RedisClient, keys: SlotKeys): Promise<Inventory> {
  const kinds: Record<string, Holding> = {};
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', slotPattern(keys), 'COUNT', SCAN_COUNT);
    cursor = next;
    await Promise.all(
      found.map(async (key) => {
        const kind = kindOf(key.slice(keys.tag.length + 1));
        const [elements, bytes] = await Promise.all([elementsOf(redis, key), redis.memory('USAGE', key)]);
        kinds[kind] ??= { keys: 0, elements: 0, bytes: 0 };
        const holding = kinds[kind];
        holding.keys += 1;
        holding.elements += elements;
        holding.bytes += bytes ?? 0;
      }),
    );
  } while (cursor !== '0');
  return kinds;
}

/** The name without ids: those have no colon of their own. */
function kindOf(name: string): string {
  const [first = '', , ...rest] = name.split(':');
  return [first, ...(first === 'retired' ? [] : rest)].join(':');
}

async function elementsOf(redis: RedisClient, key: string): Promise<number> {
  switch (await redis.type(key)) {
    case 'zset':
      return redis.zcard(key);
    case 'stream':
      return redis.xlen(key);
    case 'list':
      return redis.llen(key);
    case 'string':
      return 1;
    default:
      return redis.hlen(key);
  }
}
