// Clearing a slot: a crash in the middle leaves a slot that nobody takes for a valid one, and nothing of others goes.

import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { groupTasksPattern, slotKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { changeOf, headOf, rerouteAt, taskOf } from '../contracts/slot-samples.ts';
import { EMPTY } from '../contracts/slot-store-under-test.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

const GROUP = 'taskfold';

async function twoProcesses(prefix: string) {
  const url = sharedEnv().REDIS_URL;
  const [mine, others] = [await connected(url), await connected(url)];
  const head = headOf();
  const other = createSlotStore({ redis: others.client, prefix, group: GROUP });
  await other.begin(0, 0, head);
  // More keys than one step of SCAN looks at.
  const changes = Array.from({ length: 2_500 }, (_, i) => changeOf(taskOf(`t${i}`, i)));
  await other.save(0, {
    expect: 0,
    expect_log_time: null,
    to: 2_500,
    head,
    changes,
    rollUps: [],
    tombstones: new Map(),
    notices: [rerouteAt(5, 1)],
  });
  // One Redis, and no Cluster.
  return { mine: mine.client as Redis, others: others.client as Redis, other, head };
}

/** The connection, but SCAN does something else first. */
function withScan(redis: Redis, before: () => Promise<void>): Redis {
  return new Proxy(redis, {
    get(target, name) {
      if (name === 'scan') {
        return async (...args: Parameters<Redis['scan']>) => {
          await before();
          return target.scan(...args);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const found of redis.scanStream({ match: `{${prefix}:*`, count: 1_000 }))
    keys.push(...(found as string[]));
  return keys;
}

test('a clearing that dies in the middle leaves a mark: no claim, save or begin until it is cleared again', async () => {
  const prefix = ownName('half-cleared');
  const { mine, others, other, head } = await twoProcesses(prefix);
  let scans = 0;
  const dying = withScan(mine, async () => {
    if (++scans === 2) throw new Error('the process died here');
  });
  const store = createSlotStore({ redis: dying, prefix, group: GROUP });
  await expect(store.clear(0)).rejects.toThrow('the process died here');

  const claim = await other.claim(0, 'me');
  expect(claim).toEqual({ ...EMPTY, saving: expect.stringMatching(/^clear /) });
  expect((await other.readTasks(0, ['t1'], null)).watermark).toBeNull();
  const save = {
    expect: 2_500,
    expect_log_time: null,
    to: 2_501,
    head,
    changes: [],
    rollUps: [],
    tombstones: new Map(),
    notices: [],
  };
  await expect(other.save(0, save)).rejects.toMatchObject({ code: 'torn_save' });
  expect(await other.begin(0, 0, headOf('second-life'))).toBe(false);

  await other.clear(0);
  expect(await keysOf(others, prefix)).toEqual([slotKeys(prefix, GROUP, 0).live]);
  expect(await other.begin(0, 0, headOf('second-life'))).toBe(true);
});

test('a clearing that was overtaken deletes nothing of the slot that has begun anew meanwhile', async () => {
  const prefix = ownName('overtaken');
  const { mine, other } = await twoProcesses(prefix);
  const task = taskOf('t1', 1, { engine_id: 'of the second life' });
  const head = headOf('second-life');
  let overtaken = false;
  const slow = withScan(mine, async () => {
    if (overtaken) return;
    overtaken = true;
    await other.clear(0);
    await other.begin(0, 0, head);
    await other.save(0, {
      expect: 0,
      expect_log_time: null,
      to: 2,
      head,
      changes: [changeOf(task)],
      rollUps: [],
      tombstones: new Map(),
      notices: [],
    });
  });
  const store = createSlotStore({ redis: slow, prefix, group: GROUP });
  await expect(store.clear(0)).rejects.toMatchObject({ name: 'Fault', code: 'save_refused' });
  expect(await other.readTasks(0, ['t1'], null)).toEqual({ watermark: 2, tasks: [task] });
  expect((await other.claim(0, 'me')).saving).toBeNull();
});

test('neighbours whose names match as patterns keep every key', async () => {
  const stem = ownName('glob');
  const prefixes = [`${stem}*`, `${stem}?`, `${stem}[a]`, `${stem}a`, `${stem}ab`, stem];
  const { client } = await connected(sharedEnv().REDIS_URL);
  const head = headOf();
  const stores = prefixes.map((prefix) => createSlotStore({ redis: client, prefix, group: '*' }));
  for (const store of stores) {
    for (const partition of [0, 1, 11]) {
      await store.begin(partition, 0, head);
      await store.save(partition, {
        expect: 0,
        expect_log_time: null,
        to: 1,
        head,
        changes: [changeOf(taskOf('*', 0))],
        rollUps: [],
        tombstones: new Map(),
        notices: [],
      });
    }
  }
  for (const [i, store] of stores.entries()) {
    await store.clear(1);
    expect(await store.claim(1, 'me')).toEqual(EMPTY);
    for (const [j, neighbour] of stores.entries()) {
      for (const partition of [0, 1, 11]) {
        const gone = partition === 1 && j <= i;
        expect((await neighbour.readTasks(partition, ['*'], null)).tasks[0] === null).toBe(gone);
      }
    }
  }
  expect(groupTasksPattern(prefixes[0]!, '*')).not.toContain('**');
});

test('a head that is no hash any more can be cleared, too', async () => {
  const prefix = ownName('bad-head');
  const { mine, other } = await twoProcesses(prefix);
  await mine.set(slotKeys(prefix, GROUP, 0).head, 'no hash');
  await expect(other.claim(0, 'me')).rejects.toMatchObject({ name: 'Fault', code: 'torn_save' });
  await other.clear(0);
  expect(await other.begin(0, 0, headOf('second-life'))).toBe(true);
});
