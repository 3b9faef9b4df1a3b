// Where the logs begin and end, and C, as Kafka has them at the moment of asking; one connection for the whole command.

import { ClusterLink } from '../../kafka/cluster-link.ts';
import { createKafka } from '../../kafka/connection.ts';
import { EmittedMarks } from '../../kafka/emitted-marks.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure } from '../command-failure.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';

export interface InputPosition {
  readonly start: number;
  /** the next offset that a committed record could get */
  readonly end: number;
  /** C; 0 where none is committed: nothing may have left */
  readonly emitted: number;
}

export interface KafkaLook {
  /** Every partition of the input, by number. @throws CommandFailure where there is no such topic */
  positions(): Promise<Map<number, InputPosition>>;
  /** Partitions of a topic whose log no longer begins at 0. */
  truncated(topic: string): Promise<ReadonlySet<number>>;
  /** How many partitions a topic has. */
  partitionCount(topic: string): Promise<number>;
}

/** @throws kafkajs' own errors where Kafka does not answer */
export async function lookAtKafka(context: CommandContext): Promise<KafkaLook> {
  const { input, groups, topics } = topologyOfConfig(context.config);
  const kafka = createKafka(kafkaConnection(context.config), 'read', kafkaLog(context));
  const admin = kafka.admin({ retry: { retries: 3 } });
  context.closing(() => admin.disconnect());
  await admin.connect();
  const there = await admin.listTopics();
  const missing = topics.filter(({ topic }) => !there.includes(topic)).map(({ topic }) => topic);
  if (missing.length > 0) {
    throw new CommandFailure(
      `there is no topic ${missing.join(', ')}`,
      1,
      'check the names, or "taskfold topics create"',
    );
  }
  // kafkajs' own reading of offsets gives up where the coordinator is only loading.
  const link = new ClusterLink(kafka, input.topic);
  context.closing(() => link.close());
  const marks = new EmittedMarks(link, groups.emitted);
  return {
    async positions() {
      const bounds = await admin.fetchTopicOffsets(input.topic);
      const emitted = await marks.readAll();
      return new Map(
        bounds
          .map(({ partition, low, high }): [number, InputPosition] => [
            partition,
            { start: Number(low), end: Number(high), emitted: emitted.get(partition)?.offset ?? 0 },
          ])
          .sort(([a], [b]) => a - b),
      );
    },
    async truncated(topic) {
      const bounds = await admin.fetchTopicOffsets(topic);
      return new Set(bounds.filter(({ low }) => Number(low) > 0).map(({ partition }) => partition));
    },
    async partitionCount(topic) {
      return (await admin.fetchTopicOffsets(topic)).length;
    },
  };
}
