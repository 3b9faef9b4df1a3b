// What a SlotStore gives back: tasks, heads and notices exactly as they were saved, and what lies beside the fold.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newIo } from '../../src/domain/io-counters.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import type { SlotLive } from '../../src/pipeline/ports.ts';
import { anyHead, anyId, anyNotices, anyTaskFields } from './arbitrary-slots.ts';
import { changeOf, headOf, iosOf, reporterOf, rerouteAt, taskOf } from './slot-samples.ts';
import { begun, EMPTY, type OpenSlotStore, opened, readOne, saveOf } from './slot-store-under-test.ts';

export function slotStoreContents(title: string, open: OpenSlotStore): void {
  describe(`${title}: round trips`, () => {
    const anyTask = fc.tuple(anyId, fc.array(anyTaskFields, { minLength: 1, maxLength: 4 }));

    test('any task reads back as it was after each of a run of saves, also its reporters in their order', async () => {
      const { store, other, head } = await begun(open);
      let at = 0;
      await fc.assert(
        fc.asyncProperty(anyTask, fc.nat(50), async ([id, versions], suffix) => {
          const internal_task_id = `${id}${suffix}-${at}`;
          const task = taskOf(internal_task_id, at);
          for (const fields of versions) {
            const before = [...task.reporters.keys()];
            Object.assign(task, structuredClone(fields));
            const reporters = new Set([...before, ...task.reporters.keys()]);
            const save = saveOf(head, at, at + 1, { changes: [changeOf(task, { reporters })] });
            expect(await store.save(0, save)).toEqual({ outcome: 'saved' });
            at++;
            const read = await other.readTasks(0, [internal_task_id], null);
            expect(read).toEqual({ watermark: at, tasks: [task] });
            const found = read.tasks[0] as TaskState;
            expect([...found.reporters.keys()]).toEqual([...task.reporters.keys()]);
            expect([...found.reporters_base.keys()]).toEqual([...task.reporters_base.keys()]);
          }
        }),
        { numRuns: 60 },
      );
    });

    test('ids that differ in one odd character are different tasks', async () => {
      const { store, other, head } = await begun(open);
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
          inputs: iosOf('inputs', [['in', { processed_count: i }]]),
          reporters: new Map([['r', reporterOf({ 'inputs.in': i })]]),
        }),
      );
      const changes = tasks.map((task) =>
        changeOf(task, { errors: [{ msg: task.internal_task_id }], task_output: '{}' }),
      );
      await store.save(0, saveOf(head, 0, 100, { changes }));
      expect((await other.readTasks(0, ids, null)).tasks).toEqual(tasks);
    });

    test('a task that was read can be changed and saved by another process', async () => {
      const { store, other, head } = await begun(open);
      const inputs = iosOf('inputs', [['in', { processed_count: 1, processed_total_count: 2 }]]);
      await store.save(
        0,
        saveOf(head, 0, 1, { changes: [changeOf(taskOf('a', 0, { inputs, error_episode_reason: 'api' }))] }),
      );
      const task = (await readOne(other, 'a'))!;
      task.inputs.get('in')!.processed_count = 7;
      task.error_episode_reason = undefined;
      task.outputs.set('out', newIo('outputs.out'));
      await other.save(0, saveOf(head, 1, 2, { changes: [changeOf(task)] }));
      const read = await readOne(store, 'a');
      expect(read).toEqual(task);
      expect(read?.outputs.has('out')).toBe(true);
    });

    test('any head reads back as it was, sums beyond 2^64 to the last digit', async () => {
      const { store, other } = await begun(open);
      let at = 0;
      await fc.assert(
        fc.asyncProperty(anyHead, async (head) => {
          // What a head has counted it keeps: this slot is saved over by unrelated heads, so it starts anew each time.
          await store.clear(0);
          await store.begin(0, at, headOf());
          expect(await store.save(0, saveOf(head, at, at + 1))).toEqual({ outcome: 'saved' });
          at++;
          expect(await other.claim(0, 'me')).toEqual({ ...EMPTY, head, watermark: at });
        }),
        { numRuns: 30 },
      );
    });

    test('what vanishes from the roll-up is not found again', async () => {
      const { store, other, head } = await begun(open);
      head.fleet.tasks_by_status.set('running', 1);
      head.fleet.failures_by_reason.set('api', 1);
      await store.save(0, saveOf(head, 0, 1));
      head.fleet.tasks_by_status = new Map([['complete', 1]]);
      head.fleet.failures_by_reason = new Map();
      await store.save(0, saveOf(head, 1, 2));
      expect((await other.claim(0, 'me')).head).toEqual(head);
    });

    test('any notices read back as they were', async () => {
      const { store, other, head } = await begun(open);
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
      const under = await begun(open);
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
      expect(await other.readNotices(0, 0, 10)).toEqual({ watermark: 101, log_time: null, notices, more: false });
      expect(await other.readNotices(0, 0, 6)).toEqual({ watermark: 101, log_time: null, notices, more: false });
      expect(await other.readNotices(0, 0, 4)).toEqual({
        watermark: 101,
        log_time: null,
        notices: notices.slice(0, 4),
        more: true,
      });
      expect(await other.readNotices(0, 0, 1)).toEqual({
        watermark: 101,
        log_time: null,
        notices: notices.slice(0, 1),
        more: true,
      });
      expect(await other.readNotices(0, 9, 2)).toEqual({
        watermark: 101,
        log_time: null,
        notices: notices.slice(2, 4),
        more: true,
      });
      expect(await other.readNotices(0, 11, 2)).toEqual({
        watermark: 101,
        log_time: null,
        notices: notices.slice(5),
        more: false,
      });
      expect(await other.readNotices(0, 101, 2)).toEqual({ watermark: 101, log_time: null, notices: [], more: false });
    });

    test('a trim drops exactly those below C, and again changes nothing', async () => {
      const { store, other, notices } = await withNotices();
      for (let i = 0; i < 2; i++) {
        await store.trim(0, 'first-life', 10);
        expect((await other.readNotices(0, 0, 10)).notices).toEqual(notices.slice(3));
      }
      await store.trim(0, 'first-life', 101);
      expect(await other.readNotices(0, 0, 10)).toEqual({ watermark: 101, log_time: null, notices: [], more: false });
      await store.save(0, saveOf(headOf(), 101, 200, { notices: [rerouteAt(150, 1)] }));
      expect((await other.readNotices(0, 0, 10)).notices).toEqual([rerouteAt(150, 1)]);
    });

    test('a trim by an earlier life of the slot drops nothing: its C means nothing here', async () => {
      const { store, other, notices } = await withNotices();
      await store.trim(0, 'an-earlier-life', 101);
      expect((await other.readNotices(0, 0, 10)).notices).toEqual(notices);
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
      const { store, other } = await opened(open);
      expect(await other.readLive(0)).toBeNull();
      const halted = { ...live, emitted: 5, halt: { code: 'torn_save', message: 'because', cure: 'rebuild' } };
      await store.reportLive(0, halted);
      expect(await other.readLive(0)).toEqual(halted);
      await store.reportLive(0, live);
      expect(await other.readLive(0)).toEqual(live);
      expect(await other.readLive(1)).toBeNull();
    });

    test('it lies outside of the fold: it makes no head, and a clear leaves it', async () => {
      const { store } = await opened(open);
      await store.reportLive(0, live);
      expect(await store.claim(0, 'me')).toEqual(EMPTY);
      await store.clear(0);
      expect(await store.readLive(0)).toEqual(live);
    });

    test('a request to resume is taken once, by one, and survives reports and a clear', async () => {
      const { store, other } = await opened(open);
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
