import { randomBytes } from 'node:crypto';
import { type Message, type PartitionerArgs, Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKeyPartitioner } from '../../src/kafka/key-partitioner.ts';

const theirs = Partitioners.DefaultPartitioner();
const ours = createKeyPartitioner();

function asked(message: Partial<Message>, partitions: number): PartitionerArgs {
  const one = { partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1], offlineReplicas: [] };
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ ...one, partitionId }));
  return { topic: 'task-failures', partitionMetadata, message: { value: null, ...message } };
}

test('a key has the partition that kafkajs gives it', () => {
  for (let length = 0; length < 70; length++) {
    for (const partitions of [1, 2, 12, 97]) {
      const question = asked({ key: randomBytes(length) }, partitions);
      expect(ours(question), question.message.key!.toString('hex')).toBe(theirs(question));
    }
  }
});

test('a message that names its partition gets it, and one without a key gets any', () => {
  expect(ours(asked({ key: Buffer.from('task'), partition: 7 }, 12))).toBe(7);
  expect(ours(asked({ key: Buffer.from('task'), partition: 0 }, 12))).toBe(0);
  const found = new Set(Array.from({ length: 40 }, () => ours(asked({ key: null }, 12))));
  expect([...found].every((partition) => partition >= 0 && partition < 12)).toBe(true);
  expect(found.size).toBeGreaterThan(1);
});
