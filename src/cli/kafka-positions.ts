// Where the log of each input partition begins and ends, and how far its events have left (C), as Kafka has them now.

import { ClusterLink } from '../kafka/cluster-link.ts';
import { createKafka } from '../kafka/connection.ts';
import { EmittedMarks } from '../kafka/emitted-marks.ts';
import type { CommandContext } from './command-context.ts';
import { kafkaConnection, kafkaLog } from './topic-admin.ts';
import { topologyOfConfig } from './topology-of-config.ts';

export interface KafkaPosition {
  readonly start: number;
  /** the next offset that a committed record could get */
  readonly end: number;
  /** C, or null: none is committed. Not fenced, so good for showing, not for deciding. */
  readonly emitted: number | null;
}
/** By partition. */
export type KafkaPositions = ReadonlyMap<number, KafkaPosition>;

/** @throws kafkajs' own errors when Kafka does not answer or the topic does not exist */
export async function readKafkaPositions(context: CommandContext): Promise<KafkaPositions> {
  const { input, groups } = topologyOfConfig(context.config);
  const kafka = createKafka(kafkaConnection(context.config), 'read', kafkaLog(context));
  const admin = kafka.admin({ retry: { retries: 2 } });
  context.closing(() => admin.disconnect());
  await admin.connect();
  const bounds = await admin.fetchTopicOffsets(input.topic);
  // Not kafkajs' fetchOffsets: it gives up where a young group's coordinator is still loading.
  const link = new ClusterLink(kafka, input.topic);
  context.closing(() => link.close());
  const marks = await new EmittedMarks(link, groups.emitted).readAll();
  return new Map(
    bounds.map(({ partition, low, high }) => {
      const emitted = marks.get(partition)?.offset ?? null;
      return [partition, { start: Number(low), end: Number(high), emitted }];
    }),
  );
}
