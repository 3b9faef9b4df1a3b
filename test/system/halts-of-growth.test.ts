// The halts that have to do with a growing input topic: each made on purpose, and cured by the command that it names.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { namedCommands } from '../support/named-commands.ts';
import { sharedEnv } from '../support/stack.ts';
import { emptySlot, putMark, readMark } from './broken-partitions.ts';
import { Deployment, until } from './deployment.ts';
import { halted } from './halted.ts';
import { plainKafka } from './raw-records.ts';

test('a topic that somebody grew by hand, a growth that was cut off, a slot lost after a growth: each is cured as it says', async () => {
  const deployment = await Deployment.create('grown-halts', sharedEnv(), { partitions: 3 });
  const folder = await mkdtemp(join(tmpdir(), 'taskfold-grown-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [byHand, cutOff] = [join(folder, 'by-hand'), join(folder, 'cut-off')];
  await publish(deployment, { task_status: 'failed' });
  let processor = deployment.processor();
  await deployment.untilCaughtUp();
  await processor.terminate();

  const admin = plainKafka(deployment.admin).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: deployment.topology.input.topic, count: 5 }] });
  await admin.disconnect();
  // Into the new partitions too, which nobody folds yet.
  await publish(deployment, { retry_count: 1 });
  processor = deployment.processor();
  await halted(deployment, {
    0: 'partition_count_changed',
    1: 'partition_count_changed',
    2: 'partition_count_changed',
  });
  await cure(deployment, 0, 'grow', { N: '5', DIR: byHand });
  deployment.partitions = 5;
  await exact(deployment);

  // As a command leaves a partition that is killed between two steps; its folder is lost.
  await processor.terminate();
  await putMark(deployment, 3, { ...(await readMark(deployment, 3)), growing: 'a-growth-that-was-killed' });
  await publish(deployment, { retry_count: 2 });
  processor = deployment.processor();
  await halted(deployment, { 3: 'growth_unfinished' });
  await cure(deployment, 3, 'grow', { N: '7', DIR: cutOff });
  deployment.partitions = 7;
  await exact(deployment);

  await emptySlot(deployment, 1);
  await emptySlot(deployment, 6);
  await halted(deployment, { 1: 'seed_missing', 6: 'seed_missing' });
  const refused = await deployment.command(['partitions', 'rebuild', '1', '--yes']);
  expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('snapshot load DIR 1')]);
  for (const partition of [1, 6]) await cure(deployment, partition, 'load', { DIR: cutOff });
  await publish(deployment, { retry_count: 3 });
  await exact(deployment);

  // A new partition begins with nothing then; of an old one others were given tasks, too.
  for (const partition of [6, 1]) {
    await emptySlot(deployment, partition);
    await halted(deployment, { [partition]: 'seed_missing' });
    await cure(deployment, partition, 'rebuild', {});
    await deployment.untilCaughtUp();
    const lost = await deployment.verify();
    expect(lost.mismatches).toBe(0);
    const unchecked = partition === 6 ? [] : [0, 2, 3, 4, 5];
    expect(lost.unchecked.map((one) => one.partition)).toEqual(unchecked);
  }
});

/** An update of each of thirty tasks. */
async function publish(deployment: Deployment, fields: object): Promise<void> {
  const lines = Array.from({ length: 30 }, (_, n) => {
    const ids = { internal_task_id: `task-${n}`, internal_job_id: `job-${n % 4}`, engine_id: 'engine' };
    return JSON.stringify({ ...ids, ...fields });
  });
  const { code, stderr } = await deployment.command(['publish'], {}, lines.join('\n'));
  expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
}

/** Runs the last command with this verb that the partition's message names, with these words put in. */
async function cure(deployment: Deployment, partition: number, verb: string, put: Readonly<Record<string, string>>) {
  const said = (await deployment.look()).get(partition)!.halt!.cure;
  const named = namedCommands(said).findLast((words) => words[1] === verb);
  expect(named, said).toBeDefined();
  const command = named!.map((word) => put[word] ?? word);
  const { code, stdout, stderr } = await deployment.command([...command, '--yes']);
  expect(`${command.join(' ')}: ${code} ${code === 0 ? '' : stderr + stdout}`).toBe(`${command.join(' ')}: 0 `);
}

async function exact(deployment: Deployment): Promise<void> {
  await until('all partitions run', 60_000, async () => {
    const found = await deployment.look();
    return found.size === deployment.partitions && [...found.values()].every(({ state }) => state === 'running');
  });
  await deployment.untilCaughtUp();
  const document = await deployment.verify();
  expect(document.first_mismatches).toEqual([]);
  expect(document).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0 });
}
