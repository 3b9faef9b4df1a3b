// The live state of one task: what the fold keeps, in the contract's names. Absent is not zero: a field that no update
// reported is undefined.

import type { Reporter } from './reporter.ts';
import type { TaskPlaces } from './task-places.ts';
import type { Mark } from './update-class.ts';

export const TASK_STATUSES = [
  'scheduled',
  'pending',
  'queued',
  'running',
  'complete',
  'aborted',
  'failed',
  'rejected',
  'reprocessing',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const FAILURE_REASONS = [
  'internal_error',
  'unknown',
  'connection',
  'rate_limited',
  'unauthorized',
  'api',
  'resources',
  'not_found',
  'core_api',
  'bad_data',
  'scheduling',
  'none',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export const TASK_ACTIONS = ['completeJob', 'createJobs', 'completeAndCreateJobs', 'updateStatus'] as const;
export type TaskAction = (typeof TASK_ACTIONS)[number];

/** Stands in the place of a symbol outside of the contract's enum; its text is kept beside it, cut to 64 bytes. */
export const UNRECOGNIZED = 'unrecognized';

export const PROCESSED_STATS = [
  'processed_bytes',
  'processed_cpu_milliseconds',
  'processed_cpu_seconds',
  'processed_chunks',
  'processed_media_seconds',
] as const;
export type ProcessedStat = (typeof PROCESSED_STATS)[number];

/**
 * Whether the engines of a task still report. `ended`: none has to, or those that should have been told of by a silence; `unknown`: they report through another partition;
 * `stalled`: they report, and process nothing.
 */
export const LIVENESSES = ['reporting', 'stalled', 'silent', 'unknown', 'ended'] as const;
export type Liveness = (typeof LIVENESSES)[number];

/** One IO of a task: the sum of its deltas, and the sum over reporters of each one's highest total. */
export interface IoState {
  /** `inputs.<id>` or `outputs.<id>` */
  readonly name: string;
  processed_count?: number | undefined;
  processed_total_count?: number | undefined;
}

/** Totals by IO: `inputs.<id>` / `outputs.<id>`. */
export type ReporterTotals = Map<string, number>;

/** One error of `error_details`; both texts are cut (id 256, msg 1,024 characters). */
export interface TaskError {
  id?: string;
  msg?: string;
}

export interface TaskState {
  readonly internal_task_id: string;
  // the latest value in log order
  internal_job_id?: string | undefined;
  engine_id?: string | undefined;
  work_request_id?: string | undefined;
  task_route_id?: string | undefined;
  timestamp?: number | undefined;
  prior_timestamp?: number | undefined;
  failure_reason?: FailureReason | typeof UNRECOGNIZED | undefined;
  task_action?: TaskAction | typeof UNRECOGNIZED | undefined;
  /** the raw text of the last symbol that was not recognized, per field; cut to 64 bytes */
  unrecognized_task_status?: string | undefined;
  unrecognized_failure_reason?: string | undefined;
  unrecognized_task_action?: string | undefined;
  // by the status rules
  task_status?: TaskStatus | undefined;
  /** log time of the record that gave it this status, ms; without a status, of its first update */
  status_at: number;
  /** 1 at the first update; one more at each re-opening */
  attempts: number;
  /** true once an update asked for completeJob or completeAndCreateJobs */
  completion_requested: boolean;
  // sums of deltas
  error_count?: number | undefined;
  retry_count?: number | undefined;
  processed_stats: { [stat in ProcessedStat]?: number | undefined };
  inputs: Map<string, IoState>;
  outputs: Map<string, IoState>;
  /** IO counters dropped because the task already has `ios_kept` ids on that side */
  ios_dropped: number;
  // the error episode of the current attempt
  error_episode_open: boolean;
  error_episode_reason?: FailureReason | typeof UNRECOGNIZED | undefined;
  // how it was counted
  updates_applied: number;
  updates_duplicate: number;
  updates_stale: number;
  updates_rejected: number;
  /** how many of the first three came re-routed */
  updates_came_rerouted: number;
  /** priors that continue from a post which has not come, of all reporters that there ever were */
  open_gaps: number;
  /** how often the ledger had to say more than `first` or `next`; replaced, never written to */
  marks: { readonly [mark in Mark]?: number };
  job_creations: number;
  /** failure notices of kind failed, aborted or rejected, by the update's reason; undefined: none. Replaced, never written to */
  failures_by_reason?: { readonly [reason: string]: number } | undefined;
  // coordinates in the partition's log, and log time (ms)
  first_offset: number;
  last_offset: number;
  first_update_at: number;
  last_update_at: number;
  liveness: Liveness;
  /** log time of the record that changed it, ms */
  liveness_at: number;
  /** the partition's clock, ms, when it last fell silent: open reporters heard before are lost; undefined: it never was */
  lost_before?: number | undefined;
  /** the partition's clock, ms, at the first update since the last one that made progress; undefined: it makes progress, or need not */
  no_progress_since?: number | undefined;
  /** the partition's clock, ms, at which the task is looked at without an update; never later than its earliest deadline */
  look_at: number;
  /** by name (reporters.ts); the one without an update for longest comes first; bounded by `reporters_kept` */
  reporters: Map<string, Reporter>;
  /** the totals of reporters that were let go, and of runs before a restart, summed per IO; replaced, never written to */
  reporters_base: ReadonlyMap<string, number>;
  /** digest of the name of a reporter that was let go → the latest timestamp that it told; bounded by 4 × `reporters_kept` */
  reporters_let_go: ReadonlyMap<number, number>;
  /** work requests all of whose reporters were let go, the latest at the end; replaced, never written to; bounded by `reporters_kept` */
  work_requests_let_go: readonly string[];
}

/** What the fold did to one task within a batch, as far as the state itself does not tell. */
export interface TaskChange {
  readonly task: TaskState;
  /** errors to append to the kept list, oldest first */
  errors: TaskError[];
  /** the newest task_output of the batch, JSON text; undefined: unchanged */
  task_output?: string | undefined;
  /** IOs whose counters changed */
  readonly ios: Set<IoState>;
  /** names of reporters whose memory changed; one that is no reporter of the task any more was let go */
  readonly reporters: Set<string>;
  /** whether `reporters_base`, `reporters_let_go` or `work_requests_let_go` changed */
  base_changed: boolean;
  /** work requests that lead to the task since the last save, or no longer do; undefined: none moved */
  work_requests?: Map<string, boolean> | undefined;
  /** whether `look_at` changed */
  look_changed: boolean;
  /**
   * the task's own values when the changes were taken last; what it refers to (IOs, reporters) goes on changing. null: the slot had none, or
   * nobody knows what it had
   */
  readonly before: TaskState | null;
  /** its places in the slot's sorted sets at the last save; null: it was in none */
  readonly places_before: TaskPlaces | null;
  /** the task goes out of the state, with all that belongs to it */
  retired: boolean;
  /** it begins in place of one of the same id that was retired since the last save */
  readonly begins_anew: boolean;
}
