// Looks at topics and creates them, through kafkajs' admin client; one connection for one piece of work.

import { createKafka, type KafkaLog } from '../kafka/connection.ts';
import { createTopics } from '../kafka/create-topics.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { kafkaConnection } from './service-targets.ts';
import type { TopicShape } from './topic-shape.ts';

export { kafkaConnection } from './service-targets.ts';

export interface TopicAdmin {
  /** The topic as it is, or null: there is none. */
  look(topic: string): Promise<TopicShape | null>;
  /** Creates the topic and waits until every partition has a leader. Answers false where somebody else was faster. */
  create(topic: string, shape: TopicShape): Promise<boolean>;
  /** Gives the topic more partitions. @param onlyAsk whether it would be allowed @throws CommandFailure */
  grow(topic: string, partitions: number, onlyAsk: boolean): Promise<void>;
}

/** Kafka's number for "topic" among the kinds of things that have settings. */
const TOPIC_RESOURCE = 2;

const GROW_MS_MAX = 15_000;

/** Opens the connection; it closes with the command. */
export async function openTopicAdmin(context: CommandContext): Promise<TopicAdmin> {
  const { config } = context;
  const admin = createKafka(kafkaConnection(config), 'read', kafkaLog(context)).admin({ retry: { retries: 3 } });
  context.closing(() => admin.disconnect());
  await admin.connect();
  return {
    async look(topic) {
      if (!(await admin.listTopics()).includes(topic)) return null;
      const [metadata, described] = await Promise.all([
        admin.fetchTopicMetadata({ topics: [topic] }),
        admin.describeConfigs({ includeSynonyms: false, resources: [{ type: TOPIC_RESOURCE, name: topic }] }),
      ]);
      const entries = described.resources[0]?.configEntries ?? [];
      return {
        partitions: metadata.topics[0]?.partitions.length ?? 0,
        configs: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
      };
    },
    async grow(topic, partitions, onlyAsk) {
      const topicPartitions = [{ topic, count: partitions }];
      try {
        await admin.createPartitions({ topicPartitions, validateOnly: onlyAsk, timeout: GROW_MS_MAX });
      } catch (error) {
        throw new CommandFailure(
          `Kafka refuses to give ${topic} ${partitions} partitions: ${refusal(error)}`,
          1,
          'the user of this command needs the right ALTER on the topic',
          error,
        );
      }
    },
    async create(topic, shape) {
      const configEntries = Object.entries(shape.configs).map(([name, value]) => ({ name, value }));
      try {
        const numPartitions = shape.partitions;
        return await createTopics(admin, [
          { topic, numPartitions, replicationFactor: config.replication_factor, configEntries },
        ]);
      } catch (error) {
        throw new CommandFailure(
          `Kafka refuses to create ${topic}: ${refusal(error)}`,
          1,
          cureOf(refusal(error)),
          error,
        );
      }
    },
  };
}

/** The Kafka room's remarks as log events; that room says each outage once, and then every so often. */
export function kafkaLog({ logger }: Pick<CommandContext, 'logger'>): KafkaLog {
  return (level, message, facts = {}) => {
    const event = level === 'debug' ? 'client_message' : level === 'info' ? 'service_back' : 'service_trouble';
    logger.log(event, { service: 'Kafka', message, ...facts }, message);
  };
}

function refusal(error: unknown): string {
  // kafkajs wraps the refusals of the single topics, in a class of its own.
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors)) {
    return error.errors.map(refusal).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

function cureOf(reason: string): string | undefined {
  return /replication/i.test(reason)
    ? 'there are fewer brokers than copies wanted: lower TASKFOLD_REPLICATION_FACTOR'
    : undefined;
}
