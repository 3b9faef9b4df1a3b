// On a real broker: what is copied from a record with hostile headers can be sent, and reads back.
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { createNoticeEncoder } from '../../src/avro/notice-encoder.ts';
import type { RecordHeaders } from '../../src/pipeline/ports.ts';
import { topologyOf } from '../../src/topology.ts';
import { ownName, sharedEnv } from '../support/stack.ts';

test('a reject and a re-route of a record with hostile headers are sent, and arrive as they were made', async () => {
  const inputTopic = ownName('headers');
  const topology = topologyOf({ inputTopic, group: inputTopic, rejectsTopic: `${inputTopic}-rejects` });
  const encoder = createNoticeEncoder({ topology, schemaIds: { input: 10, failures: 1, jobCreations: 2, rejects: 3 } });
  const kafka = new Kafka({ brokers: sharedEnv().KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: inputTopic });
  const admin = kafka.admin();
  onTestFinished(async () => {
    await Promise.all([producer.disconnect(), consumer.disconnect(), admin.disconnect()]);
  });
  await Promise.all([producer.connect(), consumer.connect(), admin.connect()]);
  await admin.createTopics({
    waitForLeaders: true,
    topics: [inputTopic, topology.rejects.topic].map((topic) => ({ topic, numPartitions: 1 })),
  });

  const hostile: Record<string, unknown> = Object.create(null);
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    hostile[name] = [Object, Buffer.from('x')];
  const headers = {
    ...hostile,
    nothing: null,
    empty: Buffer.alloc(0),
    'naïve, "name"': [Buffer.from('1'), Buffer.from([0xff])],
  };
  const record = {
    partition: 0,
    offset: 5,
    timestamp: 1,
    key: null,
    value: null,
    headers: headers as unknown as RecordHeaders,
  };
  const reject = { kind: 'reject', reason: 'tombstone', detail: 'The record has no value.', form: 'copy' } as const;
  const messages = [
    encoder.encode(0, { offset: 5, index: 1, body: reject }, record, null),
    encoder.encode(0, { offset: 5, index: 1, body: { kind: 'reroute', to: 0 } }, record, { internal_task_id: 't' }),
  ];
  for (const { topic, key, value, headers, partition } of messages) {
    const sent = { key, value, headers, ...(partition === undefined ? {} : { partition }) };
    await producer.send({ topic, messages: [sent] });
  }

  const arrived = new Map<string, Record<string, unknown>>();
  await consumer.subscribe({ topics: [inputTopic, topology.rejects.topic], fromBeginning: true });
  await new Promise<void>((done) => {
    void consumer.run({
      eachMessage: async ({ topic, message }) => {
        arrived.set(topic, { ...message.headers });
        if (arrived.size === 2) done();
      },
    });
  });
  expect(arrived.get(topology.rejects.topic)).toEqual({ ...messages[0]!.headers });
  expect(arrived.get(inputTopic)).toEqual({ ...messages[1]!.headers });
});
