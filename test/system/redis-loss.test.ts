// Redis that forgets under load: all of it, and the last ten seconds of it. The log is folded again, and nothing that has
// left leaves a second time. The Redis of these tests is theirs alone.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withOwnRedis } from '../support/own-services.ts';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { Deployment } from './deployment.ts';

/** How old the copy is that is put back. */
const COPY_AGE_MS = 10_000;

test('a Redis that is emptied under load, twice, is filled again from the log, and no event leaves twice', async () => {
  const { env } = await withOwnRedis();
  const deployment = await Deployment.create('emptied', env);
  const processors = [deployment.processor(), deployment.processor()];
  const load = deployment.load({ rate: 800, seconds: 60 });
  await deployment.untilAllRun(processors);
  await deployment.untilFolded(2_000);
  await deployment.forgetAll();
  // The second time while the log is folded again.
  await deployment.untilFolded(500);
  await deployment.forgetAll();
  await deployment.untilFolded(2_000);
  await load.stop();
  const { received } = await deployment.expectExact(load.truthFile);
  expect(await foldedBy(processors)).toBeGreaterThan(received + 2_000);
});

test('a Redis that is set back by ten seconds under load catches up from the log, and no event leaves twice', async () => {
  const { env, redis } = await withOwnRedis();
  const deployment = await Deployment.create('set-back', env);
  const processors = [deployment.processor(), deployment.processor()];
  const load = deployment.load({ rate: 800, seconds: 60 });
  await deployment.untilAllRun(processors);
  await deployment.untilFolded(1_500);
  const putBack = await redis.keepCopy();
  await sleep(COPY_AGE_MS);
  await redis.stop();
  putBack();
  await redis.start();
  await deployment.untilFolded(2_000);
  await load.stop();
  const { received } = await deployment.expectExact(load.truthFile);
  expect(await foldedBy(processors)).toBeGreaterThan(received + 0.5 * COPY_AGE_MS * 0.8);
});

/** Ends them; how many records they have folded in all, again ones included. */
async function foldedBy(processors: readonly TaskfoldProcess[]): Promise<number> {
  const ended = await Promise.all(processors.map((processor) => processor.terminate()));
  expect(ended.map(({ code }) => code)).toEqual(processors.map(() => 0));
  return processors.reduce((sum, processor) => sum + Number(processor.logged('drained')[0]!.records), 0);
}
