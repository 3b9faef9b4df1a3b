import type { Message } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { InputConsumer } from '../../src/kafka/input-consumer.ts';
import { type InputLogWorld, type InputRecordDraft, inputLogContract } from '../contracts/input-log-contract.ts';
import { ownName } from '../support/stack.ts';
import { adminOf, kafkaFor, newTopic, transactionalProducer, until } from './kafka-world.ts';
import { rawProducer } from './raw-produce.ts';

inputLogContract(async (): Promise<InputLogWorld> => {
  const topic = await newTopic('input', 2);
  const log = new InputConsumer({ kafka: kafkaFor('read'), topic, group: ownName('members') });
  onTestFinished(() => log.stop());
  log.start();
  await until(() => log.assigned.size === 2, 'the member joins');
  return {
    log,
    append: rawProducer(topic),
    begin: async () => {
      const owner = await transactionalProducer();
      let transaction = await owner.transaction();
      let ended = false;
      return {
        append: async (partition, records) => {
          if (ended) transaction = await owner.transaction();
          ended = false;
          await transaction.send({ topic, messages: records.map((record) => toMessage(record, partition)) });
        },
        commit: async () => {
          await transaction.commit();
          ended = true;
        },
        abort: async () => {
          await transaction.abort();
          ended = true;
        },
      };
    },
    deleteBelow: async (partition, offset) => {
      const admin = await adminOf(kafkaFor('read'));
      await admin.fetchTopicMetadata({ topics: [topic] }); // kafkajs does not look for the leaders by itself
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    },
    lose: async () => {
      await log.stop();
    },
  };
});

function toMessage({ key = null, value = null }: InputRecordDraft, partition: number): Message {
  return { partition, key, value };
}
