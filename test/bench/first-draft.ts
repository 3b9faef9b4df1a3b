// Yardstick of table.ts, a process of its own: the consumer that one would write first. It takes one message at a time,
// decodes it, and asks Redis for each counter and the latest values in turn. Nothing of it is exactly once: no repeated
// delta is noticed, a crash counts again what was counted since the last commit, and it sends no events. Prints one JSON object.
//
// Arguments: brokers, Redis' URL, topic, how many offsets there are in all, and after how many seconds it stops.

import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { useOf } from './bench-world.ts';

const [brokers = '', redisUrl = '', topic = '', total = '', secondsMax = ''] = process.argv.slice(2);
const schema = readFileSync(new URL('../../schemas/task-status.avsc', import.meta.url), 'utf8');
const type = avro.Type.forSchema(JSON.parse(schema));
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'first-draft', logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `first-draft-${process.pid}` });
const redis = new Redis(redisUrl);

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
  for (const [field, delta] of counters) if (delta) await redis.hincrby(key, field, delta);
  const latest = [
    ['task_status', update.task_status],
    ['engine_id', update.engine_id],
    ['internal_job_id', update.internal_job_id],
    ['timestamp', update.timestamp],
  ].filter(([, value]) => value !== null && value !== undefined) as [string, string][];
  if (latest.length > 0) await redis.hset(key, ...latest.flat());
}

let records = 0;
let began = 0;
let cpuBefore = 0;
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
