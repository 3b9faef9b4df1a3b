// What a SlotStore keeps of the places of tasks, which lists are made of: what has moved since the last save, and no more.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minuteOf, placesOf, SCORE_RANGE, STATUS_ORDER } from '../../src/domain/task-places.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { anyTaskFields } from './arbitrary-slots.ts';
import { changeOf, iosOf, reporterOf, taskOf } from './slot-samples.ts';
import { begun, type OpenSlotStore, readOne, saveOf } from './slot-store-under-test.ts';

const running = 3 * SCORE_RANGE;
const failed = 6 * SCORE_RANGE;

export function slotStorePlaces(title: string, open: OpenSlotStore): void {
  describe(`${title}: places of tasks`, () => {
    test('the order of statuses is what the published layout says', () => {
      expect([STATUS_ORDER.indexOf('running'), STATUS_ORDER.indexOf('failed')]).toEqual([3, 6]);
      expect(STATUS_ORDER.indexOf('unreported')).toBe(9);
    });

    test('a last update is told by its minute, also before 1970', () => {
      expect([0, 59_999, 60_000, -1].map(minuteOf)).toEqual([0, 0, 60_000, -60_000]);
    });

    test('a task moves between them, and stays where nothing moved it', async () => {
      const { store, other, head, places } = await begun(open);
      const task = taskOf('a', 0, { task_status: 'running', status_at: 50, engine_id: 'e1' });
      await store.save(0, saveOf(head, 0, 1, { changes: [changeOf(task), changeOf(taskOf('b', 0))] }));
      const b = { b: 9 * SCORE_RANGE + 1_700_000_000_000 };
      const [first, second] = [1_699_999_980_000, 1_700_000_040_000];
      expect(await places(0)).toEqual({
        by_status: { a: running + 50, ...b },
        by_last_update: { a: first },
        'engine e1': { a: running + 50 },
      });

      const read = (await readOne(other, 'a'))!;
      const places_before = placesOf(read);
      const inputs = iosOf('inputs', [['in', { processed_count: 1, processed_total_count: 2 }]]);
      const moved = {
        task_status: 'failed',
        status_at: 70,
        failure_reason: 'api',
        liveness: 'silent',
        liveness_at: 60,
      };
      Object.assign(read, moved, { engine_id: 'e2', last_update_at: second - 1, inputs });
      await other.save(0, saveOf(head, 1, 2, { changes: [changeOf(read, { places_before })] }));
      expect(await places(0)).toEqual({
        by_status: { a: failed + 70, ...b },
        by_reason: { a: 5 * SCORE_RANGE + 70 },
        silent: { a: 60 },
        drifted: { a: 70 },
        by_last_update: { a: first },
        'engine e2': { a: failed + 70 },
      });

      // What the save is told to be as it was is not written, so this shows what is.
      const lied = { ...placesOf(read), stalled: 1, silent: undefined };
      Object.assign(read, { liveness: 'reporting', failure_reason: undefined, last_update_at: second });
      await other.save(0, saveOf(head, 2, 3, { changes: [changeOf(read, { places_before: lied })] }));
      expect(await places(0)).toEqual({
        by_status: { a: failed + 70, ...b },
        silent: { a: 60 },
        drifted: { a: 70 },
        by_last_update: { a: second },
        'engine e2': { a: failed + 70 },
      });

      // Where the minute of the status tells as much, that of the last update is left out.
      const before = placesOf(read);
      Object.assign(read, { status_at: second + 59_999, last_update_at: second + 1 });
      await store.save(0, saveOf(head, 3, 4, { changes: [changeOf(read, { places_before: before })] }));
      expect((await places(0)).by_last_update).toBeUndefined();
    });

    test('after any run of saves every place is that of the task as it is', async () => {
      const { store, head, places } = await begun(open);
      let at = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.option(anyTaskFields), { minLength: 1, maxLength: 5 }), async (versions) => {
          const id = `task ${at}`;
          let task: TaskState | null = null;
          for (const fields of versions) {
            const before: TaskState | null = task;
            const places_before = before === null ? null : placesOf(before);
            if (fields !== null) task = Object.assign(before ?? taskOf(id, at), structuredClone(fields));
            else if (before === null) continue;
            const change = changeOf(task!, { places_before, retired: fields === null });
            await store.save(0, saveOf(head, at, ++at, { changes: [change] }));
            if (fields === null) task = null;
            const expected: Record<string, number> = {};
            const { engine_id, ...scores } = task === null ? { engine_id: undefined } : placesOf(task);
            for (const [name, score] of Object.entries(scores)) if (score !== undefined) expected[name] = score;
            if (engine_id !== undefined) expected[`engine ${engine_id}`] = (scores as { by_status: number }).by_status;
            const found = Object.entries(await places(0)).filter(([, ids]) => Object.hasOwn(ids, id));
            expect(Object.fromEntries(found.map(([name, ids]) => [name, ids[id]]))).toEqual(expected);
          }
        }),
        { numRuns: 40 },
      );
    });

    test('one that begins anew over a retired one leaves its engine and its reason', async () => {
      const { store, head, places } = await begun(open);
      const old = taskOf('a', 0, { engine_id: 'e1', failure_reason: 'api', liveness: 'stalled', status_at: 5 });
      await store.save(0, saveOf(head, 0, 1, { changes: [changeOf(old)] }));
      const again = taskOf('a', 1, { engine_id: 'e2', status_at: 9 });
      const change = changeOf(again, { begins_anew: true, places_before: placesOf(old) });
      await store.save(0, saveOf(head, 1, 2, { changes: [change] }));
      const score = 9 * SCORE_RANGE + 9;
      const by_last_update = { a: minuteOf(again.last_update_at) };
      expect(await places(0)).toEqual({ by_status: { a: score }, by_last_update, 'engine e2': { a: score } });
    });

    test('work requests lead to their tasks from the save on that brings them, and no longer than told', async () => {
      const { store, other, head, workRequests } = await begun(open);
      const leads = (...ids: string[]) => new Map(ids.map((id) => [id, true]));
      const asked = ['w', 'x', 'y*', ''];
      const a = taskOf('a', 0);
      const changes = [
        changeOf(a, { work_requests: leads('w', 'x') }),
        changeOf(taskOf('b:ä', 0), { work_requests: leads('w') }),
      ];
      await store.save(0, saveOf(head, 0, 1, { changes }));
      expect(await workRequests(0, asked)).toEqual({ w: ['a', 'b:ä'], x: ['a'] });
      const moves = new Map([
        ['y*', true],
        ['x', false],
      ]);
      await other.save(
        0,
        saveOf(head, 1, 2, { changes: [changeOf(a, { work_requests: moves, places_before: placesOf(a) })] }),
      );
      expect(await workRequests(0, asked)).toEqual({ w: ['a', 'b:ä'], 'y*': ['a'] });

      // One that is retired takes with it all that its state names, and what came in the same stretch.
      const last = taskOf('a', 0, {
        reporters: new Map([['w\ninstance', reporterOf({})]]),
        work_requests_let_go: ['y*'],
      });
      const retired = { retired: true, places_before: placesOf(a), work_requests: leads('z') };
      await store.save(0, saveOf(head, 2, 3, { changes: [changeOf(last, retired)] }));
      expect(await workRequests(0, [...asked, 'z'])).toEqual({ w: ['b:ä'] });
    });

    test('thousands at once are all there', async () => {
      const { store, head, places } = await begun(open);
      const ids = Array.from({ length: 4_500 }, (_, i) => `t${i}`);
      const changes = ids.map((id, i) => changeOf(taskOf(id, 0, { engine_id: `e${i % 3}`, last_update_at: 7 })));
      await store.save(0, saveOf(head, 0, 1, { changes }));
      const { by_status, by_last_update, ...engines } = await places(0);
      expect(Object.keys(by_status!)).toHaveLength(4_500);
      expect(Object.keys(by_last_update!)).toHaveLength(4_500);
      expect(Object.values(engines).map((ids) => Object.keys(ids).length)).toEqual([1_500, 1_500, 1_500]);
    });
  });
}
