// A subscriber of the outgoing topics as anybody may write one: kafkajs' own consumer, read committed, and the stock
// registry client. It shares no code with Taskfold, so that neither can hide the other's mistakes.

import { randomUUID } from 'node:crypto';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { type IHeaders, type Kafka, Partitioners } from 'kafkajs';
import type { Environment } from '../support/taskfold-process.ts';
import { plainKafka } from './raw-records.ts';

export interface ReceivedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

const END_HEADER = 'test-end';

/**
 * Everything that a read-committed reader gets of these topics, in the order of each partition. The end is told by a
 * record that is appended to every partition: who has read that has read all that was committed before.
 */
export async function readCommitted(env: Environment, topics: readonly string[]): Promise<ReceivedEvent[]> {
  const kafka = plainKafka(env);
  const end = randomUUID();
  let ends = await appendEnds(kafka, topics, end);
  const groupId = `subscriber-${end}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 100 });
  const received: ReceivedEvent[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    const run = consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        const headers = textsOf(message.headers);
        if (headers[END_HEADER] === end) {
          ends--;
          if (ends === 0) resolve();
        }
        if (END_HEADER in headers) return;
        const { key, value, offset } = message;
        received.push({ topic, partition, offset, key, value, headers });
      },
    });
    run.catch(reject);
  });
  await consumer.disconnect();
  return received;
}

/** Decodes the values of events with the schemas of the registry. */
export async function decoded<T>(env: Environment, events: readonly ReceivedEvent[]): Promise<T[]> {
  const registry = new SchemaRegistry({ host: env.SCHEMA_REGISTRY_URL! });
  return Promise.all(events.map(({ value }) => registry.decode(value!) as Promise<T>));
}

async function appendEnds(kafka: Kafka, topics: readonly string[], end: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const topicMessages = found.map(({ name, partitions }) => ({
    topic: name,
    messages: partitions.map(({ partitionId }) => ({
      partition: partitionId,
      key: null,
      value: null,
      headers: { [END_HEADER]: end },
    })),
  }));
  await producer.sendBatch({ topicMessages, acks: -1 });
  await producer.disconnect();
  return topicMessages.reduce((sum, { messages }) => sum + messages.length, 0);
}

function textsOf(headers: IHeaders = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
