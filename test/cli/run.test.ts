// `taskfold run` on real services, and what status, task and tasks show of it.
import { expect, test } from 'vitest';
import { adminClient, ownNames, publish, withTopics } from './own-names.ts';
import { type Env, start, taskfold, until } from './taskfold.ts';

const NOBODY = '127.0.0.1:9';
const TOKEN = 'credential-4711';

interface Status {
  readonly fleet: { readonly tasks: number; readonly updates: Record<string, number> };
  readonly partitions: {
    readonly partition: number;
    readonly condition: string;
    readonly watermark: number;
    readonly emitted: number;
    readonly lag: number;
    readonly owner: string;
  }[];
}

async function statusOf(env: Env): Promise<Status> {
  return JSON.parse((await taskfold(['status', '--json'], env)).stdout) as Status;
}

const UPDATES = [
  {
    internal_task_id: 't1',
    internal_job_id: 'j1',
    task_status: 'running',
    error_count: 1,
    processed_stats: { processed_bytes: 5 },
  },
  {
    internal_task_id: 't1',
    error_count: 2,
    inputs: [{ id: 'in', processed_count: 3 }],
    processed_stats: { processed_bytes: 7 },
  },
  { internal_task_id: 't2', task_status: 'failed', failure_reason: 'api' },
  {
    internal_task_id: 't3',
    task_status: 'running',
    create_jobs_action: [{ base_internal_job_id: 'base', payload_json: '{}', token: TOKEN }],
  },
];

test('updates are folded, shown by status, task and tasks, and SIGTERM drains to C = W with exit 0; no token shows anywhere', async () => {
  const names = await withTopics('run', 3);
  const { env } = names;
  const run = start(['run', '--json', '--log-level', 'debug', '--observe-listen', '0'], env);
  await publish(names, UPDATES);
  let status = await statusOf(env);
  // A tick of an idle partition waits for a moment like any record.
  await until('4 updates folded, and nothing waits', 30_000, async () => {
    status = await statusOf(env);
    return status.fleet?.updates.received === 4 && status.partitions.every(({ lag }) => lag === 0);
  });
  expect(status.fleet).toMatchObject({ tasks: 3, updates: { received: 4, applied: 4 } });
  expect(status.partitions).toHaveLength(3);
  for (const { condition, lag, owner } of status.partitions) {
    expect([condition, lag]).toEqual(['running', 0]);
    expect(owner).toContain(`:${run.child.pid}`);
  }
  const text = await taskfold(['status'], env);
  expect(text.stdout).toMatch(/tasks +3 \(2 running, 1 failed\)/);

  const task = await taskfold(['task', 't1', '--json'], env);
  expect(JSON.parse(task.stdout)).toMatchObject({
    internal_task_id: 't1',
    internal_job_id: 'j1',
    task_status: 'running',
    error_count: 3,
    processed_stats: { processed_bytes: 12 },
    inputs: [{ id: 'in', processed_count: 3 }],
    updates: { applied: 2, duplicate: 0, stale: 0, rejected: 0 },
    source: { topic: names.input },
  });
  expect(JSON.parse(task.stdout)).not.toHaveProperty('outputs');
  expect((await taskfold(['task', 't1'], env)).stdout).toMatch(/error_count +3\n/);
  const missing = await taskfold(['task', 'nobody'], env);
  expect([missing.code, missing.stdout]).toEqual([1, '']);
  expect(missing.stderr).toContain('there is no task "nobody"');

  const tasks = await taskfold(['tasks', '--json'], env);
  const ids = tasks.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { internal_task_id: string }).internal_task_id);
  expect(ids.sort()).toEqual(['t1', 't2', 't3']);
  const failed = await taskfold(['tasks', '--status', 'failed'], env);
  expect(failed.stdout.trim().split('\n')).toHaveLength(1);
  expect((await taskfold(['tasks', '--limit', '2'], env)).stdout.trim().split('\n')).toHaveLength(2);

  const [, url] = /"url":"([^"]+)"/.exec(run.output().stderr) ?? [];
  const watched = await Promise.all(['/metrics', '/readyz'].map(async (path) => (await fetch(url + path)).text()));
  expect(watched[0]).toContain('taskfold_notices_total{kind="job_creation"} 1\n');

  const began = Date.now();
  run.child.kill('SIGTERM');
  const { code, stdout, stderr } = await run.ended;
  expect(code).toBe(0);
  expect(Date.now() - began).toBeLessThan(10_000);
  // The events: t1's error episode, t2's failure, t3's job.
  expect(JSON.parse(stdout)).toMatchObject({ records: 4, messages: 3 });
  expect(stderr).toContain('"event":"drained"');
  for (const { watermark, emitted } of (await statusOf(env)).partitions) expect(emitted).toBe(watermark);
  const all = [stdout, stderr, text.stdout, task.stdout, tasks.stdout, ...watched].join('\n');
  expect(all).not.toContain(TOKEN);
});

test("an input topic whose log time is its senders' ends it with exit 1, and the command that alters it", async () => {
  const { env, input } = await withTopics('times', 1);
  const admin = await adminClient();
  const configEntries = [{ name: 'message.timestamp.type', value: 'CreateTime' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: input, configEntries }] });
  const { code, stderr } = await taskfold(['run'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`topic ${input}: message.timestamp.type is CreateTime, and has to be LogAppendTime`);
  expect(stderr).toContain(`--entity-name ${input} --add-config message.timestamp.type=LogAppendTime`);
});

test('missing topics end it with exit 1, their names and the cure', async () => {
  const { env, input, group } = ownNames('no-topics');
  const { code, stderr } = await taskfold(['run'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`missing: ${input}, `);
  expect(stderr).toContain(`${group}.schemas`);
  expect(stderr).toContain('taskfold topics create');
});

test('a service that is away is waited for, said once and not every second; a signal meanwhile ends it with 0', async () => {
  const { env } = ownNames('waiting');
  const run = start(['run'], { ...env, REDIS_URL: `redis://:geheim@${NOBODY}` });
  await until('it says what it waits for', 15_000, () => run.output().stderr.includes('service_waiting'));
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  run.child.kill('SIGTERM');
  const { code, stderr } = await run.ended;
  expect(code).toBe(0);
  const lines = stderr.split('\n').filter((line) => line.includes('service_waiting'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'warn',
    service: 'redis',
    reason: `Redis does not answer at ${NOBODY} (ECONNREFUSED)`,
  });
  expect(stderr).not.toContain('geheim');
});

test('a second signal ends it at once, with the code of the signal', async () => {
  const { env } = await withTopics('twice');
  const run = start(['run'], env);
  await until('it runs', 20_000, () => run.output().stderr.includes('"event":"partition_running"'));
  run.child.kill('SIGTERM');
  await until('it drains', 5_000, () => run.output().stderr.includes('"event":"draining"'));
  run.child.kill('SIGTERM');
  expect((await run.ended).code).toBe(143);
});

test('status of an input topic that does not exist says so, and exits 1', async () => {
  const { env, input } = ownNames('nowhere');
  const { code, stderr } = await taskfold(['status'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`there is no topic ${input}`);
});

test('status without Kafka shows what Redis has, says so, and exits 3', async () => {
  const { env } = ownNames('half');
  const { code, stdout, stderr } = await taskfold(['status', '--json'], { ...env, KAFKA_BROKERS: NOBODY });
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ kafka: 'away', fleet: null, partitions: [] });
  expect(stderr).toContain(`Kafka does not answer at ${NOBODY}`);
});
