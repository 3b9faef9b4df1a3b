// What a `task-failures` event says of its task and of the update, or the silence, that caused it.

import { reasonOf } from './evolve.ts';
import { lastOpenReporter } from './liveness.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import type { FailureFacts, FailureKind } from './notice.ts';
import { instanceOf, workRequestOf } from './reporters.ts';
import { PROCESSED_STATS, type ProcessedStat, type TaskError, type TaskState } from './task-state.ts';

/** The record that is being folded. */
interface RecordFacts {
  /** log time, ms */
  readonly timestamp: number;
  readonly engine_instance_id?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

type LooseFacts = { -readonly [field in keyof FailureFacts]?: FailureFacts[field] | undefined };

/** An update told it. @param errors those that the update brings */
export function factsOfUpdate(
  failure: FailureKind,
  task: TaskState,
  errors: readonly TaskError[],
  update: TaskStatusDetail,
  record: RecordFacts,
): FailureFacts {
  return factsOf(failure, task, record, {
    work_request_id: update.work_request_id || undefined,
    engine_instance_id: instanceOf(record.engine_instance_id),
    failure_reason: reasonOf(update),
    timestamp: update.timestamp ?? undefined,
    prior_timestamp: update.prior_timestamp ?? undefined,
    errors,
    traceparent: record.traceparent,
    tracestate: record.tracestate,
  });
}

/** No update came. The record only tells that the time has passed, so nothing of it but its time belongs to the event. */
export function factsOfSilence(task: TaskState, record: RecordFacts): FailureFacts {
  return factsOf('silent', task, record, {
    work_request_id: workRequestOf(lastOpenReporter(task) ?? '') || undefined,
    last_update_at: task.last_update_at,
  });
}

/** @param last_update_at log time of the last update before the silence, ms */
export function factsOfRecovery(
  task: TaskState,
  last_update_at: number,
  update: TaskStatusDetail,
  record: RecordFacts,
): FailureFacts {
  return { ...factsOfUpdate('recovered', task, [], update, record), last_update_at };
}

function factsOf(failure: FailureKind, task: TaskState, record: RecordFacts, told: LooseFacts): FailureFacts {
  const facts: LooseFacts = {
    failure,
    internal_task_id: task.internal_task_id,
    internal_job_id: task.internal_job_id,
    engine_id: task.engine_id,
    task_route_id: task.task_route_id,
    task_status: task.task_status,
    attempt: task.attempts,
    errors: [],
    error_count: task.error_count,
    retry_count: task.retry_count,
    processed_stats: toldStats(task),
    log_time: record.timestamp,
    ...told,
  };
  for (const field of Object.keys(facts) as (keyof FailureFacts)[]) if (facts[field] === undefined) delete facts[field];
  return facts as FailureFacts;
}

function toldStats({ processed_stats }: TaskState): FailureFacts['processed_stats'] {
  const told: { [stat in ProcessedStat]?: number } = {};
  for (const stat of PROCESSED_STATS) {
    const sum = processed_stats[stat];
    if (sum !== undefined) told[stat] = sum;
  }
  return told;
}
