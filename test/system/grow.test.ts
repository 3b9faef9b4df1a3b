// More input partitions under load: the command is killed half-way, three times, and run again, one processor with it; and what
// verify folds from the log a second time, through the growth, is what Redis and the outgoing topics hold.

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { GrowAnswer } from '../../src/cli/grow/grow.ts';
import { snapshotName } from '../../src/cli/snapshot/snapshot-file.ts';
import { homeOf } from '../../src/domain/home.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment, until } from './deployment.ts';

const [BEFORE, AFTER] = [12, 18];
const STEP_MS_MAX = 30_000;

test('12 to 18 partitions under load, the command killed half-way and run again: verify finds nothing that differs', async () => {
  const deployment = await Deployment.create('grow', sharedEnv(), { partitions: BEFORE });
  const folder = await mkdtemp(join(tmpdir(), 'taskfold-grow-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const processors = [deployment.processor(), deployment.processor()];
  // Of engines that key right the truth knows all; of those that do not, not in which order their last records came.
  const load = deployment.load({ rate: 300, seconds: 120, tidy: true });
  const untidy = deployment.load({ rate: 200, seconds: 120, seed: 2, faults: 0.02 });
  await deployment.untilAllRun(processors);
  const moved = Array.from({ length: 20 }, (_, n) => `moved-${n}`);
  const publish = async () => {
    const lines = moved.map((internal_task_id) => JSON.stringify({ internal_task_id, retry_count: 1 }));
    expect((await deployment.command(['publish'], {}, lines.join('\n'))).code).toBe(0);
  };
  await publish();
  await deployment.untilFolded(2_000);

  const grow = ['partitions', 'grow', String(AFTER), folder, '--yes', '--json'];
  const plan = await deployment.json<{ growth: GrowAnswer }>([...grow.slice(0, 4), '--dry-run']);
  expect(plan.growth).toMatchObject({ from: BEFORE, to: AFTER, state: 'planned' });
  const killedWhen = async (what: string, holds: () => boolean | Promise<boolean>) => {
    const command = deployment.start(grow);
    await until(what, STEP_MS_MAX, holds);
    await command.kill();
  };
  await killedWhen('a partition is copied', () => existsSync(join(folder, 'before', snapshotName(3))));
  await processors[0]!.kill();
  processors[0] = deployment.processor();
  await killedWhen('tasks are sorted', () => existsSync(join(folder, snapshotName(7))));
  const { head } = deployment.keysOf(3);
  await killedWhen('tasks are in place', async () => (await deployment.redis.hexists(head, 'growth.id')) === 1);
  const { growth } = await deployment.json<{ growth: GrowAnswer }>(grow);
  expect(growth).toMatchObject({ from: BEFORE, to: AFTER, state: 'done' });
  expect((await deployment.json<{ growth: GrowAnswer }>(grow)).growth.partitions).toEqual([]);

  deployment.partitions = AFTER;
  await deployment.untilAllRun(processors, 60_000);
  await publish();
  await deployment.untilFolded(1_000);
  await Promise.all([load.stop(), untidy.stop()]);
  // Engines that were started since know all partitions from the first record on.
  const other = deployment.load({ rate: 400, seconds: 4, seed: 3 });
  await other.end();
  const exact = await deployment.verify(load.truthFile);
  expect(exact.first_mismatches).toEqual([]);
  expect(exact).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0, truth: { tasks_unknown: 0 } });
  expect(exact.truth!.tasks).toBeGreaterThan(500);
  expect(exact.failures).toBeGreaterThan(100);
  expect(exact.partitions).toHaveLength(AFTER);
  const tasks = await Promise.all(moved.map((id) => deployment.reads.readTask(id)));
  for (const [n, task] of tasks.entries()) {
    expect(task).toMatchObject({ retry_count: 2, source: { partition: homeOf(moved[n]!, AFTER) } });
  }
});
