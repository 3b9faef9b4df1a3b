// What lies in Redis: exact to the last digit, compact, and never read wrongly after somebody changed it by hand.

import { expect, test } from 'vitest';
import { asItIs } from '../../src/domain/fold-changes.ts';
import { newHead } from '../../src/domain/head.ts';
import { newRollUp } from '../../src/domain/roll-up.ts';
import type { TaskChange } from '../../src/domain/task-state.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { changeOf, headOf, iosOf, pinsOf, reporterOf, rerouteAt, taskOf } from '../contracts/slot-samples.ts';
import { saveOf } from '../contracts/slot-store-under-test.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

async function begun() {
  const prefix = ownName('stored');
  const { client } = await connected(sharedEnv().REDIS_URL);
  const store = createSlotStore({ redis: client, prefix, group: 'taskfold' });
  const head = headOf();
  await store.begin(0, 0, head);
  const keys = slotKeys(prefix, 'taskfold', 0);
  let at = 0;
  const save = (...changes: TaskChange[]) => store.save(0, saveOf(head, at, ++at, { changes }));
  return { client, prefix, store, head, keys, save };
}

const UUID = '0c2b8a3e-6f0d-4d0a-9f3e-0d9b1f6f2a11';
const LONG = 'j'.repeat(65);

test('the published layout of a task', async () => {
  const { client, keys, save } = await begun();
  const task = taskOf('a:b', 0, {
    internal_job_id: UUID,
    task_status: 'running',
    error_count: 0,
    processed_stats: { processed_bytes: 2 ** 53 - 2 },
    inputs: iosOf('inputs', [['in', { processed_count: 3, processed_total_count: 5 }]]),
    outputs: iosOf('outputs', [['out', { processed_total_count: 0 }]]),
    reporters: new Map([[UUID, reporterOf({ 'inputs.in': 5 })]]),
  });
  const errors = [{ id: 'E1', msg: 'first' }, { msg: 'second' }];
  await save(changeOf(task, { errors, task_output: '{"done":true}' }));
  const key = keys.task('a:b');
  expect(await client.hgetall(key)).toEqual({
    internal_job_id: UUID,
    task_status: 'running',
    status_at: '1700000000000',
    attempts: '1',
    error_count: '0',
    'processed_stats.processed_bytes': '9007199254740990',
    'updates.applied': '1',
    'source.first_offset': '0',
    'source.last_offset': '0',
    first_update_at: '1700000000000',
    last_update_at: '1700000000000',
    liveness: 'reporting',
    liveness_at: '1700000000000',
    look_at: '30000',
  });
  expect(await client.hgetall(`${key}:io`)).toEqual({ 'inputs.in': '3,5', 'outputs.out': ',0' });
  expect(await client.lrange(`${key}:errors`, 0, -1)).toEqual(['{"id":"E1","msg":"first"}', '{"msg":"second"}']);
  expect(await client.get(`${key}:output`)).toBe('{"done":true}');
  expect(await client.hgetall(`${key}:ledger`)).toEqual({
    [`reporter.${UUID}`]: '[[],[-1,0,-1,-1,-1,-1,-1,-1,1],["inputs.in",5],[],[]]',
  });
  expect(await client.exists(`${key}:long`)).toBe(0);
});

test('the published layout of a job and an engine', async () => {
  const { client, keys, head, store } = await begun();
  const figures: [string, number | bigint][] = [
    ['tasks', 2],
    ['tasks_by_status.running', 2],
    ['tasks_by_liveness.silent', 2],
    ['updates.came_rerouted', 1],
    ['processed_stats.processed_bytes', 2n ** 64n],
    ['failures_by_reason.unreported', 3],
    ['retired.failures_by_reason.unreported', 3],
    ['first_update_at', 1_700_000_000_000],
  ];
  const now = Object.fromEntries(figures.map(([name, figure]) => [name, String(figure)]));
  const rollUps = (['internal_job_id', 'engine_id'] as const).map((kind) => ({
    ...{ kind, id: 'a:b', before: null, rollUp: newRollUp('a:b', figures) },
    members: new Map([
      ['t2', true],
      ['t1', true],
    ]),
  }));
  const save = { expect: 0, expect_log_time: null, to: 1, head, changes: [], tombstones: new Map(), notices: [] };
  await store.save(0, { ...save, rollUps });
  expect(await client.hgetall(`${keys.tag}:job:a%3Ab`)).toEqual(now);
  expect(await client.hgetall(`${keys.tag}:engine:a%3Ab`)).toEqual(now);
  expect(await client.zrange(`${keys.tag}:job:a%3Ab:tasks`, 0, '-1', 'WITHSCORES')).toEqual(['t1', '0', 't2', '0']);
  expect(await client.exists(`${keys.tag}:engine:a%3Ab:tasks`)).toBe(0);
  expect(await client.zrange(`${keys.tag}:jobs`, 0, '-1', 'WITHSCORES')).toEqual(['a:b', '0']);
  expect(await client.zrange(`${keys.tag}:engines`, 0, '-1', 'WITHSCORES')).toEqual(['a:b', '0']);
  expect(await client.object('ENCODING', `${keys.tag}:job:a%3Ab`)).toBe('listpack');

  await client.hset(keys.rollUp('engine_id', 'a:b'), 'updates.applied', '1e3');
  const damaged = store.readRollUps(0, [{ kind: 'engine_id', id: 'a:b' }]);
  await expect(damaged).rejects.toMatchObject({
    code: 'torn_save',
    message: expect.stringContaining('updates.applied'),
  });
});

test('long ids live beside the task, so that its hash and that of its IOs stay compact; shortened, they move back', async () => {
  const { client, store, keys, save } = await begun();
  const task = taskOf('a', 0, {
    internal_job_id: LONG,
    engine_id: 'e'.repeat(64),
    work_request_id: '€'.repeat(22),
    inputs: iosOf('inputs', [
      [UUID, { processed_count: 2 ** 53 - 2, processed_total_count: 2 ** 53 - 2 }],
      [LONG, { processed_count: 1 }],
    ]),
  });
  const key = keys.task('a');
  const encodings = () => Promise.all([key, `${key}:io`].map((one) => client.object('ENCODING', one)));
  await save(changeOf(task));
  expect(await encodings()).toEqual(['listpack', 'listpack']);
  expect(Object.keys(await client.hgetall(`${key}:long`)).sort()).toEqual([
    `inputs.${LONG}`,
    'internal_job_id',
    'work_request_id',
  ]);
  const before = asItIs(task);
  task.internal_job_id = 'short';
  task.engine_id = LONG;
  task.work_request_id = undefined;
  await save(changeOf(task, { before }));
  expect(await encodings()).toEqual(['listpack', 'listpack']);
  expect(Object.keys(await client.hgetall(`${key}:long`)).sort()).toEqual(['engine_id', `inputs.${LONG}`]);
  expect((await store.readTasks(0, ['a'], null)).tasks).toEqual([task]);
});

test('only what changed is written: a field that somebody else wrote beside it stays', async () => {
  const { client, keys, save } = await begun();
  const task = taskOf('a', 0, { engine_id: 'e', error_count: 1 });
  await save(changeOf(task));
  await client.hset(keys.task('a'), 'engine_id', 'changed behind our back');
  const before = asItIs(task);
  task.error_count = 2;
  await save(changeOf(task, { before }));
  expect(await client.hmget(keys.task('a'), 'engine_id', 'error_count')).toEqual(['changed behind our back', '2']);
});

test('the newest errors are kept, as many as the slot is pinned to, also when one batch brings more', async () => {
  const { client, keys, save } = await begun();
  const task = taskOf('a', 0);
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ id: String(from + i) }));
  const kept = async () => (await client.lrange(`${keys.task('a')}:errors`, 0, -1)).map((text) => JSON.parse(text).id);
  await save(changeOf(task, { errors: numbered(0, 7) }));
  await save(changeOf(task, { errors: numbered(7, 12) }));
  expect(await kept()).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
  await save(changeOf(task, { errors: numbered(12, 42) }));
  expect(await kept()).toEqual(['32', '33', '34', '35', '36', '37', '38', '39', '40', '41']);
});

test('where no errors are kept, none are', async () => {
  const { client, store, keys } = await begun();
  await store.clear(0);
  const pins = pinsOf();
  const head = newHead({ ...pins, settings: { ...pins.settings, errors_kept: 0 } });
  await store.begin(0, 0, head);
  const changes = [changeOf(taskOf('a', 0), { errors: [{ msg: 'e' }] })];
  expect(await store.save(0, saveOf(head, 0, 1, { changes }))).toEqual({ outcome: 'saved' });
  expect(await client.exists(`${keys.task('a')}:errors`)).toBe(0);
});

test('a task with more IOs than one HSET takes, and a head with thousands of sources, are saved whole', async () => {
  const { store, head, save } = await begun();
  const inputs = iosOf(
    'inputs',
    Array.from({ length: 9_000 }, (_, i) => [`in-${i}`, { processed_count: i }] as const),
  );
  const task = taskOf('a', 0, { inputs });
  for (let p = 0; p < 9_000; p++) head.rerouted_from.set(p, p);
  expect(await save(changeOf(task))).toEqual({ outcome: 'saved' });
  expect((await store.readTasks(0, ['a'], null)).tasks).toEqual([task]);
  expect((await store.claim(0, 'me')).head).toEqual(head);
});

test('more tasks than one read takes are read at one W, or not at all', async () => {
  const { client, prefix, store, keys, save } = await begun();
  const tasks = Array.from({ length: 700 }, (_, i) => taskOf(`t${i}`, 0));
  await save(...tasks.map((task) => changeOf(task)));
  const ids = tasks.map((task) => task.internal_task_id);
  expect(await store.readTasks(0, ids, null)).toEqual({ watermark: 1, tasks });

  // Somebody else saves between two of the reads.
  let reads = 0;
  const moving = new Proxy(client, {
    get(target, name) {
      if (name === 'taskfold_readTasksBuffer' && ++reads === 2) void client.hset(keys.head, 'watermark', '2');
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const unlucky = createSlotStore({ redis: moving, prefix, group: 'taskfold' });
  await expect(unlucky.readTasks(0, ids, null)).rejects.toMatchObject({ name: 'Fault', code: 'watermark_moved' });
  expect(reads).toBeGreaterThan(1);
});

test('damaged data is never read as something else: a fault that halts and names the key', async () => {
  const { client, store, head, keys, save } = await begun();
  const task = taskOf('a', 0, { error_count: 1, inputs: iosOf('inputs', [['in', { processed_count: 1 }]]) });
  const key = keys.task('a');
  const damages: (readonly [name: string, damage: () => Promise<unknown>, key: string])[] = [
    ['a number with letters', () => client.hset(key, 'error_count', '1e3'), key],
    ['a number beyond 2^53', () => client.hset(key, 'error_count', '9007199254740993'), key],
    ['an empty number', () => client.hset(key, 'error_count', ''), key],
    ['a missing field', () => client.hdel(key, 'source.last_offset'), key],
    ['an unknown status', () => client.hset(key, 'task_status', 'sleeping'), key],
    ['a flag that is none', () => client.hset(key, 'completion_requested', 'true'), key],
    ['an IO without a comma', () => client.hset(`${key}:io`, 'inputs.in', '1'), key],
    ['a ledger that is none', () => client.hset(`${key}:ledger`, 'reporter.r', '[["x"],[1],[]]'), `${key}:ledger`],
    ['a hash that is a string', () => client.set(key, 'oops'), key],
    ['an io that is a list', () => client.multi().del(`${key}:io`).rpush(`${key}:io`, 'x').exec(), `${key}:io`],
  ];
  for (const [name, damage, where] of damages) {
    await client.del(key, `${key}:io`, `${key}:ledger`);
    await save(changeOf(structuredClone(task)));
    await damage();
    const error = await store.readTasks(0, ['a'], null).catch((thrown: unknown) => thrown);
    expect({ name, error }).toMatchObject({ name, error: { name: 'Fault', code: 'torn_save', remedy: 'halt' } });
    expect((error as Error).message).toContain(where);
    await client.del(key);
  }
  for (const [field, value] of [
    ['received', 'x'],
    ['layout', '999'],
    ['watermark', '-'],
    ['outcomes.applied', ''],
  ] as const) {
    const before = await client.hget(keys.head, field);
    await client.hset(keys.head, field, value);
    const error = await store.claim(0, 'me').catch((thrown: unknown) => thrown);
    expect({ field, error }).toMatchObject({ field, error: { name: 'Fault', remedy: 'halt' } });
    expect((error as Error).message).toContain(keys.head);
    await client.hset(keys.head, field, before!);
  }
  await client.hset(keys.fleet, 'error_count', '1.5');
  await expect(store.claim(0, 'me')).rejects.toMatchObject({
    code: 'torn_save',
    message: expect.stringContaining(keys.fleet),
  });
  await client.del(keys.fleet);
  await expect(store.claim(0, 'me')).rejects.toMatchObject({
    code: 'torn_save',
    message: expect.stringContaining(keys.fleet),
  });
  await client.xadd(keys.outbox, '9-1', 'body', '{"kind":"unheard-of"}');
  await expect(store.readNotices(0, 0, 9)).rejects.toMatchObject({
    code: 'torn_save',
    message: expect.stringContaining(keys.outbox),
  });
  expect(head.received).toBe(0);
});

test('a save that Redis refuses in the middle names it, and its error carries none of the data', async () => {
  const { client, store, head, keys } = await begun();
  await client.set(keys.outbox, 'no stream');
  const changes = [changeOf(taskOf('a', 0, { engine_id: 'private data' }))];
  const error = await store
    .save(0, {
      expect: 0,
      expect_log_time: null,
      to: 1,
      head,
      changes,
      rollUps: [],
      tombstones: new Map(),
      notices: [rerouteAt(0, 1)],
    })
    .catch((thrown: unknown) => thrown as Error & { cause: Error });
  expect(error).toMatchObject({ name: 'Fault', code: 'torn_save', message: expect.stringContaining('WRONGTYPE') });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('private data');
  expect(Object.keys((error as Error & { cause: Error }).cause)).not.toContain('command');
});
