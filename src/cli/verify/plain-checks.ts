// The questions that the plain fold asks of an update before it applies it: its figures, its sums, its tokens.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import { PROCESSED_STATS } from '../../domain/task-state.ts';
import { SIDES } from './plain-post.ts';
import type { PlainReporter } from './plain-reporter.ts';
import { type PlainTask, plainTotal } from './plain-task.ts';
import { given } from './plain-texts.ts';
import type { PlainTotalChange } from './plain-totals.ts';

/** 2^53−2 */
export const PLAIN_NUMBER_MAX = 9_007_199_254_740_990;

/** Every figure of an update that must lie between 0 and 2^53−2. */
export function figuresOf(update: TaskStatusDetail): number[] {
  const figures = [update.error_count, update.retry_count, update.timestamp, update.prior_timestamp];
  for (const stat of PROCESSED_STATS) figures.push(update.processed_stats?.[stat]);
  for (const side of SIDES) {
    for (const io of update[side] ?? []) figures.push(io.processed_count, io.processed_total_count);
  }
  return figures.filter((figure) => typeof figure === 'number');
}

const IDS = ['internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'] as const;
const ID_BYTES_MAX = 1_024;

/** Whether an id of the update, other than that of its task, is too long. */
export function hasLongId(update: TaskStatusDetail, engine_instance_id: string | undefined): boolean {
  const ids = [
    ...IDS.map((field) => update[field]),
    ...SIDES.flatMap((side) => update[side] ?? []).map(({ id }) => id),
  ];
  return [...ids, engine_instance_id].some((id) => Buffer.byteLength(id ?? '') > ID_BYTES_MAX);
}

const JOBS_OF_PRIOR_MAX = 10_000;

/**
 * Whether the posts on one prior would have brought too many job creations.
 * @param counted how many of the update's count @param brought how many its prior has brought before
 */
export function jobsOverflow(counted: number, brought: number): boolean {
  return counted > 0 && brought + counted > JOBS_OF_PRIOR_MAX;
}

export function hasToken(update: TaskStatusDetail): boolean {
  return (update.create_jobs_action ?? []).some((action) => given(action.token) !== undefined);
}

/** The name that the ledger in Redis has for a reporter too. */
export function reporterOf({ work_request_id }: TaskStatusDetail, engine_instance_id: string | undefined): string {
  const [request, instance] = [work_request_id ?? '', instanceOf(engine_instance_id)];
  return instance !== undefined || request.includes('\n') ? `${request}\n${instance ?? ''}` : request;
}

/** A header's value with a line feed counts as none. */
export function instanceOf(engine_instance_id: string | undefined): string | undefined {
  return engine_instance_id?.includes('\n') ? undefined : given(engine_instance_id);
}

export function workRequestOf(reporter: string): string {
  const lines = reporter.split('\n');
  return lines.length === 1 ? reporter : lines.slice(0, -1).join('\n');
}

/**
 * Whether a sum of the task would pass 2^53−2 by what counts of this update.
 * @param counted the update with the deltas that count; null: none do
 */
export function sumsOverflow(
  task: PlainTask,
  counted: TaskStatusDetail | null,
  held: ReadonlySet<string>,
  reporter: PlainReporter,
  totals: readonly PlainTotalChange[],
  isRestart: boolean,
): boolean {
  const sums: number[] = [];
  if (counted !== null) {
    sums.push((task.error_count ?? 0) + (counted.error_count ?? 0));
    sums.push((task.retry_count ?? 0) + (counted.retry_count ?? 0));
    for (const stat of PROCESSED_STATS) {
      sums.push((task.processed_stats.get(stat) ?? 0) + (counted.processed_stats?.[stat] ?? 0));
    }
    for (const side of SIDES) {
      const added = new Map<string, number>();
      for (const { id, processed_count } of counted[side] ?? []) {
        if (!held.has(`${side}.${id ?? ''}`)) continue;
        const before = added.get(id ?? '') ?? task.ios[side].get(id ?? '')?.processed_count ?? 0;
        added.set(id ?? '', before + (processed_count ?? 0));
        sums.push(before + (processed_count ?? 0));
      }
    }
  }
  for (const { io, highest, base } of totals) {
    // What a restart moves to the base stays in the sum.
    const own = isRestart ? 0 : (reporter.totals.get(io) ?? 0);
    sums.push(plainTotal(task, io) + base - own + highest);
  }
  return sums.some((sum) => sum > PLAIN_NUMBER_MAX);
}
