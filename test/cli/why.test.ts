// `taskfold why` and `task --at` on real services: updates of known fates, and a fleet whose senders have faults.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ExplainedUpdate } from '../../src/cli/why/explained-update.ts';
import type { TaskDocument } from '../../src/read/task-document.ts';
import { groupKeys } from '../../src/redis/slot-keys.ts';
import { readAll } from '../kafka/kafka-world.ts';
import { connected } from '../redis/redis-under-test.ts';
import { explained, figures, sumsOf, taskNow, updatesOf, whyOf } from './explained-tasks.ts';
import { adminClient, withTopics } from './own-names.ts';
import { start, taskfold } from './taskfold.ts';
import { awayFrom, foldedWorld, homeOf, TOKEN } from './verify/folded-world.ts';

const TASK = 'why-me';
/** Nothing falls silent while the test takes its time. */
const WAIT = ['--unknown-schema-wait-s', '0.2', '--silence-after-s', '3600'];
/** Nobody registers so many schemas here. */
const UNKNOWN_SCHEMA = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);

test('each update of a task has its class, its offset, what it changed and emitted; a dropped one names the offset that had counted it', async () => {
  const world = await foldedWorld('why');
  const { env, names } = world;
  const home = homeOf(TASK);
  const away = awayFrom(TASK);
  const key = Buffer.from(TASK);
  const post = (prior_timestamp: number, timestamp: number, fields: object = {}) => {
    const update = { internal_task_id: TASK, work_request_id: 'w1', prior_timestamp, timestamp, ...fields };
    return { key, value: world.bytes(update) };
  };
  const stranger = { key: Buffer.from('x'), value: world.bytes({ internal_task_id: 'another', retry_count: 99 }) };
  const copy = (offset: number, fields: object) => ({
    ...post(120, 125, fields),
    headers: { 'taskfold-source': Buffer.from(`${names.input}/${away}/${offset}/1`) },
  });
  const jobs = [{ base_internal_job_id: 'job', payload_json: '{}', token: TOKEN }];
  const input = (processed_count: number, processed_total_count: number) => ({
    inputs: [{ id: 'in.1', processed_count, processed_total_count }],
  });
  const stats = (processed_bytes: number) => ({ processed_stats: { processed_bytes } });

  // Offsets 0 to 10 of the home partition. What lies elsewhere, and what is another task's, is none of its updates.
  await world.append(home, [
    stranger,
    post(100, 105, { error_count: 1, task_status: 'running', ...stats(10), ...input(2, 2) }),
    post(105, 110, { retry_count: 1, create_jobs_action: jobs }),
    post(110, 115, { error_count: 2, ...stats(5), ...input(3, 5) }),
    stranger,
    post(110, 120, { error_count: 3, ...stats(9), ...input(4, 6), create_jobs_action: jobs }),
    post(110, 120, { error_count: 3, ...stats(9), ...input(4, 6), create_jobs_action: jobs }),
    post(110, 113, { error_count: 1 }),
    post(120, 125, { error_count: -1, create_jobs_action: jobs }),
    { key, value: world.bytes({ internal_task_id: TASK }).subarray(0, 9) },
    { key, value: UNKNOWN_SCHEMA },
  ]);
  await world.append(away, [stranger, stranger, post(120, 125, stats(7))]);
  await world.fold(...WAIT);
  // The re-routed copy has come to lie at offset 11, and a second copy of it comes behind.
  const chain = Array.from({ length: 8 }, (_, i) => post(125 + i, 126 + i, stats(1)));
  await world.append(home, [
    copy(2, stats(7)),
    ...chain,
    post(100, 103, { error_count: 1 }),
    post(101, 104, { error_count: 5 }),
    post(140, 145, { ...stats(2), error_details: '[{"id":"E","msg":"gone"}]', task_output: 'null' }),
    { key, value: world.bytes({ internal_task_id: TASK, retry_count: 1 }) },
    post(145, 150, { task_status: 'failed', failure_reason: 'api' }),
  ]);
  await world.fold(...WAIT);

  const updates = updatesOf(await whyOf(env, TASK));
  const shown = updates.map(({ offset, class: updateClass, reason, covered_by, supersedes, source }) => {
    return [offset, updateClass, reason ?? covered_by ?? supersedes ?? source?.offset];
  });
  const first = updates.find(({ source }) => source !== undefined)!.offset;
  // A marker of the copy's transaction may lie before the second copy.
  const second = updates.findLast(({ source }) => source !== undefined)!.offset;
  expect(shown).toEqual([
    [1, 'first', undefined],
    [2, 'next', undefined],
    [3, 'next', undefined],
    [5, 'supersede', 3],
    [6, 'duplicate', 5],
    [7, 'stale', 3],
    [8, 'rejected', 'negative_number'],
    [9, 'rejected', 'truncated'],
    [10, 'rejected', 'unknown_schema'],
    [first, 'next', 2],
    [second, 'duplicate', first],
    ...chain.map((_, i) => [second + 1 + i, 'next', undefined]),
    [second + 9, 'too_old', 1],
    [second + 10, 'too_old', undefined],
    [second + 11, 'gap', undefined],
    [second + 12, 'unverified', undefined],
    [second + 13, 'next', undefined],
  ]);
  const at = (offset: number) => updates.find((update) => update.offset === offset)!;
  expect(at(second + 10).covered_by).toBeNull();
  expect(at(first).source).toEqual({ partition: away, offset: 2 });
  expect(at(10)).toMatchObject({ schema_id: 0x7f_ff_ff_ff, changed: [], emitted: [{ event: 'reject' }] });
  expect(at(5).changed.filter(({ field }) => !/^(updates|ledger|timestamp|prior)/.test(field))).toEqual([
    { field: 'error_count', from: 3, to: 4, plus: 1 },
    { field: 'processed_stats.processed_bytes', from: 15, to: 19, plus: 4 },
    { field: 'job_creations', from: 1, to: 2, plus: 1 },
    { field: 'inputs.in.1.processed_count', from: 5, to: 6, plus: 1 },
    { field: 'inputs.in.1.processed_total_count', from: 5, to: 6, plus: 1 },
  ]);
  expect(at(6).changed).toEqual([{ field: 'updates.duplicate', from: 0, to: 1, plus: 1 }]);
  expect(at(second + 11).changed).toContainEqual({ field: 'errors', added: [{ id: 'E', msg: 'gone' }] });

  // The events are those that really left, by their ids.
  const idsOf = async (topic: string) => (await readAll(topic)).map(({ headers }) => String(headers.ce_id)).sort();
  const told = (event: string) =>
    updates.flatMap(({ emitted }) => emitted.filter((one) => one.event === event).map(({ ce_id }) => ce_id)).sort();
  expect(told('failure')).toEqual(await idsOf(names.failures));
  expect(told('job_creation')).toEqual(await idsOf(names.jobs));
  expect(told('reject')).toEqual(await idsOf(names.rejects));
  expect([told('failure').length, told('job_creation').length, told('reject').length]).toEqual([3, 2, 3]);

  const task = await taskNow(env, TASK);
  expect(task).toMatchObject({
    error_count: 4,
    retry_count: 2,
    processed_stats: { processed_bytes: 36 },
    errors: [{}],
  });
  expect(sumsOf(updates)).toEqual(figures(task));
  await expectText();
  await expectAt(updates, task);
  await expectTampered();
  await expectRetention();

  async function expectText() {
    const whole = await taskfold(['why', TASK], env);
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(whole.stdout).toMatch(/\nDUPLICATE, counted by offset 5: offset 6, 20\d\d-/);
    expect(whole.stdout).toMatch(/\nSUPERSEDE, contains offset 3: offset 5, .*110 to 120\n {2}error_count: \+1 = 4\n/);
    expect(whole.stdout).toMatch(/\nREJECTED, negative_number \(error_count is negative\.\): offset 8/);
    expect(whole.stdout).toContain(`re-routed from partition ${away}, offset 2`);
    expect(whole.stdout).toMatch(/\nTOO OLD, no update had counted it: /);
    expect(whole.stdout.trimEnd()).toMatch(/folded again they make the task that Redis has$/);
    expect(whole.stdout + JSON.stringify(updates)).not.toContain(TOKEN);
    const one = await taskfold(['why', TASK, '--field', 'error_count'], env);
    expect(one.stdout).toContain(
      '\nerror_count: the changes of 3 updates add up to 4; the task shows 4\n3 updates that moved',
    );
    expect(one.stdout).not.toContain('retry_count');
    expect(whole.stdout).toMatch(
      /\nended since 20\d\d-.*; followed up to offset \d+, the last one that Redis has folded\n/,
    );
    const status = await whyOf(env, TASK, '--field', 'task_status');
    expect(status.map(({ changed }) => changed)).toEqual([
      [{ field: 'task_status', to: 'running' }],
      [{ field: 'task_status', from: 'running', to: 'failed' }],
    ]);
    expect((await whyOf(env, TASK, '--field', 'inputs.in.1')).map(({ offset }) => offset)).toEqual([1, 3, 5]);
    const none = await taskfold(['why', TASK, '--field', 'outputs'], env);
    expect(none.stdout).toContain('no update has moved outputs, and the task has none');
    const wrong = await taskfold(['why', TASK, '--field', 'processed_bytes'], env);
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('did you mean processed_stats.processed_bytes?');
    const nobody = await taskfold(['why', 'nobody'], env);
    expect([nobody.code, nobody.stdout]).toEqual([1, '']);
    expect(nobody.stderr).toContain('there is no task "nobody"');
  }

  async function expectAt(updates: readonly ExplainedUpdate[], task: TaskDocument) {
    const asAt = async (point: string) =>
      JSON.parse((await taskfold(['task', TASK, '--json', '--at', point], env)).stdout) as TaskDocument;
    // Offset 4 is another task's, so the task is as it was after 3.
    for (const [point, last] of [
      [4, 3],
      [second + 9, second + 9],
    ] as const) {
      const then = await asAt(String(point));
      expect(figures(then)).toEqual(sumsOf(updates.filter(({ offset }) => offset <= last)));
      expect(then.source.last_offset).toBe(last);
    }
    expect(await asAt('99999999999')).toEqual(task);
    // The first fold had all up to offset 8 and the re-routed copy; the rest was written later.
    const time = at(first).log_time;
    const early = await asAt(String(time));
    expect(early.source.last_offset).toBe(first);
    expect(await asAt(new Date(time).toISOString())).toEqual(early);
    const before = await taskfold(['task', TASK, '--at', '0'], env);
    expect([before.code, before.stdout]).toEqual([1, '']);
    expect(before.stderr).toContain(`there was no task "${TASK}" then: its first update lies at offset 1`);
    const wrong = await taskfold(['task', TASK, '--at', 'noon'], env);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--at: must be an offset, a time such as');
  }

  async function expectTampered() {
    const { client } = await connected(env.REDIS_URL!);
    const key = groupKeys(env.TASKFOLD_REDIS_PREFIX!, names.group)(home).task(TASK);
    await client.hset(key, 'error_count', '5');
    const { code, stderr } = await taskfold(['why', TASK], env);
    expect(code).toBe(1);
    expect(stderr).toContain('the task is another than Redis has: error_count is 5 in Redis, and 4 by the log');
    await client.hset(key, 'error_count', '4');
  }

  async function expectRetention() {
    const admin = await adminClient();
    await admin.fetchTopicOffsets(names.input);
    await admin.deleteTopicRecords({ topic: names.input, partitions: [{ partition: home, offset: '6' }] });
    const { code, stdout, stderr } = await taskfold(['why', TASK, '--json'], env);
    expect(code).toBe(1);
    expect(stderr).toContain(`the task begins at offset 1 of partition ${home}, and the log at 6`);
    const left = updatesOf(explained(stdout));
    expect(left.map(({ offset }) => offset)).toEqual(
      updates.map(({ offset }) => offset).filter((offset) => offset >= 6),
    );
    for (const update of left) expect(update).toMatchObject({ class: 'unknown', changed: [], emitted: [] });
    for (const args of [
      ['why', TASK, '--field', 'error_count'],
      ['task', TASK, '--at', '8'],
    ]) {
      const refused = await taskfold(args, env);
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toContain('its updates before that are gone');
    }
  }
});

test('for every number of every task of a faulty fleet the changes add up to what the task shows; while its partition is folded on, too', async () => {
  const names = await withTopics('why-fleet', 3);
  const { env } = names;
  expect((await taskfold(['schemas', 'register'], env)).code).toBe(0);
  const run = start(['run'], env);
  const fleet = [
    '--engines',
    '10',
    '--tasks',
    '30',
    '--rate',
    '200',
    '--seconds',
    '12',
    '--seed',
    '7',
    '--faults',
    '0.1',
  ];
  const simulated = taskfold(['simulate', ...fleet], env);
  let ended = false;
  void simulated.then(() => {
    ended = true;
  });
  const tasksNow = async () => {
    const { stdout } = await taskfold(['tasks', '--json'], env);
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as TaskDocument]));
  };
  let meanwhile = 0;
  while (!ended) {
    // One that `why` can name is the task as it was at some moment, so it says of itself that the sums are right.
    for (const { internal_task_id } of (await tasksNow()).slice(0, 2)) {
      const { code, stderr } = await taskfold(['why', internal_task_id, '--json'], env);
      expect([code, stderr]).toEqual([0, '']);
      meanwhile += 1;
    }
  }
  expect((await simulated).code).toBe(0);
  expect(meanwhile).toBeGreaterThan(0);
  const settled = await taskfold(['verify', '--wait', '60'], env);
  expect(settled.code, settled.stdout + settled.stderr).toBe(0);

  const classes = new Map<string, number>();
  // Redis lists them in an order of its own; the seed is one whose first tasks by id meet every class.
  const tasks = (await tasksNow()).sort((a, b) => (a.internal_task_id < b.internal_task_id ? -1 : 1));
  expect(tasks).toHaveLength(30);
  // A process each: some of the tasks are enough.
  for (const task of tasks.slice(0, 12)) {
    const updates = updatesOf(await whyOf(env, task.internal_task_id));
    expect(sumsOf(updates)).toEqual(figures(task));
    for (const update of updates) {
      classes.set(update.class, (classes.get(update.class) ?? 0) + 1);
      // What was dropped as told before was told before, and the fleet's records say where.
      if (update.class === 'duplicate' || update.class === 'stale') {
        expect(update.covered_by).toBeLessThan(update.offset);
      }
    }
  }
  for (const updateClass of ['first', 'next', 'supersede', 'duplicate', 'stale', 'rejected'] as const) {
    expect(classes.get(updateClass) ?? 0, updateClass).toBeGreaterThan(0);
  }

  // A reader that is slow gets all of it, too: the command waits with its end.
  const longest = tasks.reduce((most, task) => (task.updates.applied > most.updates.applied ? task : most));
  const slow = start(['why', longest.internal_task_id, '--json'], env);
  slow.child.stdout!.pause();
  await Promise.race([once(slow.child, 'exit'), sleep(4_000)]);
  slow.child.stdout!.resume();
  expect(sumsOf(explained((await slow.ended).stdout))).toEqual(figures(longest));
  run.child.kill('SIGTERM');
  expect((await run.ended).code).toBe(0);
});
