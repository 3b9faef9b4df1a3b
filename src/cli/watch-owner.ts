// Watches what the owner of a partition does after a cure, by what it reports to Redis.

import { setTimeout as sleep } from 'node:timers/promises';
import type { SlotStore } from '../pipeline/ports.ts';

/** A claim looks for up to six seconds whether the log has its end again. */
const OUTCOME_MS_MAX = 20_000;
const NO_OWNER_AFTER_MS = 6_000;
/** Where nobody has reported for a while, nobody is expected. */
const LONG_SILENT_MS = 15_000;
const NO_OWNER_EXPECTED_MS = 1_500;
const LOOK_MS = 250;

/**
 * What the owner makes of the cure: `running` or `halted` once it has taken the request up, its state where it is not that
 * far after twenty seconds (`unnoticed` for one that runs on), `no_owner` if nobody reports.
 * @param isWaiting whether the request is still there
 * @param isFolding whether the slot has a W
 */
export async function watchOwner(
  slotStore: Pick<SlotStore, 'readLive'>,
  partition: number,
  seenBefore: number,
  isWaiting: () => Promise<boolean>,
  isFolding: () => Promise<boolean>,
): Promise<string> {
  const began = Date.now();
  const patience = began - seenBefore > LONG_SILENT_MS ? NO_OWNER_EXPECTED_MS : NO_OWNER_AFTER_MS;
  let condition = 'no_owner';
  while (Date.now() - began < OUTCOME_MS_MAX) {
    const taken = !(await isWaiting());
    // What the owner reports a moment after it took the request is its answer to it.
    await sleep(LOOK_MS);
    const live = await slotStore.readLive(partition);
    if (live === null || live.seen_at <= seenBefore) {
      if (Date.now() - began > patience) return 'no_owner';
      continue;
    }
    condition = live.state;
    if (condition === 'halted' && taken) return condition;
    // An owner that had nothing to fold may not have seen yet that its slot is empty; one that drains may halt yet, on an
    // event whose record is gone.
    if (condition === 'running' && (await isFolding())) return condition;
  }
  return condition === 'running' ? 'unnoticed' : condition;
}
