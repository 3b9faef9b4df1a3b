// Kafka's four codecs in both directions: records that the broker itself packed (a topic's compression.type), read by us; and
// records that we packed, taken and packed anew by the broker.

import { gzipSync } from 'node:zlib';
import { CompressionTypes } from 'kafkajs';
import { expect, test } from 'vitest';
import { ClusterLink } from '../../src/kafka/cluster-link.ts';
import { batchAt } from '../../src/kafka/record-batches.ts';
import { cutIntoSends } from '../../src/kafka/sends.ts';
import { kafkaFor, newTopic, plainProducer, readAll } from './kafka-world.ts';

const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
const LIMITS = { waitMs: 100, bytesMax: 4_000_000 };

/** Text that packs, text that does not, an empty value and none; enough for several blocks of 64 KiB. */
const VALUES = [
  ...Array.from({ length: 300 }, (_, i) => `update ${i} `.repeat(1 + (i % 97))),
  ...Array.from({ length: 20 }, (_, i) =>
    gzipSync(String(Math.sin(i)).repeat(300))
      .toString('base64')
      .repeat(40),
  ),
  '',
];

/** In which codecs the batches of a topic's only partition lie in the log, as the broker gives them out. */
async function codecsIn(topic: string): Promise<number[]> {
  const link = new ClusterLink(kafkaFor('read'), topic);
  try {
    const leader = (await link.leaders()).get(0)!;
    const asks = [{ partition: 0, offset: 0, bytesMax: LIMITS.bytesMax }];
    const [answer] = (await link.fetch(leader, asks, 'committed', LIMITS)).partitions;
    const codecs: number[] = [];
    const { records } = answer!;
    for (let batch = batchAt(records, 0); batch !== null; batch = batchAt(records, batch.bodyEnd))
      codecs.push(batch.codec);
    return codecs;
  } finally {
    await link.close();
  }
}

test.each(Object.entries(CODECS))(
  'what the broker packed with %s is read, batch by batch, byte for byte',
  async (name, codec) => {
    const topic = await newTopic(`broker-${name}`, 1, { 'compression.type': name });
    const producer = await plainProducer();
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      await producer.send({ topic, compression, messages: VALUES.map((value) => ({ value, headers: { h: 'x' } })) });
    }
    expect(new Set(await codecsIn(topic))).toEqual(new Set([codec]));
    const read = await readAll(topic);
    expect(read.map(({ value }) => String(value))).toEqual([...VALUES, ...VALUES]);
    expect(read.map(({ offset }) => offset)).toEqual(read.map((_, i) => i));
    expect(read.every(({ headers }) => String(headers.h) === 'x')).toBe(true);
  },
);

test.each(Object.entries(CODECS))(
  'what we pack with %s the broker unpacks: one that packs anew gives out the same records',
  async (name, codec) => {
    const asIs = await newTopic(`ours-${name}`, 1);
    // The Java side has to read what we packed to write it in another codec.
    const anew = await newTopic(`anew-${name}`, 1, { 'compression.type': name === 'gzip' ? 'zstd' : 'gzip' });
    const producer = await plainProducer();
    for (const topic of [asIs, anew]) {
      const messages = VALUES.map((value) => ({ topic, key: null, value: Buffer.from(value), headers: {} }));
      const sends = cutIntoSends(messages, name as keyof typeof CODECS);
      expect(sends.map(({ compression }) => compression)).toEqual(sends.map(() => codec));
      for (const send of sends) await producer.sendBatch(send);
      expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(VALUES);
    }
    expect(new Set(await codecsIn(asIs))).toEqual(new Set([codec]));
    expect(await codecsIn(anew)).not.toContain(codec);
  },
);
