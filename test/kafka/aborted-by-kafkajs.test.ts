import type { Message } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { ownName } from '../support/stack.ts';
import { kafkaFor, newTopic, readAll, transactionalProducer, until } from './kafka-world.ts';

// The reason why this project reads by itself. If this fails, kafkajs has been mended.
test('kafkajs’ read-committed consumer shows records of aborted transactions when two of them overlap; ours does not', async () => {
  const topic = await newTopic('overlap', 1);
  const message = (value: string): Message => ({ partition: 0, key: 'k', value });
  const [one, two] = [await transactionalProducer(), await transactionalProducer()];
  const [first, second] = [await one.transaction(), await two.transaction()];
  await first.send({ topic, messages: [message('aborted by one')] });
  await second.send({ topic, messages: [message('aborted by two')] });
  await second.abort();
  await first.abort();
  const last = await one.transaction();
  await last.send({ topic, messages: [message('committed')] });
  await last.commit();

  const consumer = kafkaFor('read').consumer({ groupId: ownName('kafkajs'), readUncommitted: false });
  onTestFinished(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const seen: string[] = [];
  await consumer.run({
    eachMessage: async ({ message: { value } }) => {
      seen.push(value!.toString());
    },
  });
  await until(() => seen.includes('committed'), 'kafkajs reads the last one');
  expect(seen).toEqual(['aborted by one', 'committed']);

  expect((await readAll(topic)).map(({ value }) => value!.toString())).toEqual(['committed']);
});
