// A connection, and stores of their own names, over the Redis of the test run.

import { onTestFinished } from 'vitest';
import type { SlotStore } from '../../src/pipeline/ports.ts';
import { type ConnectOptions, connectRedis, type RedisConnection } from '../../src/redis/connect.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';

/** Opens a connection that ends with the test. */
export async function connected(url: string, options: ConnectOptions = {}): Promise<RedisConnection> {
  const connection = connectRedis(url, options);
  onTestFinished(() => connection.close());
  await connection.ready(10_000);
  return connection;
}

/** A store with a connection of its own, as one process has it. */
export async function storeOn(url: string, prefix: string, options: ConnectOptions = {}): Promise<SlotStore> {
  const { client } = await connected(url, options);
  return createSlotStore({ redis: client, prefix, group: 'taskfold' });
}
