// The ledger in thousands of simulated worlds: one reporter, thirty posts, a channel that loses, delays, repeats and reorders.
// A world is exact if the sums are what the engine really did; a wrong one must carry a mark that says so.

import { describe, expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { newHead } from '../../src/domain/head.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { PROCESSED_STATS, type TaskState } from '../../src/domain/task-state.ts';
import type { FaultShares } from '../../src/engine/fault.ts';
import type { TaskLine } from '../../src/engine/task-truth.ts';
import { makeWorld } from '../../src/engine/world.ts';
import { type EvenBeatFaults, evenBeatWorld } from './even-beat-world.ts';

/** Worlds of each kind; the shares below are of posts. */
const WORLDS = Number(process.env.LEDGER_WORLDS ?? 2_000);
const LOST: FaultShares = { lost_reply: 0.075, late: 0.075, lost_request: 0.1 };
const SCATTERED = { duplicate: 0.1, overtaken: 0.05 };
/** A tenth of the posts has the very same second as the one before. */
const SAME_SECOND = 0.1;

const worlds: { name: string; faults: FaultShares; totals: boolean; exact: number; unmarked: number }[] = [
  { name: 'lost replies, delays', faults: LOST, totals: false, exact: 100, unmarked: 0 },
  { name: '+ network repeats', faults: { ...LOST, duplicate: 0.1 }, totals: false, exact: 100, unmarked: 0 },
  {
    name: '+ out of order',
    faults: { ...LOST, duplicate: 0.1, overtaken: 0.05 },
    totals: false,
    exact: 100,
    unmarked: 0,
  },
  {
    name: 'the same with totals',
    faults: { ...LOST, duplicate: 0.1, overtaken: 0.05 },
    totals: true,
    exact: 100,
    unmarked: 0,
  },
  {
    name: '+ 10 % same-second posts, totals',
    faults: { ...LOST, same_second: SAME_SECOND },
    totals: true,
    exact: 99,
    unmarked: 0.3,
  },
  {
    name: '10 % same-second posts without totals',
    faults: { ...LOST, same_second: SAME_SECOND },
    totals: false,
    exact: 80,
    unmarked: 0.3,
  },
  { name: 'clock steps back', faults: { ...LOST, clock_back: 0.03 }, totals: true, exact: 97, unmarked: 0.3 },
  {
    name: 'clock 60 s ahead for one post',
    faults: { ...LOST, clock_ahead: 0.03 },
    totals: true,
    exact: 97,
    unmarked: 0.3,
  },
  {
    name: 'everything at once, totals',
    faults: { ...LOST, same_second: SAME_SECOND, duplicate: 0.05, overtaken: 0.03, clock_back: 0.01 },
    totals: true,
    exact: 97,
    unmarked: 0.3,
  },
];

/** Each beat does the same, and the clock is set by any number of seconds: see even-beat-world.ts. */
const evenBeats: { name: string; faults: EvenBeatFaults; totals: boolean; exact: number; unmarked: number }[] = [
  { name: 'the same without steps', faults: { ...LOST, ...SCATTERED }, totals: false, exact: 100, unmarked: 0 },
  { name: 'clock steps', faults: { clock_step: 0.03 }, totals: false, exact: 99.5, unmarked: 0.3 },
  { name: '+ lost', faults: { ...LOST, clock_step: 0.03 }, totals: false, exact: 97, unmarked: 0.3 },
  {
    name: '+ network repeats, out of order',
    faults: { ...LOST, ...SCATTERED, clock_step: 0.03 },
    totals: false,
    exact: 97,
    unmarked: 0.3,
  },
  {
    name: 'the same with totals',
    faults: { ...LOST, ...SCATTERED, clock_step: 0.03 },
    totals: true,
    exact: 97,
    unmarked: 0.3,
  },
];

/** The task after these updates, at log times in ms. */
function fold(updates: readonly { readonly log_time: number; readonly update: TaskStatusDetail }[]): TaskState {
  const tasks = new Map<string, TaskState>();
  const pins = { origin: 0, incarnation: 'world', partition_count: 1, fold_version: FOLD_VERSION };
  const head = newHead({ ...pins, settings: DEFAULT_FOLD_SETTINGS });
  const fold = new PartitionFold(0, head, (id) => tasks.get(id) ?? null);
  for (const [offset, { log_time: timestamp, update }] of updates.entries()) {
    const decoded = { kind: 'update', update } as const;
    fold.fold({ offset, timestamp, size: 200, decoded, home: 0, source: null });
    for (const { task } of fold.takeChanges()) tasks.set(task.internal_task_id, task);
  }
  return [...tasks.values()][0]!;
}

function foldWorld(seed: number, faults: FaultShares, totals: boolean): { task: TaskState; truth: TaskLine } {
  const world = makeWorld({
    seed,
    engines: 1,
    tasks: 1,
    updates: 30,
    partitions: 1,
    started_at: 1_800_000_000,
    tidy: true,
    engines_are: { kind: 'stream', figures: totals ? 'deltas_and_totals' : 'deltas', inputs: ['a', 'b'], outputs: [] },
    faults,
  });
  return { task: fold(world.records), truth: world.tasks[0]! };
}

/** What the ledger is judged by: sums, and each IO's total or else its sum. */
function figures(of: TaskState | TaskLine): string {
  const io = (side: 'inputs' | 'outputs') => {
    const ios = of[side];
    const entries = ios instanceof Map ? [...ios].map(([id, figure]) => ({ id, ...figure })) : (ios ?? []);
    return entries.map(({ id, processed_count, processed_total_count }) => [
      id,
      processed_total_count ?? processed_count ?? 0,
    ]);
  };
  const stats = PROCESSED_STATS.map((stat) => of.processed_stats?.[stat] ?? 0);
  return JSON.stringify([of.error_count ?? 0, of.retry_count ?? 0, stats, io('inputs'), io('outputs')]);
}

function isMarked(task: TaskState): boolean {
  const { marks } = task;
  if (marks.ambiguous || marks.restart || marks.unverified || marks.too_old || marks.shrunk) return true;
  if ([...task.reporters.values()].some(({ open }) => open.length > 0)) return true;
  const drifts = ({
    processed_count,
    processed_total_count,
  }: {
    processed_count?: number | undefined;
    processed_total_count?: number | undefined;
  }) =>
    processed_total_count !== undefined && processed_count !== undefined && processed_total_count !== processed_count;
  return [...task.inputs.values(), ...task.outputs.values()].some(drifts);
}

describe(`the ledger in ${WORLDS} worlds of each kind`, () => {
  test.each(worlds)(
    '$name: exact in at least $exact %, wrong and unmarked in at most $unmarked %',
    ({ name, faults, totals, exact, unmarked }) => {
      let right = 0;
      let jobsRight = 0;
      const wrong: number[] = [];
      for (let seed = 1; seed <= WORLDS; seed++) {
        const { task, truth } = foldWorld(seed, faults, totals);
        expect(task.job_creations).toBeLessThanOrEqual(truth.job_creations.length);
        if (task.job_creations === truth.job_creations.length) jobsRight++;
        if (figures(task) === figures(truth)) right++;
        else if (!isMarked(task)) wrong.push(seed);
      }
      const share = (count: number) => (100 * count) / WORLDS;
      const found = `${name}: exact ${share(right)} %, jobs ${share(jobsRight)} %, wrong and unmarked ${share(wrong.length)} %`;
      console.log(found);
      expect(share(right), found).toBeGreaterThanOrEqual(exact);
      expect(share(wrong.length), `${found}: seeds ${wrong.slice(0, 5)}`).toBeLessThanOrEqual(unmarked);
      expect(share(jobsRight), found).toBeGreaterThanOrEqual(Math.min(99, exact));
    },
  );
});

describe(`the ledger in ${WORLDS} worlds of an even beat`, () => {
  test.each(evenBeats)(
    '$name: exact in at least $exact %, wrong and unmarked in at most $unmarked %',
    ({ name, faults, totals, exact, unmarked }) => {
      let right = 0;
      let doubted = 0;
      const wrong: number[] = [];
      for (let seed = 1; seed <= WORLDS; seed++) {
        const { updates, beats } = evenBeatWorld(seed, 30, faults, totals);
        const task = fold(updates);
        if (task.processed_stats.processed_chunks === beats) {
          right++;
          if (isMarked(task)) doubted++;
        } else if (!isMarked(task)) wrong.push(seed);
      }
      const share = (count: number) => (100 * count) / WORLDS;
      const found = `${name}: exact ${share(right)} % (marked ${share(doubted)} %), wrong and unmarked ${share(wrong.length)} %`;
      console.log(found);
      expect(share(right), found).toBeGreaterThanOrEqual(exact);
      expect(share(wrong.length), `${found}: seeds ${wrong.slice(0, 5)}`).toBeLessThanOrEqual(unmarked);
    },
  );
});
