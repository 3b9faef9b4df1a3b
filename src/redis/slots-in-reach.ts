// A look at every slot of a group. Of a Cluster some masters may be away: their slots are told as such, and the others looked at.

import { Cluster } from 'ioredis';
import { away } from '../pipeline/errors.ts';
import { isAway } from './partition-count.ts';
import type { RedisClient } from './redis-target.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';
import { readSlot, type SlotGlimpse, unreachableSlot } from './slot-reads.ts';

/** Slots read side by side. */
const AT_ONCE = 64;

/** In the order of the partitions, each at one moment. @throws Fault where no slot can be read */
export async function readSlots(
  redis: RedisClient,
  run: RunScript,
  keysOf: (partition: number) => SlotKeys,
  count: number,
): Promise<SlotGlimpse[]> {
  const slots: SlotGlimpse[] = [];
  let firstFault: Error | null = null;
  const look = (partition: number) =>
    readSlot(run, keysOf(partition)).catch((error: unknown) => {
      if (!(redis instanceof Cluster) || !isAway(error)) throw error;
      firstFault ??= error;
      return unreachableSlot(error.message);
    });
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from);
    slots.push(...(await Promise.all(Array.from({ length }, (_, i) => look(from + i)))));
  }
  if (firstFault !== null && slots.every(({ unreachable }) => unreachable !== null)) throw firstFault;
  return slots;
}

/** For an answer that needs all slots. @throws Fault service_unavailable, with the numbers of those that could not be looked at */
export function requireAll(slots: readonly SlotGlimpse[]): void {
  const lost = [...slots.entries()].filter(([, { unreachable }]) => unreachable !== null);
  if (lost.length === 0) return;
  const numbers = lost.map(([partition]) => partition).join(', ');
  throw away('redis', `partitions ${numbers} cannot be read, and all are needed (${lost[0]![1].unreachable})`);
}

/** Says which partition a read was for, where its master does not answer. */
export async function inPartition<T>(partition: number, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!isAway(error)) throw error;
    throw away('redis', `partition ${partition} cannot be read (${error.message})`, error.cause);
  }
}
