import { describe, expect, onTestFinished, test } from 'vitest';
import { PublishFailed } from '../../src/kafka/publish-failed.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { SEND_BYTES_OF_PARTITION_MAX } from '../../src/kafka/send-limits.ts';
import { type OutgoingUpdate, type PublisherOptions, UpdatePublisher } from '../../src/kafka/update-publisher.ts';
import { privateStack } from '../support/stack.ts';
import { brokers, kafkaFor, newTopic, plainProducer, readAll, until } from './kafka-world.ts';
import { lossyKafka } from './lossy-kafka.ts';

async function openPublisher(topic: string, options: Partial<PublisherOptions> = {}, at = brokers()) {
  const publisher = await UpdatePublisher.open({ brokers: at, clientId: 'test' }, { topic, ...options });
  onTestFinished(() => publisher.close());
  return publisher;
}

const keyed = (key: string | null, value: string | null, partition: number | null = null): OutgoingUpdate => ({
  key,
  value: value === null ? null : Buffer.from(value),
  partition,
});
const numbered = (from: number, to: number, keys = 5) =>
  Array.from({ length: to - from }, (_, i) => keyed(`task-${(from + i) % keys}`, `v${from + i}`));

/** Values by partition, in the order of the log. */
async function valuesIn(topic: string): Promise<Map<number, (string | null)[]>> {
  const found = new Map<number, (string | null)[]>();
  for (const { partition, value } of await readAll(topic)) {
    found.set(partition, [...(found.get(partition) ?? []), value === null ? null : value.toString()]);
  }
  return found;
}

async function sortedValues(topic: string): Promise<string[]> {
  const values = [...(await valuesIn(topic)).values()].flat().map(String);
  return values.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
}

const valuesOf = (updates: readonly OutgoingUpdate[]) => updates.map(({ value }) => String(value));

describe('where published records lie', () => {
  test("keyed ones where kafkajs' default partitioner puts them, in the order of sending", async () => {
    const [ours, theirs] = [await newTopic('publish', 4), await newTopic('publish-kafkajs', 4)];
    const updates = numbered(0, 400, 60);
    const publisher = await openPublisher(ours);
    await publisher.publish(updates.slice(0, 150));
    await publisher.publish(updates.slice(150));
    const producer = await plainProducer();
    await producer.send({ topic: theirs, messages: updates.map(({ key, value }) => ({ key, value })) });
    expect(await valuesIn(ours)).toEqual(await valuesIn(theirs));
  });

  test('a named partition wins over the key; without either each partition gets its turn; a tombstone is a record', async () => {
    const topic = await newTopic('publish', 3);
    const publisher = await openPublisher(topic);
    await publisher.publish([keyed('task-1', 'a', 2), keyed('task-1', 'b', 0)]);
    await publisher.publish([keyed(null, 'c'), keyed(null, 'd'), keyed(null, 'e'), keyed(null, null, 1)]);
    const found = await valuesIn(topic);
    expect(found.get(2)?.[0]).toBe('a');
    expect(found.get(0)?.[0]).toBe('b');
    expect([0, 1, 2].map((partition) => found.get(partition)?.filter((value) => 'cde'.includes(value ?? '-')).length)).toEqual([1, 1, 1]); // biome-ignore format: one line
    expect(found.get(1)?.at(-1)).toBe(null);
  });

  test('more than a batch may hold leaves in several, in order', async () => {
    const topic = await newTopic('publish', 1);
    const publisher = await openPublisher(topic);
    const large = 'x'.repeat(Math.floor(SEND_BYTES_OF_PARTITION_MAX / 4));
    const updates = Array.from({ length: 12 }, (_, i) => keyed('task', `v${i} ${large}`));
    await publisher.publish(updates);
    expect((await valuesIn(topic)).get(0)).toEqual(valuesOf(updates));
  });
});

describe('a line that breaks', () => {
  test.for(['answer', 'request'] as const)(
    'after the %s was lost once, kafkajs repeats by itself and nothing is doubled',
    async (what) => {
      const topic = await newTopic('publish-lost', 3);
      const { kafka, loseNext, loseNextAnswerTo } = lossyKafka(brokers());
      const publisher = await openPublisher(topic, { writeKafka: kafka });
      await publisher.publish(numbered(0, 30));
      const lost = what === 'answer' ? loseNextAnswerTo('Produce') : loseNext('Produce');
      await publisher.publish(numbered(30, 60));
      await lost;
      await publisher.publish(numbered(60, 90));
      expect(await sortedValues(topic)).toEqual(valuesOf(numbered(0, 90)));
    },
  );

  test.for(['answer', 'request'] as const)(
    'so often that the send fails (its %s lost): the log is read, what is missing is sent, and later records are not lost',
    async (what) => {
      const topic = await newTopic('publish-failed', 3);
      const { kafka, loseNext, loseNextAnswerTo } = lossyKafka(brokers());
      const lose = () => (what === 'answer' ? loseNextAnswerTo('Produce') : loseNext('Produce'));
      const said: string[] = [];
      const publisher = await openPublisher(topic, {
        writeKafka: kafka,
        retries: 1,
        log: (_level, message) => void said.push(message),
      });
      await publisher.publish(numbered(0, 30));
      const lost = lose().then(lose);
      await publisher.publish(numbered(30, 60));
      await lost;
      expect(said).toContain('a send failed; the log is read to see what arrived');
      for (let from = 60; from < 120; from += 20) await publisher.publish(numbered(from, from + 20));
      expect(await sortedValues(topic)).toEqual(valuesOf(numbered(0, 120)));
      for (const values of (await valuesIn(topic)).values()) {
        expect(values).toEqual(values.toSorted((a, b) => Number(a!.slice(1)) - Number(b!.slice(1))));
      }
    },
  );

  test('what others wrote into the same partition meanwhile is not mistaken for ours', async () => {
    const topic = await newTopic('publish-others', 1);
    const { kafka, loseNext } = lossyKafka(brokers());
    const publisher = await openPublisher(topic, { writeKafka: kafka, retries: 1 });
    await publisher.publish([keyed('task', 'v0')]);
    const other = await plainProducer();
    // The first two of ours, then something else: our three are not there.
    const messages = ['v1', 'v2', 'other', 'v1'].map((value) => ({ key: 'task', value, partition: 0 }));
    await other.send({ topic, messages });
    const lost = loseNext('Produce').then(() => loseNext('Produce'));
    await publisher.publish(['v1', 'v2', 'v3'].map((value) => keyed('task', value)));
    await lost;
    expect((await valuesIn(topic)).get(0)).toEqual(['v0', 'v1', 'v2', 'other', 'v1', 'v1', 'v2', 'v3']);
  });
});

test('a record that the broker refuses for its size is told as absent at once; those beside it are published', async () => {
  const topic = await newTopic('publish-large', 2, { 'max.message.bytes': '100000' });
  const publisher = await openPublisher(topic);
  const began = performance.now();
  const updates = [keyed('k', 'small', 0), keyed('k', 'x'.repeat(200_000), 1)];
  const failure = await publisher.publish(updates).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PublishFailed);
  expect((failure as PublishFailed).outcomes).toEqual(['published', 'absent']);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await valuesIn(topic)).toEqual(new Map([[0, ['small']]]));
  await publisher.publish([keyed('k', 'after', 1)]);
  expect((await valuesIn(topic)).get(1)).toEqual(['after']);
});

describe('a broker that goes away', () => {
  test('killed and started again in the middle of it: every record is there once, in order', async () => {
    const { kafka, env } = await privateStack({ services: ['kafka'] });
    const at = [env.KAFKA_BROKERS];
    const topic = await newTopic('publish-outage', 3, {}, at);
    const publisher = await openPublisher(topic, { retries: 1 }, at);
    const updates = numbered(0, 10_000, 40);
    let published = 0;
    const publishing = (async () => {
      for (; published < updates.length; published += 50) {
        await publisher.publish(updates.slice(published, published + 50));
      }
    })();
    await until(() => published >= 200, 'some are published');
    await kafka.kill();
    expect(published).toBeLessThan(updates.length);
    await kafka.start();
    await publishing;
    const found: string[] = [];
    for await (const { records } of readTopic(kafkaFor('read', at), { topic })) {
      found.push(...records.map(({ value }) => String(value)));
    }
    expect(found.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))).toEqual(valuesOf(updates));
  });

  test('and does not come back although we have to stop: the fate of what was out is told as unknown', async () => {
    const { kafka, env } = await privateStack({ services: ['kafka'] });
    const at = [env.KAFKA_BROKERS];
    const topic = await newTopic('publish-gone', 2, {}, at);
    const stopping = new AbortController();
    const options = { retries: 1, signal: stopping.signal, patience_ms: 500 };
    const publisher = await openPublisher(topic, options, at);
    await publisher.publish(numbered(0, 10));
    await kafka.kill();
    const failing = publisher.publish(numbered(10, 14)).catch((error: unknown) => error);
    stopping.abort();
    const failure = await failing;
    expect(failure).toBeInstanceOf(PublishFailed);
    expect((failure as PublishFailed).outcomes).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  });
});
