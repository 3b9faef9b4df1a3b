// Yardsticks of backlog.ts and table.ts, a process of its own: kafkajs' consumer reads the topic from start to end and does
// nothing else, or avsc's decoder decodes each record. Prints one JSON object.
//
// Arguments: consume or decode, brokers, topic, and how many offsets there are in all.

import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Kafka, logLevel } from 'kafkajs';
import { useOf } from './bench-world.ts';

const [what = '', brokers = '', topic = '', total = ''] = process.argv.slice(2);
const schema = readFileSync(new URL('../../schemas/task-status.avsc', import.meta.url), 'utf8');
const type = avro.Type.forSchema(JSON.parse(schema));
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bare', logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `bare-${process.pid}`, maxWaitTimeInMs: 100 });

let records = 0;
let reports = 0;
let began = 0;
let cpuBefore = 0;
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await new Promise<void>((resolve, reject) => {
  consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
  const run = consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 12,
    eachBatch: async ({ batch }) => {
      if (records === 0) {
        began = performance.now();
        cpuBefore = useOf(process.pid).cpu_s;
      }
      if (what === 'decode') {
        for (const { value } of batch.messages) {
          const { value: update } = type.decode(value!, 5) as { value: { internal_task_id: string | null } };
          if (update.internal_task_id !== null) reports++;
        }
      }
      records += batch.messages.length;
      if (records >= Number(total)) resolve();
    },
  });
  run.catch(reject);
});
const seconds = (performance.now() - began) / 1_000;
const { cpu_s, resident_mb } = useOf(process.pid);
process.stdout.write(`${JSON.stringify({ records, reports, seconds, cpu_s: cpu_s - cpuBefore, resident_mb })}\n`);
process.exit(0);
