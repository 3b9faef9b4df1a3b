// What a SlotStore keeps of jobs and engines: their shares to the last digit, and nothing of one that was dropped.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExactSum, exactSum } from '../../src/domain/exact-sum.ts';
import { FIGURE_NAMES, figuresOf, newRollUp, type RollUp } from '../../src/domain/roll-up.ts';
import type { RollUpChange } from '../../src/domain/roll-ups.ts';
import type { RollUpName, SlotStore } from '../../src/pipeline/ports.ts';
import { anyId } from './arbitrary-slots.ts';
import { begun, type OpenSlotStore, saveOf } from './slot-store-under-test.ts';

const job = (id: string): RollUpName => ({ kind: 'internal_job_id', id });
const engine = (id: string): RollUpName => ({ kind: 'engine_id', id });

/** A change from one set of figures to another, each by name; null: there is no share. */
function changed(
  name: RollUpName,
  before: Readonly<Record<string, ExactSum>> | null,
  now: Readonly<Record<string, ExactSum>> | null,
  members: Readonly<Record<string, boolean>> | null = null,
): RollUpChange {
  const of = (figures: typeof now) => figures && newRollUp(name.id, Object.entries(figures));
  return {
    ...name,
    before: of(before)?.figures ?? null,
    rollUp: of(now),
    members: members && new Map(Object.entries(members)),
  };
}

function told(rollUp: RollUp | null): object | null {
  return rollUp && { id: rollUp.id, ...Object.fromEntries(figuresOf(rollUp)) };
}

async function readAt(store: SlotStore, ...names: RollUpName[]) {
  const { watermark, rollUps } = await store.readRollUps(0, names);
  return { watermark, rollUps: rollUps.map(told) };
}

const anyFigure = fc
  .oneof(fc.bigInt({ min: 1n, max: 9n }), fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 80n + 1n))
  .map(exactSum);
const anyFigures = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...FIGURE_NAMES), anyFigure), { selector: ([name]) => name })
  // A share without a task is none.
  .map((list) => ({ tasks: 1, ...Object.fromEntries(list) }) as Record<string, ExactSum>);

export function slotStoreRollUps(title: string, open: OpenSlotStore): void {
  describe(`${title}: roll-ups of jobs and engines`, () => {
    test('any share reads back as it was after each of a run of saves, sums beyond 2^64 to the last digit', async () => {
      const { store, other, head } = await begun(open);
      let at = 0;
      const anyName = fc.tuple(anyId, fc.boolean());
      const anyRun = fc.array(fc.option(anyFigures, { freq: 4 }), { minLength: 1, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(anyName, anyRun, async ([id, isJob], run) => {
          const name = (isJob ? job : engine)(`${id}-${at}`);
          let before: Record<string, ExactSum> | null = null;
          for (const now of run) {
            const members = isJob ? { [`task of ${at}`]: now !== null } : null;
            const rollUps = [changed(name, before, now, members)];
            expect(await store.save(0, saveOf(head, at, at + 1, { rollUps }))).toEqual({ outcome: 'saved' });
            at++;
            const expected = now && { id: name.id, ...now };
            expect(await readAt(other, name)).toEqual({ watermark: at, rollUps: [expected] });
            before = now;
          }
        }),
        { numRuns: 60 },
      );
    });

    test('a job and an engine of one id are two, and ids that differ in one odd character are, too', async () => {
      const { store, other, head } = await begun(open);
      const ids = ['x', 'x:tasks', 'x%3Atasks', '', ':', '{x}', 'x*', '__proto__', 'X', 'ä', 'a\u0308'];
      const names = ids.flatMap((id) => [job(id), engine(id)]);
      const rollUps = names.map((name, i) => changed(name, null, { tasks: i + 1 }, { [`task ${i}`]: true }));
      await store.save(0, saveOf(head, 0, 1, { rollUps }));
      expect(await readAt(other, ...names, job('none'))).toEqual({
        watermark: 1,
        rollUps: [...names.map(({ id }, i) => ({ id, tasks: i + 1 })), null],
      });
      expect(await readAt(other)).toEqual({ watermark: 1, rollUps: [] });
      expect((await other.readRollUps(1, [job('x')])).rollUps).toEqual([null]);
    });

    test('a share that is dropped leaves nothing; what others have is theirs', async () => {
      const { store, other, head, holds } = await begun(open);
      const figures = { tasks: 1, 'retired.tasks': 3, error_count: 7 };
      const rollUps = [
        changed(job('a'), null, figures, { t1: true }),
        changed(job('b'), null, figures, { t2: true, t3: true }),
        changed(engine('e'), null, figures, { t1: true }),
      ];
      await store.save(0, saveOf(head, 0, 1, { rollUps }));
      expect([...(await holds(0))].sort()).toEqual([
        ...['engine e', 'engines', 'job a', 'job b', 'jobs', 'open_jobs', 'tasks of job a', 'tasks of job b'],
      ]);
      const gone = [
        changed(job('a'), figures, null, { t1: false }),
        changed(engine('e'), figures, null, { t1: false }),
      ];
      await other.save(0, saveOf(head, 1, 2, { rollUps: gone }));
      expect([...(await holds(0))].sort()).toEqual(['job b', 'jobs', 'open_jobs', 'tasks of job b']);
      await other.save(
        0,
        saveOf(head, 2, 3, { rollUps: [changed(job('b'), figures, null, { t2: false, t3: false })] }),
      );
      expect([...(await holds(0))]).toEqual([]);
    });

    test('one that begins and is dropped within one save leaves nothing, too', async () => {
      const { store, head, holds } = await begun(open);
      await store.save(0, saveOf(head, 0, 1, { rollUps: [changed(job('a'), null, null, { t: false })] }));
      expect([...(await holds(0))]).toEqual([]);
    });

    test('one that was dropped and has begun anew within one save has nothing of the old one', async () => {
      const { store, other, head } = await begun(open);
      const old = { tasks: 2, error_count: 9, 'retired.tasks': 4, 'retired.error_count': 5 };
      await store.save(0, saveOf(head, 0, 1, { rollUps: [changed(job('a'), null, old, { t1: true, t2: true })] }));
      const anew = { tasks: 1, error_count: 1 };
      const members = { t1: false, t2: false, t3: true };
      await other.save(0, saveOf(head, 1, 2, { rollUps: [changed(job('a'), old, anew, members)] }));
      expect((await readAt(store, job('a'))).rollUps).toEqual([{ id: 'a', ...anew }]);
    });

    test('thousands at once are all there', async () => {
      const { store, other, head } = await begun(open);
      const names = Array.from({ length: 2_500 }, (_, i) => (i % 2 === 0 ? job : engine)(`id ${i}`));
      const rollUps = names.map((name, i) => changed(name, null, { tasks: i + 1 }, { t: true }));
      await store.save(0, saveOf(head, 0, 1, { rollUps }));
      const read = await readAt(other, ...names);
      expect(read).toEqual({ watermark: 1, rollUps: names.map(({ id }, i) => ({ id, tasks: i + 1 })) });
    });

    test('a refused save changes no share', async () => {
      const { store, head, holds } = await begun(open);
      const rollUps = [changed(job('a'), null, { tasks: 1 }, { t: true })];
      expect((await store.save(0, saveOf(head, 7, 8, { rollUps }))).outcome).toBe('refused');
      expect([...(await holds(0))]).toEqual([]);
    });

    test('a clearing takes them all', async () => {
      const { store, head, holds } = await begun(open);
      const rollUps = [changed(job('a'), null, { tasks: 1 }, { t: true }), changed(engine('e'), null, { tasks: 1 })];
      await store.save(0, saveOf(head, 0, 1, { rollUps }));
      await store.clear(0);
      expect([...(await holds(0))]).toEqual([]);
      expect(await store.readRollUps(0, [job('a')])).toEqual({ watermark: null, rollUps: [null] });
    });
  });
}
