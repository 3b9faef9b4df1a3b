// Broken assumptions, made on purpose: the partition halts, says why and names a cure; that cure, run as it is written,
// works; and in the end state and events are exact.

import { expect, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import type { HaltCode } from '../../src/pipeline/errors.ts';
import { namedCommands } from '../support/named-commands.ts';
import { sharedEnv } from '../support/stack.ts';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { Deployment, until } from './deployment.ts';
import { plainKafka } from './raw-records.ts';

const PARTITIONS = 3;
/** A partition stays halted until an operator has read why; a claim looks at a log's end for six seconds. */
const HALT_MS_MAX = 15_000;

interface Status {
  readonly partitions: {
    readonly partition: number;
    readonly condition: string;
    readonly halt?: { code: string; message: string; cure: string };
  }[];
}

test('a torn save and an edited task halt their partitions alone, under load; the cure that each names makes them exact again', async () => {
  // Without a cache every fold reads what lies in Redis, an edited key included.
  const settings = { TASKFOLD_CACHE_TASKS: '0' };
  const deployment = await Deployment.create('halts', sharedEnv(), { partitions: PARTITIONS, settings });
  const { redis, keysOf } = deployment;
  const processor = deployment.processor();
  const load = deployment.load({ rate: 400, seconds: 60 });
  await deployment.untilAllRun([processor]);
  await deployment.untilFolded(500);

  await redis.hset(keysOf(0).head, 'saving', '17');
  await halted(deployment, [0], 'torn_save', /\b17\b.*(half|did not end)/);
  await othersGoOn(deployment, 0);
  await runCure(deployment, 0, 'rebuild');

  const task = 'a-task-that-somebody-edits';
  const home = homeOf(task, PARTITIONS);
  const publish = () => deployment.command(['publish'], {}, `{"internal_task_id":"${task}","retry_count":1}`);
  await publish();
  await until('the task is folded', HALT_MS_MAX, async () => (await deployment.reads.readTask(task)) !== null);
  await redis.hset(keysOf(home).task(task), 'source.last_offset', '1000000');
  await publish();
  await halted(deployment, [home], 'task_offset_ahead', /1000000|1,000,000/);
  await runCure(deployment, home, 'rebuild');

  await load.stop();
  await deployment.expectExact(load.truthFile, { others: 1 });
  expect(await deployment.reads.readTask(task)).toMatchObject({ retry_count: 2, updates: { applied: 2 } });
});

test('a lost C is found again in the outgoing topics, with Redis and without it, and no event leaves twice', async () => {
  const deployment = await Deployment.create('lost-c', sharedEnv(), { partitions: PARTITIONS });
  const truthFile = await folded(deployment, { rate: 500, seconds: 4, seed: 1 });
  for (const withRedis of [true, false]) {
    await forgetEmitted(deployment);
    if (!withRedis) await deployment.forgetState();
    const processor = deployment.processor();
    await deployment.untilAllRun([processor]);
    await deployment.untilCaughtUp();
    await stop(processor);
  }
  await deployment.expectExact(truthFile);
});

test('other settings, added partitions and a topic that was made again halt all partitions; the named cures work', async () => {
  const deployment = await Deployment.create('differs', sharedEnv(), { partitions: PARTITIONS });
  const all = [0, 1, 2];
  const before = await folded(deployment, { rate: 500, seconds: 4, seed: 1 });

  const other = deployment.processor({ TASKFOLD_ERRORS_KEPT: '3' });
  await halted(deployment, all, 'settings_differ', /given errors_kept 3, in force is 10/);
  // What is in force follows the process: the first two commands that the cure names.
  const [set, resume] = namedCommands((await deployment.look()).get(0)!.halt!.cure);
  expect([set?.slice(0, 2), resume]).toEqual([
    ['settings', 'set'],
    ['partitions', 'resume', '0'],
  ]);
  const written = await deployment.command(['settings', 'set', 'errors_kept=3', '--yes']);
  expect(written.stderr).toContain('written, but halted');
  const resumedAll = await deployment.command(['partitions', 'resume', 'all', '--yes']);
  expect(`${resumedAll.code} ${resumedAll.stdout}`).toMatch(/^0 /);
  await deployment.untilCaughtUp();
  await deployment.expectExact(before);
  await stop(other);

  const admin = plainKafka(deployment.admin).admin();
  await admin.connect();
  const { input, failures, jobCreations, rejects } = deployment.topology;
  await admin.createPartitions({ topicPartitions: [{ topic: input.topic, count: PARTITIONS + 1 }] });
  const grown = deployment.processor();
  await halted(deployment, all, 'partition_count_changed', /over 3 partitions, the input topic has 4/);
  await grown.untilLogged('partition_halted', { count: PARTITIONS + 1 });
  expect(grown.logged('partition_halted').map(({ partition }) => partition)).toContain(PARTITIONS);
  const resumed = await deployment.command(['partitions', 'resume', 'all', '--yes']);
  expect(resumed.code).toBe(1);
  await halted(deployment, all, 'partition_count_changed', /has 4/);
  await stop(grown);

  // The same name, and another log, longer than what was folded. Kafka has deleted C with the old topic.
  const topics = [input.topic, failures.topic, jobCreations.topic, rejects.topic];
  await admin.deleteTopics({ topics });
  await until('the topics are gone', HALT_MS_MAX, async () => {
    const left = await admin.listTopics();
    return !topics.some((topic) => left.includes(topic));
  });
  await admin.disconnect();
  await deployment.createTopics();
  const load = deployment.load({ rate: 1_000, seconds: 4, seed: 2 });
  await load.end();
  const again = deployment.processor();
  await halted(deployment, all, 'fingerprint_differs', /is not the one that was folded/);
  await runCure(deployment, 'all', 'reset');
  await deployment.expectExact(load.truthFile);
  await stop(again);
});

/** What `status` says of these partitions is this halt, for this reason, with a cure that can be run. */
async function halted(
  deployment: Deployment,
  partitions: readonly number[],
  code: HaltCode,
  message: RegExp,
): Promise<void> {
  await until(`halted by ${code}`, HALT_MS_MAX, async () => {
    const found = await deployment.look();
    return partitions.every((partition) => found.get(partition)?.halt?.code === code);
  });
  const status = await deployment.json<Status>(['status']);
  for (const { partition, condition, halt } of status.partitions.filter((p) => partitions.includes(p.partition))) {
    expect(condition).toBe('halted');
    expect(halt?.code).toBe(code);
    expect(halt?.message).toMatch(message);
    expect(halt?.cure).toMatch(new RegExp(`taskfold partitions (resume|rebuild|reset) ${partition}\\b`));
  }
  const halts = status.partitions.filter(({ halt }) => halt).map(({ partition }) => partition);
  expect(halts).toEqual(partitions);
}

/** Runs the command that the halt names; of all partitions: what it names for the first, for all. */
async function runCure(deployment: Deployment, partition: number | 'all', cure: 'rebuild' | 'reset'): Promise<void> {
  const first = partition === 'all' ? 0 : partition;
  const said = (await deployment.look()).get(first)!.halt!.cure;
  const named = namedCommands(said).find((words) => words[1] === cure);
  expect(named, said).toContain(String(first));
  const command = named!.map((word) => (word === String(first) ? String(partition) : word));
  const { code, stderr, stdout } = await deployment.command([...command, '--yes']);
  expect(`${code} ${code === 0 ? '' : stderr + stdout}`).toBe('0 ');
  await deployment.untilCaughtUp();
}

async function othersGoOn(deployment: Deployment, stands: number): Promise<void> {
  const before = await deployment.look();
  await until('the other partitions go on', HALT_MS_MAX, async () => {
    const now = await deployment.look();
    return [...before.values()].every(
      ({ partition, watermark = 0 }) => partition === stands || (now.get(partition)?.watermark ?? 0) > watermark,
    );
  });
  expect((await deployment.look()).get(stands)?.watermark).toBe(before.get(stands)?.watermark);
}

/** A whole load, folded and sent; no processor is left. Answers the truth. */
async function folded(deployment: Deployment, load: { rate: number; seconds: number; seed: number }): Promise<string> {
  const processor = deployment.processor();
  const fleet = deployment.load(load);
  await fleet.end();
  await deployment.untilAllRun([processor]);
  await deployment.untilCaughtUp();
  await stop(processor);
  return fleet.truthFile;
}

async function stop(processor: TaskfoldProcess): Promise<void> {
  expect((await processor.terminate()).code).toBe(0);
}

/** As when the offsets of a group without members expire. */
async function forgetEmitted({ admin: env, topology }: Deployment): Promise<void> {
  const admin = plainKafka(env).admin();
  await admin.connect();
  await admin.deleteGroups([topology.groups.emitted]);
  await admin.disconnect();
}
