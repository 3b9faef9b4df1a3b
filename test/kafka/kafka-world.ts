// What the tests of this room share: topics of their own on a real broker, and clients that end with the test.

import { type Admin, type Kafka, type KafkaConfig, Partitioners, type Producer } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { createKafka } from '../../src/kafka/connection.ts';
import { createTopics } from '../../src/kafka/create-topics.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import type { InputRecord } from '../../src/pipeline/ports.ts';
import { kafkaConnectionOf } from '../support/clients.ts';
import { ownName, sharedEnv } from '../support/stack.ts';

export function brokers(): string[] {
  return sharedEnv().KAFKA_BROKERS.split(',');
}

export function kafkaFor(role: 'read' | 'write', at?: readonly string[]): Kafka {
  return createKafka(at === undefined ? kafkaConnectionOf(sharedEnv()) : { brokers: at, clientId: 'test' }, role);
}

export async function adminOf(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return admin;
}

/** A new topic whose records carry the broker's time; it goes with the test. */
export async function newTopic(
  about: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
  at?: readonly string[],
): Promise<string> {
  const topic = ownName(about);
  const admin = await adminOf(kafkaFor('read', at));
  const configEntries = Object.entries({ 'message.timestamp.type': 'LogAppendTime', ...configs });
  await createTopics(admin, [
    { topic, numPartitions: partitions, configEntries: configEntries.map(([name, value]) => ({ name, value })) },
  ]);
  onTestFinished(() => admin.deleteTopics({ topics: [topic] }).catch(() => {}));
  return topic;
}

export async function plainProducer(at?: readonly string[]): Promise<Producer> {
  const producer = kafkaFor('write', at).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

export async function transactionalProducer(
  id = ownName('tx'),
  settings: Partial<KafkaConfig> & { transactionTimeout?: number } = {},
): Promise<Producer> {
  const producer = kafkaFor('write').producer({
    transactionalId: id,
    maxInFlightRequests: 1,
    transactionTimeout: settings.transactionTimeout ?? 60_000,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 10, initialRetryTime: 10 },
  });
  await producer.connect();
  onTestFinished(() => producer.disconnect().catch(() => {}));
  return producer;
}

/** Everything that a read-committed reader finds in a topic now. */
export async function readAll(topic: string, partitions?: readonly number[]): Promise<InputRecord[]> {
  const records: InputRecord[] = [];
  const options = { topic, ...(partitions === undefined ? {} : { partitions }) };
  for await (const chunk of readTopic(kafkaFor('read'), options)) records.push(...chunk.records);
  return records;
}

/** Waits until `holds` does, looking every 20 ms. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, msMax = 20_000): Promise<void> {
  for (const end = Date.now() + msMax; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`not within ${msMax} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
