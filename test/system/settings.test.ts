// Settings of the fold that are changed while processors work: each partition goes by them from one offset on, and every
// replay does, too. The default silence of 30 s is longer than this whole test.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { WrittenChange } from '../../src/cli/settings/change.ts';
import type { SettingsInForce } from '../../src/cli/settings/in-force.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment, until } from './deployment.ts';
import { Heartbeats } from './heartbeats.ts';
import { decoded, readCommitted } from './subscriber.ts';

const PARTITIONS = 3;
const DYING = 20;
/** Deadline, next tick, transaction; or an owner that is found dead. */
const TOLD_MS_MAX = 30_000;

interface Change {
  readonly change: string;
  readonly partitions: readonly WrittenChange[];
}

test('a silence made shorter finds the dead, one made longer raises no alarm, through kill -9; an emptied Redis is filled again by the same settings at the same offsets', async () => {
  const deployment = await Deployment.create('settings', sharedEnv(), { partitions: PARTITIONS });
  const processors = [deployment.processor(), deployment.processor()];
  const load = deployment.load({ rate: 200, seconds: 100 });
  const early = Array.from({ length: DYING }, (_, i) => `early-${i}`);
  const late = Array.from({ length: DYING }, (_, i) => `late-${i}`);
  const engines = await Heartbeats.start(deployment, [...early, ...late]);
  await deployment.untilEachRuns(processors);
  await deployment.untilFolded(500);

  const shorter = await set(deployment, ['silence_after_s=3', 'errors_kept=2']);
  // Each reports once more, by the new settings.
  await deployment.untilFolded(1_000);
  engines.die(early);
  await until('the dead are told', TOLD_MS_MAX, async () => (await silentOf(deployment, 'early')).length >= DYING);
  expect((await silentOf(deployment, 'early')).sort()).toEqual([...early].sort());

  await processors.shift()!.kill();
  const longer = await set(deployment, ['silence_after_s=600', 'tombstones_kept_s=60']);
  processors.push(deployment.processor());
  await deployment.untilFolded(400);
  engines.die(late);
  // Twice as long as was a silence before.
  await sleep(6_000);
  await deployment.untilCaughtUp();
  expect(await silentOf(deployment, 'late')).toEqual([]);

  await Promise.all(processors.map((processor) => processor.kill()));
  await deployment.forgetState();
  const last = deployment.processor();
  await deployment.untilAllRun([last]);
  await load.stop();
  await engines.stop();
  await deployment.untilCaughtUp();
  const verified = await deployment.verify(load.truthFile);
  expect(verified.first_mismatches).toEqual([]);
  expect(verified).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0 });
  expect(await silentOf(deployment, 'late')).toEqual([]);
  expect(await silentOf(deployment, 'early')).toHaveLength(DYING);

  const shown = await deployment.json<SettingsInForce>(['settings', 'show']);
  expect(shown.differing).toEqual([]);
  expect(shown.settings).toMatchObject({ silence_after_s: 600, errors_kept: 2, tombstones_kept_s: 60, looks_max: 500 });
  for (const { partition, since, controls } of shown.partitions) {
    expect(since).toMatchObject({ change: longer.change, offset: longer.partitions[partition]!.offset });
    expect(controls).toEqual({ obeyed: 2, repeated: 0, ignored: 0 });
  }
  const { settings_changes } = (await deployment.look()).get(0)!;
  expect(settings_changes!.map(({ change }) => change)).toEqual([shorter.change, longer.change]);
});

async function set(deployment: Deployment, changes: readonly string[]): Promise<Change> {
  const done = await deployment.json<Change>(['settings', 'set', ...changes, '--yes']);
  expect(done.partitions.map(({ condition }) => condition)).toEqual(Array(PARTITIONS).fill('in_force'));
  return done;
}

/** Tasks of this name that were told to be silent, once for each time. */
async function silentOf({ env, topology }: Deployment, name: string): Promise<string[]> {
  type Told = { readonly internal_task_id: string; readonly failure: string };
  const told = await decoded<Told>(env, await readCommitted(env, [topology.failures.topic]));
  const silent = told.filter((one) => one.failure === 'silent' && one.internal_task_id.startsWith(`${name}-`));
  return silent.map(({ internal_task_id }) => internal_task_id);
}
