// Prints Taskfold's events, one JSON object a line, each once.
//
//   KAFKA_BROKERS=localhost:9092 SCHEMA_REGISTRY_URL=http://localhost:8081 node subscriber.ts task-failures job-creations
//
// kafkajs reads committed by default, but shows some records of aborted transactions all the same; and after a crash between
// one's own work and its commit the last events come again. Both have a `ce_id` that was seen before: those are dropped.
// IDLE_S=5 in the environment ends it after that long without an event.

import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Kafka, logLevel } from 'kafkajs';

const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, GROUP = 'example-subscriber-ts', IDLE_S } = process.env;
const REMEMBERED_MAX = 100_000;

const kafka = new Kafka({ brokers: KAFKA_BROKERS!.split(','), clientId: GROUP, logLevel: logLevel.ERROR });
const registry = new SchemaRegistry({ host: SCHEMA_REGISTRY_URL! });
const consumer = kafka.consumer({ groupId: GROUP, readUncommitted: false });
const seen = new Set<string>();
let heard = Date.now();

await consumer.connect();
await consumer.subscribe({ topics: process.argv.slice(2), fromBeginning: true });
await consumer.run({
  eachMessage: async ({ topic, message }) => {
    heard = Date.now();
    const id = String(message.headers?.ce_id);
    if (seen.has(id)) return;
    seen.add(id);
    if (seen.size > REMEMBERED_MAX) seen.delete(seen.values().next().value!);
    const { token: _, ...event } = await registry.decode(message.value!);
    // The work on the event goes here. The token of a job creation is a credential: never print it.
    console.log(JSON.stringify({ topic, ce_id: id, ce_type: String(message.headers?.ce_type), ...event }));
  },
});

const stop = () => consumer.disconnect().then(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
if (IDLE_S) setInterval(() => Date.now() - heard > 1_000 * Number(IDLE_S) && stop(), 200);
