// What a SlotStore keeps of time: when which task is to be looked at, which are silent, which were retired.

import { describe, expect, test } from 'vitest';
import type { SlotHead } from '../../src/domain/head.ts';
import { placesOf } from '../../src/domain/task-places.ts';
import { Tombstone } from '../../src/domain/tombstone.ts';
import { changeOf, headOf, iosOf, reporterOf, taskOf } from './slot-samples.ts';
import { begun, type OpenSlotStore, readOne, saveOf } from './slot-store-under-test.ts';

/** A generation, ms of the partition's clock, by the default settings. */
const GENERATION_MS = 604_800_000;

function headAt(generation: number, incarnation?: string): SlotHead {
  const head = headOf(incarnation);
  head.clock.now = generation * GENERATION_MS + 5;
  return head;
}

export function slotStoreTime(title: string, open: OpenSlotStore): void {
  describe(`${title}: looks`, () => {
    const looking = (internal_task_id: string, look_at: number) =>
      changeOf(taskOf(internal_task_id, 0, { look_at }), { look_changed: true });

    test('they come earliest first, those of one moment in the order of the ids’ UTF-8, with W', async () => {
      const { store, other, head } = await begun(open);
      expect(await store.readLooks(0, Number.POSITIVE_INFINITY, 9)).toEqual({ watermark: 0, looks: [] });
      // U+FF61 is one unit of UTF-16 above the two of U+1F600, and comes before it in UTF-8.
      const ids = ['b', '\u{1f600}', '', 'a', '\uff61', 'B', 'aa'];
      const changes = [...ids.map((id) => looking(id, 700)), looking('early', 20), looking('late', 10_000_000_000_000)];
      await store.save(0, saveOf(head, 0, 3, { changes }));
      const { watermark, looks } = await other.readLooks(0, Number.POSITIVE_INFINITY, 100);
      expect(watermark).toBe(3);
      expect(looks.map(({ internal_task_id }) => internal_task_id)).toEqual([
        ...['early', '', 'B', 'a', 'aa', 'b', '\uff61', '\u{1f600}', 'late'],
      ]);
      expect([looks[0]!.at, looks[1]!.at, looks.at(-1)!.at]).toEqual([20, 700, 10_000_000_000_000]);
    });

    test('a moment itself is not before it; no more come than are asked for', async () => {
      const { store, other, head } = await begun(open);
      await store.save(0, saveOf(head, 0, 1, { changes: [looking('a', 5), looking('b', 6), looking('c', 7)] }));
      expect((await other.readLooks(0, 5, 9)).looks).toEqual([]);
      expect((await other.readLooks(0, 7, 9)).looks).toHaveLength(2);
      expect((await other.readLooks(0, 8, 2)).looks.map(({ at }) => at)).toEqual([5, 6]);
    });

    test('a look moves where it changed, and only there', async () => {
      const { store, other, head } = await begun(open);
      await store.save(0, saveOf(head, 0, 1, { changes: [looking('a', 5), looking('b', 6)] }));
      const unchanged = changeOf(taskOf('b', 0, { look_at: 99 }));
      await store.save(0, saveOf(head, 1, 2, { changes: [looking('a', 50), unchanged] }));
      const { looks } = await other.readLooks(0, Number.POSITIVE_INFINITY, 9);
      expect(looks).toEqual([
        { internal_task_id: 'b', at: 6 },
        { internal_task_id: 'a', at: 50 },
      ]);
    });

    test('thousands at once are all there', async () => {
      const { store, other, head } = await begun(open);
      const changes = Array.from({ length: 4_500 }, (_, i) => looking(`task ${i}`, i));
      await store.save(0, saveOf(head, 0, 1, { changes }));
      const { looks } = await other.readLooks(0, 4_400, 10_000);
      expect(looks.map(({ at }) => at)).toEqual(Array.from({ length: 4_400 }, (_, i) => i));
    });
  });

  describe(`${title}: retirement`, () => {
    const full = () =>
      taskOf('a', 0, {
        engine_id: 'e'.repeat(100),
        inputs: iosOf('inputs', [['in', { processed_count: 1 }]]),
        reporters: new Map([['r', reporterOf({ 'inputs.in': 1 })]]),
        liveness: 'silent',
        look_at: 70,
        last_update_at: 70,
      });
    const everything = () => changeOf(full(), { errors: [{ msg: 'm' }], task_output: '{}', look_changed: true });

    test('a retired task leaves nothing but its tombstone', async () => {
      const { store, other, head, holds } = await begun(open);
      await store.save(0, saveOf(head, 0, 1, { changes: [everything(), changeOf(taskOf('b', 0))] }));
      expect([...(await holds(0))].sort()).toEqual([
        'by_last_update',
        'by_status',
        'looks',
        'silent',
        'task a',
        'task b',
        `tasks of engine ${'e'.repeat(100)}`,
      ]);
      const retired = changeOf((await readOne(other, 'a'))!, { retired: true, places_before: placesOf(full()) });
      const tombstones = new Map([['a', 0]]);
      await other.save(0, saveOf(head, 1, 2, { changes: [retired], tombstones }));
      expect([...(await holds(0))].sort()).toEqual(['by_status', 'task b', 'tombstones 0']);
      expect((await store.readTasks(0, ['a', 'b', 'c'], 0)).tasks).toEqual([
        new Tombstone(0),
        expect.objectContaining({ internal_task_id: 'b' }),
        null,
      ]);
    });

    test('one that is born and retired within one save leaves only its tombstone, too', async () => {
      const { store, head, holds } = await begun(open);
      const change = { ...everything(), retired: true };
      await store.save(0, saveOf(head, 0, 1, { changes: [change], tombstones: new Map([['a', 0]]) }));
      expect([...(await holds(0))]).toEqual(['tombstones 0']);
    });

    test('one that begins anew over a retired one has nothing of it', async () => {
      const { store, other, head, holds } = await begun(open);
      await store.save(0, saveOf(head, 0, 1, { changes: [everything()] }));
      const again = taskOf('a', 1, { look_at: 90, liveness: 'reporting' });
      const change = changeOf(again, { begins_anew: true, look_changed: true, places_before: placesOf(full()) });
      await store.save(0, saveOf(head, 1, 2, { changes: [change], tombstones: new Map([['a', 0]]) }));
      expect(await readOne(other, 'a')).toEqual(again);
      expect([...(await holds(0))].sort()).toEqual(['by_status', 'looks', 'task a', 'tombstones 0']);
      expect((await other.readLooks(0, 91, 9)).looks).toEqual([{ internal_task_id: 'a', at: 90 }]);
    });

    test('a refused save retires and buries nobody', async () => {
      const { store, head, holds } = await begun(open);
      await store.save(0, saveOf(head, 0, 1, { changes: [everything()] }));
      const change = changeOf(full(), { retired: true, places_before: placesOf(full()) });
      const refused = await store.save(0, saveOf(head, 0, 2, { changes: [change], tombstones: new Map([['a', 0]]) }));
      expect(refused).toEqual({ outcome: 'refused', watermark: 1 });
      expect([...(await holds(0))].sort()).toEqual([
        'by_last_update',
        'by_status',
        'looks',
        'silent',
        'task a',
        `tasks of engine ${'e'.repeat(100)}`,
      ]);
    });

    test('a tombstone is found in its generation and in the next one; the newer one counts; null asks for none', async () => {
      const { store, other, head } = await begun(open);
      const ids = ['old', 'moved', '', 'ä\u0000', '__proto__', ...Array.from({ length: 300 }, (_, i) => `task ${i}`)];
      await store.save(0, saveOf(head, 0, 1, { tombstones: new Map(ids.map((id) => [id, 4])) }));
      await store.save(0, saveOf(head, 1, 2, { tombstones: new Map([['moved', 5]]) }));
      const found = async (id: string, generation: number | null) =>
        (await other.readTasks(0, [id], generation)).tasks[0];
      expect([await found('old', 3), await found('old', 4), await found('old', 5), await found('old', 6)]).toEqual([
        ...[null, new Tombstone(4), new Tombstone(4), null],
      ]);
      expect([await found('moved', 5), await found('moved', 6)]).toEqual([new Tombstone(5), new Tombstone(5)]);
      expect(await found('old', null)).toBeNull();
      expect(await other.readTasks(0, [...ids, 'none'], 5)).toEqual({
        watermark: 2,
        tasks: [...ids.map((id) => new Tombstone(id === 'moved' ? 5 : 4)), null],
      });
      expect((await other.readTasks(1, ['old'], 4)).tasks).toEqual([null]);
    });

    test('a generation is dropped once the slot has gone on by two, and by its own life only', async () => {
      const { store, other, head, holds } = await begun(open);
      const tombstones = new Map(Array.from({ length: 50 }, (_, i) => [`task ${i}`, 3]));
      await store.save(0, saveOf(head, 0, 1, { tombstones }));
      await store.save(0, saveOf(headAt(4), 1, 2, { tombstones: new Map([['later', 4]]) }));
      await other.dropTombstones(0, 'first-life', 3);
      expect([...(await holds(0))].sort()).toEqual(['tombstones 3', 'tombstones 4']);
      await store.save(0, saveOf(headAt(5), 2, 3));
      await other.dropTombstones(0, 'another-life', 3);
      expect([...(await holds(0))].sort()).toEqual(['tombstones 3', 'tombstones 4']);
      await other.dropTombstones(0, 'first-life', 3);
      expect([...(await holds(0))]).toEqual(['tombstones 4']);
    });
  });
}
