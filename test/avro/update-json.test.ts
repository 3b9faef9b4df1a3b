// What people and HTTP write becomes an update, and what does not fit is told by the field's name.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schemaType } from '../../src/avro/schema-file.ts';
import { createUpdateEncoder } from '../../src/avro/update-encoder.ts';
import { UnfitUpdate, updateFromJson, wireName } from '../../src/avro/update-json.ts';
import { decodeBytes, FULL_UPDATE, ownSchema, told } from './known-schemas.ts';

/** The same value with the names of the engines' HTTP interface. */
function camelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [wireName(name), camelCase(inner)]));
}

describe('names', () => {
  test.each([
    ['internal_task_id', 'internalTaskID'],
    ['engine_id', 'engineID'],
    ['work_request_id', 'workRequestID'],
    ['create_tdo_detail', 'createTDODetail'],
    ['no_tdo', 'noTDO'],
    ['payload_json', 'payloadJSON'],
    ['base_internal_job_id', 'baseInternalJobID'],
    ['processed_cpu_milliseconds', 'processedCPUMilliseconds'],
    ['id', 'id'],
    ['timestamp', 'timestamp'],
  ])('%s is %s on the HTTP interface', (field, wire) => {
    expect(wireName(field)).toBe(wire);
  });

  test('of both kinds make the same update', () => {
    expect(updateFromJson(FULL_UPDATE)).toEqual(FULL_UPDATE);
    expect(updateFromJson(camelCase(FULL_UPDATE))).toEqual(FULL_UPDATE);
  });
});

describe('values', () => {
  test('null is absent, zero is not', () => {
    expect(updateFromJson({ internalTaskID: 't', errorCount: 0, inputs: null })).toEqual({
      internal_task_id: 't',
      error_count: 0,
      inputs: null,
    });
  });

  test('JSON where the contract wants JSON text is written down as text', () => {
    const update = updateFromJson({
      taskOutput: { a: [1] },
      errorDetails: [{ id: 'e', msg: 'm' }],
      createJobsAction: [{ payloadJSON: { b: true } }],
    });
    expect(update).toEqual({
      task_output: '{"a":[1]}',
      error_details: '[{"id":"e","msg":"m"}]',
      create_jobs_action: [{ payload_json: '{"b":true}' }],
    });
    expect(updateFromJson({ task_output: 'no JSON at all' })).toEqual({ task_output: 'no JSON at all' });
  });

  test('further properties of an IO are allowed by the contract, and left out', () => {
    expect(updateFromJson({ inputs: [{ id: 'i', mime: 'video/mp4' }] })).toEqual({ inputs: [{ id: 'i' }] });
  });

  test.each<[unknown, string, string]>([
    [[], '', 'an object is wanted, and an array is given'],
    [null, '', 'an object is wanted, and nothing is given'],
    [{ engine: 'e' }, 'engine', 'TaskStatusDetail has no such field'],
    [{ engine_id: 'e', engineID: 'e' }, 'engineID', 'engine_id is given under both of its names'],
    [{ errorCount: '3' }, 'errorCount', 'a number is wanted, and a string is given'],
    [{ error_count: 1.5 }, 'error_count', 'the number is not whole'],
    [{ timestamp: 2 ** 53 }, 'timestamp', 'the number is beyond 2^53-2'],
    [
      { inputs: [{}, { processed_count: true }] },
      'inputs[1].processed_count',
      'a number is wanted, and a boolean is given',
    ],
    [{ outputs: {} }, 'outputs', 'an array is wanted, and an object is given'],
    [{ create_jobs_action: [null] }, 'create_jobs_action[0]', 'an object is wanted, and nothing is given'],
    [
      { create_jobs_action: [{ no_tdo: 'yes' }] },
      'create_jobs_action[0].no_tdo',
      'true or false is wanted, and a string is given',
    ],
  ])('%j is refused', (json, field, problem) => {
    expect(() => updateFromJson(json)).toThrow(
      expect.objectContaining({ field, message: field === '' ? problem : `${field}: ${problem}` }),
    );
  });

  test('a refused token is not shown', () => {
    const refused = (() => {
      try {
        return updateFromJson({ create_jobs_action: [{ token: { key: 'the-secret' } }] });
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(UnfitUpdate);
    expect(JSON.stringify([String(refused), refused])).not.toContain('the-secret');
  });
});

describe('the encoder', () => {
  test('sends a symbol that the contract does not know as unrecognized, tells, and keeps the counters', async () => {
    const unrecognized: unknown[] = [];
    const encode = createUpdateEncoder({ schemaId: 1, onUnrecognized: (...what) => unrecognized.push(what) });
    const update = { task_status: 'waiting', failure_reason: 'Internal', task_action: 'updateStatus', error_count: 3 };
    expect(told(await decodeBytes(ownSchema(), encode(update)))).toEqual({
      ...update,
      task_status: 'unrecognized',
      failure_reason: 'unrecognized',
    });
    expect(unrecognized).toEqual([
      ['failure_reason', 'Internal'],
      ['task_status', 'waiting'],
    ]);
  });

  test('names the field that does not fit, and not its value', () => {
    const encode = createUpdateEncoder({ schemaId: 1 });
    const unfit = { create_jobs_action: [{ token: ['the-secret'] as unknown as string }] };
    expect(() => encode(unfit)).toThrow(/^create_jobs_action\.0\.token: /);
    expect(() => encode(unfit)).not.toThrow('secret');
    expect(() => encode({ error_count: 2 ** 53 })).toThrow(/^error_count: /);
  });

  test('and the decoder agree on any update, to the last bit of its numbers', async () => {
    const encode = createUpdateEncoder({ schemaId: 1 });
    const number = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger().filter((n) => Math.abs(n) <= 2 ** 53 - 2),
      fc.constantFrom(0, -1, 2 ** 52, -(2 ** 52), -(2 ** 52) - 1, 2 ** 53 - 2, 2 - 2 ** 53),
    );
    const text = fc.string({ unit: 'grapheme', maxLength: 100 });
    const io = fc.record({ id: text, processed_count: number, processed_total_count: number }, { requiredKeys: [] });
    const update = fc.record(
      {
        internal_task_id: text,
        task_output: text,
        timestamp: number,
        error_count: number,
        inputs: fc.array(io, { maxLength: 5 }),
        outputs: fc.array(io, { maxLength: 5 }),
        processed_stats: fc.record({ processed_bytes: number, processed_chunks: number }, { requiredKeys: [] }),
        create_jobs_action: fc.array(fc.record({ token: text, no_tdo: fc.boolean() }, { requiredKeys: [] }), {
          maxLength: 3,
        }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(update, async (any) => {
        expect(told(await decodeBytes(ownSchema(), encode(any)))).toEqual(any);
      }),
      { numRuns: 500 },
    );
    // Our longs are written by us only where avsc itself is not exact.
    expect(schemaType('task-status.avsc').isValid({ error_count: -(2 ** 53) + 2 })).toBe(true);
  });
});
