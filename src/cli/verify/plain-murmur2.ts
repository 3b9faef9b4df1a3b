// The home partition of a task, worked out once more for `taskfold verify`: Kafka's murmur2 of the id's UTF-8, made
// positive, modulo the number of partitions. Written apart from the fold's own, so that one mistake is not made twice.

const MULTIPLIER = 0x5bd1e995;
const SEED = 0x9747b28c;

/** Kafka's murmur2, as the signed 32-bit number that Java shows. */
export function plainMurmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % 4);
  let hash = SEED ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(view.getInt32(at, true), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (whole < bytes.length) {
    for (let at = whole; at < bytes.length; at++) hash ^= view.getUint8(at) << (8 * (at - whole));
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) | 0;
}

/** @param partitionCount at least 1 */
export function plainHome(internal_task_id: string, partitionCount: number): number {
  return (plainMurmur2(Buffer.from(internal_task_id, 'utf8')) & 0x7fffffff) % partitionCount;
}
