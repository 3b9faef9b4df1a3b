// A decoder over writer schemas that are simply known, for tests of what bytes mean; what concerns the registry itself is
// tested on a real one, and on servers that misbehave.
import avro from 'avsc';
import type { RegistryClient } from '../../src/avro/registry-client.ts';
import { schemaText } from '../../src/avro/schema-file.ts';
import { createUpdateDecoder } from '../../src/avro/update-decoder.ts';
import { withWireHead } from '../../src/avro/wire-format.ts';
import type { Decoded } from '../../src/pipeline/ports.ts';

/** Avro's JSON for a schema; `any` shape on purpose: tests also write wrong ones. */
export type SchemaJson = string | object;

/** Our own schema of the input, as JSON. */
export function ownSchema(): Record<string, unknown> {
  return JSON.parse(schemaText('task-status.avsc'));
}

/** A registry that knows the schemas by their place, from id 1. */
export function registryOf(...schemas: SchemaJson[]): RegistryClient {
  const unused = () => Promise.reject(new Error('not part of these tests'));
  return {
    schemaById: async (id) => {
      const schema = schemas[id - 1];
      if (schema === undefined) return { kind: 'absent' };
      return { kind: 'found', value: { text: JSON.stringify(schema), references: [] } };
    },
    isRegistry: async () => ({ kind: 'found', value: true }),
    idOf: unused,
    wouldTake: unused,
    register: unused,
  };
}

/** Decodes a value of schema 1, as the writer with this schema writes it. */
export async function decodeFrom(schema: SchemaJson, value: unknown): Promise<Decoded> {
  const type = avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0]);
  return decodeBytes(schema, withWireHead(1, type.toBuffer(value)));
}

/** Decodes bytes with this schema known as 1. */
export async function decodeBytes(schema: SchemaJson, bytes: Buffer | null): Promise<Decoded> {
  const decoder = createUpdateDecoder({ registry: registryOf(schema) });
  await decoder.load(new Set([1]));
  return decoder.decode(bytes);
}

/** The update without its prototype and without fields that are null, nested ones included. */
export function told(decoded: Decoded): unknown {
  if (decoded.kind === 'reject') return decoded;
  return JSON.parse(JSON.stringify(decoded.update), (_, value) => (value === null ? undefined : value));
}

/** An update with every field of the contract. */
export const FULL_UPDATE = {
  internal_task_id: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
  internal_job_id: '21010112_IJ1',
  engine_id: 'engine-ä',
  work_request_id: 'wr-1',
  task_route_id: 'route/1',
  timestamp: 1_763_900_005,
  prior_timestamp: 1_763_900_000,
  error_count: 2,
  retry_count: 0,
  error_details: '[{"id":"e1","msg":"no route"}]',
  failure_reason: 'connection',
  task_status: 'running',
  task_action: 'createJobs',
  create_jobs_action: [
    {
      base_internal_job_id: 'base',
      create_tdo_detail: {
        name: 'n',
        description: 'd',
        is_public: true,
        start_date_time: '2026-01-01T00:00:00Z',
        stop_date_time: '2026-01-02T00:00:00Z',
      },
      no_tdo: false,
      payload_json: '{"a":1}',
      token: 'the-secret-token',
    },
  ],
  inputs: [{ id: 'in', processed_count: 5, processed_total_count: 50 }],
  outputs: [
    { id: 'out-1', processed_count: 1, processed_total_count: 10 },
    { id: 'out-2', processed_count: 0, processed_total_count: 0 },
  ],
  processed_stats: {
    processed_bytes: 2 ** 53 - 2,
    processed_cpu_milliseconds: 1_500,
    processed_cpu_seconds: 1,
    processed_chunks: 3,
    processed_media_seconds: 30,
  },
  task_output: '{"done":true}',
};
