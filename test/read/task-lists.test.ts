// Lists of tasks by their last update and by their status, on real Redis: each task once, in the order that docs/reading.md names, at a
// bounded price also where very many tasks were updated within one minute.

import { expect, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { createReads, type PageOptions } from '../../src/read/reads.ts';
import type { TaskFilter } from '../../src/read/task-filter.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { changeOf, taskOf } from '../contracts/slot-samples.ts';
import { opened, PARTITIONS, saveAtHome } from './read-world.ts';

const MINUTE = 60_000;
const NOON = 28_333_333 * MINUTE;

async function listsOf(tasks: readonly TaskState[]) {
  const { client, prefix, store } = await opened();
  await saveAtHome(
    store,
    tasks.map((task) => changeOf(task)),
  );
  const reads = createReads({ redis: client, prefix, group: 'taskfold', topic: 'task-status' });
  const pages = async (filter: TaskFilter, options: PageOptions, between: (page: number) => unknown = () => {}) => {
    const all: string[][] = [];
    for (let cursor: string | undefined; ; ) {
      const { tasks, next_cursor } = await reads.readTasks(filter, { ...options, cursor });
      all.push(tasks.map(({ internal_task_id }) => internal_task_id));
      if (next_cursor === undefined) return all;
      cursor = next_cursor;
      await between(all.length);
    }
  };
  return { client, prefix, reads, pages };
}

const updatedAt = (id: string, last_update_at: number, fields: Partial<TaskState> = {}) =>
  taskOf(id, 0, { last_update_at, status_at: NOON, task_status: 'running', ...fields });

test('few tasks are in the exact order of their last updates, or of their status, whatever narrows them', async () => {
  // Against the order of the ids, over three minutes, the statuses the other way round.
  const tasks = Array.from({ length: 300 }, (_, i) =>
    updatedAt(`t${String(999 - i)}`, NOON + i * 600, {
      status_at: NOON - i,
      task_status: i % 2 === 0 ? 'running' : 'failed',
      engine_id: `e${i % 3}`,
      liveness: i % 5 === 0 ? 'silent' : 'reporting',
      liveness_at: NOON + ((i * 7) % 300),
    }),
  );
  const { reads, pages } = await listsOf(tasks);
  const ids = (chosen: readonly TaskState[]) => chosen.map(({ internal_task_id }) => internal_task_id);
  const by = { sort: 'last_update', limit: 37 } as const;
  expect((await pages({}, { ...by, order: 'oldest' })).flat()).toEqual(ids(tasks));
  expect((await pages({}, by)).flat()).toEqual(ids(tasks.toReversed()));
  const failed = tasks.filter(({ task_status, engine_id }) => task_status === 'failed' && engine_id === 'e1');
  const narrowed = { task_status: 'failed', engine_id: 'e1' };
  expect((await pages(narrowed, by)).flat()).toEqual(ids(failed.toReversed()));
  expect((await reads.readTasks(narrowed, by)).total).toBe(failed.length);
  const silent = tasks.filter(({ liveness }) => liveness === 'silent');
  expect((await pages({ liveness: 'silent' }, { sort: 'status', limit: 7 })).flat()).toEqual(ids(silent));
  const since = silent.toSorted((a, b) => b.liveness_at - a.liveness_at);
  expect((await pages({ liveness: 'silent' }, { limit: 7 })).flat()).toEqual(ids(since));

  // From one millisecond to another, and over a whole minute; how many that are no index counts.
  const [from, to] = [NOON + 601, NOON + 120_001];
  const within = tasks.filter(({ last_update_at: at }) => at >= from && at < to);
  expect((await pages({ updated_from: from, updated_to: to }, { limit: 37 })).flat().sort()).toEqual(
    ids(within).sort(),
  );
  const minute = { updated_from: NOON + MINUTE, updated_to: NOON + 2 * MINUTE };
  expect((await pages(minute, { limit: 37 })).flat()).toHaveLength(100);
  expect((await reads.readTasks(minute, {})).total).toBeUndefined();
  await expect(reads.readTasks({}, { cursor: 'nonsense' })).rejects.toThrow('cursor');
});

test('many are in the order of their minutes, exact within a page; each comes once, at a bounded price', async () => {
  // Of one partition, so that the set of one minute is long.
  const names: string[] = [];
  for (let n = 0; names.length < 4_000; n++) if (homeOf(`t${n}`, PARTITIONS) === 0) names.push(`t${n}`);
  const minuteOfTask = (i: number) => (i < 3_500 ? 1 : i % 3);
  const at = (i: number) => NOON + minuteOfTask(i) * MINUTE + ((i * 7_919) % MINUTE);
  const tasks = names.map((id, i) => updatedAt(id, at(i)));
  const { client, reads, pages } = await listsOf(tasks);
  const updated = new Map(tasks.map((task) => [task.internal_task_id, task.last_update_at]));
  for (const order of ['newest', 'oldest'] as const) {
    const listed = await pages({}, { sort: 'last_update', order, limit: 250 });
    expect(listed.flat().sort()).toEqual(names.toSorted());
    const sign = order === 'newest' ? -1 : 1;
    const times = listed.map((page) => page.map((id) => updated.get(id)!));
    for (const page of times) expect(page).toEqual(page.toSorted((a, b) => sign * (a - b)));
    const minutes = times.map((page) => page.map((time) => Math.floor(time / MINUTE)));
    expect(minutes.flat()).toEqual(minutes.flat().toSorted((a, b) => sign * (a - b)));
  }

  // A page deep within a minute takes as many reads as one at its beginning, but for the halvings.
  const { zrange } = client;
  let reading = 0;
  client.zrange = ((...args: unknown[]) => {
    reading++;
    return (zrange as (...args: unknown[]) => unknown).apply(client, args);
  }) as typeof zrange;
  const most: number[] = [];
  await pages({ updated_from: NOON + MINUTE }, { limit: 50 }, () => {
    most.push(reading);
    reading = 0;
  });
  expect(most.length).toBeGreaterThan(60);
  expect(Math.max(...most)).toBeLessThan(250);
  client.zrange = zrange;

  // Filters that the set does not know are looked up: pages are short then, and nothing is missed.
  const some = await pages({ engine_id: 'nobody' }, { sort: 'last_update' });
  expect(some).toEqual([[]]);
  expect((await reads.readTasks({}, { sort: 'last_update' })).total).toBe(4_000);
});

test('a list of few that become many goes on, and leaves none out', async () => {
  const tasks = Array.from({ length: 900 }, (_, i) => updatedAt(`few-${i}`, NOON + (i % 4) * MINUTE + i));
  const { client, prefix, pages } = await listsOf(tasks);
  const more = async (page: number) => {
    if (page !== 3) return;
    for (let n = 0; n < 200; n++) {
      const keys = slotKeys(prefix, 'taskfold', homeOf(`more-${n}`, PARTITIONS));
      await client.zadd(keys.places.by_status, 3 * 10 ** 13 + NOON, `more-${n}`);
    }
  };
  for (const order of ['newest', 'oldest'] as const) {
    const listed = (await pages({}, { sort: 'last_update', order, limit: 100 }, more)).flat();
    expect([...new Set(listed)].sort()).toEqual(tasks.map(({ internal_task_id }) => internal_task_id).sort());
    for (let n = 0; n < 200; n++) {
      const keys = slotKeys(prefix, 'taskfold', homeOf(`more-${n}`, PARTITIONS));
      await client.zrem(keys.places.by_status, `more-${n}`);
    }
  }
});

test('the tasks of a job are in the order of their ids, or in the one that is asked for', async () => {
  const tasks = ['b', 'a', 'c'].map((id, i) => updatedAt(id, NOON + i, { internal_job_id: 'j', status_at: NOON - i }));
  const { client, prefix, pages } = await listsOf(tasks);
  for (const { internal_task_id: id } of tasks) {
    await client.zadd(slotKeys(prefix, 'taskfold', homeOf(id, PARTITIONS)).jobTasks('j'), 0, id);
  }
  const of = { internal_job_id: 'j' };
  expect(await pages(of, {})).toEqual([['a', 'b', 'c']]);
  expect(await pages(of, { sort: 'last_update' })).toEqual([['c', 'a', 'b']]);
  expect(await pages(of, { sort: 'status' })).toEqual([['b', 'a', 'c']]);
  expect(await pages(of, { sort: 'status', order: 'oldest' })).toEqual([['c', 'a', 'b']]);
});

test('of changes there come all, or where they are too many the newest; and which of both is told', async () => {
  const statuses = ['running', 'complete'] as const;
  const tasks = Array.from({ length: 501 }, (_, i) =>
    updatedAt(`t${i}`, NOON, { status_at: NOON + i, task_status: statuses[i % 2]! }),
  );
  const { reads } = await listsOf(tasks);
  const since = (until: number) =>
    new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, { until, overlap_ms: 0 }]));
  const ids = ({ changes }: { changes: readonly { internal_task_id: string }[] }) =>
    changes.map(({ internal_task_id }) => internal_task_id);
  const all = await reads.readChanges(since(NOON + 1));
  expect(all.isWhole).toBe(true);
  expect(ids(all)).toEqual(tasks.slice(1).map(({ internal_task_id }) => internal_task_id));
  const many = await reads.readChanges(since(NOON));
  expect(many.isWhole).toBe(false);
  expect(many.changes).toHaveLength(100);
  // Of each partition so many at most, so an older one may stand for one of a partition that had more.
  expect(many.changes.every(({ at }) => at > NOON + 250)).toBe(true);
  expect(ids(many).at(-1)).toBe('t500');
});
