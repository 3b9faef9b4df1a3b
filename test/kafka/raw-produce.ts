// Writes records that kafkajs cannot write (headers without a value, names like `constructor`), batch by batch, so that
// the tests can show what other clients may put into a log.

import { onTestFinished } from 'vitest';
import { ClusterLink, send } from '../../src/kafka/cluster-link.ts';
import { WireReader, WireWriter } from '../../src/kafka/wire.ts';
import type { RecordHeaders } from '../../src/pipeline/ports.ts';
import { kafkaFor } from './kafka-world.ts';

export interface RawRecord {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: RecordHeaders;
}

/** Appends one batch to a partition; the promise ends when the broker has it. */
export function rawProducer(topic: string): (partition: number, records: readonly RawRecord[]) => Promise<void> {
  const link = new ClusterLink(kafkaFor('write'), topic);
  onTestFinished(() => link.close());
  return async (partition, records) => {
    const leader = (await link.leaders()).get(partition)!;
    const batch = encodeBatch(records);
    await link.use('producing', async (cluster) => {
      const errorCode = await send(await cluster.findBroker({ nodeId: leader }), {
        request: {
          apiKey: 0,
          apiVersion: 3,
          apiName: 'Produce',
          encode: async () => {
            const head = new WireWriter().int16(-1).int16(-1).int32(10_000);
            head.int32(1).string(topic).int32(1).int32(partition).int32(batch.length);
            const bytes = Buffer.concat([head.payload().buffer, batch]);
            return { buf: bytes, buffer: bytes };
          },
        },
        response: {
          decode: async (bytes) => {
            const answer = new WireReader(bytes);
            answer.int32();
            answer.string();
            answer.int32();
            answer.int32();
            return answer.int16();
          },
          parse: async (code) => code,
        },
      });
      if (errorCode !== 0) throw new Error(`the broker refuses the batch: error ${errorCode}`);
    });
  };
}

/** `codec`: what the attributes claim the records to be packed with; they are not. */
export function encodeBatch(records: readonly RawRecord[], { baseOffset = 0, codec = 0 } = {}): Buffer {
  const encoded = records.map((record, index) => encodeRecord(record, index));
  const now = Date.now();
  const body = new WireWriter()
    .int16(codec) // attributes: not transactional
    .int32(records.length - 1)
    .int64(now)
    .int64(now)
    .int64(-1)
    .int16(-1)
    .int32(-1)
    .int32(records.length);
  const checked = Buffer.concat([body.payload().buffer, ...encoded]);
  const head = new WireWriter().int64(baseOffset).int32(checked.length + 9).int32(-1).int8(2).int32(crc32c(checked) | 0); // biome-ignore format: one line a structure
  return Buffer.concat([head.payload().buffer, checked]);
}

function encodeRecord({ key = null, value = null, headers = {} }: RawRecord, index: number): Buffer {
  const pairs = Object.keys(headers).flatMap((name) => {
    const values = headers[name] as Buffer | null | readonly (Buffer | null)[];
    return (Array.isArray(values) ? values : [values]).map((one) => [name, one as Buffer | null] as const);
  });
  const fields = [Buffer.from([0]), varint(0), varint(index), field(key), field(value), varint(pairs.length)];
  for (const [name, one] of pairs) fields.push(field(Buffer.from(name)), field(one));
  const bytes = Buffer.concat(fields);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function field(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  return Buffer.from(new WireWriter().uvarint(((value << 1) ^ (value >> 31)) >>> 0).payload().buffer);
}

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
