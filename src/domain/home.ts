// A task's home partition: Kafka's default partitioner over the id's UTF-8 bytes, so that engines which key by
// internal_task_id with murmur2 hit it by themselves. Checked against kafkajs' own partitioner in test/domain.

const utf8 = new TextEncoder();

/** Ids above this are rejected (`internal_task_id_too_long`). Bytes of UTF-8. */
export const INTERNAL_TASK_ID_BYTES_MAX = 1_024;

// One scratch buffer for the ids: a UTF-16 unit takes at most three bytes of UTF-8.
const scratch = new Uint8Array(3 * INTERNAL_TASK_ID_BYTES_MAX);

/** Writes the id's UTF-8 into the scratch buffer; its length in bytes, or -1 if the id is above the limit. */
function toScratch(id: string): number {
  const length = id.length;
  if (length > INTERNAL_TASK_ID_BYTES_MAX) return -1;
  for (let i = 0; i < length; i++) {
    const unit = id.charCodeAt(i);
    if (unit > 127) {
      const { written } = utf8.encodeInto(id, scratch);
      return written > INTERNAL_TASK_ID_BYTES_MAX ? -1 : written;
    }
    scratch[i] = unit;
  }
  return length;
}

/** MurmurHash2 as Kafka uses it (seed 0x9747b28c), over the first `length` bytes; a signed 32-bit integer. */
function murmur2(bytes: Uint8Array, length: number): number {
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length - i;
  if (rest > 0) {
    if (rest >= 3) h ^= bytes[i + 2]! << 16;
    if (rest >= 2) h ^= bytes[i + 1]! << 8;
    h = Math.imul(h ^ bytes[i]!, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}

/** The partition of a key, as Kafka's default partitioner has it. @param partitions of the topic */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key, key.length) & 0x7fffffff) % partitions;
}

/**
 * The home partition of a task: (murmur2(id) & 0x7fffffff) mod partitions, 0 ≤ home < partitions.
 * Answers -1 for an id above {@link INTERNAL_TASK_ID_BYTES_MAX} bytes of UTF-8, which has no home.
 */
export function homeOf(internal_task_id: string, partitions: number): number {
  const length = toScratch(internal_task_id);
  return length < 0 ? -1 : (murmur2(scratch, length) & 0x7fffffff) % partitions;
}
