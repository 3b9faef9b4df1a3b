// What the plain fold takes, one record of the input, and what it answers: the outcome and the events that must follow.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { Outcome, RejectReason } from '../../domain/outcome.ts';
import type { TaskError } from '../../domain/task-state.ts';

export interface PlainRecord {
  readonly offset: number;
  /** log time, ms */
  readonly log_time: number;
  /** key + value + header names and values, bytes */
  readonly size: number;
  /** where a re-routed record came from; null: it was not re-routed */
  readonly source: PlainSource | null;
  /** the update, or why its bytes are none */
  readonly content: { readonly update: TaskStatusDetail } | { readonly undecodable: RejectReason };
  /** it has the header of a tick */
  readonly tick?: boolean;
  /** the last value of the header of a control record; null: it has none; left out: there is no such header */
  readonly control?: string | null;
  /** the envelope's field, from the record's header of this name */
  readonly work_request_status?: string;
  /** the header of that name, which tells instances under one work request apart */
  readonly engine_instance_id?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
}

export interface PlainSource {
  readonly partition: number;
  readonly offset: number;
}

/** What an event says of the task; every field that is left out must be absent. */
export interface PlainFailure {
  readonly kind: 'failure';
  readonly failure: string;
  readonly internal_task_id: string;
  readonly internal_job_id: string | undefined;
  readonly engine_id: string | undefined;
  readonly work_request_id: string | undefined;
  /** of the update; no field of the event */
  readonly engine_instance_id: string | undefined;
  readonly task_route_id: string | undefined;
  readonly task_status: string | undefined;
  readonly failure_reason: string | undefined;
  readonly attempt: number;
  readonly timestamp: number | undefined;
  readonly prior_timestamp: number | undefined;
  readonly errors: readonly TaskError[];
  readonly error_count: number | undefined;
  readonly retry_count: number | undefined;
  readonly processed_stats: Readonly<Record<string, number>>;
  readonly log_time: number;
  /** of `silent` and `recovered`: log time of the last update before the silence, ms */
  readonly last_update_at: number | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

export interface PlainJobCreation {
  readonly kind: 'job_creation';
  /** index into `create_jobs_action` */
  readonly action: number;
  /** how many equal actions, token left out, stand before it on the same prior */
  readonly repeat: number;
  readonly internal_task_id: string;
  readonly internal_job_id: string | undefined;
  readonly engine_id: string | undefined;
}

export interface PlainReject {
  readonly kind: 'reject';
  readonly reason: RejectReason;
  readonly form: 'copy' | 'pointer';
  readonly internal_task_id: string | undefined;
}

export interface PlainReroute {
  readonly kind: 'reroute';
  readonly to: number;
}

export type PlainEvent = PlainFailure | PlainJobCreation | PlainReject | PlainReroute;

export interface PlainVerdict {
  /** null: the record is a tick or a control record */
  readonly outcome: Outcome | null;
  /** in order; the first has index 1 */
  readonly events: readonly PlainEvent[];
}
