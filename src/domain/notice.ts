// What the fold decides to tell the world about one record. A notice holds decisions and the facts that only the state
// knows; whatever the record itself carries (a job's token, rejected bytes) is taken from the record again when the
// notice leaves, so no secret ever enters Redis.

import type { RejectReason } from './outcome.ts';
import type { FailureReason, ProcessedStat, TaskError, TaskState, UNRECOGNIZED } from './task-state.ts';

export const FAILURE_KINDS = ['failed', 'aborted', 'rejected', 'error', 'silent', 'recovered'] as const;
/**
 * `failed`, `aborted`, `rejected`: the task entered that status. `error`: an error episode opened or changed its reason.
 * `silent`: none of its open work requests reports any more. `recovered`: it was silent, and an update came.
 */
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** All that a `task-failures` event says; JSON-safe, and without any secret. */
export interface FailureFacts {
  readonly failure: FailureKind;
  readonly internal_task_id: string;
  readonly internal_job_id?: string;
  readonly engine_id?: string;
  readonly work_request_id?: string;
  /** no part of the event, but of what tells it apart: its `ce_id` */
  readonly engine_instance_id?: string;
  readonly task_route_id?: string;
  readonly task_status?: string;
  readonly failure_reason?: FailureReason | typeof UNRECOGNIZED;
  readonly attempt: number;
  readonly timestamp?: number;
  readonly prior_timestamp?: number;
  /** the errors of the update that caused the event, at most `errors_kept` */
  readonly errors: readonly TaskError[];
  /** the folded sums after the update */
  readonly error_count?: number;
  readonly retry_count?: number;
  readonly processed_stats: { readonly [stat in ProcessedStat]?: number };
  /** log time of the record, ms */
  readonly log_time: number;
  /** `silent` and `recovered`: log time of the task's last update before the silence, ms */
  readonly last_update_at?: number;
  /** W3C trace context of the record, where it had one */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Where the record came from before it was re-routed. */
export interface SourceCoordinates {
  readonly partition: number;
  readonly offset: number;
}

export type NoticeBody =
  | { readonly kind: 'failure'; readonly facts: FailureFacts }
  | {
      readonly kind: 'job_creation';
      /** index into the record's `create_jobs_action` */
      readonly action: number;
      /** how many equal actions (token left out) stand before it in the same record */
      readonly repeat: number;
      readonly internal_task_id: string;
      /** the latest known to the state */
      readonly internal_job_id?: string;
      readonly engine_id?: string;
    }
  | {
      readonly kind: 'reject';
      readonly reason: RejectReason;
      /** one sentence for people; never holds a value of the record that could be a secret */
      readonly detail: string;
      /** `pointer`: the bytes are not copied, because they hold a token or are too large */
      readonly form: 'copy' | 'pointer';
      readonly internal_task_id?: string;
    }
  | { readonly kind: 'reroute'; readonly to: number };

/** One notice of the record at `offset`; `index` counts from 1 within the record. */
export interface Notice {
  readonly offset: number;
  readonly index: number;
  /** set where the record itself was re-routed: its first coordinates */
  readonly source?: SourceCoordinates;
  readonly body: NoticeBody;
}

/** Whether the record at the notice's offset must be read again to send the notice. */
export function needsRecord(notice: Notice): boolean {
  return notice.body.kind !== 'failure';
}

/** Whether that record must be decoded again as well. */
export function needsUpdate(notice: Notice): boolean {
  return notice.body.kind === 'job_creation' || notice.body.kind === 'reroute';
}

const NONE: readonly never[] = [];

/** The notices of a record, in order. */
export function noticesOf(
  { offset, source }: { readonly offset: number; readonly source: SourceCoordinates | null },
  bodies: readonly NoticeBody[],
): readonly Notice[] {
  if (bodies.length === 0) return NONE;
  return bodies.map((body, i) => ({ offset, index: i + 1, ...(source === null ? {} : { source }), body }));
}

/** @param action index into the update's `create_jobs_action` @param repeat how many equal ones came before */
export function jobCreationOf(task: TaskState, action: number, repeat: number): NoticeBody {
  return {
    kind: 'job_creation',
    action,
    repeat,
    internal_task_id: task.internal_task_id,
    ...(task.internal_job_id === undefined ? {} : { internal_job_id: task.internal_job_id }),
    ...(task.engine_id === undefined ? {} : { engine_id: task.engine_id }),
  };
}
