// The local stack itself: what up, down, and the handles for tests promise.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { down, startStack, status, up } from '../../deploy/stack/stack.mjs';
import { ownName, privateStack, sharedEnv } from '../support/stack.ts';

const cli = join(import.meta.dirname, '../../deploy/stack/main.mjs');

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskfold-stack-test-'));
  onTestFinished(async () => {
    await down({ data: folder });
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function client(url: string): Redis {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function registerSchema(registryUrl: string, subject: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify({ type: 'record', name: 'Probe', fields: [] }) }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { id: number }).id;
}

test('the shared Kafka takes transactions, the registry schemas, and Redis never evicts', async () => {
  const env = sharedEnv();
  const kafka = new Kafka({ brokers: [env.KAFKA_BROKERS], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const topic = ownName('stack');
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ partition: 1, value: 'one' }] });
  await transaction.commit();
  // The record and the transaction's end mark, which the broker writes shortly after it says that all is committed.
  await expect
    .poll(async () => (await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 1)?.offset)
    .toBe('2');

  expect(await registerSchema(env.SCHEMA_REGISTRY_URL, topic)).toBeGreaterThan(0);
  const redis = client(env.REDIS_URL);
  expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
});

test('a registry that was killed comes back on its port and still knows the ids it gave', async () => {
  const stack = await privateStack({ services: ['registry'] });
  const url = stack.registry.url;
  const id = await registerSchema(url, 'probe');
  await stack.registry.kill();
  await expect(fetch(`${url}/subjects`)).rejects.toThrow();
  await stack.registry.start();
  expect(stack.registry.url).toBe(url);
  const response = await fetch(`${url}/schemas/ids/${id}`);
  expect(response.status).toBe(200);
});

test('Redis comes back with its state after a stop, without it after a kill, and a second one is apart', async () => {
  const stack = await privateStack({ services: ['redis'] });
  const second = await stack.startRedis();
  expect(second.url).not.toBe(stack.redis.url);

  await client(stack.redis.url).set('kept', 'yes');
  await stack.redis.restart();
  expect(await client(stack.redis.url).get('kept')).toBe('yes');
  expect(await client(second.url).get('kept')).toBeNull();

  await client(stack.redis.url).set('lost', 'yes');
  await stack.redis.kill();
  await stack.redis.start();
  expect(await client(stack.redis.url).mget('kept', 'lost')).toEqual(['yes', null]);
});

test('a paused service keeps its connections and answers nothing until it is resumed', async () => {
  const stack = await privateStack({ services: ['redis'] });
  const redis = client(stack.redis.url);
  await redis.ping();
  stack.redis.pause();
  const answer = redis.ping();
  expect(await Promise.race([answer, sleep(300, 'nothing')])).toBe('nothing');
  expect((await status({ data: stack.data })).redis?.state).toBe('silent');
  stack.redis.resume();
  expect(await answer).toBe('PONG');
});

test('up repairs what has died and leaves alone what runs', async () => {
  const data = temporaryFolder();
  const first = await up({ data, services: ['redis'] });
  expect(first.started).toBe(true);
  const before = (await status({ data })).redis;
  expect(await up({ data, services: ['redis'] })).toEqual({ started: false, env: first.env });
  expect((await status({ data })).redis).toEqual(before);

  process.kill(before?.pid ?? 0, 'SIGKILL');
  await expect.poll(async () => (await status({ data })).redis?.state).toBe('down');
  expect(await up({ data, services: ['redis'] })).toEqual({ started: true, env: first.env });
  expect((await status({ data })).redis?.state).toBe('up');
});

test('two ups at once start each service once', async () => {
  const data = temporaryFolder();
  const outcomes = await Promise.all([up({ data, services: ['redis'] }), up({ data, services: ['redis'] })]);
  expect(outcomes.map(({ started }) => started).sort()).toEqual([false, true]);
  expect(outcomes[0].env).toEqual(outcomes[1].env);
});

test('down never ends a stranger that has the pid of a service which ended before', async () => {
  const data = temporaryFolder();
  await up({ data, services: ['redis'] });
  await down({ data });
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  const file = join(data, 'redis', 'service.json');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...record, process: { ...record.process, pid: stranger.pid } }));
  expect(await down({ data })).toEqual([]);
  expect(stranger.exitCode).toBeNull();
});

test('when the owner of a stack is killed, its services end and its folder goes', async () => {
  const program = `
    const { startStack } = await import(${JSON.stringify(join(import.meta.dirname, '../../deploy/stack/stack.mjs'))});
    const stack = await startStack({ services: ['redis'] });
    console.log(JSON.stringify({ data: stack.data, port: stack.redis.url.split(':').at(-1) }));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => owner.stdout.once('data', (chunk) => resolve(String(chunk))));
  const { data, port } = JSON.parse(line) as { data: string; port: string };
  expect(existsSync(data)).toBe(true);
  owner.kill('SIGKILL');
  await expect.poll(() => existsSync(data), { timeout: 15_000 }).toBe(false);
  await expect.poll(() => refuses(Number(port))).toBe(true);
});

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

test('status says what is missing with exit code 1, and --json keeps standard output to one line', () => {
  const data = temporaryFolder();
  const asked = spawnSync(process.execPath, [cli, 'status', '--json', '--data', data], { encoding: 'utf8' });
  expect(asked.status).toBe(1);
  expect(JSON.parse(asked.stdout)).toEqual({
    services: { kafka: { state: 'absent' }, registry: { state: 'absent' }, redis: { state: 'absent' } },
  });
  expect(execFileSync(process.execPath, [cli, '--help'], { encoding: 'utf8' })).toContain('--no-install');
  expect(spawnSync(process.execPath, [cli, 'sideways']).status).toBe(2);
});

test('without Java, Maven and Redis and with --no-install, one line names all three and how to get them', () => {
  const empty = temporaryFolder();
  const asked = spawnSync(process.execPath, [cli, 'up', '--no-install', '--data', join(empty, 'data')], {
    encoding: 'utf8',
    env: { PATH: empty, HOME: empty },
  });
  expect(asked.status).toBe(1);
  expect(asked.stderr.trim().split('\n')).toHaveLength(1);
  expect(asked.stderr).toMatch(/Java 17 or newer.*Maven.*redis-server.*missing.*apt-get install.*brew install/);
});

test('a service that cannot start says why, and leaves nothing running', async () => {
  const data = temporaryFolder();
  await up({ data, services: ['redis'] });
  await down({ data });
  writeFileSync(join(data, 'redis', 'data', 'dump.rdb'), 'no snapshot');
  await expect(startStack({ data, services: ['redis'] })).rejects.toThrow(/Redis ended while starting; .*log/s);
  expect((await status({ data })).redis?.state).toBe('down');
});
