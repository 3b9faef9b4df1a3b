// Engines that die without a word are found out, each once and soon, also where the owner of their partitions dies with
// them; and nothing else is: not our own lag, not a broker that is away.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sized } from '../support/size.ts';
import { privateStack } from '../support/stack.ts';
import { Deployment, until } from './deployment.ts';
import { Heartbeats } from './heartbeats.ts';
import { decoded, readCommitted } from './subscriber.ts';

const SILENCE_AFTER_S = sized(4, 30);
/** Nobody folds for so long, and engines go on; the broker is away for so long. s */
const BACKLOG_S = sized(3 * SILENCE_AFTER_S, 600);
const AWAY_S = sized(2 * SILENCE_AFTER_S, 120);
const SETTINGS = { TASKFOLD_SILENCE_AFTER_S: String(SILENCE_AFTER_S) };
/** The promise: so long after the deadline at most, ms; and that much more where the owner was killed (session time-out 6 s). */
const SHOWN_WITHIN_MS = 10_000;
const KILLED_MS = 6_000 + 5_000;
const DYING = 200;

interface Told {
  readonly internal_task_id: string;
  readonly failure: string;
  readonly log_time: number;
  readonly last_update_at: number | null;
  readonly engine_id: string | null;
  readonly work_request_id: string | null;
}

test(
  `200 engines that die are told once each and in time, with an owner killed meanwhile; ${BACKLOG_S} s of backlog and a broker that is away for ${AWAY_S} s are not taken for silence`,
  async () => {
    const stack = await privateStack();
    const deployment = await Deployment.create('silence', stack.env, { settings: SETTINGS });
    const processors = [deployment.processor(), deployment.processor()];
    await deployment.untilEachRuns(processors);
    const ids = Array.from({ length: DYING }, (_, i) => `task-${i}`);
    const engines = await Heartbeats.start(deployment, ids);
    await deployment.untilFolded(3 * DYING);

    // They report, and nobody folds.
    for (const processor of processors.splice(0)) await processor.terminate();
    await sleep(BACKLOG_S * 1_000);
    const backlog = await backlogOf(deployment);
    const foldedFrom = Date.now();
    processors.push(deployment.processor(), deployment.processor());
    await deployment.untilEachRuns(processors);
    await deployment.untilCaughtUp(60_000);
    console.log(
      `a backlog of ${backlog} records over ${BACKLOG_S} s folded ${Date.now() - foldedFrom} ms after the start`,
    );
    expect(backlog).toBeGreaterThan(0.7 * DYING * BACKLOG_S);
    expect(await told(deployment)).toEqual([]);

    // All of them die, so that nobody but the owners tells the time; and the owner of half of the partitions with them.
    engines.die(ids);
    const diedAt = Date.now();
    await processors.shift()!.kill();
    processors.push(deployment.processor());
    const boundMs = SILENCE_AFTER_S * 1_000 + SHOWN_WITHIN_MS + KILLED_MS;
    await until('every death is told', boundMs, async () => (await told(deployment)).length >= DYING);
    const shownMs = Date.now() - diedAt;
    const silences = await told(deployment);
    expect(silences.map(({ failure }) => failure)).toEqual(Array(DYING).fill('silent'));
    expect(new Set(silences.map(({ internal_task_id }) => internal_task_id)).size).toBe(DYING);
    for (const { internal_task_id: id, engine_id, work_request_id, log_time, last_update_at } of silences) {
      expect([engine_id, work_request_id]).toEqual([`engine of ${id}`, `work of ${id}`]);
      expect(log_time - last_update_at!).toBeGreaterThan(SILENCE_AFTER_S * 1_000);
    }
    const waits = silences.map(({ log_time, last_update_at }) => log_time - last_update_at! - SILENCE_AFTER_S * 1_000);
    console.log(
      `all ${DYING} told ${shownMs} ms after the deaths; by the log ${Math.max(...waits)} ms after the deadline at most`,
    );
    expect(await silentIds(deployment)).toEqual([...ids].sort());

    engines.revive(ids);
    await until('every recovery is told', 10_000, async () => (await told(deployment)).length >= 2 * DYING);
    expect(await silentIds(deployment)).toEqual([]);

    // Nobody can report while the broker is away.
    await stack.kafka.stop();
    await sleep(AWAY_S * 1_000);
    await stack.kafka.start();
    await deployment.untilFolded(10 * DYING, 60_000);
    // A false one would be told within one more limit.
    await sleep(SILENCE_AFTER_S * 1_000);
    const kinds = (await told(deployment)).map(({ failure }) => failure);
    expect(kinds.filter((kind) => kind === 'silent')).toHaveLength(DYING);
    expect(kinds.filter((kind) => kind === 'recovered')).toHaveLength(DYING);

    await engines.stop();
    const verified = await deployment.verify();
    expect(verified.first_mismatches).toEqual([]);
    expect(verified).toMatchObject({ mismatches: 0, unchecked: [] });
  },
  240_000 + (BACKLOG_S + AWAY_S + 2 * SILENCE_AFTER_S) * 1_000,
);

/** How many records wait to be folded, in all partitions. */
async function backlogOf(deployment: Deployment): Promise<number> {
  const [ends, partitions] = [await deployment.ends(), await deployment.look()];
  return [...ends].reduce((all, [partition, end]) => all + end - (partitions.get(partition)?.watermark ?? 0), 0);
}

async function told({ env, topology }: Deployment): Promise<Told[]> {
  return decoded<Told>(env, await readCommitted(env, [topology.failures.topic]));
}

async function silentIds({ reads }: Deployment): Promise<string[]> {
  const silent = await reads.readSilentTasks();
  return silent.map(({ internal_task_id }) => internal_task_id).sort();
}
