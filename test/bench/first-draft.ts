// Yardstick of table.ts, a process of its own: the consumer that one would write first. It takes one message at a time,
// decodes it, and asks Redis for each counter and the latest values in turn. Nothing of it is exactly once: no repeated
// delta is noticed, and after a crash it counts and sends again what came since the last commit. Prints one JSON object.
//
// Arguments: brokers, Redis' URL, topic, topic of the events, how many offsets there are in all, and after how many seconds it stops.

import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { useOf } from './bench-world.ts';

const [brokers = '', redisUrl = '', topic = '', eventTopic = '', total = '', secondsMax = ''] = process.argv.slice(2);
const schema = readFileSync(new URL('../../schemas/task-status.avsc', import.meta.url), 'utf8');
const type = avro.Type.forSchema(JSON.parse(schema));
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'first-draft', logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `first-draft-${process.pid}` });
const producer = kafka.producer();
const redis = new Redis(redisUrl);

/** Each counter that the update tells, one command each; then the latest values; then the events. */
async function fold(update: TaskStatusDetail): Promise<void> {
  const key = `first-draft:${update.internal_task_id}`;
  const counters: [string, number | null | undefined][] = [
    ['error_count', update.error_count],
    ['retry_count', update.retry_count],
    ...Object.entries(update.processed_stats ?? {}),
  ];
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { id, processed_count } of update[side] ?? []) counters.push([`${side}.${id}`, processed_count]);
  }
  for (const [field, delta] of counters) if (isTold(delta)) await redis.hincrby(key, field, delta);
  for (const field of ['task_status', 'engine_id', 'internal_job_id', 'timestamp'] as const) {
    const value = update[field];
    if (isTold(value)) await redis.hset(key, field, value);
  }
  const events = [...(update.create_jobs_action ?? [])].map((action) => JSON.stringify(action));
  if (update.task_status === 'failed') events.push(JSON.stringify({ internal_task_id: update.internal_task_id }));
  for (const value of events) await producer.send({ topic: eventTopic, messages: [{ key, value }] });
}

function isTold<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}

let records = 0;
let began = 0;
let cpuBefore = 0;
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await new Promise<void>((resolve, reject) => {
  consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
  const run = consumer.run({
    eachMessage: async ({ message }) => {
      if (records === 0) {
        began = performance.now();
        cpuBefore = useOf(process.pid).cpu_s;
      }
      await fold((type.decode(message.value!, 5) as { value: TaskStatusDetail }).value);
      records++;
      if (records >= Number(total) || performance.now() - began > 1_000 * Number(secondsMax)) resolve();
    },
  });
  run.catch(reject);
});
const seconds = (performance.now() - began) / 1_000;
const { cpu_s, resident_mb } = useOf(process.pid);
process.stdout.write(`${JSON.stringify({ records, seconds, cpu_s: cpu_s - cpuBefore, resident_mb })}\n`);
process.exit(0);
