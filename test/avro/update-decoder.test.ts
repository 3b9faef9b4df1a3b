// Bytes of the input → update or reason: every bad form of section "bad input", each with its own name.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schemaType } from '../../src/avro/schema-file.ts';
import { createUpdateDecoder } from '../../src/avro/update-decoder.ts';
import { withWireHead } from '../../src/avro/wire-format.ts';
import type { Decoded } from '../../src/pipeline/ports.ts';
import { decodeBytes, decodeFrom, FULL_UPDATE, ownSchema, registryOf, told } from './known-schemas.ts';

const own = ownSchema();
const type = schemaType('task-status.avsc');
const full = withWireHead(1, type.toBuffer(FULL_UPDATE));

async function reasonOf(bytes: Buffer | null): Promise<string> {
  const decoded = await decodeBytes(own, bytes);
  return decoded.kind === 'reject' ? decoded.reason : decoded.kind;
}

/** A zigzag varint of any size. */
function varint(value: bigint): Buffer {
  let n = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  do {
    bytes.push(Number(n & 0x7fn) | (n > 0x7fn ? 0x80 : 0));
    n >>= 7n;
  } while (n > 0n);
  return Buffer.from(bytes);
}

/** An update of which only one field is written by hand; `before` fields are null. */
function withField(name: string, ...parts: Buffer[]): Buffer {
  const fields = own.fields as { name: string }[];
  const before = fields.findIndex((field) => field.name === name);
  expect(before).toBeGreaterThanOrEqual(0);
  const after = fields.length - before - 1;
  return withWireHead(1, Buffer.concat([Buffer.alloc(before), varint(1n), ...parts, Buffer.alloc(after)]));
}

describe('a whole update', () => {
  test('arrives with every field of the contract as it was sent', async () => {
    expect(told(await decodeBytes(own, full))).toEqual(FULL_UPDATE);
  });

  test('without any field arrives with nothing reported: null, never zero', async () => {
    const decoded = await decodeFrom(own, {});
    const update = decoded.kind === 'update' ? decoded.update : {};
    expect(Object.keys(update)).toHaveLength((own.fields as unknown[]).length);
    expect(Object.values(update).every((value) => value === null)).toBe(true);
  });

  test('keeps zero apart from null, and an empty array apart from none', async () => {
    expect(told(await decodeFrom(own, { error_count: 0, inputs: [] }))).toEqual({ error_count: 0, inputs: [] });
  });

  test('with 900 KB of task_output arrives whole', async () => {
    const task_output = JSON.stringify({ text: 'ä'.repeat(450_000) });
    expect(told(await decodeFrom(own, { task_output }))).toEqual({ task_output });
  });

  test('with texts that are no JSON arrives as it is: the fold decides', async () => {
    const update = { error_details: '[{', task_output: '{"a":', create_jobs_action: [{ payload_json: 'no json' }] };
    expect(told(await decodeFrom(own, update))).toEqual(update);
  });

  test('with an invalid UTF-8 text arrives with replacement characters', async () => {
    const bytes = withField('internal_task_id', varint(2n), Buffer.from([0xff, 0x61]));
    expect(told(await decodeBytes(own, bytes))).toEqual({ internal_task_id: '\ufffda' });
  });
});

describe('bytes that are no update are named, never thrown', () => {
  test.each<[string, Buffer | null, string]>([
    ['no value', null, 'tombstone'],
    ['an empty value', Buffer.alloc(0), 'too_short'],
    ['four bytes', Buffer.from([0, 0, 0, 0]), 'too_short'],
    ['another magic byte', Buffer.from([1, 0, 0, 0, 1, 0]), 'wrong_magic_byte'],
    ['JSON', Buffer.from('{"internal_task_id":"t"}'), 'wrong_magic_byte'],
    ['nothing behind the schema id', full.subarray(0, 5), 'truncated'],
    ['one byte less', full.subarray(0, -1), 'truncated'],
    ['one byte more', Buffer.concat([full, Buffer.alloc(1)]), 'trailing_bytes'],
    ['two updates in one value', Buffer.concat([full, full.subarray(5)]), 'trailing_bytes'],
    ['a union branch that does not exist', withWireHead(1, Buffer.alloc(18, 4)), 'malformed'],
    ['a symbol beyond the enum', withField('task_status', varint(10n)), 'malformed'],
    ['a negative length of text', withField('engine_id', varint(-3n)), 'truncated'],
    ['a length of text beyond the value', withField('engine_id', varint(1n << 40n)), 'truncated'],
  ])('%s', async (_, bytes, reason) => {
    expect(await reasonOf(bytes)).toBe(reason);
  });

  test('any cut of a whole update is truncated, wherever it falls', async () => {
    const decoder = createUpdateDecoder({ registry: registryOf(own) });
    await decoder.load(new Set([1]));
    const reasons = Array.from({ length: full.length - 5 }, (_, i) => decoder.decode(full.subarray(0, 5 + i)));
    expect(new Set(reasons.map((decoded) => decoded.kind === 'reject' && decoded.reason))).toEqual(
      new Set(['truncated']),
    );
  });

  test.each([2n ** 53n - 2n, -(2n ** 53n) + 2n, 0n, -1n])('the number %d is exact', async (value) => {
    const decoded = await decodeBytes(own, withField('error_count', varint(value)));
    expect(decoded.kind === 'update' && decoded.update.error_count).toBe(Number(value));
  });

  test.each([2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 53n) + 1n, -(2n ** 63n)])(
    'the number %d is out of range, not rounded',
    async (value) => {
      expect(await reasonOf(withField('error_count', varint(value)))).toBe('number_out_of_range');
      const nested = Buffer.concat([varint(1n), Buffer.alloc(1), varint(1n), varint(value), Buffer.alloc(2)]);
      expect(await reasonOf(withField('inputs', nested))).toBe('number_out_of_range');
    },
  );

  test.each<[string, Buffer]>([
    ['2^40 elements', varint(1n << 40n)],
    ['as many as an array can have', varint(2n ** 32n - 1n)],
    ['-2^40 elements with a block size', Buffer.concat([varint(-(1n << 40n)), varint(8n)])],
    ['a count without end', Buffer.alloc(400, 0xff)],
  ])('an array that promises %s costs neither time nor memory', async (_, count) => {
    const began = performance.now();
    expect(await reasonOf(withField('inputs', count))).toBe('truncated');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('an array in a field that we skip cannot send the reader back and round for ever', async () => {
    const extra = { name: 'extra', type: { type: 'array', items: 'long' } };
    const writer = {
      type: 'record',
      name: 'W',
      fields: [extra, { name: 'extra2', type: { type: 'map', values: 'int' } }],
    };
    // A block of -1 elements "of -12 bytes": avsc itself would jump back to where it began.
    const back = Buffer.concat([varint(-1n), varint(-12n), Buffer.alloc(20, 1)]);
    const decoded = await decodeBytes(writer, withWireHead(1, back));
    expect(decoded.kind).toBe('reject');
  });

  test('no flipped byte makes the decoder throw, hang, or show a token', async () => {
    const decoder = createUpdateDecoder({ registry: registryOf(own) });
    await decoder.load(new Set([1]));
    const flips = fc.array(fc.tuple(fc.integer({ min: 5, max: full.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(flips, (flipped) => {
        const bytes = Buffer.from(full);
        for (const [at, byte] of flipped) bytes[at] = byte;
        const decoded: Decoded = decoder.decode(bytes);
        if (decoded.kind === 'reject') expect(decoded.detail).not.toContain('secret');
        else expect(type.isValid(decoded.update)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

test('a record whose schema was not loaded is a fault of the caller, not a rejected record', () => {
  const decoder = createUpdateDecoder({ registry: registryOf(own) });
  expect(() => decoder.decode(full)).toThrow('has to be loaded');
});

test('schemaIdOf names the id, or null where the bytes have none', () => {
  const { schemaIdOf } = createUpdateDecoder({ registry: registryOf() });
  expect(schemaIdOf(Buffer.from([0, 0, 0, 1, 0]))).toBe(256);
  expect(schemaIdOf(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))).toBe(2 ** 32 - 1);
  expect([null, Buffer.alloc(4), Buffer.from([7, 0, 0, 0, 1])].map(schemaIdOf)).toEqual([null, null, null]);
});
