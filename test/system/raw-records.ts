// Records as foreign producers write them: schemas registered by a bare request, bytes put into a chosen partition.

import avro from 'avsc';
import { type IHeaders, Partitioners } from 'kafkajs';
import type { RecordHeaders } from '../../src/pipeline/ports.ts';
import { plainKafka, postToRegistry } from '../support/clients.ts';
import type { Environment } from '../support/taskfold-process.ts';

export { plainKafka } from '../support/clients.ts';

export interface RawRecord {
  readonly partition: number;
  readonly key?: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders;
  /** headers as kafkajs cannot write them, in place of the others */
  readonly oddHeaders?: RecordHeaders;
}

/** Registers a schema as any client does; answers its id. */
export async function registerSchema(env: Environment, subject: string, schema: object): Promise<number> {
  const path = `/subjects/${encodeURIComponent(subject)}/versions`;
  return ((await postToRegistry(env, path, { schema: JSON.stringify(schema) })) as { id: number }).id;
}

/** A value in the Confluent wire format. */
export function wireValue(schemaId: number, schema: object, value: unknown): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  const type = avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0]);
  return Buffer.concat([head, type.toBuffer(value)]);
}

/** Appends the records in this order; answers the offset of each. */
export async function appendRaw(env: Environment, topic: string, records: readonly RawRecord[]): Promise<number[]> {
  const producer = plainKafka(env).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const offsets: number[] = [];
  try {
    for (const { partition, key = null, value, headers = {} } of records) {
      const [placed] = await producer.send({ topic, messages: [{ partition, key, value, headers }] });
      offsets.push(Number(placed!.baseOffset));
    }
  } finally {
    await producer.disconnect();
  }
  return offsets;
}
