// How long it takes from the broker's taking an update until Redis holds it, and until a read-committed subscriber has the
// event that it makes, while a fleet publishes at a steady rate. Probes are updates of tasks of their own that fail: each is
// timed from the answer of the broker. Percentiles for each rate, and the slowest probe, as lines and as one JSON object.
//
// npm run bench:latency -- --rates 1000,10000 --seconds 20 --probes 50

import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { registeredId } from '../../src/avro/schema-registrar.ts';
import { createUpdateEncoder } from '../../src/avro/update-encoder.ts';
import { homeOf } from '../../src/domain/home.ts';
import { UpdatePublisher } from '../../src/kafka/update-publisher.ts';
import { topologyOf } from '../../src/topology.ts';
import type { Environment } from '../support/taskfold-process.ts';
import { BenchWorld, INPUT_TOPIC, PARTITIONS, print } from './bench-world.ts';
import { optionsOf } from './options.ts';

const values = optionsOf(import.meta.url, {
  rates: { type: 'string', default: '1000,10000' },
  seconds: { type: 'string', default: '20' },
  /** a second */
  probes: { type: 'string', default: '50' },
});
/** Between two looks at Redis, ms. */
const LOOK_MS = 2;
const WARM_UP_MS = 5_000;
/** A probe that is nowhere after this is lost, which is no figure but a fault. */
const PROBE_MS_MAX = 60_000;

const group = 'latency';
const world = await BenchWorld.open();
try {
  // The fleet names a schema that no registry knows. Its partition waits for it once, by default for five seconds, and a
  // probe behind it with it: that is this setting's figure, not one of the way through.
  const env: Environment = { ...world.envOf(group), TASKFOLD_UNKNOWN_SCHEMA_WAIT_S: '0' };
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: url } = world.stack.env;
  await world.command(['topics', 'create'], env);
  const processor = world.start(['run'], env);
  await processor.untilLogged('partition_running', { count: PARTITIONS, ms: 30_000 });
  const topology = topologyOf({ inputTopic: INPUT_TOPIC, group, failuresTopic: env.TASKFOLD_FAILURES_TOPIC! });
  const registry = createRegistryClient({ url, timeoutMs: 5_000 });
  const encode = createUpdateEncoder({ schemaId: await registeredId(registry, topology.input) });
  const publisher = await UpdatePublisher.open(
    { brokers: brokers.split(','), clientId: 'probes' },
    { topic: INPUT_TOPIC },
  );
  const arrivals = await subscribe(brokers, topology.failures.topic);
  const lines = [];
  for (const [at, rate] of values.rates.split(',').entries()) lines.push(await measure(rate, at));
  process.stdout.write(`${JSON.stringify(lines)}\n`);
  await publisher.close();
  await arrivals.close();

  async function measure(rate: string, at: number) {
    const seconds = String(10 + Number(values.seconds));
    const fleet = world.start(['simulate', '--rate', rate, '--seconds', seconds, '--json'], env);
    await sleep(WARM_UP_MS);
    const sent = new Map<string, number>();
    const held = new Map<string, number>();
    const looking = new AbortController();
    const looked = look(sent, held, looking.signal);
    const sends: Promise<void>[] = [];
    // By the clock, whatever became of the probes before: one that waits must not keep others from waiting too.
    const [every, count] = [1_000 / Number(values.probes), Number(values.probes) * Number(values.seconds)];
    for (let probe = 0, due = performance.now(); probe < count; probe++, due += every) {
      await sleep(Math.max(0, due - performance.now()));
      sends.push(send(`probe ${at} ${probe}`).then((id) => void sent.set(id, performance.now())));
    }
    await Promise.all(sends);
    const until = performance.now() + PROBE_MS_MAX;
    const missing = () => [...sent.keys()].filter((id) => !held.has(id) || !arrivals.has(id));
    while (missing().length > 0 && performance.now() < until) await sleep(LOOK_MS);
    looking.abort();
    await looked;
    const { stdout } = await fleet.ended;
    const [lost] = missing();
    if (lost !== undefined) throw new Error(`"${lost}" did not come through in ${PROBE_MS_MAX / 1_000} s`);
    const published = JSON.parse(stdout) as { published: number; seconds: number };
    const after = (came: ReadonlyMap<string, number>) => [...sent].map(([id, began]) => came.get(id)! - began);
    const line = {
      rate: Math.round(published.published / published.seconds),
      probes: sent.size,
      redis_ms: told(after(held)),
      event_ms: told(after(arrivals)),
      slowest: slowest(sent, held),
    };
    print(JSON.stringify(line));
    return line;
  }

  async function send(internal_task_id: string): Promise<string> {
    const second = Math.floor(Date.now() / 1_000);
    const update = {
      ...{ internal_task_id, engine_id: 'probe', work_request_id: internal_task_id, task_status: 'failed' },
      ...{ prior_timestamp: second - 1, timestamp: second },
    };
    await publisher.publish([{ key: internal_task_id, value: encode(update), partition: null }]);
    return internal_task_id;
  }
} finally {
  await world.close();
}

/** Notes when Redis first held each of those that were sent. */
async function look(sent: ReadonlyMap<string, number>, held: Map<string, number>, signal: AbortSignal) {
  while (!signal.aborted) {
    const open = [...sent.keys()].filter((id) => !held.has(id));
    await Promise.all(
      open.map(async (id) => {
        if (await world.holdsTask(group, id)) held.set(id, performance.now());
      }),
    );
    await sleep(LOOK_MS);
  }
}

/** The probe that waited longest for Redis: where, and how long after the first one it was sent. */
function slowest(sent: ReadonlyMap<string, number>, held: ReadonlyMap<string, number>) {
  const [first] = sent.values();
  const waits = [...sent].map(([id, at]) => ({ id, at, ms: held.get(id)! - at }));
  const { id, at, ms } = waits.toSorted((a, b) => b.ms - a.ms)[0]!;
  return { partition: homeOf(id, PARTITIONS), sent_ms: Math.round(at - first!), redis_ms: Math.round(ms) };
}

/** When each probe's event came, by our own clock. */
async function subscribe(brokers: string, topic: string) {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'subscriber', logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: 'latency-subscriber', readUncommitted: false, maxWaitTimeInMs: 10 });
  const came = new Map<string, number>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => void came.set(String(message.key), performance.now()),
  });
  return Object.assign(came, { close: () => consumer.disconnect() });
}

/** ms */
function told(figures: number[]) {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
