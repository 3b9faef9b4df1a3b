// Bad input on the real pipeline: of each record it is known what became of it, nothing is lost, every partition goes on,
// and the token of a job shows nowhere but where it came from and in the event that creates the job.

import { expect, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import type { InputRecord } from '../../src/pipeline/ports.ts';
import { scanAll } from '../../src/redis/masters.ts';
import type { RedisClient } from '../../src/redis/redis-target.ts';
import { readAll } from '../kafka/kafka-world.ts';
import { rawProducer } from '../kafka/raw-produce.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import type { Environment } from '../support/taskfold-process.ts';
import { type BadRecord, badRecords, idAt } from './bad-records.ts';
import { badWriters } from './bad-writers.ts';
import { Deployment } from './deployment.ts';
import { appendRaw, plainKafka, type RawRecord } from './raw-records.ts';
import { decoded, type ReceivedEvent, readCommitted } from './subscriber.ts';

const PARTITIONS = 3;

test('each kind of bad record is applied, re-routed or rejected by its name, with its bytes; its partition goes on, and no token shows', async () => {
  const deployment = await Deployment.create('bad', sharedEnv(), {
    partitions: PARTITIONS,
    settings: { TASKFOLD_LOG_LEVEL: 'debug' },
  });
  const { env, topology, reads } = deployment;
  const input = topology.input.topic;
  const token = ownName('the-token-of-a-job');
  const writers = await badWriters(env, input);
  const list = badRecords(writers, PARTITIONS, token);

  // Behind each bad record lies a sound one, of a task that nobody else reports.
  const records = list.flatMap(({ record }, i): RawRecord[] => {
    const { partition } = record;
    const id = idAt(partition, PARTITIONS, `behind ${i}`);
    return [record, { partition, key: id, value: writers.update({ internal_task_id: id, retry_count: 1 }) }];
  });
  const offsets = await append(env, input, records);
  const processor = deployment.processor();
  const document = await deployment.verify();
  expect(document.first_mismatches).toEqual([]);
  expect(document).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0, published: records.length });

  for (const [i, { record }] of list.entries()) {
    const behind = await reads.readTask(idAt(record.partition, PARTITIONS, `behind ${i}`));
    expect(behind).toMatchObject({ retry_count: 1, updates: { applied: 1 } });
  }
  const { failures, jobCreations, rejects, verdicts } = topology;
  const events = await readCommitted(env, [failures.topic, jobCreations.topic, rejects.topic]);
  const of = (topic: string) => events.filter((event) => event.topic === topic);
  const copies = (await readAll(input)).filter(({ headers }) => SOURCE in headers);
  for (const [i, bad] of list.entries()) {
    const place = `${input}/${bad.record.partition}/${offsets[2 * i]}`;
    const reject = of(rejects.topic).filter(({ headers }) => firstPlace(headers) === place);
    await expectVerdict(deployment, bad, reject);
    expectCopy(
      bad,
      copies.filter(({ headers }) => String(headers[SOURCE]) === `${place}/1`),
    );
  }
  await expectCounts(deployment, list);
  expect(of(rejects.topic)).toHaveLength(list.filter(({ verdict }) => verdict.kind === 'rejected').length);

  // The token is looked for everywhere; where it must be it is found, and so is what lies beside it in Redis.
  const { code } = await processor.terminate();
  expect(code).toBe(0);
  const withToken = list.filter(({ record }) => record.value?.includes(token));
  const asked = withToken.filter(({ verdict }) => verdict.kind !== 'rejected').length;
  expect(asked).toBe(2);
  const jobs = of(jobCreations.topic);
  expect(jobs.filter((event) => said(event).includes(token))).toHaveLength(asked);
  const payloads = (await decoded<{ payload_json: string }>(env, jobs)).map(({ payload_json }) => payload_json);
  expect(payloads).toEqual(Array(asked).fill('{not json'));
  // The bytes of a record that cannot be decoded leave as they came: nobody can tell that they hide one.
  const hidden = withToken.filter(({ verdict }) => verdict.kind === 'rejected' && verdict.form === 'copy').length;
  expect(hidden).toBe(3);
  expect(of(rejects.topic).filter(({ value }) => value?.includes(token))).toHaveLength(hidden);
  const others = [...of(failures.topic), ...of(rejects.topic).map((event) => ({ ...event, value: decodable(event) }))];
  expect(others.filter((event) => said(event).includes(token))).toEqual([]);
  expect(JSON.stringify(await readAll(verdicts.topic))).not.toContain(token);
  expect(await metadataOf(deployment)).not.toContain(token);
  const stored = await everythingIn(deployment, env.TASKFOLD_REDIS_PREFIX!);
  expect(stored).toContain('behind-0-');
  expect(stored).toContain('unparseable-payload_json-');
  expect(stored).not.toContain(token);
  expect(processor.logged('client_message').length + processor.logged('partition_state').length).toBeGreaterThan(0);
  const commands = [['tasks'], ['status'], ['why', withToken[0]!.task], ['verify', '--wait', '0']];
  const shown = [await deployment.command(['tasks', '--json'])];
  for (const args of commands)
    shown.push(await deployment.command(args), await deployment.command([...args, '--json']));
  expect(shown[0]!.stdout).toContain('unparseable-payload_json-');
  for (const text of [processor.log, ...shown.flatMap(({ stdout, stderr }) => [stdout, stderr])])
    expect(text).not.toContain(token);
});

const SOURCE = 'taskfold-source';
/** The names of ODD_HEADERS. */
const DROPPED = ['__proto__', 'constructor', 'nothing'];

/** Where the record of a reject lay first. */
function firstPlace(headers: ReceivedEvent['headers']): string {
  return headers['taskfold-origin'] ?? headers[SOURCE]!.split('/').slice(0, 3).join('/');
}

/** What of a reject anybody can read; a copy that does not decode is left out. */
function decodable({ headers, value }: ReceivedEvent): Buffer | null {
  const isBytes = ['truncated', 'trailing_bytes', 'unknown_schema'].includes(headers['taskfold-reject-reason']!);
  return isBytes ? null : value;
}

/** Appends the records in this order; answers the offset of each. Headers that kafkajs cannot write go over the bare wire. */
async function append(env: Environment, topic: string, records: readonly RawRecord[]): Promise<number[]> {
  const produceBare = rawProducer(topic);
  const offsets: number[] = [];
  const ends = new Map<number, number>();
  for (const record of records) {
    const { partition, key = null, value, oddHeaders } = record;
    const offset = ends.get(partition) ?? 0;
    if (oddHeaders === undefined) expect(await appendRaw(env, topic, [record])).toEqual([offset]);
    else await produceBare(partition, [{ key: key === null ? null : Buffer.from(key), value, headers: oddHeaders }]);
    ends.set(partition, offset + 1);
    offsets.push(offset);
  }
  return offsets;
}

async function expectVerdict(
  { env, reads, topology }: Deployment,
  { what, task, record, verdict }: BadRecord,
  rejects: readonly ReceivedEvent[],
): Promise<void> {
  if (verdict.kind !== 'rejected') {
    expect(await reads.readTask(task), what).toMatchObject({ updates: { applied: 1, rejected: 0 }, ...verdict.holds });
    expect(rejects, what).toEqual([]);
    return;
  }
  expect(rejects, what).toHaveLength(1);
  const [event] = rejects;
  const { headers } = event!;
  expect(headers['taskfold-reject-reason'], what).toBe(verdict.reason);
  expect(headers['taskfold-reject-form'], what).toBe(verdict.form);
  expect(event!.key, what).toEqual(record.key === null ? null : Buffer.from(record.key!));
  if (verdict.form === 'copy') {
    expect(event!.value, what).toEqual(record.value);
    expectHeaders(what, record, headers);
    return;
  }
  const [pointer] = await decoded<Record<string, unknown>>(env, [event!]);
  const [topic, partition, offset] = headers['taskfold-source']!.split('/');
  expect(topic).toBe(topology.input.topic);
  expect(pointer, what).toMatchObject({
    reason: verdict.reason,
    source_topic: topic,
    source_partition: Number(partition),
    source_offset: Number(offset),
    key_bytes: record.key?.length ?? null,
    value_bytes: record.value?.length,
  });
}

/** A record that belongs elsewhere lies there once more, as it was, keyed by its task. */
function expectCopy({ what, task, record, verdict }: BadRecord, copies: readonly InputRecord[]): void {
  expect(copies, what).toHaveLength(isRerouted(verdict) ? 1 : 0);
  if (copies.length === 0) return;
  const { partition, key, value, headers } = copies[0]!;
  expect(partition, what).toBe(homeOf(task, PARTITIONS));
  expect(key, what).toEqual(Buffer.from(task));
  expect(value, what).toEqual(record.value);
  const own = record.key === null ? undefined : Buffer.from(record.key!);
  expect(headers['taskfold-origin-key'], what).toEqual(own);
  expectHeaders(what, record, headers);
}

/** Of a record that was copied: its own headers, and the names of those that cannot be sent. */
function expectHeaders(what: string, { oddHeaders }: RawRecord, headers: Readonly<Record<string, unknown>>): void {
  const dropped = headers['taskfold-dropped-headers'];
  if (oddHeaders === undefined) {
    expect(String(headers['sent-by']), what).toBe('an engine');
    expect(dropped, what).toBeUndefined();
  } else expect((JSON.parse(String(dropped)) as string[]).sort(), what).toEqual(DROPPED);
}

function isRerouted(verdict: BadRecord['verdict']): boolean {
  return verdict.kind === 'rerouted' || (verdict.kind === 'rejected' && verdict.atHome === true);
}

/** The fleet's counts in Redis are the list's, to the last reason. */
async function expectCounts({ reads }: Deployment, list: readonly BadRecord[]): Promise<void> {
  const reasons: Record<string, number> = {};
  for (const { verdict } of list) {
    if (verdict.kind === 'rejected') reasons[verdict.reason] = (reasons[verdict.reason] ?? 0) + 1;
  }
  const rejected = list.filter(({ verdict }) => verdict.kind === 'rejected').length;
  const rerouted = list.filter(({ verdict }) => isRerouted(verdict)).length;
  // Each has a sound one behind it, and each re-routed one is received once more.
  const received = 2 * list.length + rerouted;
  const fleet = await reads.readFleet();
  expect(fleet?.updates).toEqual({
    received,
    applied: received - rejected - rerouted,
    rejected,
    rerouted,
    duplicate: 0,
    stale: 0,
  });
  expect(fleet?.rejected_by_reason).toEqual(reasons);
}

/** All of an event as text. */
function said({ key, value, headers }: ReceivedEvent): string {
  return `${key?.toString('latin1')}\n${value?.toString('latin1')}\n${JSON.stringify(headers)}`;
}

/** What is committed beside C. */
async function metadataOf({ env, topology }: Deployment): Promise<string> {
  const admin = plainKafka(env).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchOffsets({ groupId: topology.groups.emitted, topics: [topology.input.topic] });
    expect(offsets[0]!.partitions.every(({ metadata }) => metadata?.includes('incarnation'))).toBe(true);
    return JSON.stringify(offsets);
  } finally {
    await admin.disconnect();
  }
}

/** Every key below a prefix with all of its value, as one text. */
async function everythingIn({ redis }: Deployment, prefix: string): Promise<string> {
  const texts: string[] = [];
  for await (const keys of scanAll(redis, `*${prefix}*`, 1_000)) {
    for (const key of keys) {
      texts.push(key, JSON.stringify(await contentsOf(redis, key)));
    }
  }
  return texts.join('\n');
}

async function contentsOf(redis: RedisClient, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'zset':
      return redis.zrange(key, 0, '-1', 'WITHSCORES');
    default:
      throw new Error(`the test can't read ${key}, a ${type}`);
  }
}
