// What `publish` and `simulate` need to send updates: a publisher for the input topic, and an encoder under the id that the
// registry has for our schema.

import { createRegistryClient } from '../avro/registry-client.ts';
import { registeredId, SchemaRefused } from '../avro/schema-registrar.ts';
import { createUpdateEncoder } from '../avro/update-encoder.ts';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import { UpdatePublisher } from '../kafka/update-publisher.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { registryOptions } from './service-targets.ts';
import { kafkaConnection, kafkaLog } from './topic-admin.ts';
import { inputPartitions } from './topics.ts';
import { topologyOfConfig } from './topology-of-config.ts';

export interface OpenPublisher {
  readonly topic: string;
  readonly publisher: UpdatePublisher;
  readonly encode: (update: TaskStatusDetail) => Buffer;
}

/**
 * Opens both; they close with the command. Registers our schema where it is missing.
 * @param onUnrecognized told of a symbol that the contract does not know, and that is sent as `unrecognized`
 * @throws CommandFailure if there is no such topic or the registry refuses the schema; Fault service_unavailable
 */
export async function openPublisher(
  context: CommandContext,
  onUnrecognized: (field: string, symbol: string) => void = () => {},
): Promise<OpenPublisher> {
  const { config, signal } = context;
  await inputPartitions(context);
  const { input } = topologyOfConfig(config);
  const schemaId = await inputSchemaId(context);
  const publisher = await UpdatePublisher.open(kafkaConnection(config), {
    topic: input.topic,
    log: kafkaLog(context),
    signal,
  });
  context.closing(() => publisher.close());
  return { topic: input.topic, publisher, encode: createUpdateEncoder({ schemaId, onUnrecognized }) };
}

/** The registry's id of our schema of updates, which is registered where it is missing. Throws as `openPublisher` does. */
export async function inputSchemaId({ config }: CommandContext): Promise<number> {
  const registry = createRegistryClient(registryOptions(config));
  return registeredId(registry, topologyOfConfig(config).input).catch((error: unknown) => {
    if (error instanceof SchemaRefused) throw new CommandFailure(error.message, 1, 'taskfold schemas check', error);
    throw error;
  });
}
