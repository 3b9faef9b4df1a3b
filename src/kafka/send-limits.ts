// How much goes into one send: kafkajs makes one record batch of all that goes to a partition, and the broker takes
// batches of about 1 MB by default.

import type { OutgoingUpdate } from './update-publisher.ts';

/** An update with the partition that it will lie in. */
export interface PlacedUpdate extends OutgoingUpdate {
  readonly lies: number;
}

export const SEND_BYTES_OF_PARTITION_MAX = 500_000;
export const SEND_RECORDS_MAX = 20_000;
/** what a record takes beside key and value, at most; it has no headers */
const RECORD_FRAME_BYTES = 40;

/** The end (exclusive) of the longest send that begins at `from`; at least one record, also if that is too large. */
export function sendEnd(placed: readonly PlacedUpdate[], from: number): number {
  const bytesOf = new Map<number, number>();
  const last = Math.min(placed.length, from + SEND_RECORDS_MAX);
  for (let i = from; i < last; i++) {
    const { key, value, lies } = placed[i]!;
    const bytes = RECORD_FRAME_BYTES + (key === null ? 0 : 3 * key.length) + (value?.length ?? 0);
    const sum = (bytesOf.get(lies) ?? 0) + bytes;
    if (sum > SEND_BYTES_OF_PARTITION_MAX && i > from) return i;
    bytesOf.set(lies, sum);
  }
  return last;
}
