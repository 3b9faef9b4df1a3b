// The simulator's in-memory ports keep the same promises as the real adapters: what a schedule shows of them holds there.

import { slotStoreContract } from '../contracts/slot-store.ts';
import { MemorySlots, memorySlotStore } from './memory-slot-store.ts';

slotStoreContract('in memory', async () => {
  let tearing = false;
  const slots = new MemorySlots({
    tear() {
      const now = tearing;
      tearing = false;
      return now;
    },
  });
  return {
    store: memorySlotStore(slots),
    other: memorySlotStore(slots),
    async tear() {
      tearing = true;
    },
    async loseHead(partition) {
      const slot = slots.slot(partition);
      slot.head = null;
      slot.watermark = null;
    },
    async close() {},
  };
});
