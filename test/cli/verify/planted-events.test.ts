// `taskfold verify` must be able to fail: events that are lost, doubled, forged, changed or out of order are found and
// named. The outgoing topics are copied with one such change, and verify is pointed at the copy.

import { Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import type { Mismatch } from '../../../src/cli/verify/mismatches.ts';
import { ClusterLink } from '../../../src/kafka/cluster-link.ts';
import { createTopics } from '../../../src/kafka/create-topics.ts';
import { EmittedMarks, encodeMark } from '../../../src/kafka/emitted-marks.ts';
import { readTopic } from '../../../src/kafka/read-topic.ts';
import type { InputRecord } from '../../../src/pipeline/ports.ts';
import { connectRedis } from '../../../src/redis/connect.ts';
import { slotKeys } from '../../../src/redis/slot-keys.ts';
import { kafkaFor, transactionalProducer } from '../../kafka/kafka-world.ts';
import { awayFrom, type FoldedWorld, foldedWorld, homeOf, PARTITIONS, TOKEN } from './folded-world.ts';

type Change = (events: InputRecord[]) => InputRecord[];

async function readAll(topic: string): Promise<InputRecord[]> {
  const read: InputRecord[] = [];
  for await (const { records } of readTopic(kafkaFor('read'), { topic })) read.push(...records);
  return read;
}

/** New topics with these events, each event in its partition. */
async function topicsOf(topics: ReadonlyMap<string, readonly InputRecord[]>): Promise<void> {
  const kafka = kafkaFor('write');
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  await createTopics(
    admin,
    [...topics.keys()].map((topic) => ({ topic, numPartitions: PARTITIONS })),
  );
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 });
  await producer.connect();
  const topicMessages = [...topics].map(([topic, events]) => ({
    topic,
    messages: events.map(({ partition, key, value, headers }) => ({
      partition,
      key,
      value,
      headers: { ...headers } as Record<string, Buffer>,
    })),
  }));
  await producer.sendBatch({ topicMessages });
  await producer.disconnect();
}

function withHeader(event: InputRecord, name: string, text: string): InputRecord {
  return { ...event, headers: { ...event.headers, [name]: Buffer.from(text) } };
}

function sourceOf(event: InputRecord): string {
  return String(event.headers['taskfold-source']);
}

/** The value with the first of these texts replaced by another one of the same length. */
function withText(event: InputRecord, from: string, to: string): InputRecord {
  const value = Buffer.from(event.value!);
  value.write(to, value.indexOf(from));
  return { ...event, value };
}

async function worldWithEvents(): Promise<FoldedWorld> {
  const world = await foldedWorld('events');
  const task = 't1';
  const lane = homeOf(task);
  const updates: object[] = ['api', 'connection', 'resources'].map((failure_reason, n) => ({
    internal_task_id: task,
    internal_job_id: 'job',
    work_request_id: 'w1',
    prior_timestamp: n,
    failure_reason,
    create_jobs_action: [{ base_internal_job_id: `base${n}`, token: TOKEN }],
  }));
  updates.push({ internal_task_id: task, error_count: -1 }, { internal_task_id: task, retry_count: -1 });
  await world.append(
    lane,
    updates.map((update) => ({ value: world.bytes(update) })),
  );
  await world.append(awayFrom('astray'), [{ key: null, value: world.bytes({ internal_task_id: 'astray' }) }]);
  await world.fold();
  return world;
}

test('events that are lost, doubled, forged, moved or changed are found and named; a token is never shown', async () => {
  const world = await worldWithEvents();
  const { failures, jobs, rejects } = world.names;
  expect(await world.verify()).toMatchObject({ mismatches: 0, failures: 3, job_creations: 3, rejected: 2 });

  const first = (events: readonly InputRecord[], n = 0) => sourceOf(events[n]!).split('/').slice(1).join('/');
  const about = (topic: string, source: string): Partial<Mismatch> => ({ about: 'event', topic, source });
  const cases: [
    what: string,
    topic: string,
    name: string,
    change: Change,
    told: (events: InputRecord[], copy: string) => object[],
  ][] = [
    ['an unchanged copy', failures, 'failures_topic', (events) => events, () => []],
    [
      'a lost event',
      failures,
      'failures_topic',
      ([, ...others]) => others,
      (events, copy) => [{ ...about(copy, first(events)), internal_task_id: 't1', problem: 'missing' }],
    ],
    [
      'an event twice',
      failures,
      'failures_topic',
      ([one, ...others]) => [one!, one!, ...others],
      (events, copy) => [{ ...about(copy, first(events)), problem: 'repeated' }],
    ],
    [
      'two events in the wrong order',
      failures,
      'failures_topic',
      ([one, two, three]) => [two!, one!, three!],
      (events, copy) => [{ ...about(copy, first(events)), problem: 'out_of_order' }],
    ],
    [
      'an event that no record makes',
      failures,
      'failures_topic',
      ([one, ...others]) => [one!, withHeader(one!, 'taskfold-source', `${sourceOf(one!)}7`), ...others],
      (events, copy) => [{ ...about(copy, `${first(events)}7`), problem: 'unexpected' }],
    ],
    [
      'an event that names no source',
      failures,
      'failures_topic',
      ([one, ...others]) => [one!, withHeader(one!, 'taskfold-source', 'nowhere'), ...others],
      (_, copy) => [{ about: 'event', topic: copy, problem: 'unexpected' }],
    ],
    [
      'an event ahead of C',
      failures,
      'failures_topic',
      ([one, ...others]) => {
        const [topic, partition] = sourceOf(one!).split('/');
        return [one!, ...others, withHeader(one!, 'taskfold-source', `${topic}/${partition}/99/1`)];
      },
      () => [{ about: 'partition', problem: 'too_early' }],
    ],
    [
      'another reason',
      failures,
      'failures_topic',
      ([one, ...others]) => [withText(one!, 'w1', 'w2'), ...others],
      (events, copy) => [
        {
          ...about(copy, first(events)),
          field: 'work_request_id',
          problem: 'differs',
          expected: '"w1"',
          found: '"w2"',
        },
      ],
    ],
    [
      'another event id',
      failures,
      'failures_topic',
      ([one, two, ...others]) => [one!, withHeader(two!, 'ce_id', String(one!.headers.ce_id)), ...others],
      (events, copy) => [{ ...about(copy, first(events, 1)), field: 'header ce_id', problem: 'repeated' }],
    ],
    [
      'a value that is no event',
      failures,
      'failures_topic',
      ([one, ...others]) => [{ ...one!, value: one!.value!.subarray(0, 9) }, ...others],
      (events, copy) => [{ ...about(copy, first(events)), field: 'value', problem: 'differs' }],
    ],
    [
      'another token: named as different, and neither of them shown',
      jobs,
      'job_creations_topic',
      ([one, ...others]) => [withText(one!, TOKEN, 'C'), ...others],
      (events, copy) => [{ ...about(copy, first(events)), field: 'token', problem: 'differs' }],
    ],
    [
      'another base job',
      jobs,
      'job_creations_topic',
      ([one, ...others]) => [withText(one!, 'base0', 'base9'), ...others],
      (events, copy) => [
        { ...about(copy, first(events)), field: 'base_internal_job_id', expected: '"base0"', found: '"base9"' },
      ],
    ],
    [
      'one byte of a rejected record',
      rejects,
      'rejects_topic',
      ([one, ...others]) => [
        { ...one!, value: Buffer.concat([one!.value!.subarray(0, -1), Buffer.from([7])]) },
        ...others,
      ],
      (events, copy) => [{ ...about(copy, first(events)), field: 'value', problem: 'differs' }],
    ],
    [
      'another reason of a rejection',
      rejects,
      'rejects_topic',
      ([one, ...others]) => [withHeader(one!, 'taskfold-reject-reason', 'tombstone'), ...others],
      (events, copy) => [
        {
          ...about(copy, first(events)),
          field: 'header taskfold-reject-reason',
          expected: 'negative_number',
          found: 'tombstone',
        },
      ],
    ],
  ];
  const events = new Map<string, InputRecord[]>();
  for (const topic of [failures, jobs, rejects]) events.set(topic, await readAll(topic));
  const changed = cases.map(([, topic, , change], n) => [`${topic}-${n}`, change(events.get(topic)!)] as const);
  await topicsOf(new Map(changed));
  for (const [n, [what, topic, name, , told]] of cases.entries()) {
    const copy = `${topic}-${n}`;
    const document = await world.verify({ [name]: copy });
    const wanted = told(events.get(topic)!, copy);
    expect(document.first_mismatches, what).toMatchObject(wanted);
    expect(document, what).toMatchObject({ mismatches: wanted.length, unchecked: [] });
  }
});

test('copies of re-routed records that are doubled, or that no record asks for, are found', async () => {
  const world = await worldWithEvents();
  const home = homeOf('astray');
  const copy = (await readAll(world.names.input)).find(({ headers }) => 'taskfold-source' in headers)!;
  const { key, value, headers } = copy;
  await world.append(home, [{ key, value, headers }]);
  const source = sourceOf(copy).split('/').slice(1).join('/');
  const about = { about: 'rerouted', topic: world.names.input } as const;
  const again = await world.verify();
  expect(again).toMatchObject({
    mismatches: 1,
    first_mismatches: [{ ...about, source, problem: 'repeated' }],
  });

  const [, partition] = source.split('/');
  const forged = {
    ...headers,
    'taskfold-source': Buffer.from(`${world.names.input}/${source.split('/')[0]}/${partition}/2`),
  };
  await world.append(home, [{ key, value, headers: forged }]);
  const both = await world.verify();
  expect(both.first_mismatches.map(({ problem }) => problem).sort()).toEqual(['repeated', 'unexpected']);
});

test('events that wait in the outbox are counted as such; one that is neither there nor sent is missing; a C that is set back is told', async () => {
  const world = await worldWithEvents();
  const { input, group, failures } = world.names;
  const lane = homeOf('t1');
  const sent = await readAll(failures);
  const empty = `${failures}-empty`;
  await topicsOf(new Map([[empty, []]]));

  // C goes back to the log's start, with all that Taskfold commits beside it.
  const link = new ClusterLink(kafkaFor('read'), input);
  onTestFinished(() => link.close());
  const mark = await new EmittedMarks(link, `${group}.emitted`).read(lane);
  const producer = await transactionalProducer();
  const transaction = await producer.transaction();
  const partitions = [{ partition: lane, offset: '0', metadata: encodeMark({ ...mark!, offset: 0 }) }];
  await transaction.sendOffsets({ consumerGroupId: `${group}.emitted`, topics: [{ topic: input, partitions }] });
  await transaction.commit();
  const ahead = await world.verify();
  expect(ahead.first_mismatches).toContainEqual(
    expect.objectContaining({ about: 'partition', partition: lane, problem: 'too_early' }),
  );

  const connection = connectRedis(world.env.REDIS_URL!);
  onTestFinished(() => connection.close());
  await connection.ready(5_000);
  const { outbox } = slotKeys(group, group, lane);
  const ids = sent.map((event) => sourceOf(event).split('/').slice(2).join('-'));
  await connection.client.del(outbox);
  for (const id of ids) await connection.client.xadd(outbox, id, 'body', '{}');
  const ofFailures = ({ topic }: Mismatch) => topic === empty;
  const waiting = await world.verify({ failures_topic: empty });
  expect(waiting.events_pending).toBe(ids.length);
  expect(waiting.first_mismatches.filter(ofFailures)).toEqual([]);
  await connection.client.xdel(outbox, ids[0]!);
  const lost = await world.verify({ failures_topic: empty });
  expect(lost.first_mismatches.filter(ofFailures)).toMatchObject([
    {
      source: `${lane}/${ids[0]!.replace('-', '/')}`,
      problem: 'missing',
      found: 'neither in the topic nor in the outbox',
    },
  ]);
});
