// The plainest ledger that design allows, without bounds: of each reporter and prior_timestamp the largest vector counts,
// of each IO the highest total of each reporter. It needs no order, so it is what the truth's `exact` is held against.

import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { TaskLine } from '../../src/engine/task-truth.ts';

export type Figures = ReadonlyMap<string, number>;

/** What a task's updates carry, in the order of the log. */
export function largestVectors(updates: readonly TaskStatusDetail[]): { sums: Figures; totals: Figures } {
  const sums = new Map<string, number>();
  const totals = new Map<string, number>();
  for (const ofReporter of Map.groupBy(updates, (update) => update.work_request_id).values()) {
    const highest = new Map<string, number>();
    for (const ofPrior of Map.groupBy(ofReporter, (update) => update.prior_timestamp).values()) {
      const largest = new Map<string, number>();
      for (const update of ofPrior) for (const [name, count] of deltas(update)) raise(largest, name, count);
      for (const [name, count] of largest) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    for (const update of ofReporter) for (const [name, count] of totalsIn(update)) raise(highest, name, count);
    for (const [name, count] of highest) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  return { sums, totals };
}

/** What adding every delta up makes of them. */
export function plainSums(updates: readonly TaskStatusDetail[]): Figures {
  const sums = new Map<string, number>();
  for (const update of updates)
    for (const [name, count] of deltas(update)) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

export function claimed(task: TaskLine): { sums: Figures; totals: Figures } {
  const sums = new Map<string, number>();
  const totals = new Map<string, number>();
  const put = (into: Map<string, number>, name: string, count: number | undefined) => {
    if (count !== undefined) into.set(name, count);
  };
  put(sums, 'error_count', task.error_count);
  put(sums, 'retry_count', task.retry_count);
  for (const [stat, count] of Object.entries(task.processed_stats)) put(sums, stat, count);
  for (const side of ['inputs', 'outputs'] as const) {
    for (const io of task[side]) {
      put(sums, `${side} ${io.id}`, io.processed_count);
      put(totals, `${side} ${io.id}`, io.processed_total_count);
    }
  }
  return { sums, totals };
}

/** The same text for the same figures. */
export function text(figures: Figures): string {
  return [...figures].map(([name, count]) => `${name}: ${count}`).sort().join(', '); // biome-ignore format: one line
}

function raise(figures: Map<string, number>, name: string, count: number): void {
  figures.set(name, Math.max(figures.get(name) ?? 0, count));
}

function* deltas(update: TaskStatusDetail): Generator<[string, number]> {
  if (typeof update.error_count === 'number') yield ['error_count', update.error_count];
  if (typeof update.retry_count === 'number') yield ['retry_count', update.retry_count];
  for (const [stat, count] of Object.entries(update.processed_stats ?? {})) {
    if (typeof count === 'number') yield [stat, count];
  }
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { id, processed_count } of update[side] ?? []) {
      if (typeof processed_count === 'number') yield [`${side} ${id}`, processed_count];
    }
  }
}

function* totalsIn(update: TaskStatusDetail): Generator<[string, number]> {
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { id, processed_total_count } of update[side] ?? []) {
      if (typeof processed_total_count === 'number') yield [`${side} ${id}`, processed_total_count];
    }
  }
}
