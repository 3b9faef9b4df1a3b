// Our record encoder against kafkajs' own, byte for byte. (That kafkajs uses it, and that brokers and readers take what
// it writes, every other test of this folder shows.)

import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKafka } from '../../src/kafka/connection.ts';
import { encodeRecord } from '../../src/kafka/record-encoder.ts';

const require = createRequire(import.meta.url);
const PATH = 'kafkajs/src/protocol/recordBatch/record/v0';
const theirs = require(PATH) as typeof encodeRecord;

const bytes = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one));
const field = fc.option(fc.oneof(bytes, fc.string({ unit: 'grapheme', maxLength: 80 })));
const headers = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.oneof(bytes, fc.array(bytes, { maxLength: 4 })),
  { maxKeys: 20, noNullPrototype: true },
);
const records = fc.record({
  offsetDelta: fc.nat(2 ** 31 - 1).filter((offset) => offset < 2 ** 30),
  timestampDelta: fc.oneof(fc.nat(10_000), fc.nat(2 ** 40)),
  key: field,
  value: field,
  headers,
});

describe('a record is encoded as kafkajs encodes it', () => {
  it('whatever its key, value, headers and distances', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(encodeRecord(record).buffer.toString('hex')).toBe(theirs(record).buffer.toString('hex'));
      }),
      { numRuns: 500 },
    );
  });

  it('with nothing but a value', () => {
    expect(encodeRecord({ value: 'x' }).buffer).toEqual(theirs({ value: 'x' }).buffer);
  });

  it('and kafkajs uses ours once a client was made', () => {
    createKafka({ brokers: ['localhost:1'], clientId: 'test' }, 'read');
    expect(require(PATH)).toBe(encodeRecord);
  });
});
