// What every SlotStore promises of a slot that an operator's tool holds still.

import { describe, expect, test } from 'vitest';
import { changeOf, headOf, rerouteAt, taskOf } from './slot-samples.ts';
import { begun, type OpenSlotStore, opened, readOne, saveOf } from './slot-store-under-test.ts';

export function slotStoreHold(title: string, open: OpenSlotStore): void {
  describe(`${title}: a hold`, () => {
    test('puts saves off, whoever saves: nothing is written and W stays, until it is let go', async () => {
      const { store, other, head, hold } = await begun(open);
      await store.save(0, saveOf(head, 0, 3, { changes: [changeOf(taskOf('a', 1, { error_count: 1 }))] }));
      const release = await hold(0);
      const later = { ...head, received: 1 };
      const save = saveOf(later, 3, 4, {
        changes: [changeOf(taskOf('a', 1, { error_count: 2 })), changeOf(taskOf('b', 3))],
        tombstones: new Map([['c', 0]]),
        notices: [rerouteAt(3, 1)],
      });
      for (const one of [store, other]) {
        expect(await one.isHeld(0)).toBe(true);
        expect(await one.save(0, save)).toEqual({ outcome: 'held' });
      }
      expect(await store.readTasks(0, ['a', 'b', 'c'], 0)).toMatchObject({
        watermark: 3,
        tasks: [{ error_count: 1 }, null, null],
      });
      expect((await store.readNotices(0, 0, 10)).notices).toEqual([]);
      expect((await other.claim(0, 'me')).head?.received).toBe(0);

      await release();
      expect(await store.isHeld(0)).toBe(false);
      expect(await store.save(0, save)).toEqual({ outcome: 'saved' });
      expect((await readOne(other, 'a'))?.error_count).toBe(2);
    });

    test('of one slot is none of another, and a save that would be refused is refused', async () => {
      const { store, head, hold } = await begun(open);
      await store.begin(1, 0, headOf());
      const release = await hold(0);
      expect(await store.isHeld(1)).toBe(false);
      expect(await store.save(1, saveOf(head, 0, 1))).toEqual({ outcome: 'saved' });
      expect(await store.save(0, saveOf(head, 5, 6))).toEqual({ outcome: 'refused', watermark: 0 });
      await release();
    });

    test('outlasts a clearing, and an empty slot can be held', async () => {
      const { store, other, hold } = await opened(open);
      const release = await hold(0);
      await store.begin(0, 0, headOf());
      await other.clear(0);
      expect(await store.isHeld(0)).toBe(true);
      await release();
      expect(await store.isHeld(0)).toBe(false);
    });
  });
}
