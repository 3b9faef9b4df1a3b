// What lies in an input topic, decoded with the schema that the registry gives for each record's own id.

import avro from 'avsc';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { sharedEnv } from '../support/stack.ts';

export interface FoundRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** null: the bytes do not decode */
  readonly update: TaskStatusDetail | null;
}

export async function readUpdates(topic: string): Promise<FoundRecord[]> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = sharedEnv();
  const registry = createRegistryClient({ url: SCHEMA_REGISTRY_URL, timeoutMs: 5_000 });
  const types = new Map<number, avro.Type | null>();
  const decode = async (value: Buffer | null): Promise<TaskStatusDetail | null> => {
    if (value === null || value.length < 5 || value[0] !== 0) return null;
    const id = value.readUInt32BE(1);
    if (!types.has(id)) {
      const answer = await registry.schemaById(id);
      types.set(id, answer.kind === 'found' ? avro.Type.forSchema(JSON.parse(answer.value.text)) : null);
    }
    try {
      return (types.get(id)?.fromBuffer(value.subarray(5)) as TaskStatusDetail) ?? null;
    } catch {
      return null;
    }
  };
  const kafka = createKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'test' }, 'read');
  const found: FoundRecord[] = [];
  for await (const { records } of readTopic(kafka, { topic })) {
    for (const { partition, offset, key, value } of records) {
      found.push({ partition, offset, key: key?.toString() ?? null, update: await decode(value) });
    }
  }
  return found;
}
