// The codecs in which senders, or brokers, may pack record batches. A codec that is missing here would stop its partition, so
// all four of Kafka's are read; packing.ts has the way out.

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { unpackLz4Frames } from './lz4.ts';
import { unpackSnappy } from './snappy.ts';

/** bytes; a batch that unpacks to more is refused, so that a small forged one cannot take all memory */
const UNPACKED_BYTES_MAX = 256 * 1024 * 1024;

/** Unpacks the records of a batch. `codec`: the lowest three bits of its attributes. */
export function decompress(codec: number, packed: Buffer): Buffer {
  switch (codec) {
    case 1:
      return gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
    case 2:
      return unpackSnappy(packed, UNPACKED_BYTES_MAX);
    case 3:
      return unpackLz4Frames(packed, UNPACKED_BYTES_MAX);
    case 4:
      return zstdDecompressSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
    default:
      throw new Error(`record batch packed with unknown codec ${codec}`);
  }
}
