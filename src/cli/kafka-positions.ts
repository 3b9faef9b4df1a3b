// Where the log of each input partition begins and ends, and how far its events have left (C), as Kafka has them now.

import { ClusterLink } from '../kafka/cluster-link.ts';
import { createKafka } from '../kafka/connection.ts';
import { EmittedMarks } from '../kafka/emitted-marks.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT, type ExitCode } from './command-failure.ts';
import { whyUnreachable } from './reach.ts';
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

export interface PositionsOrProblem {
  readonly positions: KafkaPositions | null;
  /** why there are none, and how the command ends then */
  readonly problem: string | null;
  readonly exitCode: ExitCode;
}

/** As `readKafkaPositions`, for commands that have something to show without Kafka, too. */
export async function positionsOrProblem(context: CommandContext): Promise<PositionsOrProblem> {
  const without = (problem: string, exitCode: ExitCode = EXIT.unavailable) => ({ positions: null, problem, exitCode });
  const away = await whyUnreachable(context.config, 'kafka');
  if (away !== null) return without(away);
  try {
    return { positions: await readKafkaPositions(context), problem: null, exitCode: EXIT.done };
  } catch (error) {
    const topic = context.config.input_topic;
    if (isUnknownTopic(error)) {
      return without(`there is no topic ${topic} ("taskfold topics create" makes it)`, EXIT.failed);
    }
    return without(`Kafka does not tell about ${topic}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// kafkajs gives the broker's answer as the cause of its own error about retries.
function isUnknownTopic(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') || isUnknownTopic(error.cause);
}
