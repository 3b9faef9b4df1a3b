// Deletes every key of a slot but `live` and `hold`, so that a crash at any point leaves a slot that nobody can take for a
// valid one: first the head gets a mark that stops saves and claims, then all else goes in bounded steps, the head last.

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Fault } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';
import { scanAll } from './masters.ts';
import type { RedisClient } from './redis-target.ts';
import type { RunScript } from './scripts.ts';
import { type SlotKeys, slotPattern } from './slot-keys.ts';

/** Keys looked at a step. */
const SCAN_COUNT = 1_000;

/** @throws Fault save_refused if another clearing overtook this one; service_unavailable */
export async function clearSlot(redis: RedisClient, run: RunScript, keys: SlotKeys): Promise<void> {
  const mark = `clear ${randomUUID()}`;
  await emptySlot(redis, run, keys, mark);
  await unlink(run, keys, mark, [keys.head]);
}

/** Deletes all but the head, which keeps the mark and nothing that it could be claimed by. @throws Fault as clearSlot */
export async function emptySlot(redis: RedisClient, run: RunScript, keys: SlotKeys, mark: string): Promise<void> {
  const doing = `clearing ${keys.tag}`;
  await faultsOf(doing, run('clearMark', [keys.head], [mark]));
  // Nobody can add keys while the mark stands, so one full SCAN finds all; unless a Cluster moves the slot meanwhile. So
  // there it is walked until nothing is found: a key that moves away from a walk is met by the next one.
  for (let found = 1; found > 0; ) {
    found = 0;
    for await (const scanned of scanAll(redis, slotPattern(keys), SCAN_COUNT)) {
      const batch = scanned.filter((key) => key !== keys.head && key !== keys.live && key !== keys.hold);
      found += batch.length;
      // A step of SCAN can return more than it was asked for.
      for (let from = 0; from < batch.length; from += SCAN_COUNT) {
        await unlink(run, keys, mark, batch.slice(from, from + SCAN_COUNT));
      }
    }
    if (redis instanceof Redis) break;
  }
}

async function unlink(run: RunScript, keys: SlotKeys, mark: string, batch: readonly string[]): Promise<void> {
  const done = await faultsOf(`clearing ${keys.tag}`, run('clearKeys', [keys.head, ...batch], [mark]));
  if (done !== 1) throw overtaken(keys);
}

/** @returns the fault of a clearing or loading whose mark is gone */
export function overtaken(keys: SlotKeys): Fault {
  return new Fault('save_refused', `clearing ${keys.tag}: another clearing of the same slot has overtaken this one`);
}
