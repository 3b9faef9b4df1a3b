import { expect, onTestFinished, test } from 'vitest';
import { KafkaEventLog } from '../../src/kafka/event-log.ts';
import { InputConsumer } from '../../src/kafka/input-consumer.ts';
import { mark } from '../contracts/event-log-contract.ts';
import { follow } from '../contracts/input-log-contract.ts';
import { privateStack } from '../support/stack.ts';
import { newTopology } from './event-log-world.ts';
import { kafkaFor, plainProducer, until } from './kafka-world.ts';

/** One broker of its own, a member that reads partition 0 of its input, and a claim on it. */
async function world() {
  const stack = await privateStack({ services: ['kafka'] });
  const at = stack.env.KAFKA_BROKERS.split(',');
  const topology = await newTopology(at, 2);
  const said: { level: string; message: string }[] = [];
  const log = new InputConsumer({
    kafka: kafkaFor('read', at),
    topic: topology.input.topic,
    group: topology.groups.members,
    log: (level, message) => level !== 'debug' && said.push({ level, message }),
  });
  onTestFinished(() => log.stop());
  log.start();
  const events = new KafkaEventLog({ readKafka: kafkaFor('read', at), writeKafka: kafkaFor('write', at), topology });
  onTestFinished(() => events.close());
  await until(() => log.assigned.size === 2, 'it joins');
  const append = async (value: string) => {
    const producer = await plainProducer(at);
    await producer.send({ topic: topology.input.topic, messages: [{ partition: 0, value }] });
  };
  const about = (what: string) => said.filter(({ message }) => message.includes(what)).map(({ level }) => level);
  return { stack, topology, log, events, append, about };
}

/** Claims as the pipeline does: until it works. */
async function claimAgain(events: KafkaEventLog) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await events.claim(0);
    } catch (error) {
      expect(error).toMatchObject({ name: 'Fault', code: 'service_unavailable' });
      if (attempt > 20) throw error;
    }
  }
}

test('a broker that is stopped and comes back: reading, membership and claims go on by themselves, each outage is said once', async () => {
  const { stack, topology, log, events, append, about } = await world();
  await append('before');
  expect((await follow(log, 0, 0, 1)).values).toEqual(['before']);
  const claim = await events.claim(0);
  await claim.transact({ emitted: mark(1), messages: [] });

  await stack.kafka.stop();
  // Away: a fetch is just empty, a question fails, a transaction ends the claim.
  expect(await log.fetch(0, 1, { records_max: 1, wait_ms: 500 })).toMatchObject({ records: [], to: 1 });
  await expect(log.bounds(0)).rejects.toMatchObject({ name: 'Fault', code: 'service_unavailable' });
  await expect(claim.transact({ emitted: mark(2), messages: [] })).rejects.toMatchObject({ name: 'Fault' });
  await until(() => about('member of group').length > 0, 'the consumer is given up and replaced', 30_000);
  await stack.kafka.start();

  const again = claimAgain(events);
  await append('after');
  const waiting = until(async () => (await follow(log, 0, 1, 1)).values[0] === 'after', 'reading goes on', 30_000);
  await log.nextHeartbeat(0);
  await waiting;
  expect((await (await again).readEmitted())?.offset).toBe(1);
  await (await again).transact({ emitted: mark(2), messages: [] });
  expect((await (await again).readEmitted())?.offset).toBe(2);
  expect(log.assigned.size).toBe(2);
  expect(about(`reading ${topology.input.topic}`)).toEqual(['warn', 'info']);
  expect(about('member of group')).toEqual(['warn', 'info']);

  // Leaving takes moments, also while the broker is away.
  await stack.kafka.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const began = performance.now();
  await log.stop();
  expect(performance.now() - began).toBeLessThan(4_500);
});

test('a broker that freezes without closing a line is found out, and everything goes on when it thaws', async () => {
  const { stack, log, events, append } = await world();
  const claim = await events.claim(0);
  await claim.transact({ emitted: mark(1), messages: [] });
  stack.kafka.pause();
  const began = performance.now();
  const stuck = claim.transact({ emitted: mark(2), messages: [] });
  await expect(stuck).rejects.toMatchObject({ name: 'Fault', code: 'service_unavailable' });
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(await log.fetch(0, 0, { records_max: 1, wait_ms: 200 })).toMatchObject({ records: [] });
  stack.kafka.resume();
  const next = await claimAgain(events);
  const emitted = (await next.readEmitted())!.offset;
  await append('after');
  await until(async () => (await follow(log, 0, 0, 1)).values[0] === 'after', 'reading goes on', 40_000);
  await log.nextHeartbeat(0);
  // The frozen transaction may have committed after all; what the fence left is final either way.
  expect([1, 2]).toContain(emitted);
  expect((await next.readEmitted())!.offset).toBe(emitted);
});
