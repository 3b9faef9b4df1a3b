// Processors that come and go in order under load: each SIGTERM ends with exit code 0 in time, the others go on at once,
// and no rebalance loses or repeats anything.

import { expect, test } from 'vitest';
import { sharedEnv } from '../support/stack.ts';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { Deployment } from './deployment.ts';

const SHUTDOWN_MS_MAX = 10_000;
/** Below the group's session time-out: others must not have to wait for it when a processor says goodbye. */
const HANDED_OVER_MS_MAX = 5_500;

test('processors that join and leave under load end within 10 s with exit 0, hand over at once, and lose and repeat nothing', async () => {
  const deployment = await Deployment.create('shutdown', sharedEnv());
  const load = deployment.load({ rate: 1_500, seconds: 60 });
  const first = deployment.processor();
  await deployment.untilAllRun([first]);
  const second = deployment.processor();
  await deployment.untilEachRuns([first, second]);
  await deployment.untilFolded(1_000);
  await leaves(deployment, first, [second]);
  const [third, fourth] = [deployment.processor(), deployment.processor()];
  await deployment.untilEachRuns([second, third, fourth]);
  await deployment.untilFolded(1_000);
  await leaves(deployment, third, [second, fourth]);
  await deployment.untilFolded(1_000);
  // The last ones leave, too: what comes meanwhile waits in the log.
  await Promise.all([leaves(deployment, second), leaves(deployment, fourth)]);
  const fifth = deployment.processor();
  await deployment.untilAllRun([fifth]);
  await load.stop();
  await deployment.expectExact(load.truthFile);
  await leaves(deployment, fifth);
});

async function leaves(
  deployment: Deployment,
  leaver: TaskfoldProcess,
  stayers: readonly TaskfoldProcess[] = [],
): Promise<void> {
  const ending = leaver.terminate();
  if (stayers.length > 0) await deployment.untilAllRun(stayers, HANDED_OVER_MS_MAX);
  const { code, ms } = await ending;
  console.log(`SIGTERM to exit: ${ms} ms`);
  expect(code).toBe(0);
  expect(ms).toBeLessThan(SHUTDOWN_MS_MAX);
  expect(leaver.logged('drained')).toHaveLength(1);
  expect(leaver.logged('drain_late')).toEqual([]);
}
