// A group that has not begun: nothing is found, nothing fails, and nobody pays for what others keep in the same Redis.

import { expect, test, vi } from 'vitest';
import { headOf } from '../contracts/slot-samples.ts';
import { all, opened, PARTITIONS } from './read-world.ts';

test('before the first start there is nothing, and nothing fails', async () => {
  const { reads } = await opened();
  expect(await reads.readPartitionCount()).toBeNull();
  expect(await reads.readTask('a')).toBeNull();
  expect(await reads.readFleet()).toBeNull();
  expect(await reads.readPartitions()).toEqual([]);
  expect(await all(reads.streamTasks())).toEqual(new Map());
});

test('before the first start all who ask share one walk over the keys of Redis, and then find any slot that was begun', async () => {
  const { client, store, reads } = await opened();
  const scan = vi.spyOn(client, 'scan');
  const walks = () => scan.mock.calls.filter(([cursor]) => cursor === '0').length;
  await Promise.all(Array.from({ length: 40 }, () => Promise.all([reads.readTask('a'), reads.readPartitions()])));
  // One for heads, one for what owners report.
  expect(walks()).toBe(2);
  await store.begin(7, 0, headOf());
  // The longer a walk took, the later is the next.
  await expect.poll(() => reads.readPartitionCount(), { timeout: 60_000 }).toBe(PARTITIONS);
  const before = walks();
  await Promise.all(Array.from({ length: 40 }, () => reads.readTask('a')));
  expect(walks() - before).toBeLessThan(2);
});

test('who waits for a walk is answered as soon as the group begins', async () => {
  const { client, store, reads } = await opened();
  const scan = vi.spyOn(client, 'scan');
  // A walk without an end.
  scan.mockImplementation(async () => ['1', []] as never);
  const asked = reads.readPartitionCount();
  await expect.poll(() => scan.mock.calls.length).toBeGreaterThan(2);
  await store.begin(0, 0, headOf());
  expect(await asked).toBe(PARTITIONS);
});
