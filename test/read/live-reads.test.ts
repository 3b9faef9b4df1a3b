// What dashboards read: documents in the contract's names, over Redis alone.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS } from '../../src/domain/fold-settings.ts';
import { homeOf } from '../../src/domain/home.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { changeOf, headOf, iosOf, rerouteAt, taskOf } from '../contracts/slot-samples.ts';
import { saveOf } from '../contracts/slot-store-under-test.ts';
import { all, opened, PARTITIONS, saveAtHome } from './read-world.ts';

test("a task: the contract's fields with sums in place of deltas; what was never reported is left out", async () => {
  const { store, reads } = await opened();
  const small = taskOf('small', 7);
  const full = taskOf('full', 3, {
    marks: { ambiguous: 1, gap: 3 },
    open_gaps: 2,
    internal_job_id: 'j'.repeat(100),
    engine_id: 'e',
    work_request_id: 'w',
    task_route_id: 'r',
    timestamp: 1_700_000_060,
    prior_timestamp: 1_700_000_000,
    task_status: 'failed',
    task_action: 'unrecognized',
    unrecognized_task_action: 'doSomething',
    failure_reason: 'api',
    error_count: 0,
    retry_count: 2 ** 53 - 2,
    processed_stats: { processed_chunks: 4, processed_bytes: 0 },
    inputs: iosOf('inputs', [
      ['in-2', { processed_count: 5 }],
      ['in-1', { processed_count: 0, processed_total_count: 2 ** 53 - 2 }],
    ]),
    outputs: iosOf('outputs', [['', { processed_total_count: 1 }]]),
    ios_dropped: 2,
    attempts: 2,
    completion_requested: true,
    job_creations: 3,
    updates_applied: 5,
    updates_rejected: 1,
    last_offset: 99,
    last_update_at: 1_700_000_000_999,
    liveness: 'silent',
    liveness_at: 1_700_000_031_000,
  } satisfies Partial<TaskState>);
  const errors = [{ id: 'E', msg: 'first' }, { msg: 'second' }];
  await saveAtHome(store, [changeOf(small), changeOf(full, { errors, task_output: '{"a":1}' })]);

  expect(await reads.readTask('small')).toStrictEqual({
    internal_task_id: 'small',
    status_at: 1_700_000_000_007,
    attempts: 1,
    completion_requested: false,
    job_creations: 0,
    liveness: 'reporting',
    liveness_at: 1_700_000_000_007,
    updates: { applied: 1, duplicate: 0, stale: 0, rejected: 0 },
    ledger: { exact: true },
    first_update_at: 1_700_000_000_007,
    last_update_at: 1_700_000_000_007,
    source: { topic: 'task-status', partition: homeOf('small', PARTITIONS), first_offset: 7, last_offset: 7 },
  });
  expect(await reads.readTask('full')).toStrictEqual({
    internal_task_id: 'full',
    internal_job_id: 'j'.repeat(100),
    engine_id: 'e',
    work_request_id: 'w',
    task_route_id: 'r',
    timestamp: 1_700_000_060,
    prior_timestamp: 1_700_000_000,
    task_status: 'failed',
    status_at: 1_700_000_000_003,
    task_action: 'unrecognized',
    failure_reason: 'api',
    unrecognized_task_action: 'doSomething',
    liveness: 'silent',
    liveness_at: 1_700_000_031_000,
    error_count: 0,
    retry_count: 9_007_199_254_740_990,
    processed_stats: { processed_bytes: 0, processed_chunks: 4 },
    inputs: [
      { id: 'in-1', processed_count: 0, processed_total_count: 9_007_199_254_740_990 },
      { id: 'in-2', processed_count: 5 },
    ],
    outputs: [{ id: '', processed_total_count: 1 }],
    ios_dropped: 2,
    errors,
    task_output: '{"a":1}',
    attempts: 2,
    completion_requested: true,
    job_creations: 3,
    updates: { applied: 5, duplicate: 0, stale: 0, rejected: 1 },
    ledger: { exact: false, marks: { ambiguous: 1, gap: 3 }, open_gaps: 2, drifted_ios: 1 },
    first_update_at: 1_700_000_000_003,
    last_update_at: 1_700_000_000_999,
    source: { topic: 'task-status', partition: homeOf('full', PARTITIONS), first_offset: 3, last_offset: 99 },
  });
  expect(await reads.readTask('none')).toBeNull();
  expect(await reads.readTask('x'.repeat(1_025))).toBeNull();
});

test('a task_output of 900 KB comes back to the letter', async () => {
  const { store, reads } = await opened();
  const task_output = JSON.stringify({ text: 'ä€😀"\\\u0000'.repeat(50_000) });
  expect(Buffer.byteLength(task_output)).toBeGreaterThan(900_000);
  await saveAtHome(store, [changeOf(taskOf('a', 0), { task_output })]);
  expect((await reads.readTask('a'))?.task_output === task_output).toBe(true);
});

test('the stream brings every task of every partition with all that is kept of it, odd ids too, and nothing else', async () => {
  const { client, prefix, store, reads } = await opened();
  const odd = ['*', '?', '[a]', '{x}', '}', ':', 'x:io', 'x', '__proto__', 'ä€😀', 'a\nb', '\u0000', '%3A'];
  const ids = [...odd, ...Array.from({ length: 3_000 }, (_, i) => `task-${i}`)];
  const changes = ids.map((id, i) =>
    changeOf(taskOf(id, i, { error_count: i, inputs: iosOf('inputs', [['in', { processed_count: i }]]) }), {
      errors: [{ msg: id }],
      task_output: JSON.stringify(i),
    }),
  );
  await saveAtHome(store, changes);
  const stranger = slotKeys(prefix, 'taskfold', 0)
    .task('stranger')
    .replace(/:0:\w+\}/, ':0:zzzz}');
  await client.hset(stranger, 'attempts', '1');
  const neighbour = await opened(`${prefix}x`);
  await saveAtHome(neighbour.store, [changeOf(taskOf('of the neighbour', 0))]);

  const found = await all(reads.streamTasks());
  expect([...found.keys()].sort()).toEqual([...ids].sort());
  for (const [i, id] of ids.entries()) {
    const document = found.get(id)!;
    expect(document).toMatchObject({ error_count: i, errors: [{ msg: id }], task_output: String(i) });
    expect(document.source.partition).toBe(homeOf(id, PARTITIONS));
  }
  expect(await reads.readTask('x:io')).toEqual(found.get('x:io'));
  await client.del(stranger);
});

test('the fleet is the exact sum of the shares, also beyond 2^64, and says how far each partition is', async () => {
  const { store, reads } = await opened();
  const big = 2n ** 64n;
  for (const partition of [0, 1, 3]) {
    const head = headOf();
    await store.begin(partition, 10, head);
    head.received = 6;
    Object.assign(head.outcomes, { applied: 3, duplicate: 1, rejected: 1, rerouted: 1 });
    head.rejected_by_reason.set('tombstone', 1);
    Object.assign(head.fleet, { tasks: 2, job_creations: 4, error_count: big + 1n, retry_count: 2n });
    head.fleet.tasks_by_status.set('running', 1).set('unreported', 1);
    head.fleet.failures_by_reason.set('api', partition);
    head.fleet.tasks_by_liveness.set('silent', 1).set('ended', 1);
    Object.assign(head.fleet.retired, { tasks: 5, job_creations: 1, error_count: big, retry_count: 1n });
    head.fleet.retired.processed_stats.set('processed_bytes', big);
    head.fleet.processed_stats.set('processed_bytes', big).set('processed_chunks', 2n ** 52n);
    await store.save(partition, saveOf(head, 10, 16 + partition));
  }
  await store.reportLive(1, { owner: 'o', state: 'running', log_end: 20, emitted: 17, seen_at: 1_700_000_000_000 });
  const fleet = await reads.readFleet();
  const nothing = [2, 4, 5, 6, 7, 8, 9, 10, 11].map((partition) => ({ partition }));
  expect(fleet).toStrictEqual({
    tasks: 6,
    tasks_by_status: { running: 3, unreported: 3 },
    failures_by_reason: { api: 4 },
    job_creations: 12,
    error_count: String(3n * big + 3n),
    retry_count: 6,
    processed_stats: { processed_bytes: String(3n * big), processed_chunks: String(3n * 2n ** 52n) },
    updates: { received: 18, applied: 9, duplicate: 3, stale: 0, rejected: 3, rerouted: 3 },
    rejected_by_reason: { tombstone: 3 },
    tasks_by_liveness: { silent: 3, ended: 3 },
    retired: {
      tasks: 15,
      job_creations: 3,
      error_count: String(3n * big),
      retry_count: 3,
      processed_stats: { processed_bytes: String(3n * big) },
    },
    as_of: [
      { partition: 0, watermark: 16 },
      { partition: 1, watermark: 17, seen_at: 1_700_000_000_000 },
      { partition: 3, watermark: 19 },
      ...nothing,
    ].sort((a, b) => a.partition - b.partition),
  });
});

test('partitions: W, C, lag, owner, halt and its cure; an empty slot shows as one, and a torn one too', async () => {
  const { client, prefix, store, reads } = await opened();
  const head = headOf();
  // Partition 0 is empty: the pinned count is found in another head.
  await store.begin(5, 10, head);
  head.received = 1;
  head.outcomes.rerouted = 1;
  head.ticks = 3;
  const change = { change: 'fewer', offset: 11, log_time: 99, settings: { errors_kept: 4 } };
  Object.assign(head, { settings: { ...head.settings, errors_kept: 4 }, changes: [change] });
  head.controls = { obeyed: 1, repeated: 0, ignored: 2 };
  await store.save(5, saveOf(head, 10, 12, { notices: [rerouteAt(11, 1)] }));
  const halt = { code: 'history_gone', message: 'the log starts at 40', cure: 'taskfold partitions reset 5' };
  await store.reportLive(5, {
    owner: 'o',
    state: 'halted',
    log_end: 50,
    emitted: 11,
    seen_at: 9,
    halt,
    given: { looks_max: 7 },
  });
  await store.begin(6, 0, headOf());
  await client.hset(slotKeys(prefix, 'taskfold', 6).head, 'saving', '77');

  const partitions = await reads.readPartitions();
  expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(partitions[0]).toStrictEqual({ partition: 0, outbox_length: 0 });
  expect(partitions[5]).toStrictEqual({
    partition: 5,
    watermark: 12,
    emitted: 11,
    log_end: 50,
    lag: 38,
    owner: 'o',
    state: 'halted',
    seen_at: 9,
    halt,
    received: 1,
    outcomes: { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 1 },
    rejected_by_reason: {},
    ticks: 3,
    origin: 0,
    settings: { ...DEFAULT_FOLD_SETTINGS, errors_kept: 4 },
    settings_changes: [change],
    controls: { obeyed: 1, repeated: 0, ignored: 2 },
    given_settings: { looks_max: 7 },
    outbox_length: 1,
  });
  expect(partitions[6]).toMatchObject({ partition: 6, watermark: 0, torn: '77' });
});

test('a damaged slot is told by its key and does not hide the others', async () => {
  const { client, prefix, store, reads } = await opened();
  await saveAtHome(store, [changeOf(taskOf('a', 0))]);
  await client.hset(slotKeys(prefix, 'taskfold', 1).fleet, 'tasks', 'many');
  await client.set(slotKeys(prefix, 'taskfold', 2).head, 'no hash');
  const partitions = await reads.readPartitions();
  expect(partitions[1]).toStrictEqual({
    partition: 1,
    damaged: expect.stringContaining(slotKeys(prefix, 'taskfold', 1).fleet),
    outbox_length: 0,
  });
  expect(partitions[2]?.damaged).toContain('WRONGTYPE');
  expect(partitions[3]).toMatchObject({ partition: 3, watermark: 100 });
  const fleet = await reads.readFleet();
  expect(fleet?.as_of[1]).toEqual({ partition: 1, damaged: expect.any(String) });
  expect(fleet?.as_of[3]).toEqual({ partition: 3, watermark: 100 });
});

test('a damaged task is said by its key, and never shown as something else', async () => {
  const { client, prefix, store, reads } = await opened();
  await saveAtHome(store, [changeOf(taskOf('a', 0), { errors: [{ msg: 'e' }] })]);
  const key = slotKeys(prefix, 'taskfold', homeOf('a', PARTITIONS)).task('a');
  await client.rpush(`${key}:errors`, 'not JSON');
  await expect(reads.readTask('a')).rejects.toMatchObject({
    name: 'Fault',
    code: 'torn_save',
    message: expect.stringContaining(`${key}:errors`),
  });
});

test('silent tasks of all partitions come with the moment of their silence, the longest first', async () => {
  const { store, reads } = await opened();
  expect(await reads.readSilentTasks()).toEqual([]);
  const silent = (id: string, liveness_at: number) => changeOf(taskOf(id, 0, { liveness: 'silent', liveness_at }));
  await saveAtHome(store, [silent('a', 30), silent('b', 10), silent('c', 20), changeOf(taskOf('d', 0))]);
  expect(await reads.readSilentTasks()).toEqual([
    { internal_task_id: 'b', silent_since: 10 },
    { internal_task_id: 'c', silent_since: 20 },
    { internal_task_id: 'a', silent_since: 30 },
  ]);
});
