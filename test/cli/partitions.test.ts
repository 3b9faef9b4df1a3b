// The cures of halted partitions, on real services: what each does, what it repeats, and what it refuses.
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { isCured } from '../../src/cli/cure-session.ts';
import type { Cure } from '../../src/cli/partition-cures.ts';
import { openState, type PartitionDocument } from '../../src/index.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { sharedEnv } from '../support/stack.ts';
import { adminClient, kafkaClient, type OwnNames, publish, withTopics } from './own-names.ts';
import { type Env, start, taskfold, until } from './taskfold.ts';

/** Partition 0 as any program may read it; undefined before its first claim. */
async function partitionOf({ env, group }: OwnNames): Promise<PartitionDocument | undefined> {
  const state = await openState({ redisUrl: sharedEnv().REDIS_URL, prefix: String(env.TASKFOLD_REDIS_PREFIX), group });
  try {
    return (await state.readPartitions())[0];
  } finally {
    state.close();
  }
}

const isFoldedTo = (names: OwnNames, watermark: number) => async () =>
  (await partitionOf(names))?.watermark === watermark;

/** Committed failure events. */
async function failuresIn({ failures }: OwnNames): Promise<number> {
  let count = 0;
  for await (const { records } of readTopic(kafkaClient(), { topic: failures })) count += records.length;
  return count;
}

function redisClient(): Redis {
  const redis = new Redis(sharedEnv().REDIS_URL);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** One partition, two tasks folded, one failure event out, no processor running. */
async function foldedPartition(about: string): Promise<OwnNames> {
  const names = await withTopics(about, 1);
  await publish(names, [
    { internal_task_id: 'a', task_status: 'running', error_count: 0, retry_count: 2 },
    { internal_task_id: 'b', task_status: 'failed', failure_reason: 'api' },
  ]);
  await runUntil(names.env, isFoldedTo(names, 2));
  return names;
}

async function runUntil(env: Env, holds: () => Promise<boolean>): Promise<void> {
  const run = start(['run'], env);
  await until('it is folded', 30_000, holds);
  run.child.kill('SIGTERM');
  expect((await run.ended).code).toBe(0);
}

const keysOf = ({ env, group }: OwnNames) => slotKeys(String(env.TASKFOLD_REDIS_PREFIX), group, 0);
const headOf = (names: OwnNames) => keysOf(names).head;
const liveOf = (names: OwnNames) => keysOf(names).live;

test('a torn slot halts; resume halts again and exits 1; rebuild brings the same state back and sends no event twice', async () => {
  const names = await foldedPartition('torn');
  const { env } = names;
  const before = await taskfold(['task', 'a', '--json'], env);
  await redisClient().hset(headOf(names), 'saving', '9');
  start(['run'], env);
  await until('it halts', 30_000, async () => (await partitionOf(names))?.halt?.code === 'torn_save');

  const status = await taskfold(['status'], env);
  expect(status.stdout).toContain('partition 0 is halted (torn_save)');
  expect(status.stdout).toContain('cure: A save stopped half-way');
  expect(status.code).toBe(0);

  const list = await taskfold(['partitions', 'list', '--json'], env);
  expect(JSON.parse(list.stdout)).toMatchObject({
    kafka: 'reached',
    partitions: [
      {
        partition: 0,
        condition: 'halted',
        ...{ watermark: 2, emitted: 2, lag: 0 },
        halt: { code: 'torn_save' },
        cure: expect.stringMatching(/taskfold partitions rebuild 0\b/),
      },
    ],
  });

  const resume = await taskfold(['partitions', 'resume', 'all', '--yes', '--json'], env);
  expect(resume.stderr).toContain('loses: nothing.');
  expect(JSON.parse(resume.stdout)).toMatchObject({ resume: [{ partition: 0, condition: 'halted' }] });
  expect(resume.code).toBe(1);

  const rebuild = await taskfold(['partitions', 'rebuild', '0', '--yes', '--json'], env);
  expect(rebuild.stderr).toContain('No event below C leaves again');
  expect(rebuild.stderr).toContain('loses: nothing: the log reaches back');
  expect(JSON.parse(rebuild.stdout)).toMatchObject({ rebuild: [{ partition: 0, condition: 'running' }] });
  expect(rebuild.code).toBe(0);
  await until('it is folded again', 15_000, isFoldedTo(names, 2));
  const after = await taskfold(['task', 'a', '--json'], env);
  expect(JSON.parse(after.stdout)).toEqual(JSON.parse(before.stdout));
  expect(await failuresIn(names)).toBe(1);
});

test('history that retention removed: rebuild refuses and touches nothing, until the loss is accepted', async () => {
  const names = await foldedPartition('history');
  const { env, input } = names;
  await publish(names, [{ internal_task_id: 'c', task_status: 'failed' }]);
  const admin = await adminClient();
  // kafkajs wants to have heard of the topic before.
  await admin.fetchTopicMetadata({ topics: [input] });
  await admin.deleteTopicRecords({ topic: input, partitions: [{ partition: 0, offset: '1' }] });
  const refused = await taskfold(['partitions', 'rebuild', '0', '--yes'], env);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('partition 0: refused');
  expect(refused.stdout).toContain('rebuild 0 --accept-history-loss');
  expect((await taskfold(['task', 'a'], env)).code).toBe(0);

  const accepted = await taskfold(['partitions', 'rebuild', '0', '--yes', '--accept-history-loss', '--json'], env);
  expect(accepted.code).toBe(0);
  expect(JSON.parse(accepted.stdout)).toMatchObject({ rebuild: [{ condition: 'no_owner' }] });
  await runUntil(env, isFoldedTo(names, 3));
  expect((await taskfold(['task', 'a'], env)).code).toBe(1);
  expect((await taskfold(['task', 'b'], env)).code).toBe(0);
  // One from before, one of c; b's was below C and did not leave again.
  expect(await failuresIn(names)).toBe(2);
});

test('an input topic that was made again halts; reset folds and sends all of the new one', async () => {
  const names = await foldedPartition('again');
  const { env, input } = names;
  const admin = await adminClient();
  await admin.deleteTopics({ topics: [input] });
  await until('the topic is gone', 15_000, async () => !(await admin.listTopics()).includes(input));
  expect((await taskfold(['topics', 'create'], env)).code).toBe(0);
  await publish(names, [{ internal_task_id: 'n', task_status: 'failed' }]);
  start(['run'], env);
  await until('it halts', 40_000, async () => (await partitionOf(names))?.halt !== undefined);
  expect((await partitionOf(names))?.halt?.cure).toContain('taskfold partitions reset 0');
  const reset = await taskfold(['partitions', 'reset', 'all', '--yes', '--json'], env);
  expect(reset.stderr).toContain('forgets how far its events have left');
  expect(JSON.parse(reset.stdout)).toMatchObject({ reset: [{ partition: 0, condition: 'running' }] });
  expect(reset.code).toBe(0);
  await until('the new topic is folded', 15_000, isFoldedTo(names, 1));
  const tasks = await taskfold(['tasks', '--json'], env);
  expect(
    tasks.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).internal_task_id),
  ).toEqual(['n']);
  expect(await failuresIn(names)).toBe(2);
});

test('partitions that nobody has folded yet are listed as Kafka knows them', async () => {
  const { env } = await withTopics('unfolded', 2);
  const { code, stdout } = await taskfold(['partitions', 'list'], env);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^partition +state +W +C +lag +owner +halt +cure\n0 +empty .*\n1 +empty .*\n$/);
});

test('without a terminal and --yes nothing is done; unknown partitions are usage errors; a working one is not resumed', async () => {
  const names = await foldedPartition('asked');
  const { env } = names;
  const unasked = await taskfold(['partitions', 'reset', '0'], env);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain('leave once more, with the same ce_id');
  expect(unasked.stderr).toContain('add --yes; nothing was done');
  expect(await partitionOf(names)).toMatchObject({ watermark: 2, emitted: 2 });
  for (const wrong of ['1', '1e0']) {
    const { code, stderr } = await taskfold(['partitions', 'rebuild', '--yes', '--', wrong], env);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`"${wrong}" is no partition: there are 0 to 0`)]);
  }
  const halted = await taskfold(['partitions', 'list', '--halted'], env);
  expect(halted).toMatchObject({ code: 0, stdout: 'no partition needs an operator\n' });
  const resume = await taskfold(['partitions', 'resume', 'all', '--yes'], env);
  expect(resume.stderr).toContain('not halted: left alone');
  expect(resume).toMatchObject({ code: 0, stdout: 'nothing to do\n' });

  // The last words of an owner that went long ago: nobody is there to take the request.
  await redisClient().hset(liveOf(names), { state: 'halted', 'halt.code': 'torn_save', seen_at: '1' });
  const alone = await taskfold(['partitions', 'resume', '0', '--yes', '--json'], env);
  expect(JSON.parse(alone.stdout)).toMatchObject({ resume: [{ partition: 0, condition: 'no_owner' }] });
  expect(alone.code).toBe(1);
});

test('a cure is done when the owner works; a rebuild and a reset, too, where nobody is there yet to fold again', () => {
  const conditions = 'running draining no_owner unnoticed claiming waiting stopped halted refused'.split(' ');
  const done = (cure: Cure) => conditions.filter((condition) => isCured(cure, { condition }));
  expect(done('resume')).toEqual(['running', 'draining']);
  for (const cure of ['rebuild', 'reset'] as const)
    expect(done(cure)).toEqual(['running', 'draining', 'no_owner', 'unnoticed']);
});
