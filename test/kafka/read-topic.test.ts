import { CompressionTypes } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InputConsumer } from '../../src/kafka/input-consumer.ts';
import { STOCK_BYTES_MAX } from '../../src/kafka/partition-feed.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { drafts, follow } from '../contracts/input-log-contract.ts';
import { ownName } from '../support/stack.ts';
import { adminOf, kafkaFor, newTopic, plainProducer, readAll, transactionalProducer, until } from './kafka-world.ts';
import { rawProducer } from './raw-produce.ts';

describe('reading a topic to its end', () => {
  test('gives nothing of an empty topic, and ends', async () => {
    expect(await readAll(await newTopic('empty', 3))).toEqual([]);
  });

  test('ends behind a marker, behind an aborted tail, and where retention has taken everything', async () => {
    const topic = await newTopic('tails', 3);
    const producer = await transactionalProducer();
    const committed = await producer.transaction();
    await committed.send({ topic, messages: [{ partition: 0, key: 'k', value: 'seen' }] });
    await committed.commit();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ partition: 1, key: 'k', value: 'unseen' }] });
    await aborted.abort();
    await rawProducer(topic)(2, drafts('gone', 5));
    const admin = await adminOf(kafkaFor('read'));
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 2, offset: '5' }] });
    expect((await readAll(topic)).map(({ value }) => value?.toString())).toEqual(['seen']);
  });

  test('gives each record once and in order, and tells how far it is', async () => {
    const topic = await newTopic('many', 2);
    const producer = await plainProducer();
    for (let batch = 0; batch < 20; batch++) {
      const messages = Array.from({ length: 2_000 }, (_, i) => ({
        partition: i % 2,
        key: null,
        value: `${batch}-${i}`,
      }));
      await producer.send({ topic, messages, compression: batch % 2 ? CompressionTypes.GZIP : CompressionTypes.None });
    }
    const next = [0, 0];
    const progress: { done: number; total: number }[] = [];
    for await (const { partition, records, position, end } of readTopic(kafkaFor('read'), {
      topic,
      onProgress: (at) => progress.push(at),
    })) {
      expect(end).toBe(20_000);
      for (const { offset, value } of records) {
        expect(offset).toBe(next[partition]!++);
        expect(value!.toString().split('-')[0]).toBe(String(Math.floor(offset / 1_000)));
      }
      expect(position).toBe(next[partition]);
    }
    expect(next).toEqual([20_000, 20_000]);
    expect(progress.at(-1)).toEqual({ done: 40_000, total: 40_000 });
  });

  test('begins where it is told, and stops at the end that it found: later records are not waited for', async () => {
    const topic = await newTopic('part', 2);
    const append = rawProducer(topic);
    for (const partition of [0, 1]) await append(partition, drafts(`p${partition}-`, 6));
    const read: string[] = [];
    for await (const { records } of readTopic(kafkaFor('read'), { topic, partitions: [1], from: new Map([[1, 4]]) })) {
      await append(1, drafts('later', 3));
      read.push(...records.map(({ value }) => value!.toString()));
    }
    expect(read).toEqual(['p1-4', 'p1-5']);
  });

  test('stops where it is told, within a batch too, and at the end of a log that does not reach so far', async () => {
    const topic = await newTopic('until', 2);
    const append = rawProducer(topic);
    for (const partition of [0, 1]) await append(partition, drafts(`p${partition}-`, 3));
    const read: string[] = [];
    const to = new Map([
      [0, 2],
      [1, 9],
    ]);
    for await (const { partition, records, position, end } of readTopic(kafkaFor('read'), { topic, to })) {
      expect([position, end]).toEqual(partition === 0 ? [2, 2] : [3, 3]);
      read.push(...records.map(({ value }) => value!.toString()));
    }
    expect(read.sort()).toEqual(['p0-0', 'p0-1', 'p1-0', 'p1-1', 'p1-2']);
  });

  test('waits for a transaction that was open when it began', async () => {
    const topic = await newTopic('wait', 1);
    const transaction = await (await transactionalProducer()).transaction();
    await transaction.send({ topic, messages: [{ partition: 0, key: 'k', value: 'in time' }] });
    await rawProducer(topic)(0, [{ value: Buffer.from('behind it') }]);
    const reading = readAll(topic);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await transaction.commit();
    expect((await reading).map(({ value }) => value?.toString())).toEqual(['in time', 'behind it']);
  });
});

describe('record batches', () => {
  // The broker packs them anew, with the codecs of the Java client.
  test.for(['gzip', 'snappy', 'lz4', 'zstd'])('packed with %s are read', async (codec) => {
    const topic = await newTopic(codec, 1, { 'compression.type': codec });
    const producer = await plainProducer();
    const values = Array.from({ length: 2_000 }, (_, i) => `${i}:${'abcdefgh'.repeat(i % 40)}:${Math.sin(i)}`);
    await producer.send({
      topic,
      messages: values.map((value, i) => ({ key: `k${i}`, value, headers: { h: `${i}` } })),
    });
    const read = await readAll(topic);
    expect(read.map(({ value }) => value!.toString())).toEqual(values);
    expect(read.map(({ headers }) => headers.h?.toString())).toEqual(values.map((_, i) => `${i}`));
  });

  test('larger than what is asked for at once still come, beside others', async () => {
    const topic = await newTopic('large', 2, { 'max.message.bytes': '6000000' });
    const append = rawProducer(topic);
    const large = Buffer.alloc(5_000_000, 'x');
    await append(0, [{ value: large }]);
    await append(1, drafts('small', 3));
    await append(0, [{ value: Buffer.from('next') }]);
    const log = new InputConsumer({ kafka: kafkaFor('read'), topic, group: ownName('members') });
    onTestFinished(() => log.stop());
    log.start();
    await until(() => log.assigned.size === 2, 'it joins');
    const [zero, one] = await Promise.all([follow(log, 0, 0, 2), follow(log, 1, 0, 3)]);
    expect(zero.records.map(({ value }) => value!.length)).toEqual([5_000_000, 4]);
    expect(one.values).toEqual(['small0', 'small1', 'small2']);
  });

  test('carry the broker’s time where the topic says so, else the sender’s', async () => {
    const [appended, created] = [
      await newTopic('append-time', 1),
      await newTopic('create-time', 1, { 'message.timestamp.type': 'CreateTime' }),
    ];
    const producer = await plainProducer();
    const sent = ['1600000000123', '1600000001123', '1599999999000'];
    const messages = sent.map((timestamp) => ({ value: 'v', timestamp }));
    const before = Date.now();
    for (const topic of [appended, created]) await producer.send({ topic, messages });
    for (const { timestamp } of await readAll(appended)) expect(Math.abs(timestamp - before)).toBeLessThan(10_000);
    expect((await readAll(created)).map(({ timestamp }) => String(timestamp))).toEqual(sent);
  });
});

const RECORD_BYTES = 5_000;

test('a partition that nobody reads keeps a bounded stock and holds no other back', async () => {
  const topic = await newTopic('slow', 2);
  const append = rawProducer(topic);
  const wide = Array.from({ length: 100 }, () => ({ value: Buffer.alloc(RECORD_BYTES, 'x') }));
  for (let i = 0; i < 20; i++) for (const partition of [0, 1]) await append(partition, wide);
  const log = new InputConsumer({ kafka: kafkaFor('read'), topic, group: ownName('members') });
  onTestFinished(() => log.stop());
  log.start();
  await until(() => log.assigned.size === 2, 'it joins');
  await log.fetch(0, 0, { records_max: 1, wait_ms: 5_000 });
  const began = performance.now();
  expect((await follow(log, 1, 0, 2_000, 500)).records).toHaveLength(2_000);
  expect(performance.now() - began).toBeLessThan(5_000);
  // What lies in stock is given at once, without the broker, and it is less than all. (A second look would find what came meanwhile.)
  const { records } = await log.fetch(0, 1, { records_max: 2_000, wait_ms: 0 });
  const bounded = STOCK_BYTES_MAX / RECORD_BYTES;
  expect(records.length).toBeGreaterThan(0.6 * bounded);
  expect(records.length).toBeLessThan(1.5 * bounded);
});
