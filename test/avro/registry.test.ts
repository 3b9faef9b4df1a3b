// The real registry: our schemas registered and found again, writers of a subject's whole history, references.
import { describe, expect, test } from 'vitest';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { schemaText } from '../../src/avro/schema-file.ts';
import { registeredId, registeredOutgoingIds, SchemaRefused } from '../../src/avro/schema-registrar.ts';
import { strictType } from '../../src/avro/strict-type.ts';
import { createUpdateDecoder } from '../../src/avro/update-decoder.ts';
import { createUpdateEncoder } from '../../src/avro/update-encoder.ts';
import { withWireHead } from '../../src/avro/wire-format.ts';
import { topologyOf } from '../../src/topology.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { FULL_UPDATE, told } from './known-schemas.ts';

const client = () => createRegistryClient({ url: sharedEnv().SCHEMA_REGISTRY_URL, timeoutMs: 5_000 });

/** Topics with names of this test's own. */
function ownTopology() {
  const group = ownName('avro');
  return topologyOf({
    group,
    inputTopic: `${group}-in`,
    failuresTopic: `${group}-failures`,
    jobCreationsTopic: `${group}-jobs`,
    rejectsTopic: `${group}-rejects`,
  });
}

async function put(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${sharedEnv().SCHEMA_REGISTRY_URL}${path}`, {
    method: path.startsWith('/config') ? 'PUT' : 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(body),
  });
  expect(response.status, await response.text()).toBe(200);
}

describe('our schemas', () => {
  test('are registered once under <topic>-value, and found again with the same ids', async () => {
    const registry = client();
    const topology = ownTopology();
    const ids = await registeredOutgoingIds(registry, topology);
    expect(new Set(Object.values(ids)).size).toBe(3);
    expect(await registeredOutgoingIds(client(), topology)).toEqual(ids);
    const subject = `${topology.failures.topic}-value`;
    expect(await registry.idOf(subject, schemaText('task-failures.avsc'))).toEqual({
      kind: 'found',
      value: ids.failures,
    });
    expect(await registry.idOf(subject, schemaText('job-creations.avsc'))).toEqual({ kind: 'absent' });
  });

  test("leave a subject's compatibility setting as it is", async () => {
    const topology = ownTopology();
    const subject = topology.input.schema!.subject;
    await put(`/config/${subject}`, { compatibility: 'FULL_TRANSITIVE' });
    await registeredId(client(), topology.input);
    const config = await (await fetch(`${sharedEnv().SCHEMA_REGISTRY_URL}/config/${subject}`)).json();
    expect(config).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
  });

  test('that contradict what the subject holds are refused by name, and nothing is registered', async () => {
    const topology = ownTopology();
    const { subject } = topology.input.schema!;
    await put(`/subjects/${subject}/versions`, {
      schema: JSON.stringify({ type: 'record', name: 'Other', fields: [{ name: 'error_count', type: 'string' }] }),
    });
    await put(`/config/${subject}`, { compatibility: 'BACKWARD' });
    expect(await client().wouldTake(subject, schemaText('task-status.avsc'))).toEqual({ kind: 'found', value: false });
    const refused = await registeredId(client(), topology.input).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SchemaRefused);
    expect(String(refused)).toContain(subject);
    expect(await client().idOf(subject, schemaText('task-status.avsc'))).toEqual({ kind: 'absent' });
  });

  test('need a registry: without one it is a fault that is waited for', async () => {
    const away = createRegistryClient({ url: 'http://127.0.0.1:1', timeoutMs: 500 });
    await expect(registeredId(away, ownTopology().input)).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});

describe('updates', () => {
  test('travel from our encoder to our decoder', async () => {
    const schemaId = await registeredId(client(), ownTopology().input);
    const bytes = createUpdateEncoder({ schemaId })(FULL_UPDATE);
    const decoder = createUpdateDecoder({ registry: client() });
    expect(decoder.schemaIdOf(bytes)).toBe(schemaId);
    expect(await decoder.load(new Set([schemaId]))).toEqual(new Map([[schemaId, 'known']]));
    expect(told(decoder.decode(bytes))).toEqual(FULL_UPDATE);
  });

  test('of all versions of a subject decode side by side', async () => {
    const registry = client();
    const subject = `${ownName('history')}-value`;
    const idField = { name: 'internal_task_id', type: 'string' };
    const versions = [
      [idField],
      [idField, { name: 'error_count', type: 'int', default: 0 }],
      [
        idField,
        { name: 'error_count', type: 'int', default: 0 },
        { name: 'task_status', type: ['null', 'string'], default: null },
      ],
    ];
    const decoder = createUpdateDecoder({ registry });
    for (const [i, fields] of versions.entries()) {
      const schema = { type: 'record', name: 'Update', namespace: 'com.example', fields };
      const answer = await registry.register(subject, JSON.stringify(schema));
      const id = answer.kind === 'found' ? answer.value : expect.fail(`refused: ${JSON.stringify(answer)}`);
      await decoder.load(new Set([id]));
      const value = { internal_task_id: `t${i}`, error_count: i, task_status: 'waiting' };
      const sent = Object.fromEntries(
        Object.entries(value).filter(([name]) => fields.some((field) => field.name === name)),
      );
      expect(told(decoder.decode(withWireHead(id, strictType(schema).toBuffer(sent))))).toEqual(sent);
    }
  });

  test('of a schema that refers to another subject decode', async () => {
    const name = ownName('ref').replaceAll('-', '_');
    const io = { type: 'record', name, namespace: 'com.example', fields: [{ name: 'id', type: 'string' }] };
    await put(`/subjects/${name}/versions`, { schema: JSON.stringify(io) });
    const inputs = { name: 'inputs', type: { type: 'array', items: `com.example.${name}` } };
    const update = { type: 'record', name: `${name}_update`, namespace: 'com.example', fields: [inputs] };
    const subject = `${name}-value`;
    await put(`/subjects/${subject}/versions`, {
      schema: JSON.stringify(update),
      references: [{ name: `com.example.${name}`, subject: name, version: 1 }],
    });
    const latest = await (await fetch(`${sharedEnv().SCHEMA_REGISTRY_URL}/subjects/${subject}/versions/latest`)).json();
    const { id } = latest as { id: number };
    const decoder = createUpdateDecoder({ registry: client() });
    await decoder.load(new Set([id]));
    const registry = {};
    strictType(io, registry);
    const bytes = strictType(update, registry).toBuffer({ inputs: [{ id: 'a' }] });
    expect(told(decoder.decode(withWireHead(id, bytes)))).toEqual({ inputs: [{ id: 'a' }] });
  });

  test('of an id that the registry never gave out are rejected after the wait', async () => {
    const decoder = createUpdateDecoder({ registry: client(), unknownSchemaWaitMs: 200 });
    expect(await decoder.load(new Set([2_000_000_000]))).toEqual(new Map([[2_000_000_000, 'denied']]));
    expect(decoder.decode(withWireHead(2_000_000_000, Buffer.alloc(3)))).toMatchObject({ reason: 'unknown_schema' });
  });
});
