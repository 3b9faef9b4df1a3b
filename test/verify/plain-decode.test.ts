// The plain decoder of `taskfold verify`: what the specification of Avro says by hand, and, over thousands of damaged
// records of several writers, the same answers as the processor's decoder, which was written apart from it.

import { isDeepStrictEqual } from 'node:util';
import avro from 'avsc';
import { describe, expect, test } from 'vitest';
import { schemaText } from '../../src/avro/schema-file.ts';
import { createUpdateDecoder } from '../../src/avro/update-decoder.ts';
import { withWireHead } from '../../src/avro/wire-format.ts';
import { plainSchema } from '../../src/cli/verify/plain-avro.ts';
import {
  comparedReason,
  decodePlainly,
  isReadable,
  type PlainWriter,
  plainSchemaId,
} from '../../src/cli/verify/plain-decode.ts';
import { FULL_UPDATE, registryOf, type SchemaJson } from '../avro/known-schemas.ts';

const OWN = JSON.parse(schemaText('task-status.avsc')) as { fields: { name: string; type: unknown }[] };

function writerOf(schema: SchemaJson): PlainWriter {
  const plain = plainSchema(schema, new Map());
  return isReadable(plain) ? plain : 'incompatible';
}

/** A record with these fields only. */
function record(...fields: [name: string, type: unknown][]): SchemaJson {
  return { type: 'record', name: 'EngineUpdate', fields: fields.map(([name, type]) => ({ name, type })) };
}

describe('bytes read by hand', () => {
  const bytes = (...body: number[]) => Buffer.from([0, 0, 0, 0, 1, ...body]);
  const writer = writerOf(
    record(['internal_task_id', 'string'], ['error_count', ['null', 'int']], ['task_status', SYMBOLS()]),
  );

  function SYMBOLS() {
    return { type: 'enum', name: 'S', symbols: ['running', 'waiting'] };
  }

  test.each<[string, number[], object]>([
    [
      'a text, a null, a symbol',
      [4, 0x61, 0x62, 0, 0],
      { internal_task_id: 'ab', error_count: null, task_status: 'running' },
    ],
    ['zig-zag: 3 is −2, 4 is 2', [0, 2, 3, 2], { internal_task_id: '', error_count: -2, task_status: 'waiting' }],
    [
      'a number of two bytes',
      [0, 2, 0x80, 0x02, 0],
      { internal_task_id: '', error_count: 128, task_status: 'running' },
    ],
  ])('%s', (_, body, update) => {
    expect(decodePlainly(bytes(...body), writer)).toEqual({ update });
  });

  test.each<[string, number[], string]>([
    ['nothing', [], 'truncated'],
    ['a text that is longer than what is left', [6, 0x61], 'truncated'],
    ['a text of negative length', [1], 'malformed'],
    ['a branch that the union lacks', [0, 4, 0], 'malformed'],
    ['a symbol that the enum lacks', [0, 0, 4], 'malformed'],
    ['one byte more', [0, 0, 0, 0], 'trailing_bytes'],
  ])('%s is told by name', (_, body, reason) => {
    expect(decodePlainly(bytes(...body), writer)).toEqual({ undecodable: reason });
  });

  test('2^53−2 is a number, 2^53−1 is out of range, in a field that nobody reads it is nothing', () => {
    const long = (value: bigint) => [...avro.Type.forSchema('long').toBuffer(0)].slice(1).concat(varint(value));
    const one = writerOf(record(['error_count', 'long']));
    const other = writerOf(record(['unknown_field', 'long']));
    expect(decodePlainly(bytes(...long(2n ** 53n - 2n)), one)).toEqual({ update: { error_count: 2 ** 53 - 2 } });
    expect(decodePlainly(bytes(...long(2n ** 53n - 1n)), one)).toEqual({ undecodable: 'number_out_of_range' });
    expect(decodePlainly(bytes(...long(2n ** 60n)), one)).toEqual({ undecodable: 'number_out_of_range' });
    expect(decodePlainly(bytes(...long(2n ** 60n)), other)).toEqual({ update: {} });
  });

  function varint(value: bigint): number[] {
    const body: number[] = [];
    let n = value << 1n;
    for (; n > 0x7fn; n >>= 7n) body.push(Number(n & 0x7fn) | 0x80);
    return [...body, Number(n)];
  }

  test('the head of the wire format: no value, too short, another magic byte, an id', () => {
    const heads = [null, Buffer.alloc(4), Buffer.from([1, 0, 0, 0, 1]), Buffer.from([0, 0, 0, 1, 2])];
    expect(heads.map(plainSchemaId)).toEqual(['tombstone', 'too_short', 'wrong_magic_byte', 258]);
  });
});

describe('which writers can be read', () => {
  test.each<[string, SchemaJson, boolean]>([
    ['our own', OWN, true],
    ['one without any field of ours', record(['x', 'double']), true],
    ['int where we have long', record(['error_count', 'int']), true],
    ['double where we have long', record(['error_count', 'double']), false],
    ['text where we have a number', record(['error_count', ['null', 'string']]), false],
    ['text where we have an enum', record(['task_status', 'string']), true],
    ['a number where we have text', record(['internal_task_id', 'long']), false],
    ['an array of other things', record(['inputs', { type: 'array', items: 'string' }]), false],
    ['no record', 'string', false],
  ])('%s', (_, schema, readable) => {
    expect(isReadable(plainSchema(schema, new Map()))).toBe(readable);
  });
});

/** A small generator, so that each run damages the same bytes. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

const WRITERS: readonly [string, SchemaJson][] = [
  ['our own', OWN],
  [
    'without nulls, symbols as text',
    { ...OWN, fields: OWN.fields.map(({ name, type }) => ({ name, type: plainText(type) })) },
  ],
  [
    'with fields that we do not know',
    {
      ...OWN,
      fields: [{ name: 'x', type: { type: 'map', values: 'long' } }, ...OWN.fields, { name: 'y', type: 'double' }],
    },
  ],
];

function plainText(type: unknown): unknown {
  const inner = Array.isArray(type) ? type[1] : type;
  return (inner as { type?: string }).type === 'enum' ? 'string' : inner;
}

describe('damaged records: what the processor’s decoder takes or refuses, the plain one does too', () => {
  test.each(WRITERS)('of a writer %s', async (_, schema) => {
    const type = avro.Type.forSchema(schema as never);
    const whole = withWireHead(1, type.toBuffer({ ...FULL_UPDATE, x: { a: 1, b: 2 }, y: 1.5 }));
    const decoder = createUpdateDecoder({ registry: registryOf(schema) });
    await decoder.load(new Set([1]));
    const writer = writerOf(schema);
    const below = numbers(42);
    const reasons = new Set<string>();
    const different: object[] = [];
    for (let round = 0; round < 10_000; round++) {
      const value = damaged(whole, below);
      const plain = decodePlainly(value, writer);
      const decoded = decoder.decode(value);
      const told = 'update' in plain ? withoutNulls(plain.update) : comparedReason(plain.undecodable);
      const processors = decoded.kind === 'update' ? withoutNulls(decoded.update) : comparedReason(decoded.reason);
      if ('undecodable' in plain) reasons.add(plain.undecodable);
      if (!isDeepStrictEqual(told, processors)) different.push({ value: value.toString('hex'), told, processors });
    }
    expect(different).toEqual([]);
    // The damage must be of all kinds, or nothing was compared.
    expect([...reasons]).toEqual(
      expect.arrayContaining(['malformed', 'number_out_of_range', 'trailing_bytes', 'truncated']),
    );
  });
});

/** One to three bytes changed, cut off or added, behind the head. */
function damaged(whole: Buffer, below: (n: number) => number): Buffer {
  let bytes = Buffer.from(whole);
  for (let times = below(3); times >= 0; times--) {
    const at = 5 + below(bytes.length - 5);
    const kind = below(10);
    if (kind === 0) bytes = bytes.subarray(0, Math.max(6, at));
    else if (kind === 1) bytes = Buffer.concat([bytes, Buffer.from([below(256)])]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at)]);
    else bytes[at] = below(256);
  }
  return bytes;
}

function withoutNulls(update: object): unknown {
  return JSON.parse(JSON.stringify(update), (_, value) => (value === null ? undefined : value));
}
