// Redis goes away, is full, or is a replica: every call says so at once, nothing is half done, and it goes on by itself.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { changeOf, headOf, taskOf } from '../contracts/slot-samples.ts';
import { ownName, privateStack, sharedEnv } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

const unavailable = (message: RegExp) => ({
  name: 'Fault',
  code: 'service_unavailable',
  message: expect.stringMatching(message),
});

async function ownRedis() {
  const { redis } = await privateStack({ services: ['redis'] });
  const problems: string[] = [];
  const connection = await connected(redis.url, {
    commandTimeoutMs: 1_000,
    onProblem: (reason) => problems.push(reason),
  });
  const store = createSlotStore({ redis: connection.client, prefix: 'away', group: 'taskfold' });
  const head = headOf();
  await store.begin(0, 0, head);
  const save = (from: number) =>
    store.save(0, {
      expect: from,
      expect_log_time: null,
      to: from + 1,
      head,
      changes: [changeOf(taskOf('a', from))],
      rollUps: [],
      tombstones: new Map(),
      notices: [],
    });
  return { redis, connection, store, problems, save };
}

test('Redis restarts in the middle: calls fail at once, said once, and the fold goes on from W', async () => {
  const { redis, connection, store, problems, save } = await ownRedis();
  expect(await save(0)).toEqual({ outcome: 'saved' });
  await redis.stop();
  for (let i = 0; i < 3; i++) await expect(save(1)).rejects.toMatchObject(unavailable(/Redis does not answer/));
  await expect(connection.ready(200)).rejects.toMatchObject(unavailable(/Redis does not answer/));
  await redis.start();
  await connection.ready(10_000);
  expect((await store.claim(0, 'me')).watermark).toBe(1);
  expect(await save(1)).toEqual({ outcome: 'saved' });
  expect(problems).toHaveLength(1);
});

test('a save that is asked for while the line is down is refused, not kept for later: the partition may be gone then', async () => {
  const { connection, store, save } = await ownRedis();
  await save(0);
  connection.client.disconnect(true);
  await once(connection.client, 'reconnecting');
  await expect(save(1)).rejects.toMatchObject(unavailable(/Redis does not answer/));
  await connection.ready(10_000);
  expect((await store.claim(0, 'me')).watermark).toBe(1);
});

test('Redis is killed and comes back with an older copy: the save is refused with the W that it has', async () => {
  const { redis, connection, store, save } = await ownRedis();
  await save(0);
  await connection.client.save();
  await save(1);
  await save(2);
  await redis.kill();
  await expect(save(3)).rejects.toMatchObject(unavailable(/Redis does not answer/));
  await redis.start();
  await connection.ready(10_000);
  expect(await save(3)).toEqual({ outcome: 'refused', watermark: 1 });
  expect((await store.readTasks(0, ['a'], null)).tasks[0]).toMatchObject({ last_offset: 0 });
});

test('Redis hangs: a save is given up in time; carried out later, it is found by the next claim', async () => {
  const { redis, connection, store, problems, save } = await ownRedis();
  await save(0);
  redis.pause();
  onTestFinished(() => redis.resume());
  const started = performance.now();
  await expect(save(1)).rejects.toMatchObject(unavailable(/Command timed out/));
  expect(performance.now() - started).toBeLessThan(3_000);
  // The line itself is given up too, in case the host is gone for good.
  await expect.poll(() => problems, { timeout: 5_000 }).toEqual([expect.stringMatching(/Socket timeout/)]);
  redis.resume();
  await connection.ready(10_000);
  expect((await store.claim(0, 'me')).watermark).toBe(2);
});

test('the scripts are forgotten in the middle: the next call brings them again', async () => {
  const { connection, save } = await ownRedis();
  await save(0);
  await connection.client.script('FLUSH');
  expect(await save(1)).toEqual({ outcome: 'saved' });
});

test('Redis is full: a save is refused before its first write, with the cure, and goes on when there is room', async () => {
  const { connection, store, save } = await ownRedis();
  await save(0);
  await connection.client.config('SET', 'maxmemory', '1');
  await expect(save(1)).rejects.toMatchObject(unavailable(/full.*maxmemory/));
  await connection.client.config('SET', 'maxmemory', '0');
  expect(await store.claim(0, 'me')).toMatchObject({ watermark: 1, saving: null });
  expect(await save(1)).toEqual({ outcome: 'saved' });
});

test('Redis is a replica: a save is refused before its first write, and goes on when it is the primary again', async () => {
  const { connection, store, save } = await ownRedis();
  await save(0);
  await connection.client.replicaof('127.0.0.1', 1);
  await expect(save(1)).rejects.toMatchObject(unavailable(/replica/));
  await connection.ready(10_000);
  await connection.client.replicaof('NO', 'ONE');
  expect(await store.claim(0, 'me')).toMatchObject({ watermark: 1, saving: null });
  expect(await save(1)).toEqual({ outcome: 'saved' });
});

test('Redis asks for a password that we lack: said plainly, and the password of the URL stays out of it', async () => {
  const { redis, connection } = await ownRedis();
  await connection.client.config('SET', 'requirepass', 'right-secret');
  const problems: string[] = [];
  const url = redis.url.replace('redis://', 'redis://:wrong-secret@');
  const lacking = connectRedis(url, { onProblem: (reason) => problems.push(reason) });
  onTestFinished(() => lacking.close());
  await expect(lacking.ready(500)).rejects.toMatchObject(unavailable(/WRONGPASS/));
  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toContain('secret');
});

test('nothing listens: ready says so after the wait, and a call says so at once', async () => {
  const connection = connectRedis('redis://127.0.0.1:1');
  onTestFinished(() => connection.close());
  await expect(connection.ready(300)).rejects.toMatchObject(unavailable(/ECONNREFUSED/));
  const store = createSlotStore({ redis: connection.client, prefix: 'x', group: 'y' });
  await expect(store.claim(0, 'me')).rejects.toMatchObject(unavailable(/Redis does not answer/));
});

test('an idle connection that was closed does not say so: it was meant', async () => {
  const problems: string[] = [];
  const connection = await connected(sharedEnv().REDIS_URL, {
    name: ownName('closing'),
    onProblem: (reason) => problems.push(reason),
  });
  connection.close();
  await sleep(100);
  expect(problems).toEqual([]);
});
