// The parts of a pipeline that do not depend on who runs it: a processor, or a command that ends what one has begun.

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNoticeEncoder } from '../avro/notice-encoder.ts';
import { createRegistryClient } from '../avro/registry-client.ts';
import { createUpdateDecoder } from '../avro/update-decoder.ts';
import { foldSettings } from '../config.ts';
import { FOLD_VERSION } from '../domain/fold-settings.ts';
import type { PipelinePorts, PipelineSettings } from '../pipeline/context.ts';
import type { SchemaFile } from '../topology.ts';
import type { SchemaIds } from './await-services.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { givenFoldSettings } from './read-config.ts';
import { registryOptions } from './service-targets.ts';
import { topologyOfConfig } from './topology-of-config.ts';

/** What turns records into updates and notices into messages, and the time. */
export function codecPorts(
  { config, logger }: CommandContext,
  schemaIds: SchemaIds,
): Pick<PipelinePorts, 'decoder' | 'encoder' | 'surroundings'> {
  const topology = topologyOfConfig(config);
  return {
    decoder: createUpdateDecoder({
      registry: createRegistryClient(registryOptions(config)),
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
  };
}

/** How this process is named in Redis, for people. */
export function ownerName(): string {
  return `${hostname()}:${process.pid}`;
}

export function pipelineSettings({ config, sources }: CommandContext): PipelineSettings {
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
