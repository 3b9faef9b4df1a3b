// How long it takes from the broker's taking an update until Redis holds it, and until a read-committed subscriber has the
// event that it makes, while a fleet publishes at a steady rate. Probes are updates of tasks of their own that fail: each is
// timed from the answer of the broker. Percentiles for each rate, as lines and as one JSON object.
//
// npm run bench:latency -- --rates 1000,10000 --seconds 20

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { registeredId } from '../../src/avro/schema-registrar.ts';
import { createUpdateEncoder } from '../../src/avro/update-encoder.ts';
import { UpdatePublisher } from '../../src/kafka/update-publisher.ts';
import { topologyOf } from '../../src/topology.ts';
import { BenchWorld, INPUT_TOPIC } from './bench-world.ts';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '1000,10000' },
    seconds: { type: 'string', default: '20' },
  },
});
/** Between two probes, and between two looks at Redis, ms. */
const PROBE_MS = 100;
const LOOK_MS = 2;
const WARM_UP_MS = 5_000;

const group = 'latency';
const world = await BenchWorld.open();
try {
  const env = world.envOf(group);
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: url } = world.stack.env;
  await world.command(['topics', 'create'], env);
  const processor = world.start(['run'], env);
  await processor.untilLogged('partition_running', { ms: 30_000 });
  const topology = topologyOf({ inputTopic: INPUT_TOPIC, group, failuresTopic: env.TASKFOLD_FAILURES_TOPIC! });
  const registry = createRegistryClient({ url, timeoutMs: 5_000 });
  const encode = createUpdateEncoder({ schemaId: await registeredId(registry, topology.input) });
  const publisher = await UpdatePublisher.open(
    { brokers: brokers.split(','), clientId: 'probes' },
    { topic: INPUT_TOPIC },
  );
  const arrivals = await subscribe(brokers, topology.failures.topic);
  const lines = [];
  for (const rate of values.rates.split(',')) lines.push(await measure(rate));
  process.stdout.write(`${JSON.stringify(lines)}\n`);
  await publisher.close();
  await arrivals.close();

  async function measure(rate: string) {
    const fleet = world.start(
      ['simulate', '--rate', rate, '--seconds', String(10 + Number(values.seconds)), '--json'],
      env,
    );
    await sleep(WARM_UP_MS);
    const [redis, event]: [number[], number[]] = [[], []];
    const until = performance.now() + 1_000 * Number(values.seconds);
    for (let probe = 0; performance.now() < until; probe++) {
      const internal_task_id = `probe ${rate} ${probe}`;
      const second = Math.floor(Date.now() / 1_000);
      const update = {
        ...{ internal_task_id, engine_id: 'probe', work_request_id: internal_task_id, task_status: 'failed' },
        ...{ prior_timestamp: second - 1, timestamp: second },
      };
      await publisher.publish([{ key: internal_task_id, value: encode(update), partition: null }]);
      const began = performance.now();
      while (!(await world.holdsTask(group, internal_task_id))) await sleep(LOOK_MS);
      redis.push(performance.now() - began);
      event.push((await arrivals.of(internal_task_id)) - began);
      await sleep(PROBE_MS);
    }
    const { stdout } = await fleet.ended;
    const { published, seconds } = JSON.parse(stdout) as { published: number; seconds: number };
    const line = {
      rate: Math.round(published / seconds),
      probes: redis.length,
      redis_ms: told(redis),
      event_ms: told(event),
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    return line;
  }
} finally {
  await world.close();
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
  return {
    async of(internal_task_id: string): Promise<number> {
      for (;;) {
        const at = came.get(internal_task_id);
        if (at !== undefined) return at;
        await sleep(LOOK_MS);
      }
    },
    close: () => consumer.disconnect(),
  };
}

/** ms */
function told(figures: number[]) {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
