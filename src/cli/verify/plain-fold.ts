// The fold of one partition once more, plain and slow, written from docs/fold.md alone: `taskfold verify` holds Redis
// and the outgoing topics against it. No caches, no batches; it shares nothing with the fold of src/domain but names.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { CreateJobsAction, TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { Outcome, RejectReason } from '../../domain/outcome.ts';
import { applyPlainly, newest, reasonOf } from './plain-apply.ts';
import { figuresOf, hasToken, PLAIN_NUMBER_MAX, sumsOverflow } from './plain-checks.ts';
import { plainHome } from './plain-murmur2.ts';
import type { PlainEvent, PlainFailure, PlainRecord, PlainVerdict } from './plain-record.ts';
import { newPlainTask, type PlainTask } from './plain-task.ts';
import { errorsOf, given } from './plain-texts.ts';

const ID_BYTES_MAX = 1_024;

export class PlainFold {
  readonly tasks = new Map<string, PlainTask>();
  readonly outcomes: Record<Outcome, number> = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  readonly rejected_by_reason = new Map<string, number>();
  /** source partition → highest offset taken */
  readonly rerouted_from = new Map<number, number>();
  readonly failures_by_reason = new Map<string, number>();
  readonly #partition: number;
  readonly #partitionCount: number;
  readonly #settings: FoldSettings;

  constructor(partition: number, partitionCount: number, settings: FoldSettings) {
    this.#partition = partition;
    this.#partitionCount = partitionCount;
    this.#settings = settings;
  }

  /** Folds the next record of the partition. */
  fold(record: PlainRecord): PlainVerdict {
    const verdict = this.#judge(record);
    this.outcomes[verdict.outcome] += 1;
    for (const event of verdict.events) {
      if (event.kind === 'reject') count(this.rejected_by_reason, event.reason);
      if (event.kind === 'failure' && event.failure !== 'error') {
        count(this.failures_by_reason, event.failure_reason ?? 'unreported');
      }
    }
    return verdict;
  }

  // The rules of "One record", in their order.
  #judge(record: PlainRecord): PlainVerdict {
    if ('undecodable' in record.content) return this.#reject(record, record.content.undecodable);
    const { update } = record.content;
    const id = given(update.internal_task_id);
    if (id === undefined) return this.#reject(record, 'internal_task_id_missing');
    if (Buffer.byteLength(id) > ID_BYTES_MAX) return this.#reject(record, 'internal_task_id_too_long');

    const tooLarge = record.size > this.#settings.copy_bytes_max;
    const home = plainHome(id, this.#partitionCount);
    if (home !== this.#partition) {
      if (record.source !== null) return this.#reject(record, 'rerouted_not_at_home');
      if (tooLarge) return this.#reject(record, 'too_large_to_copy');
      return { outcome: 'rerouted', events: [{ kind: 'reroute', to: home }] };
    }
    if (record.source !== null) {
      const taken = this.rerouted_from.get(record.source.partition) ?? -1;
      if (record.source.offset <= taken) return { outcome: 'duplicate', events: [] };
      this.rerouted_from.set(record.source.partition, record.source.offset);
    }

    const figures = figuresOf(update);
    if (figures.some((figure) => figure < 0)) return this.#rejectOfTask(record, id, 'negative_number');
    if (figures.some((figure) => figure > PLAIN_NUMBER_MAX))
      return this.#rejectOfTask(record, id, 'number_out_of_range');
    if (tooLarge && (update.create_jobs_action ?? []).length > 0) {
      return this.#rejectOfTask(record, id, 'too_large_to_copy');
    }
    if (sumsOverflow(this.tasks.get(id), update, this.#settings.ios_kept)) {
      return this.#rejectOfTask(record, id, 'sum_out_of_range');
    }
    return { outcome: 'applied', events: this.#apply(record, id, update) };
  }

  #reject(record: PlainRecord, reason: RejectReason): PlainVerdict {
    const update = 'update' in record.content ? record.content.update : undefined;
    const pointer = record.size > this.#settings.copy_bytes_max || (update !== undefined && hasToken(update));
    // An id that is too long is told nowhere.
    const internal_task_id = reason === 'internal_task_id_too_long' ? undefined : given(update?.internal_task_id);
    return {
      outcome: 'rejected',
      events: [{ kind: 'reject', reason, form: pointer ? 'pointer' : 'copy', internal_task_id }],
    };
  }

  #rejectOfTask(record: PlainRecord, id: string, reason: RejectReason): PlainVerdict {
    const task = this.tasks.get(id);
    if (task !== undefined) {
      task.updates_rejected += 1;
      task.last_offset = record.offset;
    }
    return this.#reject(record, reason);
  }

  #apply(record: PlainRecord, id: string, update: TaskStatusDetail): PlainEvent[] {
    const task = this.tasks.get(id) ?? newPlainTask(id, record.offset, record.log_time);
    this.tasks.set(id, task);
    const failure = applyPlainly(task, update, this.#settings);
    const actions = update.create_jobs_action ?? [];
    task.job_creations += actions.length;
    task.updates_applied += 1;
    task.last_offset = record.offset;
    task.last_update_at = record.log_time;
    const events: PlainEvent[] = [];
    if (failure !== null) events.push(this.#failureEvent(task, record, update, failure));
    for (const [action, repeat] of repeatsOf(actions).entries()) {
      const { internal_job_id, engine_id } = task;
      events.push({ kind: 'job_creation', action, repeat, internal_task_id: id, internal_job_id, engine_id });
    }
    return events;
  }

  #failureEvent(task: PlainTask, record: PlainRecord, update: TaskStatusDetail, failure: string): PlainFailure {
    return {
      kind: 'failure',
      failure,
      internal_task_id: task.internal_task_id,
      internal_job_id: task.internal_job_id,
      engine_id: task.engine_id,
      work_request_id: given(update.work_request_id),
      task_route_id: task.task_route_id,
      task_status: task.task_status,
      failure_reason: reasonOf(update),
      attempt: task.attempts,
      timestamp: update.timestamp ?? undefined,
      prior_timestamp: update.prior_timestamp ?? undefined,
      errors: newest(errorsOf(update.error_details), this.#settings.errors_kept),
      error_count: task.error_count,
      retry_count: task.retry_count,
      processed_stats: Object.fromEntries(task.processed_stats),
      log_time: record.log_time,
      traceparent: record.traceparent,
      tracestate: record.tracestate,
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** For each action, how many equal ones stand before it; the token is left out, and absent is equal to null. */
function repeatsOf(actions: readonly CreateJobsAction[]): number[] {
  const seen = new Map<string, number>();
  return actions.map(({ base_internal_job_id, create_tdo_detail, no_tdo, payload_json }) => {
    const tdo = create_tdo_detail ?? null;
    const detail = tdo && [tdo.name, tdo.description, tdo.is_public, tdo.start_date_time, tdo.stop_date_time];
    // An array, because JSON writes undefined elements of it as null.
    const same = JSON.stringify([base_internal_job_id, detail, no_tdo, payload_json]);
    count(seen, same);
    return seen.get(same)! - 1;
  });
}
