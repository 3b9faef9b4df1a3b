// Reads LZ4 frames, the form in which Kafka's clients write LZ4. Checksums are stepped over, not checked: TCP and the
// broker's own checksum of the batch have done that.

import { UnpackedBytes } from './unpacked-bytes.ts';

const FRAME = 0x184d2204;
const SKIPPABLE = 0x184d2a50;
const PLAIN_BLOCK = 0x8000_0000;

/** @throws RangeError or Error if the bytes are no LZ4 frames or unpack to more than `bytesMax` */
export function unpackLz4Frames(packed: Buffer, bytesMax: number): Buffer {
  const out = new UnpackedBytes(4 * packed.length, bytesMax);
  for (let at = 0; at < packed.length; ) {
    const magic = packed.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) at += 8 + packed.readUInt32LE(at + 4);
    else if (magic === FRAME) at = unpackFrame(packed, at + 4, out);
    else throw new Error(`LZ4: no frame begins with ${magic.toString(16)}`);
  }
  return out.done();
}

function unpackFrame(packed: Buffer, start: number, out: UnpackedBytes): number {
  const flags = packed.readUInt8(start);
  if (flags >>> 6 !== 1) throw new Error(`LZ4: frame version ${flags >>> 6}`);
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  const contentSize = (flags & 0x08) === 0 ? 0 : 8;
  const contentChecksum = (flags & 0x04) === 0 ? 0 : 4;
  const dictionaryId = (flags & 0x01) === 0 ? 0 : 4;
  let at = start + 2 + contentSize + dictionaryId + 1;
  for (;;) {
    const size = packed.readUInt32LE(at);
    at += 4;
    if (size === 0) return at + contentChecksum;
    if ((size & PLAIN_BLOCK) === 0) {
      unpackBlock(packed, at, at + size, out);
      at += size;
    } else {
      const count = (size & ~PLAIN_BLOCK) >>> 0;
      out.literal(packed, at, count);
      at += count;
    }
    at += blockChecksum;
  }
}

function unpackBlock(packed: Buffer, start: number, end: number, out: UnpackedBytes): void {
  if (end > packed.length) throw new RangeError('LZ4: the last block is cut');
  let at = start;
  while (at < end) {
    const token = packed[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more: number;
      do {
        more = packed.readUInt8(at++);
        literals += more;
      } while (more === 255);
    }
    out.literal(packed, at, literals);
    at += literals;
    if (at >= end) return; // the last sequence of a block has no copy
    const distance = packed.readUInt16LE(at);
    at += 2;
    let count = (token & 15) + 4;
    if (count === 19) {
      let more: number;
      do {
        more = packed.readUInt8(at++);
        count += more;
      } while (more === 255);
    }
    out.copy(distance, count);
  }
}
