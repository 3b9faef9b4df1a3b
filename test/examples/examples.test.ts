// The senders and subscribers of examples/ on real services: bytes, keys and partitions are those of the golden vectors, what
// they send is folded as the simulated fleet's own records are, and what they receive is what was sent.

import { beforeAll, describe, expect, test } from 'vitest';
import { schemaType } from '../../src/avro/schema-file.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import type { InputRecord } from '../../src/pipeline/ports.ts';
import { TICK_HEADER } from '../../src/pipeline/source-header.ts';
import { goldenVectors } from '../schemas/golden-vectors.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment } from '../system/deployment.ts';
import { plainKafka } from '../system/raw-records.ts';
import { readCommitted } from '../system/subscriber.ts';
import { type Programs, prepareExamples, runExample } from './programs.ts';

const PARTITIONS = 6;
const WIRE_HEAD_BYTES = 5;
/** Any partitioner but Kafka's own: librdkafka's default. */
const CRC32 = { PARTITIONER: 'consistent_random' };

let programs: Programs;
beforeAll(async () => {
  programs = await prepareExamples();
});

describe('a sender in another language writes the golden vectors', () => {
  test.each(['pythonSender', 'goSender'] as const)('%s', async (name) => {
    const deployment = await Deployment.create(`golden-${name}`, sharedEnv(), { partitions: PARTITIONS });
    const vectors = goldenVectors();
    await send(
      deployment,
      programs[name],
      vectors.map(({ json }) => JSON.stringify(json)),
    );

    const records = await recordsOf(deployment);
    const byKey = new Map(records.map((record) => [record.key!.toString('hex'), record]));
    expect(records.length).toBe(vectors.length);
    for (const { title, avro_hex, key_hex, partition_of } of vectors) {
      const { partition, value } = byKey.get(key_hex)!;
      const written = { title, avro_hex: value!.subarray(WIRE_HEAD_BYTES).toString('hex'), partition };
      expect(written).toEqual({ title, avro_hex, partition: partition_of[PARTITIONS] });
    }
  });
});

test('what Python and Go send is folded as the fleet was, by CRC32 too; subscribers get each event once', async () => {
  const fleet = await Deployment.create('sent-fleet', sharedEnv(), { partitions: PARTITIONS });
  await fleet.json([
    'simulate',
    '--tidy',
    '--tasks',
    '60',
    '--engines',
    '20',
    '--updates',
    '1500',
    '--rate',
    '0',
    '--seed',
    '5',
  ]);
  const lines = (await recordsOf(fleet)).map(({ value }) => jsonOf(value!));
  expect(lines.length).toBe(1_500);

  const others = await Promise.all(
    ['sent-python', 'sent-go', 'sent-crc32'].map((name) =>
      Deployment.create(name, sharedEnv(), { partitions: PARTITIONS }),
    ),
  );
  const [python, go, crc32] = others as [Deployment, Deployment, Deployment];
  await Promise.all([
    send(python, programs.pythonSender, lines),
    send(go, programs.goSender, lines),
    send(crc32, programs.pythonSender, lines, CRC32),
  ]);
  const all = [fleet, python, go, crc32];
  const processors = all.map((deployment) => deployment.processor());
  const documents = await Promise.all(all.map((deployment) => deployment.verify()));
  expect(documents.map(({ mismatches }) => mismatches)).toEqual([0, 0, 0, 0]);

  const [expected, ...found] = await Promise.all(all.map(tasksOf));
  expect(expected!.size).toBe(60);
  for (const tasks of found) expect(tasks).toEqual(expected);
  const outcomes = await Promise.all(all.map(outcomesOf));
  expect(outcomes[1]).toMatchObject({ applied: 1_500, rerouted: 0 });
  expect(outcomes[2]).toMatchObject({ applied: 1_500, rerouted: 0 });
  expect(outcomes[3]!.applied).toBe(1_500);
  expect(outcomes[3]!.rerouted).toBeGreaterThan(500);

  const topics = [fleet.topology.failures.topic, fleet.topology.jobCreations.topic];
  const sent = (await readCommitted(fleet.env, topics)).map(({ headers }) => headers.ce_id!).sort();
  expect(sent.length).toBeGreaterThan(20);
  const [inPython, inTypescript] = await Promise.all([
    runExample(programs.pythonSubscriber, [...topics, '--idle-s', '4'], fleet.env),
    runExample(programs.typescriptSubscriber, topics, { ...fleet.env, IDLE_S: '4' }),
  ]);
  for (const output of [inPython, inTypescript]) {
    const events = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { ce_id: string });
    expect(events.map(({ ce_id }) => ce_id).sort()).toEqual(sent);
    expect(output).not.toContain('"token"');
  }
  await Promise.all(processors.map((processor) => processor.terminate()));
});

async function send(
  to: Deployment,
  program: readonly string[],
  lines: readonly string[],
  settings = {},
): Promise<void> {
  const output = await runExample(program, [], { ...to.env, ...settings }, `${lines.join('\n')}\n`);
  expect(JSON.parse(output)).toMatchObject({ sent: lines.length });
}

/** All updates of the input, ticks apart. */
async function recordsOf({ env, topology }: Deployment): Promise<InputRecord[]> {
  const all: InputRecord[] = [];
  for await (const { records } of readTopic(plainKafka(env), { topic: topology.input.topic })) all.push(...records);
  return all.filter(({ headers }) => !(TICK_HEADER in headers));
}

function jsonOf(value: Buffer): string {
  const update = schemaType('task-status.avsc').fromBuffer(value.subarray(WIRE_HEAD_BYTES)) as object;
  return JSON.stringify(update, (_, field: unknown) => (field === null ? undefined : field));
}

/** What the updates made of each task; where they lay, and when, is another matter. */
async function tasksOf(deployment: Deployment): Promise<Map<string, object>> {
  const { code, stdout, stderr } = await deployment.command(['tasks', '--json']);
  if (code !== 0) throw new Error(stderr);
  const tasks = new Map<string, object>();
  for (const line of stdout.trim().split('\n')) {
    const task = JSON.parse(line) as Record<string, unknown> & {
      internal_task_id: string;
      updates: Record<string, number>;
    };
    const { came_rerouted: _, ...updates } = task.updates;
    tasks.set(task.internal_task_id, { ...Object.fromEntries(COMPARED.map((field) => [field, task[field]])), updates });
  }
  return tasks;
}

const COMPARED = [
  'internal_job_id',
  'engine_id',
  'task_status',
  'attempts',
  'error_count',
  'retry_count',
  'failure_reason',
  'processed_stats',
  'inputs',
  'outputs',
  'exact',
] as const;

async function outcomesOf(deployment: Deployment): Promise<{ applied: number; rerouted: number }> {
  const sum = { applied: 0, rerouted: 0 };
  for (const { outcomes } of (await deployment.look()).values()) {
    sum.applied += outcomes?.applied ?? 0;
    sum.rerouted += outcomes?.rerouted ?? 0;
  }
  return sum;
}
