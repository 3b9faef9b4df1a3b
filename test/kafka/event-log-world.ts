// A real event log over topics and groups of its own.

import type { Kafka } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { createTopics } from '../../src/kafka/create-topics.ts';
import { KafkaEventLog } from '../../src/kafka/event-log.ts';
import { type Topology, topologyOf } from '../../src/topology.ts';
import { ownName } from '../support/stack.ts';
import { adminOf, brokers, kafkaFor, until } from './kafka-world.ts';

export async function newTopology(at: readonly string[] = brokers(), partitions = 3): Promise<Topology> {
  const name = ownName('events');
  const topology = topologyOf({
    inputTopic: `${name}-in`,
    group: name,
    failuresTopic: `${name}-failures`,
    jobCreationsTopic: `${name}-jobs`,
    rejectsTopic: `${name}-rejects`,
  });
  const admin = await adminOf(kafkaFor('read', at));
  await createTopics(
    admin,
    topology.topics.map((plan) => ({
      topic: plan.topic,
      numPartitions: plan.partitions === 1 ? 1 : partitions,
      configEntries: [{ name: 'message.timestamp.type', value: plan.timestampType }],
    })),
  );
  // A new broker makes the topic of group offsets at the first question, and has no coordinator until that is done.
  await until(async () => {
    try {
      await admin.fetchOffsets({ groupId: topology.groups.emitted, topics: [topology.input.topic] });
      return true;
    } catch {
      return false;
    }
  }, 'the group has a coordinator');
  onTestFinished(() => admin.deleteTopics({ topics: topology.topics.map(({ topic }) => topic) }).catch(() => {}));
  return topology;
}

export async function newEventLog(options: { writeKafka?: Kafka; topology?: Topology } = {}) {
  const topology = options.topology ?? (await newTopology());
  const events = new KafkaEventLog({
    readKafka: kafkaFor('read'),
    writeKafka: options.writeKafka ?? kafkaFor('write'),
    topology,
  });
  onTestFinished(() => events.close());
  return { events, topology };
}
