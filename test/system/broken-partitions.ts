// What breaks the assumptions under a partition, done on purpose: by the tools that an operator has, or by hand.

import { createKafka } from '../../src/kafka/connection.ts';
import { KafkaEventLog } from '../../src/kafka/event-log.ts';
import type { EmittedMark } from '../../src/pipeline/ports.ts';
import { scanAll } from '../../src/redis/masters.ts';
import type { Deployment } from './deployment.ts';
import { plainKafka } from './raw-records.ts';

/** Retention, at once: the input's partition begins at this offset from now on. */
export async function removeHistory({ env, topology }: Deployment, partition: number, offset: number): Promise<void> {
  await withAdmin(env, async (admin) => {
    // kafkajs wants to have heard of the topic before.
    await admin.fetchTopicMetadata({ topics: [topology.input.topic] });
    await admin.deleteTopicRecords({
      topic: topology.input.topic,
      partitions: [{ partition, offset: String(offset) }],
    });
  });
}

/** The largest message that the topic takes, bytes: with 1 nothing can be sent to it. */
export async function limitMessages({ env }: Deployment, topic: string, bytes: number): Promise<void> {
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await withAdmin(env, (admin) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] }),
  );
}

/** As when the offsets of a group without members expire. */
export async function forgetEmitted({ env, topology }: Deployment): Promise<void> {
  await withAdmin(env, (admin) => admin.deleteGroups([topology.groups.emitted]));
}

/** The topics are gone, and C with them. */
export async function deleteTopics({ env }: Deployment, topics: readonly string[]): Promise<void> {
  await withAdmin(env, async (admin) => {
    await admin.deleteTopics({ topics: [...topics] });
    for (const end = Date.now() + 15_000; ; ) {
      const left = await admin.listTopics();
      if (!topics.some((topic) => left.includes(topic))) return;
      if (Date.now() > end) throw new Error(`still there: ${topics.join(', ')}`);
    }
  });
}

/** C as it stands, and a C that is put there, as a tool for back-ups of offsets does. */
export async function readMark(deployment: Deployment, partition: number): Promise<EmittedMark> {
  const mark = await withEventLog(deployment, async (log) => (await log.claim(partition)).readEmitted());
  if (mark === null) throw new Error(`partition ${partition} has no C`);
  return mark;
}
export async function putMark(deployment: Deployment, partition: number, emitted: EmittedMark): Promise<void> {
  await withEventLog(deployment, async (log) => (await log.claim(partition)).transact({ emitted, messages: [] }));
}

/** A copy of all keys of a partition, but for what tells of its owner. */
export async function copySlot(deployment: Deployment, partition: number): Promise<ReadonlyMap<string, Buffer>> {
  const { redis } = deployment;
  const copy = new Map<string, Buffer>();
  for (const key of await slotKeys(deployment, partition)) copy.set(key, (await redis.dumpBuffer(key))!);
  return copy;
}

/** Puts the copy in the place of what is there. */
export async function putBackSlot(
  deployment: Deployment,
  partition: number,
  copy: ReadonlyMap<string, Buffer>,
): Promise<void> {
  await emptySlot(deployment, partition);
  for (const [key, value] of copy) await deployment.redis.restore(key, 0, value);
}

export async function emptySlot(deployment: Deployment, partition: number): Promise<void> {
  const keys = await slotKeys(deployment, partition);
  if (keys.length > 0) await deployment.redis.unlink(keys);
}

async function slotKeys({ redis, keysOf }: Deployment, partition: number): Promise<string[]> {
  const { tag, live } = keysOf(partition);
  const found = new Set<string>();
  for await (const keys of scanAll(redis, `${tag}:*`, 1_000)) for (const key of keys) found.add(key);
  found.delete(live);
  return [...found];
}

async function withAdmin<Result>(
  env: Deployment['env'],
  work: (admin: ReturnType<ReturnType<typeof plainKafka>['admin']>) => Promise<Result>,
): Promise<Result> {
  const admin = plainKafka(env).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function withEventLog<Result>(
  { env, topology }: Deployment,
  work: (log: KafkaEventLog) => Promise<Result>,
): Promise<Result> {
  const connection = { brokers: env.KAFKA_BROKERS!.split(','), clientId: 'test' };
  const log = new KafkaEventLog({
    readKafka: createKafka(connection, 'read'),
    writeKafka: createKafka(connection, 'write'),
    topology,
  });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}
