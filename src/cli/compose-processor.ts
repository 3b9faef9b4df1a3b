// Puts the adapters and the processor together: the one place where ports meet the libraries behind them.

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNoticeEncoder } from '../avro/notice-encoder.ts';
import { createRegistryClient } from '../avro/registry-client.ts';
import { createUpdateDecoder } from '../avro/update-decoder.ts';
import { foldSettings } from '../config.ts';
import { FOLD_VERSION } from '../domain/fold-settings.ts';
import { createKafka } from '../kafka/connection.ts';
import { KafkaEventLog } from '../kafka/event-log.ts';
import { InputConsumer } from '../kafka/input-consumer.ts';
import type { PipelineSettings } from '../pipeline/context.ts';
import { createProcessor, type Processor } from '../pipeline/processor.ts';
import { connectRedis } from '../redis/connect.ts';
import { createSlotStore } from '../redis/slot-store.ts';
import type { SchemaFile } from '../topology.ts';
import type { SchemaIds } from './await-services.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { givenFoldSettings } from './read-config.ts';
import { joinObservers } from './run/join-observers.ts';
import type { KafkaProbe, Observation } from './run/observation.ts';
import { createRunObserver, type RunTotals } from './run-observer.ts';
import { redisTarget, registryOptions } from './service-targets.ts';
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
  const registry = createRegistryClient(registryOptions(config));
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
      decoder: createUpdateDecoder({
        registry,
        unknownSchemaWaitMs: config.unknown_schema_wait_s * 1_000,
        onProblem: (message) => logger.log('schema_trouble', { message }, message),
      }),
      encoder: createNoticeEncoder({
        topology,
        schemaIds: {
          input: idOf(schemaIds, topology.input.schema?.file),
          failures: idOf(schemaIds, topology.failures.schema?.file),
          jobCreations: idOf(schemaIds, topology.jobCreations.schema?.file),
          rejects: idOf(schemaIds, topology.rejects.schema?.file),
        },
      }),
      surroundings: { now: Date.now, sleep: (ms) => sleep(ms), random: Math.random },
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

/** How this process is named in Redis, for people. */
export function ownerName(): string {
  return `${hostname()}:${process.pid}`;
}

function pipelineSettings({ config, sources }: CommandContext): PipelineSettings {
  return {
    topic: config.input_topic,
    owner: ownerName(),
    group: config.group,
    fold: foldSettings(config),
    fold_version: FOLD_VERSION,
    given: givenFoldSettings(config, sources),
    cache_tasks: config.cache_tasks,
    batch_records_max: config.batch_records_max,
    fetch_wait_ms: config.fetch_wait_ms,
    notices_page: config.notices_page,
    pending_bytes_max: config.pending_bytes_max,
    mark_every_ms: config.emitted_mark_every_s * 1_000,
    partition_count_every_ms: config.partition_count_every_s * 1_000,
    live_every_ms: config.live_every_ms,
    resume_poll_ms: config.resume_poll_ms,
    backoff_ms_min: config.backoff_ms_min,
    backoff_ms_max: config.backoff_ms_max,
  };
}

function idOf(ids: SchemaIds, file: SchemaFile | undefined): number {
  const id = file && ids.get(file);
  if (id === undefined) throw new CommandFailure(`the registry gave no id for ${file ?? 'a schema'}`);
  return id;
}
