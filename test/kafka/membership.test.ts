import { describe, expect, onTestFinished, test } from 'vitest';
import { createTopics } from '../../src/kafka/create-topics.ts';
import { InputConsumer, type InputConsumerOptions } from '../../src/kafka/input-consumer.ts';
import { drafts, follow } from '../contracts/input-log-contract.ts';
import { ownName } from '../support/stack.ts';
import { adminOf, kafkaFor, newTopic, until } from './kafka-world.ts';
import { rawProducer } from './raw-produce.ts';

function member(options: Partial<InputConsumerOptions> & { topic: string; group: string }) {
  const events: string[] = [];
  const consumer = new InputConsumer({
    kafka: kafkaFor('read'),
    onAssigned: (partition) => events.push(`+${partition}`),
    onLost: (partition) => events.push(`-${partition}`),
    ...options,
  });
  onTestFinished(() => consumer.stop());
  consumer.start();
  return { consumer, events };
}

describe('two members of one group', () => {
  test('share the partitions; each hears of what it got and lost, and what it keeps goes on undisturbed', async () => {
    const [topic, group] = [await newTopic('shared', 4), ownName('members')];
    const append = rawProducer(topic);
    for (const partition of [0, 1, 2, 3]) await append(partition, drafts('r', 10));
    const first = member({ topic, group });
    await until(() => first.consumer.assigned.size === 4, 'the first has all');
    expect(first.events).toEqual(['+0', '+1', '+2', '+3']);
    const positions = new Map<number, number>();
    for (const partition of [0, 1, 2, 3]) {
      positions.set(partition, (await follow(first.consumer, partition, 0, 6, 3)).position);
    }
    const waiting = [0, 1, 2, 3].map((partition) =>
      first.consumer.fetch(partition, 10, { records_max: 1, wait_ms: 30_000 }).then(
        (batch) => ({ partition, records: batch.records.length }),
        (error: unknown) => ({ partition, error }),
      ),
    );

    const second = member({ topic, group });
    await until(() => second.consumer.assigned.size === 2 && first.consumer.assigned.size === 2, 'they share');
    const kept = [...first.consumer.assigned];
    const given = [...second.consumer.assigned];
    expect([...kept, ...given].sort()).toEqual([0, 1, 2, 3]);
    expect(first.events.slice(4).sort()).toEqual(given.map((partition) => `-${partition}`).sort());

    // A running fetch of a lost partition ends at once with that fault; one of a kept partition goes on waiting.
    for (const partition of given) {
      expect(await waiting[partition]).toMatchObject({ partition, error: { code: 'partition_lost' } });
      await expect(first.consumer.nextHeartbeat(partition)).rejects.toMatchObject({ code: 'partition_lost' });
    }
    for (const partition of kept) await append(partition, drafts('more', 1));
    for (const partition of kept) expect(await waiting[partition]).toEqual({ partition, records: 1 });
    for (const partition of given) {
      const read = await follow(second.consumer, partition, positions.get(partition)!, 4);
      expect(read.records.map(({ offset }) => offset)).toEqual([6, 7, 8, 9]);
    }

    await second.consumer.stop();
    await until(() => first.consumer.assigned.size === 4, 'the first gets back what the second leaves', 4_000);
    expect(second.events.slice(2).sort()).toEqual(given.map((partition) => `-${partition}`).sort());
  });
});

describe('a heartbeat', () => {
  test('is told only after it was answered later than the call, about once a second', async () => {
    const [topic, group] = [await newTopic('beat', 1), ownName('members')];
    const { consumer } = member({ topic, group });
    await until(() => consumer.assigned.size === 1, 'it joins');
    await consumer.nextHeartbeat(0);
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = performance.now();
      await consumer.nextHeartbeat(0);
      times.push(performance.now() - before);
    }
    for (const ms of times) expect(ms).toBeGreaterThan(500);
    for (const ms of times) expect(ms).toBeLessThan(3_000);
  });

  test('goes on while a partition is neither read nor drained, so the member keeps it', async () => {
    const [topic, group] = [await newTopic('idle', 1), ownName('members')];
    await rawProducer(topic)(0, drafts('r', 100));
    const { consumer, events } = member({ topic, group });
    await until(() => consumer.assigned.size === 1, 'it joins');
    await consumer.fetch(0, 0, { records_max: 1, wait_ms: 100 });
    // Longer than the session of 6 s.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    await consumer.nextHeartbeat(0);
    expect(events).toEqual(['+0']);
  });
});

test('the position is committed to the group for lag tools, and plays no part in where reading begins', async () => {
  const [topic, group] = [await newTopic('lag', 1), ownName('members')];
  await rawProducer(topic)(0, drafts('r', 10));
  const { consumer } = member({ topic, group });
  await until(() => consumer.assigned.size === 1, 'it joins');
  consumer.reportPosition(0, 7);
  const admin = await adminOf(kafkaFor('read'));
  const committed = async () =>
    (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions[0]?.offset;
  await until(async () => (await committed()) === '7', 'it is committed', 10_000);
  consumer.reportPosition(0, 9);
  await consumer.stop();
  expect(await committed()).toBe('9'); // the last one on leaving
  const next = member({ topic, group });
  await until(() => next.consumer.assigned.size === 1, 'the next one joins');
  expect((await follow(next.consumer, 0, 2, 8)).records[0]?.offset).toBe(2);
});

test('a position out of range leaves the offsets of the group alone', async () => {
  const [topic, group] = [await newTopic('range', 1), ownName('members')];
  const append = rawProducer(topic);
  await append(0, drafts('r', 10));
  const before = member({ topic, group }).consumer;
  await until(() => before.assigned.size === 1, 'it joins');
  before.reportPosition(0, 5);
  await before.stop();
  const { consumer } = member({ topic, group });
  await until(() => consumer.assigned.size === 1, 'the next one joins');
  const admin = await adminOf(kafkaFor('read'));
  const committed = async () =>
    (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions[0]?.offset;
  expect(await committed()).toBe('5');
  await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '8' }] });
  const limits = { records_max: 1, wait_ms: 2_000 };
  await expect(consumer.fetch(0, 3, limits)).rejects.toMatchObject({ code: 'history_gone' });
  // Above the end it takes some seconds before that is believed: a new leader's end may lag.
  const above = async () => {
    for (;;) await consumer.fetch(0, 30, limits);
  };
  await expect(above()).rejects.toMatchObject({ code: 'watermark_above_log_end' });
  expect(await committed()).toBe('5');
  expect((await follow(consumer, 0, 8, 2)).records.map(({ offset }) => offset)).toEqual([8, 9]);
});

test('a topic that does not exist yet is waited for, and said to be missing once', async () => {
  const [topic, group] = [ownName('late'), ownName('members')];
  const said: string[] = [];
  const { consumer } = member({ topic, group, log: (level, message) => level !== 'debug' && said.push(message) });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(group);
  const admin = await adminOf(kafkaFor('read'));
  await createTopics(admin, [{ topic, numPartitions: 1 }]);
  onTestFinished(() => admin.deleteTopics({ topics: [topic] }));
  await until(() => consumer.assigned.size === 1, 'it joins');
  await rawProducer(topic)(0, drafts('r', 1));
  expect((await follow(consumer, 0, 0, 1)).records).toHaveLength(1);
});

test('partitions that the topic gets later are counted, and shared out', async () => {
  const [topic, group] = [await newTopic('grown', 1), ownName('members')];
  const { consumer } = member({ topic, group, newPartitionsMsMax: 1_000 });
  await until(() => consumer.assigned.size === 1, 'it joins');
  expect(await consumer.partitionCount()).toBe(1);
  const admin = await adminOf(kafkaFor('read'));
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  await until(async () => (await consumer.partitionCount()) === 3, 'they are counted', 5_000);
  await until(() => consumer.assigned.size === 3, 'they are shared out', 10_000);
  await rawProducer(topic)(2, drafts('r', 2));
  expect((await follow(consumer, 2, 0, 2)).records).toHaveLength(2);
});
