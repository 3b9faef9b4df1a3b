// The codecs in which we pack what we send. kafkajs brings gzip alone; the others are given to it here.

import { zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import lz4 from 'lz4js';
import snappy from 'snappyjs';
import { decompress } from './compression.ts';

/** What `KAFKA_COMPRESSION` may be. */
export type Packing = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

// Node finds some names of this CommonJS package only this way.
const { CompressionCodecs, CompressionTypes } = kafkajs;

const TYPES: Readonly<Record<Packing, kafkajs.CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** kafkajs hands over its encoder, which holds the records of a batch in `buffer`. */
interface Encoded {
  readonly buffer: Buffer;
}

function codec(type: number, pack: (bytes: Buffer) => Uint8Array) {
  return () => ({
    compress: async ({ buffer }: Encoded) => Buffer.from(pack(buffer)),
    decompress: async (bytes: Buffer) => decompress(type, bytes),
  });
}

/** kafkajs' number of a codec, which it can write from then on. */
export function compressionType(packing: Packing): kafkajs.CompressionTypes {
  Object.assign(CompressionCodecs, {
    [CompressionTypes.Snappy]: codec(CompressionTypes.Snappy, (bytes) => snappy.compress(bytes)),
    [CompressionTypes.LZ4]: codec(CompressionTypes.LZ4, packLz4Frame),
    [CompressionTypes.ZSTD]: codec(CompressionTypes.ZSTD, (bytes) => zstdCompressSync(bytes)),
  });
  return TYPES[packing];
}

/** Magic number, "blocks of their own, at most 4 MiB", and the checksum of that. */
const LZ4_HEAD = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
const LZ4_BLOCK_BYTES_MAX = 4 * 1024 * 1024;
const LZ4_PLAIN = 0x8000_0000;
const LZ4_HASHES = 65_536;

/** Java's client reads frames of independent blocks only; the package writes the other kind. */
function packLz4Frame(bytes: Buffer): Buffer {
  const parts: Buffer[] = [LZ4_HEAD];
  for (let from = 0; from < bytes.length; from += LZ4_BLOCK_BYTES_MAX) {
    const plain = bytes.subarray(from, from + LZ4_BLOCK_BYTES_MAX);
    const packed = Buffer.alloc(lz4.compressBound(plain.length));
    const length = lz4.compressBlock(plain, packed, 0, plain.length, new Uint32Array(LZ4_HASHES));
    const shorter = length > 0 && length < plain.length;
    const size = Buffer.alloc(4);
    size.writeUInt32LE(shorter ? length : (plain.length | LZ4_PLAIN) >>> 0);
    parts.push(size, shorter ? packed.subarray(0, length) : plain);
  }
  // A block of no size ends the frame.
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}
