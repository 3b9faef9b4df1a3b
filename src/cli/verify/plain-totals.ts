// Totals of IOs in the plain fold: what an update's totals make of its reporter's and of the task's base, and the
// reporters that a task lets go.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import { workRequestOf } from './plain-checks.ts';
import { type PlainSaid, SIDES } from './plain-post.ts';
import { forgetPriors, type PlainFinding, type PlainReporter } from './plain-reporter.ts';
import { addToBase, type PlainTask, plainTotal } from './plain-task.ts';

/** The highest total that a reporter has of an IO from now on, and what the base takes for it. */
export interface PlainTotalChange {
  readonly io: string;
  readonly highest: number;
  readonly base: number;
}

/** IOs that the task has once this update is taken, as `inputs.<id>` or `outputs.<id>`. */
export function iosAfter(task: PlainTask, update: TaskStatusDetail, ios_kept: number): Set<string> {
  const after = new Set<string>();
  for (const side of SIDES) {
    const ids = new Set(task.ios[side].keys());
    for (const { id } of update[side] ?? []) if (ids.size < ios_kept) ids.add(id ?? '');
    for (const id of ids) after.add(`${side}.${id}`);
  }
  return after;
}

/** What an update's totals change. After a restart the reporter's highest ones are those of the base already. */
export function totalChanges(
  task: PlainTask,
  reporter: PlainReporter,
  said: PlainSaid,
  { updateClass }: PlainFinding,
  held: ReadonlySet<string>,
): PlainTotalChange[] {
  if (updateClass === 'duplicate' || updateClass === 'too_old') return [];
  const changes: PlainTotalChange[] = [];
  for (const [io, total] of Object.entries(said.totals)) {
    const before = updateClass === 'restart' ? undefined : reporter.totals.get(io);
    if (!held.has(io) || (updateClass === 'stale' && before === undefined)) continue;
    // Where the task has no total yet, none was counted.
    const wasCounted = updateClass !== 'restart' && before === undefined && reporter.returned && hasTotal(task, io);
    const told = wasCounted && updateClass !== 'unverified' ? Math.max(0, total - (said.vector[io] ?? 0)) : 0;
    changes.push({ io, highest: Math.max(before ?? 0, total), base: -told });
  }
  return changes;
}

function hasTotal(task: PlainTask, io: string): boolean {
  return SIDES.some((side) => {
    const known = io.startsWith(`${side}.`) ? task.ios[side].get(io.slice(side.length + 1)) : undefined;
    return known?.processed_total_count !== undefined;
  });
}

export function takeTotals(task: PlainTask, reporter: PlainReporter, changes: readonly PlainTotalChange[]): void {
  for (const { io, highest, base } of changes) {
    reporter.totals.set(io, highest);
    if (base !== 0) addToBase(task, io, base);
    const side = io.startsWith('inputs.') ? 'inputs' : 'outputs';
    task.ios[side].get(io.slice(side.length + 1))!.processed_total_count = plainTotal(task, io);
  }
}

/** A restart: what the reporter has told belongs to the task's past. */
export function moveTotalsToBase(task: PlainTask, reporter: PlainReporter): void {
  for (const [io, total] of reporter.totals) addToBase(task, io, total);
  reporter.totals.clear();
}

const LET_GO_TIMES = 4;

interface PlainLimits {
  readonly reporters_kept: number;
  readonly reporter_idle_s: number;
}

/** The bounds of the ledger, after each update. @param now the partition's clock, ms */
export function keepBounds(task: PlainTask, limits: PlainLimits, now: number): void {
  if (task.reporters.size === 1) return;
  const isIdle = ({ heard_at }: PlainReporter) => now - heard_at > limits.reporter_idle_s * 1_000;
  for (const [name, reporter] of [...task.reporters].filter(([, one]) => isIdle(one))) {
    if (reporter.ended || reporter.lost) letGo(task, name, reporter, limits);
    else forgetPriors(reporter);
  }
  for (const [name, reporter] of [...task.reporters].slice(0, -limits.reporters_kept)) {
    letGo(task, name, reporter, limits);
  }
}

function letGo(task: PlainTask, name: string, reporter: PlainReporter, { reporters_kept }: PlainLimits): void {
  moveTotalsToBase(task, reporter);
  task.reporters.delete(name);
  task.open_gaps_let_go += reporter.open.length + reporter.open_lost;
  const others = task.reporters_let_go.filter((known) => known.reporter !== name);
  const known = { reporter: name, highest: reporter.highest };
  task.reporters_let_go = [...others, known].slice(-LET_GO_TIMES * reporters_kept);
  const request = workRequestOf(name);
  if (request === '' || [...task.reporters.keys()].some((other) => workRequestOf(other) === request)) return;
  task.work_requests_let_go = [...task.work_requests_let_go, request].slice(-reporters_kept);
}
