// Processors that are killed with -9 at random moments under load: state and events must be as if nothing had happened,
// and others must go on with the partitions soon.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sharedEnv } from '../support/stack.ts';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { Deployment, until } from './deployment.ts';

/** The promise, for whoever dies whenever. */
const MOVE_ON_MS_MAX = 10_000;

test('processors killed three times in a row under load lose and repeat nothing; the partitions move on within 10 s', async () => {
  const deployment = await Deployment.create('crash', sharedEnv());
  const processors = [deployment.processor(), deployment.processor()];
  const load = deployment.load({ rate: 1_500, seconds: 60 });
  await deployment.untilEachRuns(processors);
  await deployment.untilFolded(1_000);
  /** Kills the oldest one and starts a new one; answers where the killed one's partitions stood. */
  async function killOne(): Promise<Standing> {
    await sleep(Math.random() * 1_500);
    const victim = processors.shift()!;
    await victim.kill();
    const standing = await standingOf(deployment, victim);
    processors.push(deployment.processor());
    return standing;
  }

  const first = await killOne();
  expect(first.watermarks.size).toBeGreaterThan(0);
  const firstMs = await movedOn(deployment, first);
  await killOne();
  // The third one dies while the group deals with the second one's death, or has just done so.
  await sleep(Math.random() * 6_000);
  await killOne();
  const lastMs = await movedOn(deployment, await standingOf(deployment));
  const told = (ms: readonly number[]) => `${ms.length} partitions moved on within ${Math.max(...ms)} ms`;
  console.log(`one killed: ${told(firstMs)}; two killed in a row: ${told(lastMs)}`);
  expect(Math.max(...firstMs, ...lastMs)).toBeLessThanOrEqual(MOVE_ON_MS_MAX);

  await load.stop();
  await deployment.expectExact(load.truthFile);
}, 120_000);

interface Standing {
  readonly at: number;
  /** W by partition */
  readonly watermarks: ReadonlyMap<number, number>;
}

/** Where the partitions of this processor stand now; without one: all partitions. */
async function standingOf(deployment: Deployment, owner?: TaskfoldProcess): Promise<Standing> {
  const at = performance.now();
  const all = [...(await deployment.look()).values()];
  const held = owner === undefined ? all : all.filter((partition) => partition.owner?.endsWith(`:${owner.pid}`));
  return { at, watermarks: new Map(held.map(({ partition, watermark = 0 }) => [partition, watermark])) };
}

/** Waits until W of each has grown, and answers after how long each did, ms. */
async function movedOn(deployment: Deployment, { at, watermarks }: Standing): Promise<number[]> {
  const standing = new Map(watermarks);
  const ms: number[] = [];
  await until('the partitions move on', 3 * MOVE_ON_MS_MAX, async () => {
    for (const { partition, watermark = 0 } of (await deployment.look()).values()) {
      const stood = standing.get(partition);
      if (stood === undefined || watermark <= stood) continue;
      standing.delete(partition);
      ms.push(Math.round(performance.now() - at));
    }
    return standing.size === 0;
  });
  return ms;
}
