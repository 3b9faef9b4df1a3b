// `taskfold topics create` on a real broker: what is missing is made as the topology says, what exists is left alone.
import { expect, test } from 'vitest';
import { adminClient, ownNames } from './own-names.ts';
import { taskfold } from './taskfold.ts';

interface Report {
  readonly topics: {
    readonly topic: string;
    readonly state: string;
    readonly partitions: number;
    readonly configs: Record<string, string>;
    readonly differences: { readonly what: string; readonly weight: string; readonly cure: string }[];
  }[];
}

const INPUT_BYTES = 983_040 + 65_536;

test('all six topics are made: log time by the broker, room for copies, verdicts and replays for ever; a second time nothing changes', async () => {
  const { env, input, group, failures, jobs, rejects } = ownNames('create', 3);
  const first = await taskfold(['topics', 'create', '--json'], env);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const { topics } = JSON.parse(first.stdout) as Report;
  expect(topics.map(({ topic, state, partitions }) => [topic, state, partitions])).toEqual([
    [input, 'created', 3],
    [failures, 'created', 3],
    [jobs, 'created', 3],
    [rejects, 'created', 3],
    [`${group}.schemas`, 'created', 1],
    [`${group}.replays`, 'created', 1],
  ]);
  const week = String(7 * 24 * 3_600_000);
  expect(topics[0]?.configs).toEqual({
    'cleanup.policy': 'delete',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(INPUT_BYTES),
    'retention.ms': week,
  });
  for (const outgoing of topics.slice(1, 4)) {
    expect(outgoing.configs).toMatchObject({ 'max.message.bytes': String(INPUT_BYTES + 65_536), 'retention.ms': week });
  }
  for (const kept of topics.slice(4)) {
    expect(kept.configs).toMatchObject({ 'retention.ms': '-1', 'retention.bytes': '-1' });
  }

  const again = await taskfold(['topics', 'create', '--json'], env);
  expect(again.code).toBe(0);
  const later = (JSON.parse(again.stdout) as Report).topics;
  expect(later.every(({ state, differences }) => state === 'exists' && differences.length === 0)).toBe(true);
});

test('--dry-run makes nothing, says what is missing and exits 1', async () => {
  const { env, input } = ownNames('dry');
  const { code, stdout } = await taskfold(['topics', 'create', '--dry-run'], env);
  expect(code).toBe(1);
  expect(stdout).toContain(`missing  ${input}  partitions=2`);
  const topics = await (await adminClient()).listTopics();
  expect(topics).not.toContain(input);
});

test('a topic without log time is left as it is, named as wrong with the command that mends it, exit 1', async () => {
  const { env, input } = ownNames('wrong');
  const admin = await adminClient();
  const configEntries = [{ name: 'max.message.bytes', value: '100000' }];
  await admin.createTopics({ topics: [{ topic: input, numPartitions: 2, configEntries }] });
  const { code, stdout } = await taskfold(['topics', 'create'], env);
  expect(code).toBe(1);
  expect(stdout).toContain('WRONG: message.timestamp.type is CreateTime, wanted LogAppendTime');
  expect(stdout).toContain(`--entity-name ${input} --add-config message.timestamp.type=LogAppendTime`);
  expect(stdout).toContain(`WRONG: max.message.bytes is 100000, wanted ${INPUT_BYTES}`);
  const again = await taskfold(['topics', 'create', '--json'], env);
  const [report] = (JSON.parse(again.stdout) as Report).topics;
  expect(report?.configs['message.timestamp.type']).toBe('CreateTime');
});

test("another number of partitions and another retention are the operator's choice: told, exit 0; outputs follow the input", async () => {
  const { env, input } = ownNames('choice', 2);
  const admin = await adminClient();
  const configEntries = [
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    { name: 'max.message.bytes', value: String(INPUT_BYTES + 1) },
    { name: 'retention.ms', value: '3600000' },
  ];
  await admin.createTopics({ topics: [{ topic: input, numPartitions: 5, configEntries }] });
  const { code, stdout } = await taskfold(['topics', 'create', '--json'], env);
  const { topics } = JSON.parse(stdout) as Report;
  expect(topics[0]?.differences.map(({ what, weight }) => [what, weight])).toEqual([
    ['partitions', 'other'],
    ['retention.ms', 'other'],
  ]);
  expect(topics.map(({ partitions }) => partitions)).toEqual([5, 5, 5, 5, 1, 1]);
  expect(code).toBe(0);
});

test('more copies than brokers: refused with the setting to change', async () => {
  const { env } = ownNames('copies');
  const { code, stderr } = await taskfold(['topics', 'create', '--replication-factor', '3'], env);
  expect(code).toBe(1);
  expect(stderr).toContain('Kafka refuses to create');
  expect(stderr).toContain('TASKFOLD_REPLICATION_FACTOR');
});
