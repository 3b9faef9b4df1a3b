// A pasted work request leads to its tasks, on real Redis: of any age, also one whose reporter was let go, and to no other task.

import { expect, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import { createReads } from '../../src/read/reads.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { workRequestPlace } from '../../src/redis/work-requests.ts';
import { changeOf, reporterOf, taskOf } from '../contracts/slot-samples.ts';
import { opened, PARTITIONS, saveAtHome } from './read-world.ts';

test('a work request is found whatever came since, in its task alone', async () => {
  const { client, prefix, store } = await opened();
  const old = taskOf('old:ä', 0, {
    status_at: 1,
    reporters: new Map([['w-now\ninstance', reporterOf({})]]),
    work_requests_let_go: ['w-then', 'w-of-both'],
  });
  const other = taskOf('other', 0, { reporters: new Map([['w-of-both', reporterOf({})]]) });
  const leads = (...all: string[]) => new Map(all.map((one) => [one, true]));
  const later = Array.from({ length: 1_500 }, (_, i) => changeOf(taskOf(`later-${i}`, 0)));
  await saveAtHome(store, [
    changeOf(old, { work_requests: leads('w-now', 'w-then', 'w-of-both') }),
    changeOf(other, { work_requests: leads('w-of-both') }),
    ...later,
  ]);
  const reads = createReads({ redis: client, prefix, group: 'taskfold', topic: 'task-status' });
  const find = async (id: string) => (await reads.findWorkRequest(id)).tasks;
  expect(await find('w-now')).toEqual(['old:ä']);
  expect(await find('w-then')).toEqual(['old:ä']);
  expect(await find('w-of-both')).toEqual(['old:ä', 'other']);
  expect([await find('w'), await find('w-now\ninstance'), await find('*')]).toEqual([[], [], []]);
  expect((await reads.findWorkRequest('w-now')).as_of.partitions).toHaveLength(PARTITIONS);

  // A field that only begins the same, of a task that does not know it, or of none; in a hash that is no longer compact.
  const { bucket, digest } = workRequestPlace('w-now');
  const key = slotKeys(prefix, 'taskfold', homeOf('old:ä', PARTITIONS)).workRequests(bucket);
  await client.hset(
    key,
    [...Array(3_000).keys()].flatMap((n) => [`AAAAAA${n}`, '']),
  );
  expect(await client.object('ENCODING', key)).toBe('hashtable');
  const neighbour = later.find(
    ({ task }) => homeOf(task.internal_task_id, PARTITIONS) === homeOf('old:ä', PARTITIONS),
  )!;
  await client.hset(key, `${digest}gone`, '', digest + neighbour.task.internal_task_id, '');
  expect(await find('w-now')).toEqual(['old:ä']);
});

test('one work request of very many tasks leads to some of them, and takes no longer', async () => {
  const { client, prefix, store } = await opened();
  const reporters = new Map([['w', reporterOf({})]]);
  const tasks = Array.from({ length: 4_000 }, (_, i) => taskOf(`t${i}`, 0, { reporters }));
  await saveAtHome(
    store,
    tasks.map((task) => changeOf(task, { work_requests: new Map([['w', true]]) })),
  );
  const reads = createReads({ redis: client, prefix, group: 'taskfold', topic: 'task-status' });
  expect((await reads.findWorkRequest('w')).tasks).toHaveLength(100 * PARTITIONS);
});
