import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mark } from '../contracts/event-log-contract.ts';
import { ownName } from '../support/stack.ts';
import { newEventLog, newTopology } from './event-log-world.ts';
import { brokers, newTopic, readAll } from './kafka-world.ts';
import { type LossyRequest, lossyKafka } from './lossy-kafka.ts';

describe('an answer that is lost inside a transaction', () => {
  // If this fails, kafkajs has been mended, and the rule "never use a producer after an error" may be looked at again.
  test('makes kafkajs lose a later, committed message of the same producer without a word', async () => {
    const topic = await newTopic('loss', 1);
    const { kafka, loseNextAnswerTo } = lossyKafka(brokers());
    const producer = kafka.producer({
      transactionalId: ownName('loss'),
      maxInFlightRequests: 1,
      retry: { retries: 0 },
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const send = async (value: string) => {
      await sleep(200); // the broker may still be ending the last transaction, and would refuse
      const transaction = await producer.transaction();
      try {
        await transaction.send({ topic, messages: [{ partition: 0, key: 'k', value }] });
        await transaction.commit();
      } catch (error) {
        await transaction.abort();
        throw error;
      }
    };
    await send('m0');
    const lost = loseNextAnswerTo('Produce');
    await expect(send('m1')).rejects.toThrow();
    await lost;
    await send('m2'); // resolves: "committed"
    await send('m3');
    expect((await readAll(topic)).map(({ value }) => value?.toString())).toEqual(['m0', 'm3']);
  });

  test.for([
    ['Produce', 'answer'],
    ['Produce', 'request'],
    ['AddOffsetsToTxn', 'answer'],
    ['TxnOffsetCommit', 'answer'],
    ['EndTxn', 'answer'],
    ['EndTxn', 'request'],
  ] as [LossyRequest, 'answer' | 'request'][])(
    'ends the claim (%s, its %s lost); the next claim sees the true outcome, and nothing is lost or doubled',
    async ([request, what]) => {
      const lossy = lossyKafka(brokers());
      const topology = await newTopology();
      const { events } = await newEventLog({ writeKafka: lossy.kafka, topology });
      const { topic } = topology.failures;
      const send = (value: string, offset: number) => ({
        emitted: mark(offset),
        messages: [{ topic, key: Buffer.from('k'), value: Buffer.from(value), headers: {} }],
      });
      const first = await events.claim(0);
      await first.transact(send('m0', 1));
      const lost = what === 'answer' ? lossy.loseNextAnswerTo(request) : lossy.loseNext(request);
      await expect(first.transact(send('m1', 2))).rejects.toMatchObject({ name: 'Fault' });
      await lost;
      await expect(first.transact(send('m2', 3))).rejects.toMatchObject({ name: 'Fault', code: 'fenced' });

      const second = await events.claim(0);
      const emitted = (await second.readEmitted())!.offset;
      expect(emitted).toBe(request === 'EndTxn' && what === 'answer' ? 2 : 1);
      if (emitted === 1) await second.transact(send('m1', 2));
      await second.transact(send('m2', 3));
      expect((await readAll(topic)).map(({ value }) => value?.toString())).toEqual(['m0', 'm1', 'm2']);
    },
  );
});
