// A partition's share of one job or engine: the figures of the tasks that have its id (docs/fold.md, "Roll-ups of jobs and
// engines"). All figures lie in one array, each at the place of its published name: an update moves a few of them in two shares, and
// a save writes those that differ from the last one.

import { addExactly, type ExactSum } from './exact-sum.ts';
import { UNREPORTED } from './fleet-share.ts';
import {
  FAILURE_REASONS,
  LIVENESSES,
  type Liveness,
  PROCESSED_STATS,
  TASK_STATUSES,
  type TaskState,
  type TaskStatus,
  UNRECOGNIZED,
} from './task-state.ts';
import { MARKS } from './update-class.ts';

/** The task's field that names what the roll-up is of. */
export const ROLL_UP_KINDS = ['internal_job_id', 'engine_id'] as const;
export type RollUpKind = (typeof ROLL_UP_KINDS)[number];

const STATUSES = [...TASK_STATUSES, UNREPORTED] as const;
const REASONS = [...FAILURE_REASONS, UNRECOGNIZED, UNREPORTED] as const;
export type CountedReason = (typeof REASONS)[number];
export const COUNTED_REASONS: readonly CountedReason[] = REASONS;

/** What a task has counted, in the order in which `sumsOf` tells it: it stays when the task is retired. */
export const SUM_NAMES: readonly string[] = [
  'completion_requested',
  'job_creations',
  'error_count',
  'retry_count',
  'updates.applied',
  'updates.duplicate',
  'updates.stale',
  'updates.rejected',
  'updates.came_rerouted',
  ...PROCESSED_STATS.map((stat) => `processed_stats.${stat}`),
  ...REASONS.map((reason) => `failures_by_reason.${reason}`),
  ...MARKS.map((mark) => `marks.${mark}`),
];

/** Every figure of a roll-up, in the order of the array. */
export const FIGURE_NAMES: readonly string[] = [
  'tasks',
  'first_update_at',
  'last_update_at',
  ...STATUSES.map((status) => `tasks_by_status.${status}`),
  ...LIVENESSES.map((liveness) => `tasks_by_liveness.${liveness}`),
  ...SUM_NAMES,
  'retired.tasks',
  ...SUM_NAMES.map((name) => `retired.${name}`),
];
const [TASKS, FIRST_UPDATE_AT, LAST_UPDATE_AT, BY_STATUS] = [0, 1, 2, 3] as const;
const BY_LIVENESS = BY_STATUS + STATUSES.length;
const SUMS = BY_LIVENESS + LIVENESSES.length;
const UPDATES_REJECTED = SUMS + SUM_NAMES.indexOf('updates.rejected');
const RETIRED_TASKS = SUMS + SUM_NAMES.length;
const RETIRED_SUMS = RETIRED_TASKS + 1;
/** Sums that most tasks do not have come last. */
const SELDOM = REASONS.length + MARKS.length;
const FIGURES_MIN = RETIRED_TASKS - SELDOM;

export interface RollUp {
  readonly id: string;
  /**
   * By the place of its name in FIGURE_NAMES; log times in ms. Those behind the end are 0: most shares have no failures, no marks
   * and nothing retired, and many shares are kept in memory.
   */
  readonly figures: ExactSum[];
}

/** @param figures by name; those left out are 0 */
export function newRollUp(id: string, figures: Iterable<readonly [name: string, figure: ExactSum]> = []): RollUp {
  const rollUp: RollUp = { id, figures: new Array<ExactSum>(FIGURES_MIN).fill(0) };
  for (const [name, figure] of figures) set(rollUp.figures, PLACES.get(name)!, figure);
  return rollUp;
}

/** The place of each figure in the array. */
export const PLACES: ReadonlyMap<string, number> = new Map(FIGURE_NAMES.map((name, place) => [name, place]));

/** The figures that are not 0, by name. */
export function* figuresOf({ figures }: RollUp): Generator<readonly [name: string, figure: ExactSum]> {
  for (const [place, figure] of figures.entries()) if (figure !== 0) yield [FIGURE_NAMES[place]!, figure];
}

/** What a task adds to the shares that it belongs to. Made once and filled again and again: the hot path allocates nothing. */
export interface Counted {
  status: TaskStatus | undefined;
  liveness: Liveness;
  /** by the place of its name in SUM_NAMES */
  readonly sums: number[];
  /** how many of the sums may differ from 0: without failures and marks, which come last, the others */
  length: number;
}

export function emptyCounted(): Counted {
  return { status: undefined, liveness: 'reporting', sums: SUM_NAMES.map(() => 0), length: 0 };
}

const EVERYDAY = SUM_NAMES.length - SELDOM;

/** Fills `counted` with what the task adds now. */
export function countTask(task: TaskState, counted: Counted): void {
  const { sums } = counted;
  counted.status = task.task_status;
  counted.liveness = task.liveness;
  sums[0] = task.completion_requested ? 1 : 0;
  sums[1] = task.job_creations;
  sums[2] = task.error_count ?? 0;
  sums[3] = task.retry_count ?? 0;
  sums[4] = task.updates_applied;
  sums[5] = task.updates_duplicate;
  sums[6] = task.updates_stale;
  sums[7] = task.updates_rejected;
  sums[8] = task.updates_came_rerouted;
  let at = 9;
  for (const stat of PROCESSED_STATS) sums[at++] = task.processed_stats[stat] ?? 0;
  counted.length = EVERYDAY;
  const { failures_by_reason, marks } = task;
  if (failures_by_reason === undefined && hasNone(marks)) return;
  counted.length = SUM_NAMES.length;
  for (const reason of REASONS) sums[at++] = failures_by_reason?.[reason] ?? 0;
  for (const mark of MARKS) sums[at++] = marks[mark] ?? 0;
}

function hasNone(marks: TaskState['marks']): boolean {
  for (const _ in marks) return false;
  return true;
}

/** The task belongs to the share from now on. */
export function join({ figures }: RollUp, task: TaskState, counted: Counted): void {
  const first = figures[FIRST_UPDATE_AT]!;
  if (figures[TASKS] === 0 || task.first_update_at < first) figures[FIRST_UPDATE_AT] = task.first_update_at;
  count(figures, counted, 1);
  for (let i = 0; i < counted.length; i++) add(figures, SUMS + i, counted.sums[i]!);
}

/** The task belongs to the share no more, and takes along what it has counted. */
export function leave({ figures }: RollUp, counted: Counted): void {
  count(figures, counted, -1);
  for (let i = 0; i < counted.length; i++) add(figures, SUMS + i, -counted.sums[i]!);
}

/** The task is retired, and what it has counted stays. */
export function retireFrom({ figures }: RollUp, counted: Counted): void {
  count(figures, counted, -1);
  add(figures, RETIRED_TASKS, 1);
  for (let i = 0; i < counted.length; i++) add(figures, RETIRED_SUMS + i, counted.sums[i]!);
}

/** The task goes on in the share with what it has counted now. */
export function recount({ figures }: RollUp, before: Counted, now: Counted): void {
  if (before.status !== now.status) {
    add(figures, statusPlace(before.status), -1);
    add(figures, statusPlace(now.status), 1);
  }
  if (before.liveness !== now.liveness) {
    add(figures, livenessPlace(before.liveness), -1);
    add(figures, livenessPlace(now.liveness), 1);
  }
  for (let i = 0; i < now.length; i++) {
    const told = i < before.length ? before.sums[i]! : 0;
    if (now.sums[i] !== told) add(figures, SUMS + i, now.sums[i]! - told);
  }
}

/**
 * A growth has brought tasks of another share of the same job or engine, which have joined already.
 * @param retired whether what was retired from that share goes on in this one
 */
export function inherit({ figures }: RollUp, from: RollUp, retired: boolean): void {
  const told = (place: number) => Number(from.figures[place] ?? 0);
  figures[FIRST_UPDATE_AT] = Math.min(Number(figures[FIRST_UPDATE_AT]), told(FIRST_UPDATE_AT));
  figures[LAST_UPDATE_AT] = Math.max(Number(figures[LAST_UPDATE_AT]), told(LAST_UPDATE_AT));
  if (!retired) return;
  for (let place = RETIRED_TASKS; place < from.figures.length; place++) {
    const figure = from.figures[place]!;
    if (figure === 0) continue;
    set(figures, place, addExactly(figures[place] ?? 0, figure));
    if (place < RETIRED_SUMS) continue;
    const sum = SUMS + place - RETIRED_SUMS;
    set(figures, sum, addExactly(figures[sum] ?? 0, figure));
  }
}

/** An update of one of its tasks came. @param log_time ms */
export function hear({ figures }: RollUp, log_time: number): void {
  figures[LAST_UPDATE_AT] = log_time;
}

/** An update of one of its tasks was rejected. */
export function countRejected({ figures }: RollUp): void {
  add(figures, UPDATES_REJECTED, 1);
}

/** Whether no task belongs to it any more. */
export function isEmpty({ figures }: RollUp): boolean {
  return figures[TASKS] === 0;
}

function count(figures: ExactSum[], { status, liveness }: Counted, step: 1 | -1): void {
  add(figures, TASKS, step);
  add(figures, statusPlace(status), step);
  add(figures, livenessPlace(liveness), step);
}

function statusPlace(status: TaskStatus | undefined): number {
  return BY_STATUS + STATUSES.indexOf(status ?? UNREPORTED);
}

function livenessPlace(liveness: Liveness): number {
  return BY_LIVENESS + LIVENESSES.indexOf(liveness);
}

function add(figures: ExactSum[], at: number, step: number): void {
  if (step !== 0) set(figures, at, addExactly(figures[at] ?? 0, step));
}

function set(figures: ExactSum[], at: number, figure: ExactSum): void {
  while (figures.length <= at) figures.push(0);
  figures[at] = figure;
}
