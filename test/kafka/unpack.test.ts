import { gzipSync, zstdCompressSync } from 'node:zlib';
import snappy from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { decompress } from '../../src/kafka/compression.ts';
import { unpackLz4Frames } from '../../src/kafka/lz4.ts';
import { unpackSnappy } from '../../src/kafka/snappy.ts';

const MAX = 1_000_000;

describe('snappy', () => {
  // By hand: 12 bytes; the literal "abcd", then 8 bytes from 4 back (they overlap with what they write).
  const block = Buffer.from([12, 0x0c, 0x61, 0x62, 0x63, 0x64, ((8 - 4) << 2) | 1, 4]);

  test('one bare block, as librdkafka writes it', () => {
    expect(unpackSnappy(block, MAX).toString()).toBe('abcdabcdabcd');
  });

  test('framed blocks, as the Java client writes them, each by itself', () => {
    const header = Buffer.concat([
      Buffer.from([0x82]),
      Buffer.from('SNAPPY'),
      Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 1]),
    ]);
    const size = Buffer.from([0, 0, 0, block.length]);
    expect(unpackSnappy(Buffer.concat([header, size, block, size, block]), MAX).toString()).toBe('abcd'.repeat(6));
    expect(() => unpackSnappy(Buffer.concat([header, size, block.subarray(0, 5)]), MAX)).toThrow(/cut/);
  });

  test('longer literals and farther copies', () => {
    const literal = Buffer.alloc(300, 'x');
    // A literal of 300 bytes (its length less one in two bytes), a copy of 64 bytes from 300 back with two offset bytes.
    const bytes = Buffer.concat([
      Buffer.from([0xec, 0x02, 61 << 2, 0x2b, 0x01]),
      literal,
      Buffer.from([(63 << 2) | 2, 0x2c, 0x01]),
    ]);
    expect(unpackSnappy(bytes, MAX).toString()).toBe('x'.repeat(364));
  });

  test('bytes that copy from before the start, or end too soon, are refused', () => {
    expect(() => unpackSnappy(Buffer.from([4, (0 << 2) | 1, 9]), MAX)).toThrow(RangeError);
    expect(() => unpackSnappy(block.subarray(0, 4), MAX)).toThrow(RangeError);
  });
});

describe('LZ4', () => {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const end = Buffer.from([0, 0, 0, 0]);
  const sized = (bytes: Buffer, plain = false) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE((bytes.length | (plain ? 0x8000_0000 : 0)) >>> 0);
    return Buffer.concat([size, bytes]);
  };
  // Four literals, a copy of 20 bytes from 4 back, then one literal.
  const packed = Buffer.from([0x4f, 0x61, 0x62, 0x63, 0x64, 4, 0, 1, 0x10, 0x21]);

  test('packed and plain blocks, several frames, frames to skip', () => {
    const frame = Buffer.concat([head, sized(packed), sized(Buffer.from('plain'), true), end]);
    const skip = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    expect(unpackLz4Frames(Buffer.concat([frame, skip, frame]), MAX).toString()).toBe(
      `${'abcd'.repeat(6)}!plain`.repeat(2),
    );
  });

  test('what is no frame, ends too soon, or copies from before the start is refused', () => {
    expect(() => unpackLz4Frames(Buffer.from('nothing'), MAX)).toThrow(/no frame/);
    expect(() => unpackLz4Frames(Buffer.concat([head, sized(packed).subarray(0, 9)]), MAX)).toThrow(RangeError);
    expect(() => unpackLz4Frames(Buffer.concat([head, sized(Buffer.from([0x00, 9, 0])), end]), MAX)).toThrow(
      RangeError,
    );
  });
});

test('a small batch that unpacks to an enormous one is refused before it takes the memory', () => {
  const runs = Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0]), Buffer.alloc(5_000, 255), Buffer.from([0])]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(runs.length);
  const frame = Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), size, runs, Buffer.alloc(4)]);
  expect(() => unpackLz4Frames(frame, MAX)).toThrow(/more than/);
  const zeros = Buffer.alloc(300 * 1024 * 1024);
  expect(() => decompress(1, gzipSync(zeros, { level: 1 }))).toThrow(RangeError);
  expect(() => decompress(4, zstdCompressSync(zeros))).toThrow(RangeError);
});

test('what unpacks to far more than was guessed is whole, be it a literal or a copy that outgrows the guess', () => {
  // One byte, repeated by 14 copies of 64 from one back, which outgrow the guess; then a literal that outgrows what they made.
  const copies = Buffer.alloc(14 * 3, Buffer.from([(63 << 2) | 2, 1, 0]));
  const literal = Buffer.alloc(60, 'b');
  const packed = Buffer.concat([Buffer.from([0xbd, 0x07, 0, 0x61]), copies, Buffer.from([59 << 2]), literal]);
  expect(unpackSnappy(packed, MAX).toString()).toBe('a'.repeat(897) + 'b'.repeat(60));
  const text =
    'update '.repeat(3_000) + 'x'.repeat(70) + Array.from({ length: 500 }, (_, i) => `${i * 7919}`).join('-');
  expect(unpackSnappy(Buffer.from(snappy.compress(Buffer.from(text))), MAX).toString()).toBe(text);
});

test('an unknown codec is named', () => {
  expect(() => decompress(7, Buffer.alloc(1))).toThrow(/codec 7/);
});
