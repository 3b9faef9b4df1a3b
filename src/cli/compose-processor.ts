// Puts the adapters and the processor together: the one place where ports meet the libraries behind them.

import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka } from '../kafka/connection.ts';
import { KafkaEventLog } from '../kafka/event-log.ts';
import { InputConsumer } from '../kafka/input-consumer.ts';
import { createProcessor, type Processor } from '../pipeline/processor.ts';
import { connectRedis } from '../redis/connect.ts';
import { createSlotStore } from '../redis/slot-store.ts';
import type { SchemaIds } from './await-services.ts';
import type { CommandContext } from './command-context.ts';
import { codecPorts, pipelineSettings } from './pipeline-parts.ts';
import { joinObservers } from './run/join-observers.ts';
import type { KafkaProbe, Observation } from './run/observation.ts';
import { createRunObserver, type RunTotals } from './run-observer.ts';
import { redisTarget } from './service-targets.ts';
import { kafkaConnection, kafkaLog } from './topic-admin.ts';
import { topologyOfConfig } from './topology-of-config.ts';

export interface ComposedProcessor {
  readonly processor: Processor;
  readonly totals: Readonly<RunTotals>;
  readonly probe: KafkaProbe;
  /** Joins the group, and goes on until `leave`. */
  join(): void;
  /** Leaves the group; about 3 s at most. */
  leave(): Promise<void>;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Nothing runs before `join`. @param observation hears what happens, where somebody watches */
export function composeProcessor(
  context: CommandContext,
  schemaIds: SchemaIds,
  observation: Observation | null,
): ComposedProcessor {
  const { config, logger } = context;
  const topology = topologyOfConfig(config);
  const log = kafkaLog(context);
  const readKafka = createKafka(kafkaConnection(config), 'read', log);
  const writeKafka = createKafka(kafkaConnection(config), 'write', log);
  const redis = connectRedis(redisTarget(config), {
    name: config.client_id,
    commandTimeoutMs: config.service_timeout_ms,
    onProblem: (reason) => logger.log('service_trouble', { service: 'Redis', reason }, 'redis'),
    onRecovered: () => {
      logger.over('service_trouble', 'redis');
      logger.log('service_back', { service: 'Redis' });
    },
  });
  const eventLog = new KafkaEventLog({ readKafka, writeKafka, topology, packing: config.kafka_compression });
  const consumer = new InputConsumer({
    kafka: readKafka,
    group: topology.groups.members,
    topic: topology.input.topic,
    log,
    onAssigned: (partition) => {
      logger.log('partition_assigned', { partition });
      processor.assign(partition);
    },
    onLost: (partition) => {
      logger.log('partition_lost', { partition });
      processor.lose(partition);
    },
  });
  const totals: RunTotals = { records: 0, messages: 0 };
  const told = createRunObserver(logger, totals, (partition, watermark) =>
    consumer.reportPosition(partition, watermark),
  );
  const processor = createProcessor({
    ports: {
      inputLog: consumer,
      membership: consumer,
      eventLog,
      slotStore: createSlotStore({ redis: redis.client, prefix: config.redis_prefix, group: config.group }),
      ...codecPorts(context, schemaIds),
    },
    settings: pipelineSettings(context),
    observer: observation === null ? told : joinObservers(told, observation.observer),
  });
  return {
    processor,
    totals,
    probe: consumer,
    join: () => consumer.start(),
    leave: () => consumer.stop(),
    async close() {
      // The last words of the partitions are under way: Redis answers in order, so this answer comes after theirs.
      await Promise.race([redis.settled(), sleep(500)]);
      redis.close();
      await eventLog.close();
    },
  };
}
