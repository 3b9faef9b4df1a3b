// The failure events of the plain fold: what each says of the task as it is after the update, and of the update itself.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { TaskError } from '../../domain/task-state.ts';
import { reasonOf } from './plain-apply.ts';
import { instanceOf, workRequestOf } from './plain-checks.ts';
import type { PlainFailure, PlainRecord } from './plain-record.ts';
import type { PlainTask } from './plain-task.ts';
import { given } from './plain-texts.ts';

/** A failure, an error or a recovery, by an update. @param last_update_at of a recovery, ms */
export function failureBy(
  task: PlainTask,
  record: PlainRecord,
  failure: string,
  update: TaskStatusDetail,
  { errors = [], last_update_at }: { errors?: readonly TaskError[]; last_update_at?: number },
): PlainFailure {
  const own = {
    work_request_id: given(update.work_request_id),
    engine_instance_id: instanceOf(record.engine_instance_id),
    failure_reason: reasonOf(update),
    timestamp: update.timestamp ?? undefined,
    prior_timestamp: update.prior_timestamp ?? undefined,
    errors,
    last_update_at,
    traceparent: record.traceparent,
    tracestate: record.tracestate,
  };
  return { kind: 'failure', failure, ...ofTask(task, record), ...own };
}

/** Silence, which no update makes. @param reporter the open one that was heard last */
export function silenceOf(task: PlainTask, record: PlainRecord, reporter: string): PlainFailure {
  const own = {
    work_request_id: given(workRequestOf(reporter)),
    engine_instance_id: undefined,
    failure_reason: undefined,
    timestamp: undefined,
    prior_timestamp: undefined,
    errors: [],
    last_update_at: task.last_update_at,
    // The record is none of the task's.
    traceparent: undefined,
    tracestate: undefined,
  };
  return { kind: 'failure', failure: 'silent', ...ofTask(task, record), ...own };
}

/** Whether a kind of failure event speaks of silence, of which engines themselves say nothing. */
export function isOfSilence(failure: string): boolean {
  return failure === 'silent' || failure === 'recovered';
}

function ofTask(task: PlainTask, { log_time }: PlainRecord) {
  return {
    internal_task_id: task.internal_task_id,
    internal_job_id: task.internal_job_id,
    engine_id: task.engine_id,
    task_route_id: task.task_route_id,
    task_status: task.task_status,
    attempt: task.attempts,
    error_count: task.error_count,
    retry_count: task.retry_count,
    processed_stats: Object.fromEntries(task.processed_stats),
    log_time,
  };
}
