// What an engine tells its reporter, and how two such reports become one: deltas add up, lists grow, of the rest the newer
// one counts. A failed post is merged with what came after it by the same rule (task-reporter.ts).

import type { CreateJobsAction } from '../domain/messages.generated.ts';
import {
  type FailureReason,
  PROCESSED_STATS,
  type ProcessedStat,
  type TaskAction,
  type TaskError,
  type TaskStatus,
} from '../domain/task-state.ts';
import { NUMBER_MAX } from '../domain/validate.ts';

/** What the engine did or found since it last told its reporter. Counts are increments, whole numbers from 0 to 2^53−2. */
export interface Report {
  readonly error_count?: number;
  readonly retry_count?: number;
  readonly processed_stats?: { readonly [stat in ProcessedStat]?: number };
  /** IO id → how many more were processed */
  readonly inputs?: ReadonlyMap<string, number>;
  readonly outputs?: ReadonlyMap<string, number>;
  readonly errors?: readonly TaskError[];
  readonly create_jobs_action?: readonly CreateJobsAction[];
  readonly task_status?: TaskStatus;
  readonly failure_reason?: FailureReason;
  readonly task_action?: TaskAction;
  /** JSON text */
  readonly task_output?: string;
}

/** What is not acknowledged yet, beside the status. Undefined is never reported, which is not zero. */
export interface Unreported {
  error_count?: number;
  retry_count?: number;
  processed_stats?: { [stat in ProcessedStat]?: number };
  inputs?: Map<string, number>;
  outputs?: Map<string, number>;
  errors?: TaskError[];
  create_jobs_action?: CreateJobsAction[];
  failure_reason?: FailureReason;
  task_action?: TaskAction;
  task_output?: string;
}

/** @throws RangeError that names the first count which is no whole number from 0 to 2^53−2 */
export function checkReport(report: Report): void {
  checkCount('error_count', report.error_count);
  checkCount('retry_count', report.retry_count);
  if (report.processed_stats) for (const stat of PROCESSED_STATS) checkCount(stat, report.processed_stats[stat]);
  if (report.inputs) for (const count of report.inputs.values()) checkCount('inputs', count);
  if (report.outputs) for (const count of report.outputs.values()) checkCount('outputs', count);
}

function checkCount(name: string, count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 0 && count <= NUMBER_MAX)) return;
  throw new RangeError(`${name}: ${count} is no whole number from 0 to 2^53−2, so it cannot be reported as a delta.`);
}

/** Adds the newer report to the older contents, in place. */
export function mergeReport(older: Unreported, newer: Report): void {
  if (newer.error_count !== undefined) older.error_count = (older.error_count ?? 0) + newer.error_count;
  if (newer.retry_count !== undefined) older.retry_count = (older.retry_count ?? 0) + newer.retry_count;
  if (newer.processed_stats) {
    older.processed_stats ??= {};
    for (const stat of PROCESSED_STATS) {
      const count = newer.processed_stats[stat];
      if (count !== undefined) older.processed_stats[stat] = (older.processed_stats[stat] ?? 0) + count;
    }
  }
  if (newer.inputs) older.inputs = addCounts(older.inputs, newer.inputs);
  if (newer.outputs) older.outputs = addCounts(older.outputs, newer.outputs);
  if (newer.errors?.length) older.errors = older.errors ? [...older.errors, ...newer.errors] : [...newer.errors];
  if (newer.create_jobs_action?.length) {
    older.create_jobs_action = [...(older.create_jobs_action ?? []), ...newer.create_jobs_action];
  }
  if (newer.failure_reason !== undefined) older.failure_reason = newer.failure_reason;
  if (newer.task_action !== undefined) older.task_action = combinedAction(older.task_action, newer.task_action);
  if (newer.task_output !== undefined) older.task_output = newer.task_output;
}

function addCounts(older: Map<string, number> | undefined, newer: ReadonlyMap<string, number>): Map<string, number> {
  const sums = older ?? new Map<string, number>();
  for (const [id, count] of newer) sums.set(id, (sums.get(id) ?? 0) + count);
  return sums;
}

/** Neither request may be lost when a post failed: one to complete the job and one to create jobs make both. */
function combinedAction(older: TaskAction | undefined, newer: TaskAction): TaskAction {
  const completes = [older, newer].some((action) => action === 'completeJob' || action === 'completeAndCreateJobs');
  const creates = [older, newer].some((action) => action === 'createJobs' || action === 'completeAndCreateJobs');
  if (completes) return creates ? 'completeAndCreateJobs' : 'completeJob';
  return creates ? 'createJobs' : newer;
}
