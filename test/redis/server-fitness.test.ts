// A Redis that cannot hold the state of a fold is refused before the first claim.

import { expect, test } from 'vitest';
import { requireFitServer, serverUnfit, unfitnessOf } from '../../src/redis/server-fitness.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { privateStack } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

test('a Redis that may evict any key is refused, with the cure, until it is set right', async () => {
  const { redis } = await privateStack({ services: ['redis'] });
  const { client } = await connected(redis.url);
  expect(await serverUnfit(client)).toBeNull();
  await client.config('SET', 'maxmemory', '100mb');
  expect(await serverUnfit(client)).toBeNull();
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await expect(requireFitServer(client)).rejects.toMatchObject({
    code: 'service_unavailable',
    message: expect.stringMatching(/allkeys-lru.*set noeviction/),
  });
  const store = createSlotStore({ redis: client, prefix: 'fitness', group: 'taskfold' });
  await expect(store.claim(0, 'me')).rejects.toMatchObject({ code: 'service_unavailable' });
  // We set no time to live, so a policy that evicts only keys with one takes nothing of ours.
  await client.config('SET', 'maxmemory-policy', 'volatile-lru');
  await requireFitServer(client);
  expect(await store.claim(0, 'me')).toMatchObject({ head: null });
  await redis.stop();
  await expect(requireFitServer(client)).rejects.toMatchObject({ code: 'service_unavailable' });
});

test('an old Redis and a cluster are refused; later versions are not', () => {
  const unfit = (version: string, cluster = '0') =>
    unfitnessOf(
      new Map([
        ['redis_version', version],
        ['cluster_enabled', cluster],
      ]),
    );
  expect(unfit('5.0.14')).toMatch(/5\.0\.14 is too old/);
  expect(unfit('6.0.16')).toMatch(/too old/);
  expect(unfit('6.2.0')).toBeNull();
  expect(unfit('7.0.15')).toBeNull();
  expect(unfit('10.0.0')).toBeNull();
  expect(unfit('7.0.15', '1')).toMatch(/cluster/);
});
