// `taskfold rejects` on real services: what is shown of a rejected record and what is not, which are replayed, and where
// replays end.
import { expect, test } from 'vitest';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { headerText } from '../../src/pipeline/source-header.ts';
import { ownName } from '../support/stack.ts';
import { adminClient, kafkaClient, type OwnNames, publish, withTopics } from './own-names.ts';
import { start, taskfold, until } from './taskfold.ts';

const LIMIT = 2 ** 53 - 2;

interface Line {
  readonly id: string;
  readonly reject: string;
  readonly source: string;
  readonly reason: string;
  readonly form: string;
  readonly internal_task_id?: string;
  readonly replayed_at?: number;
}

async function list(names: OwnNames, ...options: string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await taskfold(['rejects', 'list', '--json', ...options], names.env);
  expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

async function replay(names: OwnNames, ...options: string[]) {
  const { code, stdout, stderr } = await taskfold(['rejects', 'replay', '--json', '--yes', ...options], names.env);
  expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as { replayed: number; by_reason: Record<string, object> };
}

const isRejected = (names: OwnNames, count: number) => async () => {
  let found = 0;
  for await (const { records } of readTopic(kafkaClient(), { topic: names.rejects })) found += records.length;
  return found >= count;
};

test('a token is masked, bytes are never shown, and a record is found by each of its names', async () => {
  const names = await withTopics('show', 1);
  const token = ownName('token');
  const jobs = [{ base_internal_job_id: 'base', payload_json: '{"a":1}', token }];
  await publish(names, [{ internal_task_id: 'a', retry_count: -1, create_jobs_action: jobs }, { retry_count: 7 }]);
  const run = start(['run'], names.env);
  await until('both are rejected', 30_000, isRejected(names, 2));
  run.child.kill('SIGTERM');
  await run.ended;

  const lines = await list(names);
  expect(lines).toMatchObject([
    { source: `${names.input}/0/0`, reason: 'negative_number', form: 'pointer', internal_task_id: 'a' },
    { source: `${names.input}/0/1`, reason: 'internal_task_id_missing', form: 'copy' },
  ]);
  expect(await list(names, '--reason', 'internal_task_id_missing')).toEqual([lines[1]]);
  expect(await list(names, '--task', 'a')).toEqual([lines[0]]);
  expect(await list(names, '--since', '2100-01-01')).toEqual([]);
  expect(await list(names, '--partition', '1')).toEqual([]);

  const [first] = lines;
  const shown = await Promise.all(
    [first!.id, first!.reject, first!.source].map((name) => taskfold(['rejects', 'show', name, '--json'], names.env)),
  );
  const [one, two, three] = shown.map(({ stdout }) => JSON.parse(stdout) as object);
  expect(one).toMatchObject({
    ...first,
    record: {
      key: 'a',
      replays: 0,
      update: {
        internal_task_id: 'a',
        retry_count: -1,
        create_jobs_action: [{ payload_json: '{"a":1}', token: '***' }],
      },
    },
    now: { outlook: 'rejected_again', reason: 'negative_number' },
  });
  expect([two, three]).toEqual([one, one]);
  const text = await taskfold(['rejects', 'show', first!.id], names.env);
  expect(text.stdout).toContain('now       rejected_again: negative_number');
  for (const { stdout, stderr } of [...shown, text]) expect(stdout + stderr).not.toContain(token);

  // A pointer leads to its record as long as the input has it.
  const admin = await adminClient();
  await admin.fetchTopicMetadata({ topics: [names.input] });
  await admin.deleteTopicRecords({ topic: names.input, partitions: [{ partition: 0, offset: '1' }] });
  const gone = await taskfold(['rejects', 'show', first!.id, '--json'], names.env);
  expect(JSON.parse(gone.stdout)).toMatchObject({ ...first, now: { outlook: 'gone' } });
});

test('what the state of its task rejects is tried only by name, and not for ever', async () => {
  const names = await withTopics('guard', 1);
  await publish(names, [
    { internal_task_id: 'a', retry_count: LIMIT },
    { internal_task_id: 'a', retry_count: 1 },
  ]);
  const run = start(['run'], names.env);
  await until('it is rejected', 30_000, isRejected(names, 1));
  expect(await replay(names)).toMatchObject({ replayed: 0, by_reason: { sum_out_of_range: { state_decides: 1 } } });

  const options = ['--reason', 'sum_out_of_range', '--replays-max', '2'];
  for (const times of [1, 2]) {
    expect(await replay(names, ...options)).toMatchObject({ replayed: 1 });
    await until('it is rejected again', 30_000, isRejected(names, times + 1));
  }
  expect(await replay(names, ...options)).toMatchObject({
    replayed: 0,
    by_reason: { sum_out_of_range: { replayed: 2, replayed_too_often: 1 } },
  });
  run.child.kill('SIGTERM');
  await run.ended;

  // Each copy says how often it was replayed, from which reject, and where the record lay first.
  const marks: (string | undefined)[][] = [];
  for await (const { records } of readTopic(kafkaClient(), { topic: names.input })) {
    for (const { headers } of records) {
      // What was published has no such header, and neither have the ticks of the idle partition.
      if (headerText(headers, 'taskfold-replays') === undefined) continue;
      const texts = ['replays', 'replayed-from', 'first-source'].map((name) => headerText(headers, `taskfold-${name}`));
      expect(headerText(headers, 'taskfold-source')).toBeUndefined();
      marks.push(texts);
    }
  }
  const lines = await list(names);
  const first = `${names.input}/0/1`;
  expect(marks).toEqual([
    ['1', lines[0]!.reject, first],
    ['2', lines[1]!.reject, first],
  ]);
  expect(await list(names, '--pending')).toEqual([lines[2]]);
});

test('what is too large for its events is judged by the settings in force, and replayed once they allow it', async () => {
  const names = await withTopics('in-force', 1);
  const run = start(['run'], names.env);
  await publish(names, [{ internal_task_id: 'first' }]);
  await until('it is folded', 30_000, async () => (await taskfold(['task', 'first'], names.env)).code === 0);
  const set = async (bytes: number) => {
    const change = ['settings', 'set', `copy_bytes_max=${bytes}`, '--yes'];
    const { code, stderr } = await taskfold(change, names.env);
    expect(code, stderr).toBe(0);
  };
  await set(10_000);
  const create_jobs_action = [{ base_internal_job_id: 'base', payload_json: JSON.stringify('x'.repeat(20_000)) }];
  await publish(names, [{ internal_task_id: 'large', create_jobs_action }]);
  await until('it is rejected', 30_000, isRejected(names, 1));
  const stays = { too_large_to_copy: { 'rejected_again:too_large_to_copy': 1 } };
  expect(await replay(names)).toMatchObject({ replayed: 0, by_reason: stays });

  await set(30_000);
  expect(await replay(names)).toMatchObject({ replayed: 1, by_reason: { too_large_to_copy: { replayable: 1 } } });
  await until('it is folded', 30_000, async () => (await taskfold(['task', 'large'], names.env)).code === 0);
  run.child.kill('SIGTERM');
  await run.ended;
});

test('wrong use is named: an unknown reason, a name of nothing, nobody to ask', async () => {
  const names = await withTopics('use', 1);
  const { env } = names;
  const reason = await taskfold(['rejects', 'list', '--reason', 'no_such'], env);
  expect([reason.code, reason.stderr]).toEqual([
    2,
    expect.stringContaining('"no_such" is no reason: there are tombstone'),
  ]);
  const odd = await taskfold(['rejects', 'show', 'something'], env);
  expect([odd.code, odd.stderr]).toEqual([
    2,
    expect.stringContaining('neither <topic>/<partition>/<offset> nor a ce_id'),
  ]);
  const none = await taskfold(['rejects', 'show', `${names.rejects}/0/7`], env);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('there is no reject')]);
  const nothing = await taskfold(['rejects', 'replay'], env);
  expect([nothing.code, nothing.stdout]).toEqual([0, 'nothing to replay\n']);
});
