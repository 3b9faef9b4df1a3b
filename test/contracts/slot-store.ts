// What every SlotStore promises (src/pipeline/ports.ts), held against the in-memory one and the one over Redis alike.

import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SlotHead } from '../../src/domain/head.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { Fault } from '../../src/pipeline/errors.ts';
import type { SlotLive, SlotSave, SlotStore } from '../../src/pipeline/ports.ts';
import { anyHead, anyId, anyNotices, anyTaskFields, changeOf, headOf, rerouteAt, taskOf } from './slot-samples.ts';

/** One store as two processes see it; nothing is in it at first. */
export interface SlotStoreUnderTest {
  readonly store: SlotStore;
  /** another process over the same data */
  readonly other: SlotStore;
  /** Makes the next save that appends errors to this task fail after its first write. */
  tear(partition: number, internal_task_id: string): Promise<void>;
  /** Deletes the slot's head and nothing else, as a careless hand would. */
  loseHead(partition: number): Promise<void>;
  close(): Promise<void>;
}

const faultOf = (code: string) => expect.objectContaining({ name: 'Fault', code });

export function slotStoreContract(title: string, open: () => Promise<SlotStoreUnderTest>): void {
  async function opened(): Promise<SlotStoreUnderTest> {
    const under = await open();
    onTestFinished(() => under.close());
    return under;
  }
  async function begun(): Promise<SlotStoreUnderTest & { head: SlotHead }> {
    const under = await opened();
    const head = headOf();
    expect(await under.store.begin(0, 0, head)).toBe(true);
    return { ...under, head };
  }
  function saveOf(head: SlotHead, expect: number, to: number, more: Partial<SlotSave> = {}): SlotSave {
    return { expect, to, head, changes: [], notices: [], ...more };
  }
  async function readOne(store: SlotStore, id: string): Promise<TaskState | null> {
    return (await store.readTasks(0, [id])).tasks[0]!;
  }

  describe(`${title}: claim and begin`, () => {
    test('an empty slot is claimed without head, W or mark', async () => {
      const { store } = await opened();
      expect(await store.claim(0, 'me')).toEqual({ head: null, watermark: null, saving: null });
      expect(await store.readTasks(0, ['a'])).toEqual({ watermark: null, tasks: [null] });
      expect(await store.readNotices(0, 0, 10)).toEqual({ watermark: null, notices: [], more: false });
    });

    test('a begun slot is claimed by anybody with the head and W that it was begun with', async () => {
      const { store, other } = await opened();
      const head = headOf();
      expect(await store.begin(0, 17, head)).toBe(true);
      expect(await other.claim(0, 'me')).toEqual({ head, watermark: 17, saving: null });
    });

    test('a slot begins once: the second beginner is told so and changes nothing', async () => {
      const { store, other } = await opened();
      const head = headOf('one');
      expect(await store.begin(0, 17, head)).toBe(true);
      expect(await other.begin(0, 0, headOf('two'))).toBe(false);
      expect(await store.claim(0, 'me')).toEqual({ head, watermark: 17, saving: null });
    });

    test('a slot that lost only its head does not begin anew beside what is left', async () => {
      const { store, head, loseHead } = await begun();
      await store.save(0, saveOf(head, 0, 1, { changes: [changeOf(taskOf('a', 0))], notices: [rerouteAt(0, 1)] }));
      await loseHead(0);
      await expect(store.begin(0, 0, headOf('two'))).rejects.toEqual(faultOf('torn_save'));
    });

    test('slots of other partitions are untouched by all of it', async () => {
      const { store, head } = await begun();
      await store.save(0, saveOf(head, 0, 5, { changes: [changeOf(taskOf('a', 1))], notices: [rerouteAt(1, 1)] }));
      expect(await store.claim(1, 'me')).toEqual({ head: null, watermark: null, saving: null });
      expect(await store.begin(1, 9, headOf())).toBe(true);
      await store.clear(1);
      expect((await store.readTasks(0, ['a'])).watermark).toBe(5);
      expect(await readOne(store, 'a')).not.toBeNull();
    });
  });

  describe(`${title}: save`, () => {
    test('a save moves W, and everybody reads the tasks with it, in the order asked', async () => {
      const { store, other, head } = await begun();
      const [a, b] = [taskOf('a', 1, { error_count: 3 }), taskOf('b', 2, { engine_id: 'e' })];
      expect(await store.save(0, saveOf(head, 0, 3, { changes: [changeOf(a), changeOf(b)] }))).toEqual({
        outcome: 'saved',
      });
      expect(await other.readTasks(0, ['b', 'none', 'a'])).toEqual({ watermark: 3, tasks: [b, null, a] });
      expect(await other.readTasks(0, [])).toEqual({ watermark: 3, tasks: [] });
    });

    test('a save that expects another W is refused with the W found, and writes nothing', async () => {
      const { store, other, head } = await begun();
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

    test('a save into a slot without a head is refused with W null', async () => {
      const { store } = await opened();
      expect(await store.save(0, saveOf(headOf(), 0, 3))).toEqual({ outcome: 'refused', watermark: null });
      expect(await store.claim(0, 'me')).toEqual({ head: null, watermark: null, saving: null });
    });

    test('a save of an earlier life of the slot is refused, though W is the same', async () => {
      const { store, other, head } = await begun();
      await other.clear(0);
      await other.begin(0, 0, headOf('second-life'));
      expect(await store.save(0, saveOf(head, 0, 3))).toEqual({ outcome: 'refused', watermark: 0 });
    });

    test('of two owners who save from the same W, exactly one is saved', async () => {
      const { store, other, head } = await begun();
      const outcomes = await Promise.all([
        store.save(0, saveOf(head, 0, 3, { changes: [changeOf(taskOf('a', 1, { engine_id: 'one' }))] })),
        other.save(0, saveOf(head, 0, 3, { changes: [changeOf(taskOf('a', 1, { engine_id: 'two' }))] })),
      ]);
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['refused', 'saved']);
      const winner = outcomes[0]!.outcome === 'saved' ? 'one' : 'two';
      expect((await readOne(store, 'a'))?.engine_id).toBe(winner);
    });

    test('a state that goes on changing after a refused save is saved whole by its next owner', async () => {
      const { store, other, head } = await begun();
      const task = taskOf('a', 1, { error_count: 1, engine_id: 'e' });
      await store.save(0, saveOf(head, 0, 2, { changes: [changeOf(task)] }));
      task.error_count = 2;
      expect((await store.save(0, saveOf(head, 7, 8, { changes: [changeOf(task)] }))).outcome).toBe('refused');
      task.retry_count = 5;
      expect((await store.save(0, saveOf(head, 2, 3, { changes: [changeOf(task)] }))).outcome).toBe('saved');
      expect(await readOne(other, 'a')).toEqual(task);
    });

    test('1,000 tasks with 1,000 notices are one step', async () => {
      const { store, other, head } = await begun();
      const tasks = Array.from({ length: 1_000 }, (_, i) => taskOf(`task-${i}`, i));
      const notices = tasks.map((_, i) => rerouteAt(i, 1));
      await store.save(0, saveOf(head, 0, 1_000, { changes: tasks.map((task) => changeOf(task)), notices }));
      const read = await other.readTasks(
        0,
        tasks.map((task) => task.internal_task_id),
      );
      expect(read).toEqual({ watermark: 1_000, tasks });
      expect((await other.readNotices(0, 0, 2_000)).notices).toEqual(notices);
    });
  });

  describe(`${title}: round trips`, () => {
    const anyTask = fc.tuple(anyId, fc.array(anyTaskFields, { minLength: 1, maxLength: 4 }));

    test('any task reads back as it was after each of a run of saves, also its reporters in their order', async () => {
      const { store, other, head } = await begun();
      let at = 0;
      await fc.assert(
        fc.asyncProperty(anyTask, fc.nat(50), async ([id, versions], suffix) => {
          const internal_task_id = `${id}${suffix}-${at}`;
          const task = taskOf(internal_task_id, at);
          for (const fields of versions) {
            Object.assign(task, structuredClone(fields));
            const save = saveOf(head, at, at + 1, { changes: [changeOf(task, { reporters_changed: true })] });
            expect(await store.save(0, save)).toEqual({ outcome: 'saved' });
            at++;
            const read = await other.readTasks(0, [internal_task_id]);
            expect(read).toEqual({ watermark: at, tasks: [task] });
            const { reporters, reporters_base } = read.tasks[0]!;
            expect([...reporters.keys()]).toEqual([...task.reporters.keys()]);
            expect([...reporters_base.keys()]).toEqual([...task.reporters_base.keys()]);
          }
        }),
        { numRuns: 60 },
      );
    });

    test('ids that differ in one odd character are different tasks', async () => {
      const { store, other, head } = await begun();
      const ids = [
        'x',
        'x:io',
        'x:io:io',
        'x:errors',
        'x:output',
        'x:ledger',
        'x%3Aio',
        'x%253Aio',
        '',
        ':',
        '{x}',
        'x*',
        'x?',
        '[x]',
        '__proto__',
        'X',
        'x ',
        'ä',
        'a\u0308',
      ];
      const tasks = ids.map((id, i) =>
        taskOf(id, i, {
          engine_id: `engine of ${i}`,
          inputs: new Map([['in', { processed_count: i }]]),
          reporters: new Map([['r', new Map([['inputs.in', i]])]]),
        }),
      );
      const changes = tasks.map((task) =>
        changeOf(task, { errors: [{ msg: task.internal_task_id }], task_output: '{}', reporters_changed: true }),
      );
      await store.save(0, saveOf(head, 0, 100, { changes }));
      expect((await other.readTasks(0, ids)).tasks).toEqual(tasks);
    });

    test('a task that was read can be changed and saved by another process', async () => {
      const { store, other, head } = await begun();
      const inputs = new Map([['in', { processed_count: 1, processed_total_count: 2 }]]);
      await store.save(
        0,
        saveOf(head, 0, 1, { changes: [changeOf(taskOf('a', 0, { inputs, error_episode_reason: 'api' }))] }),
      );
      const task = (await readOne(other, 'a'))!;
      task.inputs.get('in')!.processed_count = 7;
      task.error_episode_reason = undefined;
      task.outputs.set('out', {});
      await other.save(0, saveOf(head, 1, 2, { changes: [changeOf(task)] }));
      const read = await readOne(store, 'a');
      expect(read).toEqual(task);
      expect(read?.outputs.has('out')).toBe(true);
    });

    test('any head reads back as it was, sums beyond 2^64 to the last digit', async () => {
      const { store, other } = await begun();
      let at = 0;
      await fc.assert(
        fc.asyncProperty(anyHead, async (head) => {
          // What a head has counted it keeps: this slot is saved over by unrelated heads, so it starts anew each time.
          await store.clear(0);
          await store.begin(0, at, headOf());
          expect(await store.save(0, saveOf(head, at, at + 1))).toEqual({ outcome: 'saved' });
          at++;
          expect(await other.claim(0, 'me')).toEqual({ head, watermark: at, saving: null });
        }),
        { numRuns: 30 },
      );
    });

    test('any notices read back as they were', async () => {
      const { store, other, head } = await begun();
      let at = 0;
      await fc.assert(
        fc.asyncProperty(anyNotices(0), async (relative) => {
          const notices = relative.map((notice) => ({ ...notice, offset: notice.offset + at }));
          const to = (notices.at(-1)?.offset ?? at) + 1;
          await store.save(0, saveOf(head, at, to, { notices }));
          expect((await other.readNotices(0, at, 1_000)).notices).toEqual(notices);
          at = to;
        }),
        { numRuns: 40 },
      );
    });
  });

  describe(`${title}: notices`, () => {
    async function withNotices() {
      const under = await begun();
      const notices = [
        rerouteAt(2, 1),
        rerouteAt(2, 2),
        rerouteAt(9, 1),
        rerouteAt(10, 1),
        rerouteAt(10, 2),
        rerouteAt(100, 1),
      ];
      await under.store.save(0, saveOf(under.head, 0, 50, { notices: notices.slice(0, 5) }));
      await under.store.save(0, saveOf(under.head, 50, 101, { notices: notices.slice(5) }));
      return { ...under, notices };
    }

    test('they come in the order of offset and index, not of text, with W and whether more follow', async () => {
      const { other, notices } = await withNotices();
      expect(await other.readNotices(0, 0, 10)).toEqual({ watermark: 101, notices, more: false });
      expect(await other.readNotices(0, 0, 6)).toEqual({ watermark: 101, notices, more: false });
      expect(await other.readNotices(0, 0, 4)).toEqual({ watermark: 101, notices: notices.slice(0, 4), more: true });
      expect(await other.readNotices(0, 0, 1)).toEqual({ watermark: 101, notices: notices.slice(0, 1), more: true });
      expect(await other.readNotices(0, 9, 2)).toEqual({ watermark: 101, notices: notices.slice(2, 4), more: true });
      expect(await other.readNotices(0, 11, 2)).toEqual({ watermark: 101, notices: notices.slice(5), more: false });
      expect(await other.readNotices(0, 101, 2)).toEqual({ watermark: 101, notices: [], more: false });
    });

    test('a trim drops exactly those below C, and again changes nothing', async () => {
      const { store, other, notices } = await withNotices();
      for (let i = 0; i < 2; i++) {
        await store.trim(0, 'first-life', 10);
        expect((await other.readNotices(0, 0, 10)).notices).toEqual(notices.slice(3));
      }
      await store.trim(0, 'first-life', 101);
      expect(await other.readNotices(0, 0, 10)).toEqual({ watermark: 101, notices: [], more: false });
      await store.save(0, saveOf(headOf(), 101, 200, { notices: [rerouteAt(150, 1)] }));
      expect((await other.readNotices(0, 0, 10)).notices).toEqual([rerouteAt(150, 1)]);
    });

    test('a trim by an earlier life of the slot drops nothing: its C means nothing here', async () => {
      const { store, other, notices } = await withNotices();
      await store.trim(0, 'an-earlier-life', 101);
      expect((await other.readNotices(0, 0, 10)).notices).toEqual(notices);
    });
  });

  describe(`${title}: a torn save`, () => {
    async function torn() {
      const under = await begun();
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
      expect(await store.claim(0, 'me')).toEqual({ head: null, watermark: null, saving: null });
      expect(await store.begin(0, 0, headOf('second-life'))).toBe(true);
      expect((await store.readTasks(0, ['a', 'b'])).tasks).toEqual([null, null]);
      expect(await store.save(0, saveOf(headOf('second-life'), 0, 1))).toEqual({ outcome: 'saved' });
    });
  });

  describe(`${title}: clear`, () => {
    test('takes tasks, notices and head away, so that a new life begins with nothing of the old', async () => {
      const { store, other, head } = await begun();
      const tasks = Array.from({ length: 50 }, (_, i) =>
        taskOf(`t${i}`, i, { inputs: new Map([['in', { processed_count: 1 }]]) }),
      );
      const changes = tasks.map((task) =>
        changeOf(task, { errors: [{ id: 'e' }], task_output: '{}', reporters_changed: true }),
      );
      await store.save(0, saveOf(head, 0, 50, { changes, notices: [rerouteAt(40, 1)] }));
      await other.clear(0);
      expect(await store.claim(0, 'me')).toEqual({ head: null, watermark: null, saving: null });
      expect(await store.begin(0, 0, headOf('second-life'))).toBe(true);
      const read = await store.readTasks(
        0,
        tasks.map((task) => task.internal_task_id),
      );
      expect(read.tasks.every((task) => task === null)).toBe(true);
      expect((await store.readNotices(0, 0, 10)).notices).toEqual([]);
      // A notice at a lower offset than any of the old life is taken.
      const again = saveOf(headOf('second-life'), 0, 2, { notices: [rerouteAt(1, 1)] });
      expect(await store.save(0, again)).toEqual({ outcome: 'saved' });
    });

    test('of an empty slot does nothing', async () => {
      const { store } = await opened();
      await store.clear(0);
      expect(await store.claim(0, 'me')).toEqual({ head: null, watermark: null, saving: null });
    });
  });

  describe(`${title}: live`, () => {
    const live: SlotLive = {
      owner: 'me',
      state: 'running',
      log_end: 2 ** 53 - 2,
      emitted: null,
      seen_at: 1_700_000_000_000,
    };

    test('the last report is read, halt and all, and a report without a halt ends the old one', async () => {
      const { store, other } = await opened();
      expect(await other.readLive(0)).toBeNull();
      const halted = { ...live, emitted: 5, halt: { code: 'torn_save', message: 'because', cure: 'rebuild' } };
      await store.reportLive(0, halted);
      expect(await other.readLive(0)).toEqual(halted);
      await store.reportLive(0, live);
      expect(await other.readLive(0)).toEqual(live);
      expect(await other.readLive(1)).toBeNull();
    });

    test('it lies outside of the fold: it makes no head, and a clear leaves it', async () => {
      const { store } = await opened();
      await store.reportLive(0, live);
      expect(await store.claim(0, 'me')).toEqual({ head: null, watermark: null, saving: null });
      await store.clear(0);
      expect(await store.readLive(0)).toEqual(live);
    });

    test('a request to resume is taken once, by one, and survives reports and a clear', async () => {
      const { store, other } = await opened();
      expect(await store.takeResume(0)).toBe(false);
      await other.requestResume(0);
      await other.requestResume(0);
      await store.reportLive(0, live);
      await store.clear(0);
      const taken = await Promise.all([store.takeResume(0), other.takeResume(0)]);
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await store.takeResume(0)).toBe(false);
      expect(await store.takeResume(1)).toBe(false);
    });
  });
}
