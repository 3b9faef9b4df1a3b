// Two versions of the fold side by side, as in an upgrade: the newer one touches nothing that the older one folds, until an
// operator has it fold all anew; then the older one touches nothing.

import { expect, test } from 'vitest';
import { FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { nextFoldVersion } from '../support/other-version.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment, until } from './deployment.ts';
import { readCommitted } from './subscriber.ts';

const PARTITIONS = 3;
const HALT_MS_MAX = 20_000;

test('a processor of another fold version halts what it is given, and changes nothing; a rebuild takes the partitions over, and no event leaves twice', async () => {
  const next = await nextFoldVersion({
    file: 'src/domain/evolve.ts',
    from: 'task.error_count = (task.error_count ?? 0) + update.error_count;',
    to: 'task.error_count = (task.error_count ?? 0) + 10 * update.error_count;',
  });
  const deployment = await Deployment.create('versions', sharedEnv(), { partitions: PARTITIONS });
  const older = deployment.processor();
  const load = deployment.load({ rate: 300, seconds: 60 });
  await deployment.untilAllRun([older]);
  await deployment.untilFolded(500);

  const newer = deployment.processor({}, next);
  await until('the newer one halts what it is given', HALT_MS_MAX, async () => (await halts(deployment)).length > 0);
  for (const { message, cure } of await halts(deployment)) {
    expect(message).toContain(`folded by fold version ${FOLD_VERSION}, this process has ${FOLD_VERSION + 1}`);
    expect(cure).toMatch(/every processor of the other version stopped.*taskfold partitions rebuild \d/);
  }
  await deployment.untilFolded(200);
  await newer.terminate();
  await deployment.untilAllRun([older]);
  await load.stop();
  const { received } = await deployment.expectExact(load.truthFile);
  const errors = Number((await deployment.reads.readFleet())!.error_count);
  const topics = [deployment.topology.failures, deployment.topology.jobCreations, deployment.topology.rejects];
  const events = () =>
    readCommitted(
      deployment.env,
      topics.map(({ topic }) => topic),
    );
  const before = await events();
  await older.terminate();

  const upgraded = deployment.processor({}, next);
  await until('it halts all', HALT_MS_MAX, async () => (await halts(deployment)).length === PARTITIONS);
  const rebuilt = await deployment.command(['partitions', 'rebuild', 'all', '--yes'], {}, '', next);
  expect(`${rebuilt.code} ${rebuilt.code === 0 ? '' : rebuilt.stderr + rebuilt.stdout}`).toBe('0 ');
  await deployment.untilAllRun([upgraded]);
  await deployment.untilCaughtUp();
  const tenTimes = await taskErrors(deployment);
  expect(errors).toBeGreaterThan(0);
  expect(tenTimes).toBe(10 * errors);
  const folded = (await deployment.reads.readFleet())!.updates.received;
  expect(folded).toBe(received);
  const left = await events();
  const silences = (all: typeof left) => all.filter(({ headers }) => /silent|recovered/.test(headers.ce_type ?? ''));
  expect(left.length - silences(left).length).toBe(before.length - silences(before).length);
  expect(new Set(left.map(({ headers }) => headers.ce_id)).size).toBe(left.length);

  const downgraded = deployment.processor();
  await downgraded.untilLogged('partition_halted', { ms: HALT_MS_MAX });
  expect(String(downgraded.logged('partition_halted')[0]!.reason)).toContain(
    `fold version ${FOLD_VERSION + 1}, this process has ${FOLD_VERSION}`,
  );
});

async function halts(deployment: Deployment) {
  const found = [...(await deployment.look()).values()].flatMap(({ halt }) => (halt === undefined ? [] : [halt]));
  expect(found.map(({ code }) => code)).toEqual(found.map(() => 'fold_differs'));
  return found;
}

async function taskErrors({ reads }: Deployment): Promise<number> {
  const byTask = new Map<string, number>();
  for await (const { internal_task_id, error_count } of reads.streamTasks()) {
    byTask.set(internal_task_id, Number(error_count ?? 0));
  }
  return [...byTask.values()].reduce((sum, count) => sum + count, 0);
}
