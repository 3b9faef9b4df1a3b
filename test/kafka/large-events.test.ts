import { expect, test } from 'vitest';
import { cutIntoSends, SEND_BYTES_MAX } from '../../src/kafka/sends.ts';
import type { OutgoingMessage } from '../../src/pipeline/ports.ts';
import { mark } from '../contracts/event-log-contract.ts';
import { newEventLog } from './event-log-world.ts';
import { readAll } from './kafka-world.ts';

function message(topic: string, bytes: number, name: string): OutgoingMessage {
  return { topic, partition: 0, key: Buffer.from(name), value: Buffer.alloc(bytes, name), headers: {} };
}

test('a transaction is cut into sends that no topic’s limit refuses, each topic in its order', () => {
  const messages = Array.from({ length: 100 }, (_, i) => message(i % 3 ? 'a' : 'b', (i * 7_919) % 90_000, String(i)));
  const sends = cutIntoSends(messages);
  for (const topic of ['a', 'b']) {
    const sizes = sends.map(({ topicMessages }) =>
      topicMessages
        .filter((part) => part.topic === topic)
        .flatMap((part) => part.messages)
        .reduce((sum, { value }) => sum + (value as Buffer).length, 0),
    );
    for (const size of sizes) expect(size).toBeLessThanOrEqual(SEND_BYTES_MAX);
    const order = sends.flatMap(({ topicMessages }) =>
      topicMessages
        .filter((part) => part.topic === topic)
        .flatMap((part) => part.messages.map(({ key }) => String(key))),
    );
    expect(order).toEqual(messages.filter((one) => one.topic === topic).map(({ key }) => String(key)));
  }
  // Each topic is in a send once, or kafkajs would put two lists together.
  for (const { topicMessages } of sends)
    expect(new Set(topicMessages.map((t) => t.topic)).size).toBe(topicMessages.length);
  expect(cutIntoSends([])).toEqual([]);
});

test('a record that came in packed and is too large unpacked leaves packed', async () => {
  const { events, topology } = await newEventLog();
  const { topic } = topology.failures; // takes 1 MB at most
  const claim = await events.claim(0);
  const messages = [message(topic, 10, 's'), message(topic, 3_000_000, 'l'), message(topic, 10, 't')];
  await claim.transact({ emitted: mark(1), messages });
  const read = await readAll(topic);
  expect(read.map(({ key, value }) => [key!.toString(), value!.length])).toEqual([['s', 10], ['l', 3_000_000], ['t', 10]]); // biome-ignore format: a table
});

test('a message that the topic refuses ends the claim, and leaves nothing behind', async () => {
  const { events, topology } = await newEventLog();
  const { topic } = topology.failures;
  const claim = await events.claim(0);
  const noise = Buffer.from(Float64Array.from({ length: 300_000 }, Math.random).buffer);
  const large = { topic, partition: 0, key: null, value: noise, headers: {} };
  const attempt = claim.transact({ emitted: mark(5), messages: [message(topic, 10, 's'), large] });
  await expect(attempt).rejects.toMatchObject({ name: 'Fault', code: 'service_unavailable' });
  const next = await events.claim(0);
  expect(await next.readEmitted()).toBeNull();
  expect(await readAll(topic)).toEqual([]);
});
