// A save that waits while an operator's tool holds the slot still, to copy or to replace it. The hold is no part of the
// guarantee: it only lets the tool come to an end. It lapses by itself, so a tool that died holds nobody up for long.

import type { PipelineContext } from './context.ts';
import { Fault } from './errors.ts';
import type { SaveOutcome, SlotSave } from './ports.ts';

/** ms between two looks whether the hold is over */
const LOOK_EVERY_MS = 100;

/**
 * @param waits told at each look; whether the waiting is to end
 * @throws Fault slot_held if it is to end first, and what the save throws
 */
export async function saveWhenFree(
  { ports: { slotStore, surroundings } }: PipelineContext,
  partition: number,
  save: SlotSave,
  waits: () => boolean,
): Promise<Exclude<SaveOutcome, { outcome: 'held' }>> {
  for (;;) {
    const saved = await slotStore.save(partition, save);
    if (saved.outcome !== 'held') return saved;
    do {
      if (waits()) throw slotHeld(partition);
      await surroundings.sleep(LOOK_EVERY_MS);
    } while (await slotStore.isHeld(partition));
  }
}

export function slotHeld(partition: number): Fault {
  return new Fault('slot_held', `An operator's tool copies or replaces the state of partition ${partition}.`);
}
