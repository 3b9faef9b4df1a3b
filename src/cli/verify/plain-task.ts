// One task of the plain fold: what docs/fold.md says a task holds, as plain as it can be written down.

import type { Liveness, TaskError } from '../../domain/task-state.ts';
import type { Mark } from '../../domain/update-class.ts';
import type { PlainLetGo, PlainReporter } from './plain-reporter.ts';

/** IO id → its figures; a figure that was never reported is left out. */
export type PlainIos = Map<string, { processed_count?: number; processed_total_count?: number }>;

export interface PlainTask {
  readonly internal_task_id: string;
  internal_job_id?: string;
  engine_id?: string;
  work_request_id?: string;
  task_route_id?: string;
  timestamp?: number;
  prior_timestamp?: number;
  failure_reason?: string;
  task_action?: string;
  task_status?: string;
  /** log time of the record that gave it the status; without one, of its first update */
  status_at: number;
  unrecognized_failure_reason?: string;
  unrecognized_task_action?: string;
  unrecognized_task_status?: string;
  attempts: number;
  completion_requested: boolean;
  error_count?: number;
  retry_count?: number;
  /** stat → sum; what was never reported is left out */
  readonly processed_stats: Map<string, number>;
  readonly ios: { readonly inputs: PlainIos; readonly outputs: PlainIos };
  ios_dropped: number;
  error_episode_open: boolean;
  error_episode_reason?: string;
  errors: TaskError[];
  task_output?: string;
  updates_applied: number;
  updates_duplicate: number;
  updates_stale: number;
  updates_rejected: number;
  updates_came_rerouted: number;
  /** how often each mark was made; one that was never made is left out */
  readonly marks: Map<Mark, number>;
  job_creations: number;
  /** reason → failure notices of kind failed, aborted or rejected; one that never came is left out */
  readonly failures_by_reason: Map<string, number>;
  first_offset: number;
  last_offset: number;
  readonly first_update_at: number;
  last_update_at: number;
  liveness: Liveness;
  /** log time of the record that changed it, ms */
  liveness_at: number;
  /** the partition's clock, ms, at the last silence: whoever is open and was heard before it is lost */
  lost_before?: number;
  /** the partition's clock, ms, at the first update since the last progress */
  no_progress_since?: number;
  /** the partition's clock, ms: when it is looked at next */
  look_at: number;
  /** it is no longer among the tasks */
  retired: boolean;
  /** by work request (absent: the empty string); the one without an update for longest comes first */
  readonly reporters: Map<string, PlainReporter>;
  /** IO → totals of the reporters that were let go and of what was before a restart, summed */
  readonly reporters_base: Map<string, number>;
  /** open priors of the reporters that were let go */
  open_gaps_let_go: number;
  /** the last reporters that were let go, the latest at the end */
  reporters_let_go: PlainLetGo[];
  /** work requests without a remembered reporter, the one let go last at the end */
  work_requests_let_go: string[];
}

/** A task as its first applied update finds it. @param log_time ms */
export function newPlainTask(internal_task_id: string, offset: number, log_time: number): PlainTask {
  return {
    internal_task_id,
    status_at: log_time,
    attempts: 1,
    completion_requested: false,
    processed_stats: new Map(),
    ios: { inputs: new Map(), outputs: new Map() },
    ios_dropped: 0,
    error_episode_open: false,
    errors: [],
    updates_applied: 0,
    updates_duplicate: 0,
    updates_stale: 0,
    updates_rejected: 0,
    updates_came_rerouted: 0,
    marks: new Map(),
    job_creations: 0,
    failures_by_reason: new Map(),
    first_offset: offset,
    last_offset: offset,
    first_update_at: log_time,
    last_update_at: log_time,
    liveness: 'reporting',
    liveness_at: log_time,
    look_at: Number.POSITIVE_INFINITY,
    retired: false,
    reporters: new Map(),
    reporters_base: new Map(),
    open_gaps_let_go: 0,
    reporters_let_go: [],
    work_requests_let_go: [],
  };
}

/** The task's own total of an IO: the base, and each remembered reporter's highest. */
export function plainTotal(task: PlainTask, io: string): number {
  let total = task.reporters_base.get(io) ?? 0;
  for (const { totals } of task.reporters.values()) total += totals.get(io) ?? 0;
  return total;
}

/** Open priors of all reporters that there ever were. */
export function plainOpenGaps({ reporters, open_gaps_let_go }: PlainTask): number {
  return [...reporters.values()].reduce((sum, { open, open_lost }) => sum + open.length + open_lost, open_gaps_let_go);
}

export function addToBase(task: PlainTask, io: string, amount: number): void {
  task.reporters_base.set(io, (task.reporters_base.get(io) ?? 0) + amount);
}
