// Whether a log is still the one that was folded.

import type { Kafka } from 'kafkajs';
import { readTopic } from '../kafka/read-topic.ts';
import { matches } from '../pipeline/fingerprint.ts';
import type { RecordFingerprint } from '../pipeline/ports.ts';

/** Whether the record that was folded is still in its place. */
export async function holdsRecord(
  kafka: Kafka,
  topic: string,
  partition: number,
  fingerprint: RecordFingerprint,
): Promise<boolean> {
  const { offset } = fingerprint;
  const [from, to] = [new Map([[partition, offset]]), new Map([[partition, offset + 1]])];
  for await (const { records } of readTopic(kafka, { topic, partitions: [partition], from, to })) {
    const record = records.find((one) => one.offset === offset);
    if (record !== undefined && matches(fingerprint, record)) return true;
  }
  return false;
}
