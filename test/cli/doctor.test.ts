// `taskfold doctor` on real services: nothing to say of a sound set-up; each thing that is broken on purpose is named with the
// command that mends it.

import type { ITopicConfig } from 'kafkajs';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { grantCommand, neededRights } from '../../src/cli/doctor/kafka-rights.ts';
import { createTopics } from '../../src/kafka/create-topics.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { neededAclRules } from '../../src/redis/needed-rights.ts';
import { topologyOf } from '../../src/topology.ts';
import { postToRegistry } from '../support/clients.ts';
import { grantAtKafka } from '../support/needed-rights.ts';
import { kafkaLogin, RESTRICTED } from '../support/security.ts';
import { ownName, privateStack, type ServiceEnv, sharedEnv, sharedSecurity } from '../support/stack.ts';
import { type Environment, taskfold, taskfoldJson } from '../support/taskfold-process.ts';
import { adminClient } from './own-names.ts';

interface Found {
  readonly checks: { about: string; check: string; state: string; message: string; cure?: string }[];
  readonly counts: Record<'ok' | 'warn' | 'fail' | 'away', number>;
}

function names(about: string, services: ServiceEnv = sharedEnv()) {
  const name = ownName(about);
  const env = {
    ...services,
    TASKFOLD_INPUT_TOPIC: `${name}.status`,
    TASKFOLD_GROUP: name,
    TASKFOLD_FAILURES_TOPIC: `${name}.failures`,
    TASKFOLD_JOB_CREATIONS_TOPIC: `${name}.jobs`,
    TASKFOLD_REJECTS_TOPIC: `${name}.rejects`,
    TASKFOLD_REDIS_PREFIX: name,
    TASKFOLD_PARTITIONS: '2',
  };
  const topology = topologyOf({
    inputTopic: env.TASKFOLD_INPUT_TOPIC,
    group: name,
    failuresTopic: env.TASKFOLD_FAILURES_TOPIC,
    jobCreationsTopic: env.TASKFOLD_JOB_CREATIONS_TOPIC,
    rejectsTopic: env.TASKFOLD_REJECTS_TOPIC,
  });
  return { name, env, topology };
}

async function doctor(env: Environment): Promise<Found & { code: number | null; bad: string[] }> {
  const { code, stdout, stderr } = await taskfold(['doctor', '--json'], env);
  if (stdout === '') throw new Error(`doctor says: ${stderr}`);
  const found = JSON.parse(stdout) as Found;
  const bad = found.checks
    .filter(({ state }) => state !== 'ok')
    .map(({ about, check, state, message, cure }) => `${state} ${about} ${check}: ${message} | ${cure}`);
  return { ...found, code, bad };
}

async function setUp(env: Environment): Promise<void> {
  await taskfoldJson(['topics', 'create'], env);
  await taskfoldJson(['schemas', 'register'], env);
}

test('a sound set-up: every line says ok, and it exits 0', async () => {
  const { env } = names('sound');
  await setUp(env);
  const { code, bad, counts } = await doctor(env);
  expect(bad).toEqual([]);
  expect(code).toBe(0);
  expect(counts.ok).toBeGreaterThan(15);
  const { stdout } = await taskfold(['doctor'], env);
  expect(stdout).toMatch(/^ok {4}kafka {5}topic_setting .*LogAppendTime/m);
  expect(stdout).toMatch(
    /^ok {4}redis {5}persistence .*snapshots: a crash takes the last 1 h at most; the input reaches back 7 d$/m,
  );
  expect(stdout).toContain('0 failed, 0 services away');
});

test('services that are away: exit 3, each with its setting, and nothing else of them', async () => {
  const nobody = '127.0.0.1:9';
  const { code, bad, counts } = await doctor({
    KAFKA_BROKERS: nobody,
    SCHEMA_REGISTRY_URL: `http://${nobody}`,
    REDIS_URL: `redis://${nobody}`,
  });
  expect(code).toBe(3);
  expect(counts).toMatchObject({ away: 3, fail: 0 });
  expect(bad.join('\n')).toMatch(/away kafka .*ECONNREFUSED.*KAFKA_BROKERS.*registry.*SCHEMA_REGISTRY_URL.*REDIS_URL/s);
});

test('topics that are missing or wrong, schemas that do not fit: exit 1, each with its cure', async () => {
  const { env, topology } = names('broken');
  const admin = await adminClient();
  const topic = (name: string, partitions: number, configs: Record<string, string>): ITopicConfig => ({
    topic: name,
    numPartitions: partitions,
    configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  });
  await createTopics(admin, [
    topic(topology.input.topic, 2, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '3600000' }),
    topic(topology.failures.topic, 3, { 'max.message.bytes': '70000' }),
    topic(topology.jobCreations.topic, 2, {
      'cleanup.policy': 'compact',
      'max.message.bytes': '2000000',
      'min.insync.replicas': '2',
    }),
    topic(topology.verdicts.topic, 1, { 'retention.ms': '3600000' }),
  ]);
  const register = (subject: string, schema: object) =>
    postToRegistry(env, `/subjects/${subject}/versions`, { schema: JSON.stringify(schema) });
  await register(topology.input.schema!.subject, {
    type: 'record',
    name: 'Odd',
    fields: [
      { name: 'internal_task_id', type: 'string' },
      { name: 'retry_count', type: 'string' },
    ],
  });
  await register(topology.failures.schema!.subject, {
    type: 'record',
    name: 'Somebodys',
    fields: [{ name: 'other', type: 'string' }],
  });
  // Apicurio takes whatever comes unless it is told not to.
  const url = `${env.SCHEMA_REGISTRY_URL}/config/${topology.failures.schema!.subject}`;
  const set = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'FULL' }),
  });
  expect(set.status).toBe(200);

  const { code, bad } = await doctor(env);
  expect(code).toBe(1);
  const { input, failures, jobCreations, rejects, verdicts } = topology;
  const alter = (name: string, setting: string) => `--entity-name ${name} --add-config ${setting}`;
  for (const [what, cure] of [
    [
      `fail kafka topic_setting: topic ${input.topic}: message.timestamp.type is CreateTime`,
      alter(input.topic, 'message.timestamp.type=LogAppendTime'),
    ],
    [
      `fail kafka topic_setting: topic ${failures.topic}: max.message.bytes is 70000`,
      alter(failures.topic, 'max.message.bytes='),
    ],
    [`warn kafka topic_setting: topic ${failures.topic}: partitions is 3`, ''],
    [
      `fail kafka topic_setting: topic ${jobCreations.topic}: cleanup.policy is compact`,
      alter(jobCreations.topic, 'cleanup.policy=delete'),
    ],
    [
      `fail kafka min_insync: topic ${jobCreations.topic}: min.insync.replicas is 2, but a partition has 1`,
      alter(jobCreations.topic, 'min.insync.replicas=1'),
    ],
    [
      `fail kafka topic_setting: topic ${verdicts.topic}: retention.ms is 3600000`,
      alter(verdicts.topic, 'retention.ms=-1'),
    ],
    [`fail kafka topic: topic ${rejects.topic}: there is none`, 'taskfold topics create'],
    [`fail registry writer_schema: ${input.topic}-value: version 1`, 'schemas/task-status.avsc'],
    [`fail registry schema: ${failures.topic}-value: the registry refuses our schema`, 'choose another topic'],
    [`warn registry schema: ${rejects.topic}-value: our schema is not registered yet`, 'taskfold schemas register'],
    // One hour of snapshots against one hour of the log.
    ['fail redis persistence: ', 'CONFIG SET appendonly yes'],
  ] as const) {
    const line = bad.find((text) => text.startsWith(what));
    expect(line, `${what} in\n${bad.join('\n')}`).toBeDefined();
    expect(line).toContain(cure);
  }
});

describe('Redis', () => {
  test('that may evict, that keeps nothing, and that is nearly full', async () => {
    const { redis } = await privateStack({ services: ['redis'] });
    const { env } = names('odd-redis', { ...sharedEnv(), REDIS_URL: redis.url });
    await setUp(env);
    const connection = connectRedis(redis.url);
    onTestFinished(() => connection.close());
    await connection.ready(5_000);
    const { client } = connection;
    for (const [name, value] of Object.entries({ 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb', save: '' })) {
      await client.config('SET', name, value);
    }
    const first = await doctor(env);
    expect(first.code).toBe(1);
    expect(first.bad).toEqual([
      expect.stringMatching(/^fail redis server: .*allkeys-lru.*\| redis-cli CONFIG SET maxmemory-policy noeviction/),
      expect.stringMatching(
        /^fail redis persistence: .*writes nothing to disk.*\| redis-cli CONFIG SET appendonly yes/,
      ),
    ]);
    // The cures, as they are written.
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await client.config('SET', 'appendonly', 'yes');
    await client.config('SET', 'maxmemory', '1100000');
    const second = await doctor(env);
    expect(second.bad.filter((line) => line.startsWith('fail'))).toEqual([]);
    expect(second.bad).toEqual([expect.stringMatching(/^warn redis memory: .*are used.*CONFIG SET maxmemory/)]);
    expect(second.code).toBe(0);
  });

  test('where our user lacks commands, or keys: the ACL rule that is named mends it', async () => {
    const { env, name } = names('narrow');
    await setUp(env);
    const admin = connectRedis(env.REDIS_URL!);
    onTestFinished(() => admin.close());
    await admin.ready(5_000);
    const needed = neededAclRules(name, name);
    await admin.client.call('ACL', 'SETUSER', name, 'on', '>secret', ...needed, '-xadd', '-del');
    onTestFinished(() => void admin.client.call('ACL', 'DELUSER', name));
    const own = { ...env, REDIS_USERNAME: name, REDIS_PASSWORD: 'secret' };
    const { code, bad } = await doctor(own);
    expect(code).toBe(1);
    expect(bad).toEqual([
      expect.stringMatching(/^fail redis rights: our Redis user may not run XADD, DEL \| redis-cli ACL SETUSER/),
    ]);
    const rules = /ACL SETUSER \S+ (.*)$/.exec(bad[0]!)![1]!;
    await admin.client.call('ACL', 'SETUSER', name, ...rules.split(' '));
    const mended = await doctor(own);
    expect(mended.bad).toEqual([]);
    expect(mended.code).toBe(0);
  });
});

test("Kafka's user without rights: each that is missing is named with the command that grants it, and these are enough", async () => {
  const { env, topology } = names('unknown-user');
  await setUp(env);
  const own = { ...env, ...kafkaLogin(await sharedSecurity(), inject('kafkaPorts').loginPort!, RESTRICTED) };
  const stranger = await doctor(own);
  expect(stranger.code, stranger.bad.join('\n')).toBe(1);
  const rights = neededRights(topology);
  const said = stranger.bad.join('\n');
  for (const right of rights) expect(said).toContain(grantCommand(right, RESTRICTED));
  // Reading alone: what is missing is told one by one.
  const reading = rights.map((right) => ({ ...right, operations: right.operations.filter((one) => one !== 'Write') }));
  await grantAtKafka(sharedEnv(), reading, RESTRICTED);
  await expect
    .poll(async () => (await doctor(own)).bad, { timeout: 20_000 })
    .toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          new RegExp(`^fail kafka rights: our Kafka user lacks Write on the topic ${topology.input.topic}`),
        ),
        expect.stringMatching(/^fail kafka rights: our Kafka user may begin no transaction/),
      ]),
    );
  await grantAtKafka(sharedEnv(), rights, RESTRICTED);
  const mended = await doctor(own);
  // What it may not ask is told, and is no failure.
  expect(mended.bad).toEqual([expect.stringMatching(/^warn kafka broker_setting: .*DescribeConfigs --cluster/)]);
  expect(mended.code).toBe(0);
});
