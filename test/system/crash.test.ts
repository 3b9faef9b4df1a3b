// Processors that are killed with -9 at random moments under load: state and events must be as if nothing had happened,
// and others must go on with the partitions soon.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { sharedEnv } from '../support/stack.ts';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { type SeenEvent, seenByJava } from './console-consumer.ts';
import { Deployment, until } from './deployment.ts';
import { readCommitted } from './subscriber.ts';

/** The promise, for whoever dies whenever. */
const MOVE_ON_MS_MAX = 10_000;
/** Of two deaths in a row the second costs a whole session and a rebalance, 9 s: a busy machine passes ten. */
const IN_A_ROW_MS_MAX = 15_000;

test('processors killed three times in a row under load lose and repeat nothing; the partitions move on within 10 s', async () => {
  const deployment = await Deployment.create('crash', sharedEnv());
  const processors = [deployment.processor(), deployment.processor()];
  const load = deployment.load({ rate: 1_500, seconds: 180 });
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
  const second = await killOne();
  const secondMoves = movedOn(deployment, second);
  secondMoves.catch(() => {});
  // The third one dies while the group deals with the second one's death, or has just done so.
  await sleep(Math.random() * 6_000);
  const third = await killOne();
  const all = await standingOf(deployment);
  const lastMs = await movedOn(deployment, all);
  // What the third one had taken from the second one, or had kept waiting, counts from its own death: no rebalance ends
  // before the group knows of that, too.
  const between = third.at - second.at;
  const secondMs = new Map(
    [...(await secondMoves)].flatMap(([partition, took]): [number, number][] =>
      third.watermarks.has(partition) ? [] : [[partition, Math.round(took > between ? took - between : took)]],
    ),
  );
  const told = (ms: ReadonlyMap<number, number>) =>
    `${ms.size} partitions moved on within ${Math.max(0, ...ms.values())} ms`;
  console.log(`one killed: ${told(firstMs)}; the second: ${told(secondMs)}; after two in a row: ${told(lastMs)}`);
  const late = (ms: ReadonlyMap<number, number>, max: number) => [...ms].filter(([, took]) => took > max);
  expect(late(firstMs, MOVE_ON_MS_MAX)).toEqual([]);
  expect(late(secondMs, MOVE_ON_MS_MAX)).toEqual([]);
  expect(late(lastMs, IN_A_ROW_MS_MAX)).toEqual([]);

  await load.stop();
  await deployment.expectExact(load.truthFile);

  // The same by a reader that has nothing in common with us; it has no login for the secured services.
  if (inject('kind') === 'secured') return;
  const topics = [deployment.topology.failures.topic, deployment.topology.jobCreations.topic];
  const ours = await readCommitted(deployment.env, topics);
  const places = ours.map(({ partition, offset, headers }) => ({ partition, offset, ce_id: headers.ce_id! }));
  expect(inOrder(await seenByJava(deployment.env, topics))).toEqual(inOrder(places));
});

function inOrder(events: readonly SeenEvent[]): string[] {
  return events.map(({ partition, offset, ce_id }) => `${ce_id} at ${partition}/${offset}`).sort();
}

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

/** Waits until W of each has grown, and answers after how long each did, ms, by partition. */
async function movedOn(deployment: Deployment, { at, watermarks }: Standing): Promise<Map<number, number>> {
  const standing = new Map(watermarks);
  const ms = new Map<number, number>();
  await until('the partitions move on', 3 * MOVE_ON_MS_MAX, async () => {
    for (const { partition, watermark = 0 } of (await deployment.look()).values()) {
      const stood = standing.get(partition);
      if (stood === undefined || watermark <= stood) continue;
      standing.delete(partition);
      ms.set(partition, Math.round(performance.now() - at));
    }
    return standing.size === 0;
  });
  return ms;
}
