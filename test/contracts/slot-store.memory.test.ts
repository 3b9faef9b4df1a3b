// The contract suite of SlotStore on the simulator's in-memory store, so that what the simulator proves holds for Redis.

import { MemorySlots, memorySlotStore } from '../simulator/memory-slot-store.ts';
import { slotStoreContract } from './slot-store.ts';

slotStoreContract('SlotStore in memory', async () => {
  let tearNext = false;
  const tear = () => {
    const now = tearNext;
    tearNext = false;
    return now;
  };
  const slots = new MemorySlots({ tear });
  return {
    store: memorySlotStore(slots),
    other: memorySlotStore(slots),
    tear: async () => {
      tearNext = true;
    },
    loseHead: async (partition) => {
      slots.slot(partition).head = null;
      slots.slot(partition).watermark = null;
    },
    close: async () => {},
  };
});
