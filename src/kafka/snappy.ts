// Reads snappy as Kafka's clients write it: either one bare block (librdkafka), or blocks with a length in front of
// each after a header of 16 bytes (snappy-java, which the Java client uses).

import { UnpackedBytes } from './unpacked-bytes.ts';

const JAVA_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const JAVA_HEADER_BYTES = 16;

/** @throws RangeError if the bytes are no snappy or unpack to more than `bytesMax` */
export function unpackSnappy(packed: Buffer, bytesMax: number): Buffer {
  const out = new UnpackedBytes(4 * packed.length, bytesMax);
  if (!packed.subarray(0, JAVA_HEADER.length).equals(JAVA_HEADER)) {
    unpackBlock(packed, out);
    return out.done();
  }
  for (let at = JAVA_HEADER_BYTES; at < packed.length; ) {
    const size = packed.readUInt32BE(at);
    at += 4;
    if (at + size > packed.length) throw new RangeError('snappy: the last block is cut');
    // Copies never reach back into an earlier block: each one starts afresh.
    unpackBlock(packed.subarray(at, at + size), out);
    at += size;
  }
  return out.done();
}

function unpackBlock(block: Buffer, out: UnpackedBytes): void {
  let at = 0;
  while (block.readUInt8(at++) >= 0x80); // the unpacked length, which the output finds by itself
  while (at < block.length) {
    const tag = block[at++]!;
    const high = tag >>> 2;
    switch (tag & 3) {
      case 0: {
        const extra = high < 60 ? 0 : high - 59;
        const count = (extra === 0 ? high : block.readUIntLE(at, extra)) + 1;
        at += extra;
        out.literal(block, at, count);
        at += count;
        break;
      }
      case 1:
        out.copy(((tag & 0xe0) << 3) | block.readUInt8(at), (high & 7) + 4);
        at += 1;
        break;
      case 2:
        out.copy(block.readUInt16LE(at), high + 1);
        at += 2;
        break;
      default:
        out.copy(block.readUInt32LE(at), high + 1);
        at += 4;
    }
  }
}
