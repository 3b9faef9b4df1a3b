// The figures of both folds in the same plain words, and where two of them differ.

import type { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import type { PlainEvent } from '../../src/cli/verify/plain-record.ts';
import type { ExactSum } from '../../src/domain/exact-sum.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { PROCESSED_STATS, type TaskError } from '../../src/domain/task-state.ts';

/** What comes of a stream: after each record its outcome and events, and at the end tasks and roll-up. */
export type Shown = { readonly [field: string]: unknown };

interface Sums {
  readonly job_creations: number;
  readonly error_count: ExactSum;
  readonly retry_count: ExactSum;
  readonly processed_stats: ReadonlyMap<string, ExactSum>;
}

export function shownSums({ job_creations, error_count, retry_count, processed_stats }: Sums): object {
  return {
    job_creations,
    error_count: String(error_count),
    retry_count: String(retry_count),
    stats: PROCESSED_STATS.map((stat) => String(processed_stats.get(stat) ?? 0)),
  };
}

export function shownRollUps<RollUp>(
  byId: ReadonlyMap<string, RollUp>,
  figures: (rollUp: RollUp) => Iterable<readonly [name: string, figure: number | bigint]>,
): object {
  const shown = (rollUp: RollUp) => [...figures(rollUp)].map(([name, figure]) => [name, String(figure)] as const);
  return Object.fromEntries([...byId].map(([id, rollUp]) => [id, Object.fromEntries(shown(rollUp))]));
}

interface ShownReporter {
  readonly totals: ReadonlyMap<string, number>;
  readonly open: readonly number[];
  readonly heard_at: number;
  readonly ended: boolean;
  readonly rerouted: boolean;
}

export function shownReporter([name, { totals, open, heard_at, ended, rerouted }]: readonly [
  string,
  ShownReporter,
]): object {
  return { name, totals: sorted(totals), open, heard_at, ended, rerouted };
}

export function shownSettings({ now, changes, controls }: PlainFold['settings']): object {
  return { now, changes, controls };
}

export function keptErrors(before: TaskError[], added: readonly TaskError[], max: number): TaskError[] {
  const all = [...before, ...added];
  return added.length === 0 ? before : all.slice(Math.max(0, all.length - max));
}

export function byId<Task extends { readonly internal_task_id: string }>(
  tasks: readonly Task[],
  show: (task: Task) => object,
): object {
  return Object.fromEntries(tasks.map((task) => [task.internal_task_id, show(task)]));
}

export function positive<Name>(counts: ReadonlyMap<Name, number>): Map<Name, number> {
  return new Map([...counts].filter(([, count]) => count > 0));
}

/** The paths at which two of the same shape differ, with both values. */
export function differences(one: unknown, other: unknown, path = ''): string[] {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other) ? [] : [`${path}: domain ${JSON.stringify(one)}, plain ${JSON.stringify(other)}`];
  }
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].flatMap((name) => differences(Reflect.get(one, name), Reflect.get(other, name), `${path}/${name}`));
}

export function changed(
  before: { readonly [outcome: string]: number },
  after: { readonly [outcome: string]: number },
): string {
  return Object.keys(after)
    .filter((outcome) => after[outcome] !== before[outcome])
    .join();
}

export function shownNotice({ body, index }: Notice): object {
  if (body.kind === 'failure') return { kind: body.kind, index, ...body.facts };
  // The sentence for people is the processor's own.
  if (body.kind === 'reject') return { ...body, index, detail: undefined };
  return { ...body, index };
}

export function shownEvent(event: PlainEvent, at: number): object {
  return { ...event, index: at + 1 };
}

export function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Without what is undefined. */
export function plainly(shown: Shown): Shown {
  return JSON.parse(JSON.stringify(shown)) as Shown;
}
