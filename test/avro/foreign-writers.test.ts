// Writers whose schema is not ours: what engines of other versions, languages and generators register.
import avro from 'avsc';
import { describe, expect, test } from 'vitest';
import { createUpdateDecoder } from '../../src/avro/update-decoder.ts';
import { withWireHead } from '../../src/avro/wire-format.ts';
import { decodeFrom, FULL_UPDATE, ownSchema, registryOf, type SchemaJson, told } from './known-schemas.ts';

interface Field {
  name: string;
  type: unknown;
  default?: unknown;
}

/** A writer's record with these fields only. */
function writer(...fields: Field[]): SchemaJson {
  return { type: 'record', name: 'EngineUpdate', namespace: 'com.example.engines', fields };
}

/** Our schema, each part of it changed by `change`. */
function changed(change: (part: Record<string, unknown>) => unknown): SchemaJson {
  return JSON.parse(JSON.stringify(ownSchema()), (_, part) => (typeof part === 'object' ? change(part) : part));
}

describe('the same update, written otherwise, is the same update', () => {
  test.each<[string, SchemaJson]>([
    ['in a foreign namespace', { ...ownSchema(), namespace: 'io.swagger.client.model' }],
    [
      'with other names for all records and enums',
      JSON.parse(JSON.stringify(ownSchema()).replaceAll(/"(Task\w+|Create\w+|\w+Enum)"/g, '"X$1"')),
    ],
    ['with its fields in reverse order', { ...ownSchema(), fields: reversed() }],
    [
      'with null as the last branch of each union',
      changed((part) => (isNullable(part) ? [part[1], 'null'] : withoutDefault(part))),
    ],
    ['without any null', changed((part) => (isNullable(part) ? part[1] : withoutDefault(part)))],
    ['with text where we have enums', changed((part) => (part?.type === 'enum' ? 'string' : part))],
    [
      'with bytes where we have text',
      changed((part) => (isNullable(part) && part[1] === 'string' ? ['null', 'bytes'] : part)),
    ],
    [
      'with a logical type on its longs',
      changed((part) =>
        isNullable(part) && part[1] === 'long' ? ['null', { type: 'long', logicalType: 'timestamp-micros' }] : part,
      ),
    ],
  ])('%s', async (_, schema) => {
    const asBytes = JSON.stringify(schema).includes('"bytes"');
    expect(told(await decodeFrom(schema, asBytes ? withBytes(FULL_UPDATE) : FULL_UPDATE))).toEqual(FULL_UPDATE);
  });

  function reversed(): unknown[] {
    // TaskIOStatus has to be defined where it is met first.
    const text = JSON.stringify(ownSchema());
    const definition = /\{"type":"record","name":"TaskIOStatus".*?\]\}/.exec(text)![0];
    const swapped = text
      .replace(definition, '"@"')
      .replace('"TaskIOStatus"', definition)
      .replace('"@"', '"TaskIOStatus"');
    return JSON.parse(swapped).fields.reverse();
  }

  function isNullable(part: unknown): part is [string, unknown] {
    return Array.isArray(part) && part.length === 2 && part[0] === 'null';
  }

  function withoutDefault(part: Record<string, unknown>): unknown {
    if (!part || !('default' in part) || part.type === 'enum') return part;
    const { default: _, ...rest } = part;
    return rest;
  }

  function withBytes(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value), (name, inner) =>
      typeof inner === 'string' && !['failure_reason', 'task_status', 'task_action'].includes(name)
        ? Buffer.from(inner)
        : inner,
    );
  }
});

describe('fields', () => {
  test('that the writer lacks are not reported', async () => {
    const schema = writer({ name: 'internal_task_id', type: 'string' });
    expect(told(await decodeFrom(schema, { internal_task_id: 't' }))).toEqual({ internal_task_id: 't' });
  });

  test('that we do not know are skipped, whatever they hold', async () => {
    const node = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] };
    const schema = writer(
      { name: 'extra_map', type: { type: 'map', values: ['null', 'double', 'string'] } },
      { name: 'extra_array', type: { type: 'array', items: { type: 'fixed', name: 'F', size: 3 } } },
      { name: 'internal_task_id', type: 'string' },
      { name: 'extra_node', type: node },
      { name: 'extra_union', type: ['int', 'long', 'float'] },
    );
    const value = {
      extra_map: { constructor: 1.5, __proto__2: 'x', a: null },
      extra_array: [Buffer.alloc(3), Buffer.alloc(3)],
      internal_task_id: 't',
      extra_node: { next: { next: { next: null } } },
      extra_union: { float: 1.5 },
    };
    expect(told(await decodeFrom(schema, value))).toEqual({ internal_task_id: 't' });
  });

  test('with int, or with int and long, where we have long', async () => {
    const schema = writer(
      { name: 'error_count', type: 'int' },
      { name: 'timestamp', type: ['int', 'null', 'long'] },
      { name: 'outputs', type: { type: 'array', items: io('Out', 'int') } },
    );
    const value = { error_count: 3, timestamp: { long: 5_000_000_000 }, outputs: [{ id: 'o', processed_count: 7 }] };
    expect(told(await decodeFrom(schema, value))).toEqual({ ...value, timestamp: 5_000_000_000 });
  });

  test('of inputs and outputs may be records of two names, or of one', async () => {
    const two = writer(
      { name: 'inputs', type: { type: 'array', items: io('In') } },
      { name: 'outputs', type: ['null', { type: 'array', items: io('Out') }] },
    );
    const one = writer(
      { name: 'outputs', type: { type: 'array', items: io('Io') } },
      { name: 'inputs', type: { type: 'array', items: 'com.example.engines.Io' } },
    );
    const value = { inputs: [{ id: 'i', processed_count: 1 }], outputs: [{ id: 'o', processed_count: 2 }] };
    expect(told(await decodeFrom(two, value))).toEqual(value);
    expect(told(await decodeFrom(one, value))).toEqual(value);
  });

  function io(name: string, number = 'long'): object {
    return {
      type: 'record',
      name,
      fields: [
        { name: 'id', type: 'string' },
        { name: 'processed_count', type: number },
        { name: 'shard', type: ['null', 'string'], default: null },
      ],
    };
  }
});

describe('symbols outside of the contract keep their text, and the update its counters', () => {
  const symbols = (name: string, ...list: string[]) => ({ type: 'enum', name, symbols: list });

  test('in an enum', async () => {
    const schema = writer(
      { name: 'task_status', type: ['null', symbols('Status', 'running', 'waiting')] },
      { name: 'failure_reason', type: symbols('Reason', 'Internal', 'none') },
      { name: 'error_count', type: 'long' },
    );
    const value = { task_status: 'waiting', failure_reason: 'Internal', error_count: 4 };
    expect(told(await decodeFrom(schema, value))).toEqual(value);
  });

  test('in a text', async () => {
    const schema = writer({ name: 'task_action', type: ['null', 'string'] }, { name: 'retry_count', type: 'long' });
    const value = { task_action: 'make coffee', retry_count: 1 };
    expect(told(await decodeFrom(schema, value))).toEqual(value);
  });

  test('also where the writer has a default for readers that do not know a symbol', async () => {
    const schema = writer({ name: 'task_status', type: { ...symbols('S', 'paused', 'running'), default: 'running' } });
    expect(told(await decodeFrom(schema, { task_status: 'paused' }))).toEqual({ task_status: 'paused' });
  });
});

describe('a schema that cannot be read as ours', () => {
  test.each<[string, SchemaJson, unknown]>([
    ['is no record', '"string"' as SchemaJson, undefined],
    ['has text for a counter', writer({ name: 'error_count', type: 'string' }), { error_count: '3' }],
    ['has a fraction for a counter', writer({ name: 'error_count', type: 'double' }), { error_count: 0.5 }],
    ['has a number for an enum', writer({ name: 'task_status', type: 'int' }), { task_status: 3 }],
    [
      'has one record for an array',
      writer({ name: 'inputs', type: { type: 'record', name: 'Io', fields: [] } }),
      { inputs: {} },
    ],
  ])('%s: each of its records is rejected as incompatible', async (_, schema, value) => {
    const text = typeof schema === 'string' ? JSON.parse(schema) : schema;
    expect(await decodeFrom(text, value ?? 'text')).toMatchObject({ kind: 'reject', reason: 'incompatible_schema' });
  });

  test('is told once, with why, and others still decode', async () => {
    const problems: string[] = [];
    const schemas = [writer({ name: 'error_count', type: 'string' }), ownSchema()];
    const decoder = createUpdateDecoder({ registry: registryOf(...schemas), onProblem: (text) => problems.push(text) });
    expect(await decoder.load(new Set([1, 2]))).toEqual(
      new Map([
        [1, 'known'],
        [2, 'known'],
      ]),
    );
    await decoder.load(new Set([1]));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^Schema 1 cannot be read as ours: cannot read "string" as .*"long"/);
    const own = avro.Type.forSchema(ownSchema() as unknown as Parameters<typeof avro.Type.forSchema>[0]);
    expect(decoder.decode(withWireHead(2, own.toBuffer({}))).kind).toBe('update');
    expect(decoder.decode(withWireHead(1, Buffer.from([2, 50])))).toMatchObject({ reason: 'incompatible_schema' });
  });
});
