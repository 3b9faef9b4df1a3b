// `taskfold publish` on real services: JSON lines in, Avro records out, and clear words about lines that are none.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import { ownNames, withTopics } from './own-names.ts';
import { readUpdates } from './read-updates.ts';
import { start, taskfold, until } from './taskfold.ts';

const json = (...lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n');

/** What is not null, in the names of the contract. */
function told(update: object | null): unknown {
  return JSON.parse(JSON.stringify(update, (_key, value: unknown) => (value === null ? undefined : value)));
}

const SNAKE = {
  internal_task_id: 't1',
  internal_job_id: 'j1',
  engine_id: 'e1',
  work_request_id: 'w1',
  task_route_id: 'r1',
  timestamp: 1_700_000_005,
  prior_timestamp: 1_700_000_000,
  error_count: 1,
  retry_count: 0,
  error_details: '[{"id":"E1","msg":"no"}]',
  failure_reason: 'rate_limited',
  task_status: 'running',
  task_action: 'createJobs',
  create_jobs_action: [{ base_internal_job_id: 'b1', no_tdo: true, payload_json: '{"a":1}', token: 'secret-1' }],
  inputs: [{ id: 'i1', processed_count: 3, processed_total_count: 9 }],
  outputs: [{ id: 'o1', processed_count: 2 }],
  processed_stats: { processed_bytes: 5, processed_cpu_milliseconds: 7 },
  task_output: '{"done":true}',
};

describe('what a line may be', () => {
  test("the contract's names, the HTTP interface's names, and a whole EngineInstanceStatus", async () => {
    const names = await withTopics('publish', 4);
    const camel = {
      internalTaskID: 't2',
      internalJobID: 'j1',
      workRequestID: 'w1',
      taskStatus: 'complete',
      createJobsAction: [{ baseInternalJobID: 'b2', createTDODetail: { isPublic: true }, payloadJSON: { a: 1 } }],
      processedStats: { processedCPUMilliseconds: 4 },
      taskOutput: { done: true },
    };
    const envelope = {
      engineInstanceID: 'i1',
      hostID: 'h1',
      mode: 'processing',
      workRequestStatus: 'running',
      taskStatuses: [
        { internalTaskID: 't3', errorCount: 2 },
        { internalTaskID: 't4', taskStatus: 'running' },
      ],
    };
    const idle = { engineInstanceID: 'i1', mode: 'idle', taskStatuses: [] };
    const input = `${json(SNAKE, camel)}\r\n\n  \n${json(envelope, idle)}`;
    const ran = await taskfold(['publish', '--json'], names.env, input);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({ topic: names.input, lines: 6, published: 4, bad_lines: 0 });

    const found = await readUpdates(names.input);
    expect(new Map(found.map(({ key, update }) => [key, told(update)]))).toEqual(
      new Map<string, unknown>([
        ['t1', SNAKE],
        [
          't2',
          {
            internal_task_id: 't2',
            internal_job_id: 'j1',
            work_request_id: 'w1',
            task_status: 'complete',
            create_jobs_action: [
              { base_internal_job_id: 'b2', create_tdo_detail: { is_public: true }, payload_json: '{"a":1}' },
            ],
            processed_stats: { processed_cpu_milliseconds: 4 },
            task_output: '{"done":true}',
          },
        ],
        ['t3', { internal_task_id: 't3', error_count: 2 }],
        ['t4', { internal_task_id: 't4', task_status: 'running' }],
      ]),
    );
    for (const { key, partition } of found) expect(partition).toBe(homeOf(key!, 4));
  });

  test('an unknown symbol is sent as unrecognized, and said once', async () => {
    const names = await withTopics('symbols');
    const update = { internal_task_id: 't1', task_status: 'waiting', error_count: 3 };
    const { code, stderr } = await taskfold(['publish'], names.env, json(update, update));
    expect(code).toBe(0);
    expect(stderr).toBe('task_status "waiting" is not in the contract: sent as unrecognized\n');
    const [first] = await readUpdates(names.input);
    expect(told(first!.update)).toEqual({ internal_task_id: 't1', task_status: 'unrecognized', error_count: 3 });
  });

  test('a file is read as standard input is', async () => {
    const names = await withTopics('file');
    const folder = mkdtempSync(join(tmpdir(), 'taskfold-publish-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'updates.jsonl');
    const updates = Array.from({ length: 5_000 }, (_, i) => ({ internal_task_id: `t${i % 7}`, error_count: i }));
    writeFileSync(file, json(...updates));
    expect((await taskfold(['publish', file], names.env)).stdout).toBe(`published 5,000 updates to ${names.input}\n`);
    const found = await readUpdates(names.input);
    const counts = found.filter(({ key }) => key === 't3').map(({ update }) => update!.error_count);
    expect(counts).toEqual(updates.filter((each) => each.internal_task_id === 't3').map((each) => each.error_count));
    expect(found.length).toBe(5_000);
  });

  test('what comes slowly leaves at once, although the input stays open', async () => {
    const names = await withTopics('slow');
    const { child, ended } = start(['publish', '--json'], names.env);
    child.stdin!.write(`${json({ internal_task_id: 't1' })}\n`);
    await until('the first line is published', 20_000, async () => (await readUpdates(names.input)).length === 1);
    expect(child.exitCode).toBe(null);
    child.stdin!.end(json({ internal_task_id: 't2' }));
    const { code, stdout } = await ended;
    expect([code, JSON.parse(stdout).published]).toEqual([0, 2]);
  });

  test('the keys and partitions of engines that do it wrong can be had', async () => {
    const names = await withTopics('keys', 4);
    const updates = Array.from({ length: 8 }, () => ({ internal_task_id: 't1' }));
    const run = async (...args: string[]) => (await taskfold(['publish', ...args], names.env, json(...updates))).code;
    expect(await run('--key', 'none')).toBe(0);
    const none = await readUpdates(names.input);
    expect(new Set(none.map(({ key }) => key))).toEqual(new Set([null]));
    expect(new Set(none.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
    expect(await run('--partition', '3')).toBe(0);
    const later = (await readUpdates(names.input)).filter(({ key }) => key === 't1');
    expect(later.map(({ partition }) => partition)).toEqual(Array(8).fill(3));
    expect(await run('--partition', '4')).toBe(2);
    expect(await run('--key', 'other')).toBe(2);
  });
});

describe('a line that is no update', () => {
  const GOOD = { internal_task_id: 'good', error_count: 1 };

  test('its number and field are said, never its value; what is before it is published, nothing after', async () => {
    const names = await withTopics('bad-line');
    const bad = { taskStatuses: [GOOD, { createJobsAction: [{ token: 'secret-text', noTDO: 'secret-text' }] }] };
    const ran = await taskfold(['publish', '--json'], names.env, json(GOOD, bad, GOOD));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('line 2: taskStatuses[1].createJobsAction[0].noTDO: true or false is wanted');
    expect(ran.stdout + ran.stderr).not.toContain('secret-text');
    expect(JSON.parse(ran.stdout)).toMatchObject({ published: 1, bad_lines: 1 });
    expect((await readUpdates(names.input)).length).toBe(1);
  });

  test('ends it at once, although the input stays open', async () => {
    const names = await withTopics('bad-line-open');
    const { child, ended } = start(['publish', '--json'], names.env);
    child.stdin!.write('nonsense\n');
    expect(await ended).toMatchObject({ code: 1 });
  });

  test('--keep-going tells each and publishes the rest, exit 1', async () => {
    const names = await withTopics('keep-going');
    const input = `${json(GOOD)}\nnonsense\n${json(GOOD)}\n{"x":1}\n${json(GOOD)}`;
    const { code, stdout, stderr } = await taskfold(['publish', '--keep-going', '--json'], names.env, input);
    expect(code).toBe(1);
    expect(stderr).toContain('line 2: this is no JSON\nline 4: x: TaskStatusDetail has no such field\n');
    expect(JSON.parse(stdout)).toMatchObject({ lines: 5, published: 3, bad_lines: 2 });
    expect((await readUpdates(names.input)).length).toBe(3);
  });

  test('a record that the broker refuses: said, exit 1', async () => {
    const names = await withTopics('too-large', 1);
    const large = { internal_task_id: 't1', task_output: 'x'.repeat(1_500_000) };
    const { code, stdout, stderr } = await taskfold(['publish', '--json'], names.env, json(GOOD, large));
    expect(code).toBe(1);
    expect(stderr).toContain('Of 2 records 1 were published, 1 were not');
    expect(JSON.parse(stdout)).toMatchObject({ lines: 2, published: 1, bad_lines: 0 });
  });
});

test('a missing file and a missing topic are told, each with its cure', async () => {
  const file = await taskfold(['publish', '/nowhere/updates.jsonl'], ownNames('no-file').env);
  expect([file.code, file.stderr.includes('/nowhere/updates.jsonl')]).toEqual([2, true]);
  const topic = await taskfold(['publish'], ownNames('no-topic').env, json({ internal_task_id: 't1' }));
  expect([topic.code, topic.stderr.includes('taskfold topics create')]).toEqual([1, true]);
});
