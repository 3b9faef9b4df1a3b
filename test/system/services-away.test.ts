// Kafka, the registry and Redis away under load, each in its turn: the processors say so once, go on by themselves, and
// lose and repeat nothing. The services of this test are its own.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import { ownServices } from '../support/own-services.ts';
import { Observed } from '../support/scrape.ts';
import type { LogLine, TaskfoldProcess } from '../support/taskfold-process.ts';
import { Deployment, until } from './deployment.ts';
import { appendRaw, registerSchema, wireValue } from './raw-records.ts';

/** Health is told, and W that stands is noticed within the outage of Kafka. */
const WATCHED = { TASKFOLD_OBSERVE_LISTEN: '0', TASKFOLD_READY_STALL_S: '5' };
/** Longer than a session of the group, and than any transaction. */
const KAFKA_AWAY_MS = 15_000;
const REDIS_AWAY_MS = 3_000;
/** A partition looks again after eight seconds at most. */
const BACK_MS_MAX = 15_000;
/** A Cluster's node is believed again by the others, and by the clients, only some time after it came back. */
const REDIS_BACK_MS_MAX = inject('kind') === 'secured' ? 45_000 : BACK_MS_MAX;

test('processors wait for services that are away, say so once, and go on by themselves with nothing lost or repeated', async () => {
  const stack = await ownServices();
  const deployment = await Deployment.create('away', stack.env);
  const processors = [deployment.processor(WATCHED), deployment.processor(WATCHED)];
  const watched = await Promise.all(processors.map(Observed.of));
  // A tidy fleet: an unknown schema of its own would wait for the registry as well.
  const load = deployment.load({ rate: 300, seconds: 300, tidy: true });
  await deployment.untilAllRun(processors);
  await deployment.untilFolded(500);

  const kafka = listenTo(processors);
  await stack.kafka.stop();
  await sleep(KAFKA_AWAY_MS);
  for (const observed of watched) {
    expect(await observed.isLive()).toBe(true);
    expect((await observed.readiness()).status).toBe(503);
  }
  await stack.kafka.start();
  await deployment.untilCaughtUp(BACK_MS_MAX);
  for (const heard of kafka) {
    expectSaidOnce(heard(), 'Kafka');
    await until('said that Kafka is back', BACK_MS_MAX, () => heard().some(isBack('Kafka')));
  }
  for (const observed of watched) {
    await observed.untilReady(true, BACK_MS_MAX);
    expect((await observed.scrape()).sum('taskfold_service_recoveries_total', { service: 'kafka' })).toBeGreaterThan(0);
  }

  const unheardOf = await newWriter(deployment);
  const registry = listenTo(processors);
  await stack.registry.stop();
  const offset = await unheardOf.append();
  const told = () =>
    registry.flatMap((heard) => heard().filter(({ msg }) => msg.startsWith(`Schema ${unheardOf.id} cannot be loaded`)));
  await until('the unknown schema is told', BACK_MS_MAX, () => told().length > 0);
  await deployment.untilFolded(700);
  // Known schemas flow, and the partition that met the unknown one stands where it met it.
  expect((await deployment.look()).get(unheardOf.home)?.watermark).toBe(offset);
  expect(told()).toHaveLength(1);
  await stack.registry.start();
  const passed = async () => ((await deployment.look()).get(unheardOf.home)?.watermark ?? 0) > offset;
  await until('the waiting partition goes on', BACK_MS_MAX, passed);
  expect(await deployment.reads.readTask(unheardOf.task)).toMatchObject({ retry_count: 3, updates: { applied: 1 } });

  const redis = listenTo(processors);
  await stack.redis.stop();
  await sleep(REDIS_AWAY_MS);
  await stack.redis.start();
  await deployment.untilCaughtUp(REDIS_BACK_MS_MAX);
  for (const heard of redis) {
    expectSaidOnce(heard(), 'Redis');
    expect(heard().filter(isBack('Redis'))).toHaveLength(1);
  }

  await load.stop();
  // The one record of the new writer is nobody's of the fleet.
  await deployment.expectExact(load.truthFile, { others: 1 });
});

/** What each of them logs from now on. */
function listenTo(processors: readonly TaskfoldProcess[]): (() => LogLine[])[] {
  return processors.map((processor) => {
    const before = processor.lines.length;
    return () => processor.lines.slice(before);
  });
}

function isBack(service: string) {
  return (line: LogLine) => line.event === 'service_back' && line.service === service;
}

/** Somebody who reads the log learns of the outage, and is not flooded by it. */
function expectSaidOnce(lines: readonly LogLine[], service: string): void {
  const said = lines.filter((line) => line.event === 'service_trouble' && line.service === service);
  expect(said.length).toBeGreaterThan(0);
  const texts = said.map(({ msg, reason }) => `${msg} ${reason ?? ''}`);
  expect(texts).toEqual([...new Set(texts)]);
  expect(lines.filter(({ level }) => level === 'warn' || level === 'error').length).toBeLessThanOrEqual(4);
}

/** A producer whose schema is registered, and which no processor has met. */
async function newWriter(deployment: Deployment) {
  const { env, topology, partitions } = deployment;
  const field = (name: string, type: string) => ({ name, type });
  const schema = {
    type: 'record',
    name: 'StatusOfANewerEngine',
    // It ends with its one update: otherwise it would fall silent while the rest of this test takes its time.
    fields: ['internal_task_id', 'task_status', 'mood']
      .map((name) => field(name, 'string'))
      .concat(field('retry_count', 'int')),
  };
  const id = await registerSchema(env, 'newer-engine', schema);
  const task = 'task-of-a-newer-engine';
  const home = homeOf(task, partitions);
  const value = wireValue(id, schema, {
    internal_task_id: task,
    task_status: 'complete',
    mood: 'fine',
    retry_count: 3,
  });
  return {
    id,
    task,
    home,
    async append(): Promise<number> {
      const [offset] = await appendRaw(env, topology.input.topic, [{ partition: home, key: task, value }]);
      return offset!;
    },
  };
}
