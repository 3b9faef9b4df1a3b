// The way back from a Redis that is lost when the log no longer reaches back to where the fold began.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { startStack } from '../../deploy/stack/stack.mjs';
import type { SavedSlot } from '../../src/cli/snapshot/save-snapshot.ts';
import { snapshotName } from '../../src/cli/snapshot/snapshot-file.ts';
import { homeOf } from '../../src/domain/home.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment, until } from './deployment.ts';
import { plainKafka } from './raw-records.ts';

const PARTITIONS = 3;
const HALT_MS_MAX = 20_000;

test('Redis is emptied and retention has taken the log: snapshots are put back under load, and nothing differs from the truth', async () => {
  // To empty this Redis loses nobody else's state.
  const stack = await startStack({ services: ['redis'] });
  onTestFinished(() => stack.stop(), 60_000);
  const deployment = await Deployment.create('snapshot', { ...sharedEnv(), ...stack.env }, { partitions: PARTITIONS });
  const folder = await mkdtemp(join(tmpdir(), 'taskfold-snapshot-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const processors = [deployment.processor(), deployment.processor()];
  const load = deployment.load({ rate: 600, seconds: 90 });
  await deployment.untilAllRun(processors);
  await deployment.untilFolded(2_000);

  const { snapshot } = await deployment.json<{ snapshot: SavedSlot[] }>(['snapshot', 'save', folder]);
  expect(snapshot.map(({ partition, condition }) => [partition, condition])).toEqual(
    [0, 1, 2].map((partition) => [partition, 'saved']),
  );
  for (const { file, tasks, watermark } of snapshot) {
    const lines = gunzipSync(await readFile(file!))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ kind: 'snapshot', watermark, tasks });
    const keys = lines.slice(1, -1).map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys.filter((key) => /^task:[^:]+$/.test(key))).toHaveLength(tasks!);
    // So begins each token of a simulated engine.
    expect(lines.join('\n')).not.toContain('simulated-');
  }
  // The processors have gone on as soon as each slot was copied.
  await deployment.untilFolded(1_500);

  await deleteRecordsBelow(deployment, new Map(snapshot.map(({ partition, watermark }) => [partition, watermark!])));
  await deployment.redis.flushall();
  await until('every partition halts', HALT_MS_MAX, async () => {
    const found = await deployment.look();
    return [0, 1, 2].every((partition) => found.get(partition)?.halt?.code === 'history_gone');
  });
  expect((await deployment.look()).get(1)!.halt!.cure).toContain('taskfold snapshot load DIR 1');

  // What is not whole is not put in.
  const [first, damaged] = [join(folder, snapshotName(0)), await readFile(join(folder, snapshotName(0)))];
  await writeFile(first, damaged.subarray(0, damaged.length - 100));
  const cut = await deployment.command(['snapshot', 'load', folder, '--yes']);
  expect([cut.code, cut.stderr]).toEqual([1, expect.stringContaining(snapshotName(0))]);
  await writeFile(first, damaged);

  const { load: outcomes } = await deployment.json<{ load: { condition: string }[] }>([
    'snapshot',
    'load',
    folder,
    '--yes',
  ]);
  expect(outcomes.map(({ condition }) => condition)).toEqual(['running', 'running', 'running']);
  const again = await deployment.command(['snapshot', 'load', folder, '0', '--yes']);
  expect([again.code, again.stdout]).toEqual([1, expect.stringContaining('snapshot load DIR 0 --replace')]);

  await deployment.untilFolded(500);
  await load.stop();
  const exact = await deployment.expectExact(load.truthFile);
  expect(exact.truth_alone).toEqual([0, 1, 2]);

  // A look that cannot see would see nothing wrong either.
  const [task] = (await readFile(load.truthFile, 'utf8')).split('\n').filter((line) => line.includes('"kind":"task"'));
  const { internal_task_id: id } = JSON.parse(task!) as { internal_task_id: string };
  await deployment.redis.hset(deployment.keysOf(homeOf(id, PARTITIONS)).task(id), 'error_count', '987654');
  expect((await deployment.verify(load.truthFile)).first_mismatches).toEqual([
    expect.objectContaining({ about: 'truth', internal_task_id: id, field: 'error_count', found: '987654' }),
  ]);
});

async function deleteRecordsBelow({ env, topology }: Deployment, offsets: ReadonlyMap<number, number>): Promise<void> {
  const admin = plainKafka(env).admin();
  await admin.connect();
  const topic = topology.input.topic;
  // kafkajs wants to have heard of the topic before.
  await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
  await admin.deleteTopicRecords({ topic, partitions });
  const starts = await admin.fetchTopicOffsets(topic);
  expect(new Map(starts.map(({ partition, low }) => [partition, Number(low)]))).toEqual(offsets);
  await admin.disconnect();
}
