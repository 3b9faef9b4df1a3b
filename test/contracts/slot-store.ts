// What every SlotStore promises (src/pipeline/ports.ts), held against the in-memory one and the one over Redis alike:
// here who may write and when; what is read back is in slot-store-contents.ts.

import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/pipeline/errors.ts';
import { changeOf, headOf, iosOf, rerouteAt, taskOf } from './slot-samples.ts';
import { slotStoreContents } from './slot-store-contents.ts';
import { slotStoreHold } from './slot-store-hold.ts';
import { slotStorePlaces } from './slot-store-places.ts';
import { slotStoreRollUps } from './slot-store-roll-ups.ts';
import { slotStoreTime } from './slot-store-time.ts';
import { begun, EMPTY, type OpenSlotStore, opened, readOne, saveOf } from './slot-store-under-test.ts';

const faultOf = (code: string) => expect.objectContaining({ name: 'Fault', code });

export function slotStoreContract(title: string, open: OpenSlotStore): void {
  slotStoreContents(title, open);
  slotStoreTime(title, open);
  slotStorePlaces(title, open);
  slotStoreHold(title, open);
  slotStoreRollUps(title, open);

  describe(`${title}: claim and begin`, () => {
    test('an empty slot is claimed without head, W or mark', async () => {
      const { store } = await opened(open);
      expect(await store.claim(0, 'me')).toEqual(EMPTY);
      expect(await store.readTasks(0, ['a'], null)).toEqual({ watermark: null, tasks: [null] });
      expect(await store.readNotices(0, 0, 10)).toEqual({ watermark: null, log_time: null, notices: [], more: false });
    });

    test('a begun slot is claimed by anybody with the head and W that it was begun with', async () => {
      const { store, other } = await opened(open);
      const head = headOf();
      expect(await store.begin(0, 17, head)).toBe(true);
      expect(await other.claim(0, 'me')).toEqual({ ...EMPTY, head, watermark: 17 });
    });

    test('a slot begins once: the second beginner is told so and changes nothing', async () => {
      const { store, other } = await opened(open);
      const head = headOf('one');
      expect(await store.begin(0, 17, head)).toBe(true);
      expect(await other.begin(0, 0, headOf('two'))).toBe(false);
      expect(await store.claim(0, 'me')).toEqual({ ...EMPTY, head, watermark: 17 });
    });

    test('a slot that lost only its head does not begin anew beside what is left', async () => {
      const { store, head, loseHead } = await begun(open);
      await store.save(
        0,
        saveOf(head, 0, 1, { changes: [changeOf(taskOf('a', 0))], tombstones: new Map(), notices: [rerouteAt(0, 1)] }),
      );
      await loseHead(0);
      await expect(store.begin(0, 0, headOf('two'))).rejects.toEqual(faultOf('torn_save'));
    });

    test('slots of other partitions are untouched by all of it', async () => {
      const { store, head } = await begun(open);
      await store.save(
        0,
        saveOf(head, 0, 5, { changes: [changeOf(taskOf('a', 1))], tombstones: new Map(), notices: [rerouteAt(1, 1)] }),
      );
      expect(await store.claim(1, 'me')).toEqual(EMPTY);
      expect(await store.begin(1, 9, headOf())).toBe(true);
      await store.clear(1);
      expect((await store.readTasks(0, ['a'], null)).watermark).toBe(5);
      expect(await readOne(store, 'a')).not.toBeNull();
    });
  });

  describe(`${title}: save`, () => {
    test('a save moves W, and everybody reads the tasks with it, in the order asked', async () => {
      const { store, other, head } = await begun(open);
      const [a, b] = [taskOf('a', 1, { error_count: 3 }), taskOf('b', 2, { engine_id: 'e' })];
      expect(await store.save(0, saveOf(head, 0, 3, { changes: [changeOf(a), changeOf(b)] }))).toEqual({
        outcome: 'saved',
      });
      expect(await other.readTasks(0, ['b', 'none', 'a'], null)).toEqual({ watermark: 3, tasks: [b, null, a] });
      expect(await other.readTasks(0, [], null)).toEqual({ watermark: 3, tasks: [] });
    });

    test('a save that expects another W is refused with the W found, and writes nothing', async () => {
      const { store, other, head } = await begun(open);
      await store.save(0, saveOf(head, 0, 3, { changes: [changeOf(taskOf('a', 1, { error_count: 1 }))] }));
      const late = saveOf({ ...head, received: 99 }, 0, 4, {
        changes: [changeOf(taskOf('a', 1, { error_count: 2 })), changeOf(taskOf('b', 2))],
        notices: [rerouteAt(2, 1)],
      });
      expect(await other.save(0, late)).toEqual({ outcome: 'refused', watermark: 3 });
      expect(await other.save(0, { ...late, expect: 4, to: 5 })).toEqual({ outcome: 'refused', watermark: 3 });
      expect((await readOne(store, 'a'))?.error_count).toBe(1);
      expect(await readOne(store, 'b')).toBeNull();
      expect((await store.readNotices(0, 0, 10)).notices).toEqual([]);
      expect((await store.claim(0, 'me')).head?.received).toBe(0);
    });

    test('a copy of another log’s life with the same W is none of ours', async () => {
      const { store, other, head } = await begun(open);
      head.clock.log_time = 1_000;
      await store.save(0, saveOf(head, 0, 3));
      const change = changeOf(taskOf('a', 3));
      const late = { ...saveOf({ ...head, received: 9 }, 3, 4, { changes: [change] }), expect_log_time: 2_000 };
      expect(await other.save(0, late)).toEqual({ outcome: 'refused', watermark: 3 });
      expect(await readOne(store, 'a')).toBeNull();
      expect(await other.readNotices(0, 0, 1)).toMatchObject({ watermark: 3, log_time: 1_000 });
      expect(await other.save(0, { ...late, expect_log_time: 1_000 })).toEqual({ outcome: 'saved' });
    });

    test('the fingerprint is kept with W, and stays where a stretch of the log holds no record', async () => {
      const { store, other, head } = await begun(open);
      const fingerprint = { offset: 2, timestamp: 1_700_000_000_123, scope: 'value', crc: 0xdeadbeef } as const;
      await store.save(0, { ...saveOf(head, 0, 3), fingerprint });
      expect(await other.claim(0, 'me')).toMatchObject({ watermark: 3, fingerprint });
      await store.save(0, saveOf(head, 3, 5));
      expect(await other.claim(0, 'me')).toMatchObject({ watermark: 5, fingerprint });
      const next = { offset: 7, timestamp: -1, scope: 'key', crc: 0 } as const;
      await store.save(0, { ...saveOf(head, 5, 8), fingerprint: next });
      expect(await other.claim(0, 'me')).toMatchObject({ watermark: 8, fingerprint: next });
    });

    test('a save into a slot without a head is refused with W null', async () => {
      const { store } = await opened(open);
      expect(await store.save(0, saveOf(headOf(), 0, 3))).toEqual({ outcome: 'refused', watermark: null });
      expect(await store.claim(0, 'me')).toEqual(EMPTY);
    });

    test('a save of an earlier life of the slot is refused, though W is the same', async () => {
      const { store, other, head } = await begun(open);
      await other.clear(0);
      await other.begin(0, 0, headOf('second-life'));
      expect(await store.save(0, saveOf(head, 0, 3))).toEqual({ outcome: 'refused', watermark: 0 });
    });

    test('of two owners who save from the same W, exactly one is saved', async () => {
      const { store, other, head } = await begun(open);
      const outcomes = await Promise.all([
        store.save(0, saveOf(head, 0, 3, { changes: [changeOf(taskOf('a', 1, { engine_id: 'one' }))] })),
        other.save(0, saveOf(head, 0, 3, { changes: [changeOf(taskOf('a', 1, { engine_id: 'two' }))] })),
      ]);
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['refused', 'saved']);
      const winner = outcomes[0]!.outcome === 'saved' ? 'one' : 'two';
      expect((await readOne(store, 'a'))?.engine_id).toBe(winner);
    });

    test('a state that goes on changing after a refused save is saved whole by its next owner', async () => {
      const { store, other, head } = await begun(open);
      const task = taskOf('a', 1, { error_count: 1, engine_id: 'e' });
      await store.save(0, saveOf(head, 0, 2, { changes: [changeOf(task)] }));
      task.error_count = 2;
      expect((await store.save(0, saveOf(head, 7, 8, { changes: [changeOf(task)] }))).outcome).toBe('refused');
      task.retry_count = 5;
      expect((await store.save(0, saveOf(head, 2, 3, { changes: [changeOf(task)] }))).outcome).toBe('saved');
      expect(await readOne(other, 'a')).toEqual(task);
    });

    test('1,000 tasks with 1,000 notices are one step', async () => {
      const { store, other, head } = await begun(open);
      const tasks = Array.from({ length: 1_000 }, (_, i) => taskOf(`task-${i}`, i));
      const notices = tasks.map((_, i) => rerouteAt(i, 1));
      await store.save(0, saveOf(head, 0, 1_000, { changes: tasks.map((task) => changeOf(task)), notices }));
      const read = await other.readTasks(
        0,
        tasks.map((task) => task.internal_task_id),
        null,
      );
      expect(read).toEqual({ watermark: 1_000, tasks });
      expect((await other.readNotices(0, 0, 2_000)).notices).toEqual(notices);
    });
  });

  describe(`${title}: a torn save`, () => {
    async function torn() {
      const under = await begun(open);
      await under.store.save(0, saveOf(under.head, 0, 1, { changes: [changeOf(taskOf('a', 0))] }));
      await under.tear(0, 'b');
      const save = saveOf(under.head, 1, 4, {
        changes: [changeOf(taskOf('a', 0, { error_count: 7 })), changeOf(taskOf('b', 2), { errors: [{ msg: 'e' }] })],
      });
      // Whether the saver hears of the tear, or only that Redis did not answer, is chance; the mark is not.
      await expect(under.store.save(0, save)).rejects.toBeInstanceOf(Fault);
      return { ...under, save };
    }

    test('leaves W where it was, and a mark that every later claim and save meets', async () => {
      const { store, other, head, save } = await torn();
      for (const one of [store, other, store]) {
        const claim = await one.claim(0, 'me');
        expect(claim.saving).not.toBeNull();
        expect(claim.watermark).toBe(1);
        await expect(one.save(0, save)).rejects.toEqual(faultOf('torn_save'));
        await expect(one.save(0, saveOf(head, 1, 2))).rejects.toEqual(faultOf('torn_save'));
        expect(await one.begin(0, 0, headOf())).toBe(false);
      }
    });

    test('is cured by clearing the slot and beginning anew', async () => {
      const { store, other } = await torn();
      await other.clear(0);
      expect(await store.claim(0, 'me')).toEqual(EMPTY);
      expect(await store.begin(0, 0, headOf('second-life'))).toBe(true);
      expect((await store.readTasks(0, ['a', 'b'], null)).tasks).toEqual([null, null]);
      expect(await store.save(0, saveOf(headOf('second-life'), 0, 1))).toEqual({ outcome: 'saved' });
    });
  });

  describe(`${title}: clear`, () => {
    test('takes tasks, notices and head away, so that a new life begins with nothing of the old', async () => {
      const { store, other, head } = await begun(open);
      const tasks = Array.from({ length: 50 }, (_, i) =>
        taskOf(`t${i}`, i, { inputs: iosOf('inputs', [['in', { processed_count: 1 }]]) }),
      );
      const changes = tasks.map((task) => changeOf(task, { errors: [{ id: 'e' }], task_output: '{}' }));
      await store.save(0, saveOf(head, 0, 50, { changes, notices: [rerouteAt(40, 1)] }));
      await other.clear(0);
      expect(await store.claim(0, 'me')).toEqual(EMPTY);
      expect(await store.begin(0, 0, headOf('second-life'))).toBe(true);
      const read = await store.readTasks(
        0,
        tasks.map((task) => task.internal_task_id),
        null,
      );
      expect(read.tasks.every((task) => task === null)).toBe(true);
      expect((await store.readNotices(0, 0, 10)).notices).toEqual([]);
      // A notice at a lower offset than any of the old life is taken.
      const again = saveOf(headOf('second-life'), 0, 2, { notices: [rerouteAt(1, 1)] });
      expect(await store.save(0, again)).toEqual({ outcome: 'saved' });
    });

    test('of an empty slot does nothing', async () => {
      const { store } = await opened(open);
      await store.clear(0);
      expect(await store.claim(0, 'me')).toEqual(EMPTY);
    });
  });
}
