// A subscriber of the outgoing topics: read committed, decoded by the stock registry client. Not by kafkajs' own consumer,
// which shows aborted records when the transactions of two producers overlap (test/kafka/aborted-by-kafkajs.test.ts):
// after a kill it tells events twice that were committed once.

import { readTopic } from '../../src/kafka/read-topic.ts';
import type { RecordHeaders } from '../../src/pipeline/ports.ts';
import { stockRegistry } from '../support/clients.ts';
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

/** Everything that a read-committed reader gets of these topics, in the order of each partition. */
export async function readCommitted(env: Environment, topics: readonly string[]): Promise<ReceivedEvent[]> {
  const kafka = plainKafka(env);
  const received: ReceivedEvent[] = [];
  for (const topic of topics) {
    for await (const { records } of readTopic(kafka, { topic })) {
      for (const { partition, offset, key, value, headers } of records) {
        received.push({ topic, partition, offset: String(offset), key, value, headers: textsOf(headers) });
      }
    }
  }
  return received;
}

/** Decodes the values of events with the schemas of the registry. */
export async function decoded<T>(env: Environment, events: readonly ReceivedEvent[]): Promise<T[]> {
  const registry = stockRegistry(env);
  return Promise.all(events.map(({ value }) => registry.decode(value!) as Promise<T>));
}

function textsOf(headers: RecordHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
