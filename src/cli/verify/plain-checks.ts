// The questions that the plain fold asks of an update before it applies it: its figures, its sums, its tokens.

import type { TaskIOStatus, TaskStatusDetail } from '../../domain/messages.generated.ts';
import { PROCESSED_STATS } from '../../domain/task-state.ts';
import { type PlainTask, plainTotal } from './plain-task.ts';
import { given } from './plain-texts.ts';

/** 2^53−2 */
export const PLAIN_NUMBER_MAX = 9_007_199_254_740_990;

export const SIDES = ['inputs', 'outputs'] as const;

/** Every figure of an update that must lie between 0 and 2^53−2. */
export function figuresOf(update: TaskStatusDetail): number[] {
  const figures = [update.error_count, update.retry_count, update.timestamp, update.prior_timestamp];
  for (const stat of PROCESSED_STATS) figures.push(update.processed_stats?.[stat]);
  for (const side of SIDES) {
    for (const io of update[side] ?? []) figures.push(io.processed_count, io.processed_total_count);
  }
  return figures.filter((figure) => typeof figure === 'number');
}

export function hasToken(update: TaskStatusDetail): boolean {
  return (update.create_jobs_action ?? []).some((action) => given(action.token) !== undefined);
}

export function reporterOf(update: TaskStatusDetail): string {
  return given(update.work_request_id) ?? '';
}

/** Whether a sum of the task would pass 2^53−2 by this update. @param task undefined: it would be the task's first */
export function sumsOverflow(task: PlainTask | undefined, update: TaskStatusDetail, ios_kept: number): boolean {
  if ((task?.error_count ?? 0) + (update.error_count ?? 0) > PLAIN_NUMBER_MAX) return true;
  if ((task?.retry_count ?? 0) + (update.retry_count ?? 0) > PLAIN_NUMBER_MAX) return true;
  for (const stat of PROCESSED_STATS) {
    const sum = (task?.processed_stats.get(stat) ?? 0) + (update.processed_stats?.[stat] ?? 0);
    if (sum > PLAIN_NUMBER_MAX) return true;
  }
  return SIDES.some((side) => ioSumsOverflow(task, side, update[side] ?? [], reporterOf(update), ios_kept));
}

function ioSumsOverflow(
  task: PlainTask | undefined,
  side: (typeof SIDES)[number],
  entries: readonly TaskIOStatus[],
  reporter: string,
  ios_kept: number,
): boolean {
  const ids = new Set(task?.ios[side].keys());
  const counts = new Map<string, number>();
  const highest = new Map<string, number>();
  for (const entry of entries) {
    const id = entry.id ?? '';
    if (!ids.has(id) && ids.size >= ios_kept) continue;
    ids.add(id);
    const count = (counts.get(id) ?? task?.ios[side].get(id)?.processed_count ?? 0) + (entry.processed_count ?? 0);
    counts.set(id, count);
    const io = `${side}.${id}`;
    const before = task?.reporters.get(reporter)?.get(io) ?? 0;
    const own = Math.max(highest.get(id) ?? before, entry.processed_total_count ?? 0);
    highest.set(id, own);
    const others = (task === undefined ? 0 : plainTotal(task, io)) - before;
    if (count > PLAIN_NUMBER_MAX || others + own > PLAIN_NUMBER_MAX) return true;
  }
  return false;
}
