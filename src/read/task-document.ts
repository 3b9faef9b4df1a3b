// A task as the command line, the API and dashboards show it: the contract's fields with sums in place of deltas.
// What was never reported is left out.

import { driftedIos } from '../domain/task-places.ts';
import type { IoState, Liveness, ProcessedStat, TaskError, TaskState } from '../domain/task-state.ts';
import { PROCESSED_STATS } from '../domain/task-state.ts';
import type { Mark } from '../domain/update-class.ts';

/** One IO of a task: the sum of its deltas, and the sum of its reporters' highest totals. */
export interface IoDocument {
  id: string;
  processed_count?: number;
  processed_total_count?: number;
}

/** All names are the contract's; a field that is absent was never reported. */
export interface TaskDocument {
  internal_task_id: string;
  internal_job_id?: string;
  engine_id?: string;
  work_request_id?: string;
  task_route_id?: string;
  /** UTC epoch seconds, as reported */
  timestamp?: number;
  prior_timestamp?: number;
  task_status?: string;
  /** since when it has this status: log time, UTC epoch milliseconds; without one, of its first update */
  status_at: number;
  task_action?: string;
  failure_reason?: string;
  /** whether its engines still report */
  liveness: Liveness;
  /** since when: log time of the record that changed it, UTC epoch milliseconds */
  liveness_at: number;
  /** the text of the last symbol that is not in the contract's enum */
  unrecognized_task_status?: string;
  unrecognized_task_action?: string;
  unrecognized_failure_reason?: string;
  error_count?: number;
  retry_count?: number;
  processed_stats?: { [stat in ProcessedStat]?: number };
  /** by id */
  inputs?: IoDocument[];
  outputs?: IoDocument[];
  /** IO counters that were dropped because the task has too many IOs; left out where none was */
  ios_dropped?: number;
  /** the newest ones, oldest first */
  errors?: TaskError[];
  /** JSON text, as reported */
  task_output?: string;
  attempts: number;
  completion_requested: boolean;
  job_creations: number;
  /** how many updates of this task had which outcome; of the first three, how many lay in a wrong partition at first */
  updates: { applied: number; duplicate: number; stale: number; rejected: number; came_rerouted?: number };
  /** failures so far, by the reason; left out where there was none */
  failures_by_reason?: Record<string, number>;
  /** how far the sums can be trusted */
  ledger: LedgerDocument;
  /** log time, UTC epoch milliseconds */
  first_update_at: number;
  last_update_at: number;
  source: { topic: string; partition: number; first_offset: number; last_offset: number };
}

/** What the ledger has to say beside its sums (docs/fold.md, "The ledger"). */
export interface LedgerDocument {
  /** every delta that an engine published is counted once; false: one may be missing, or counted twice */
  exact: boolean;
  /** how often the ledger had to say more than `first` or `next`, by mark; left out where never */
  marks?: { [mark in Mark]?: number };
  /** intervals whose beginning no update has reached; left out where none */
  open_gaps?: number;
  /** IOs whose total is not the sum of their deltas; left out where none */
  drifted_ios?: number;
}

/** Where the task lies. */
export interface TaskPlace {
  readonly topic: string;
  readonly partition: number;
}

export function taskDocument(
  task: TaskState,
  errors: readonly TaskError[],
  task_output: string | undefined,
  place: TaskPlace,
): TaskDocument {
  const stats: { [stat in ProcessedStat]?: number } = {};
  let hasStats = false;
  for (const stat of PROCESSED_STATS) {
    const sum = task.processed_stats[stat];
    if (sum === undefined) continue;
    stats[stat] = sum;
    hasStats = true;
  }
  return {
    internal_task_id: task.internal_task_id,
    ...(task.internal_job_id === undefined ? {} : { internal_job_id: task.internal_job_id }),
    ...(task.engine_id === undefined ? {} : { engine_id: task.engine_id }),
    ...(task.work_request_id === undefined ? {} : { work_request_id: task.work_request_id }),
    ...(task.task_route_id === undefined ? {} : { task_route_id: task.task_route_id }),
    ...(task.timestamp === undefined ? {} : { timestamp: task.timestamp }),
    ...(task.prior_timestamp === undefined ? {} : { prior_timestamp: task.prior_timestamp }),
    ...(task.task_status === undefined ? {} : { task_status: task.task_status }),
    status_at: task.status_at,
    ...(task.task_action === undefined ? {} : { task_action: task.task_action }),
    ...(task.failure_reason === undefined ? {} : { failure_reason: task.failure_reason }),
    liveness: task.liveness,
    liveness_at: task.liveness_at,
    ...unrecognized(task),
    ...(task.error_count === undefined ? {} : { error_count: task.error_count }),
    ...(task.retry_count === undefined ? {} : { retry_count: task.retry_count }),
    ...(hasStats ? { processed_stats: stats } : {}),
    ...(task.inputs.size === 0 ? {} : { inputs: ioDocuments(task.inputs) }),
    ...(task.outputs.size === 0 ? {} : { outputs: ioDocuments(task.outputs) }),
    ...(task.ios_dropped === 0 ? {} : { ios_dropped: task.ios_dropped }),
    ...(errors.length === 0 ? {} : { errors: [...errors] }),
    ...(task_output === undefined ? {} : { task_output }),
    attempts: task.attempts,
    completion_requested: task.completion_requested,
    job_creations: task.job_creations,
    updates: {
      applied: task.updates_applied,
      duplicate: task.updates_duplicate,
      stale: task.updates_stale,
      rejected: task.updates_rejected,
      ...(task.updates_came_rerouted === 0 ? {} : { came_rerouted: task.updates_came_rerouted }),
    },
    ...(task.failures_by_reason === undefined ? {} : { failures_by_reason: { ...task.failures_by_reason } }),
    ledger: ledgerDocument(task),
    first_update_at: task.first_update_at,
    last_update_at: task.last_update_at,
    source: { ...place, first_offset: task.first_offset, last_offset: task.last_offset },
  };
}

/** Marks after which a delta may be missing, or counted twice. */
const DOUBTS = ['ambiguous', 'restart', 'unverified', 'too_old', 'shrunk'] as const;

function ledgerDocument(task: TaskState): LedgerDocument {
  const { open_gaps } = task;
  const drifted_ios = driftedIos(task);
  const doubted = DOUBTS.some((mark) => task.marks[mark] !== undefined);
  return {
    exact: !doubted && open_gaps === 0 && drifted_ios === 0,
    ...(Object.keys(task.marks).length === 0 ? {} : { marks: { ...task.marks } }),
    ...(open_gaps === 0 ? {} : { open_gaps }),
    ...(drifted_ios === 0 ? {} : { drifted_ios }),
  };
}

function unrecognized(task: TaskState): Partial<TaskDocument> {
  const { unrecognized_task_status, unrecognized_task_action, unrecognized_failure_reason } = task;
  return {
    ...(unrecognized_task_status === undefined ? {} : { unrecognized_task_status }),
    ...(unrecognized_task_action === undefined ? {} : { unrecognized_task_action }),
    ...(unrecognized_failure_reason === undefined ? {} : { unrecognized_failure_reason }),
  };
}

/** Sorted by id, in the order of UTF-16 units: Redis does not keep the order of a large hash. */
function ioDocuments(ios: ReadonlyMap<string, IoState>): IoDocument[] {
  const documents = [...ios].map(
    ([id, io]): IoDocument => ({
      id,
      ...(io.processed_count === undefined ? {} : { processed_count: io.processed_count }),
      ...(io.processed_total_count === undefined ? {} : { processed_total_count: io.processed_total_count }),
    }),
  );
  return documents.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
