// The contents of the events, field by field, from what the fold decided and what the record holds. Texts are cut to
// bounds, so that an event always fits its topic.

import { crc32 } from 'node:zlib';
import type { JobCreation, RejectPointer, TaskFailure, TaskStatusDetail } from '../domain/messages.generated.ts';
import { FAILURE_KINDS, type FailureFacts, type Notice, type NoticeBody } from '../domain/notice.ts';
import { PROCESSED_STATS, TASK_STATUSES, type TaskError, UNRECOGNIZED } from '../domain/task-state.ts';
import { cutBytes } from '../domain/text.ts';
import { NUMBER_MAX } from '../domain/validate.ts';
import { Fault } from '../pipeline/errors.ts';
import type { InputRecord } from '../pipeline/ports.ts';
import type { NoticeSource } from './event-id.ts';

/** Ids in events, bytes of UTF-8. A task's own id is never longer than 1,024. */
export const ID_BYTES_MAX = 4_096;
const ERRORS_BYTES_MAX = 262_144;

type Body<Kind extends NoticeBody['kind']> = Extract<NoticeBody, { kind: Kind }>;

export function taskFailure(from: NoticeSource, notice: Notice, facts: FailureFacts): TaskFailure {
  const reported = PROCESSED_STATS.some((stat) => facts.processed_stats[stat] !== undefined);
  return {
    failure: known(FAILURE_KINDS, facts.failure) ?? UNRECOGNIZED,
    internal_task_id: facts.internal_task_id,
    internal_job_id: cutId(facts.internal_job_id),
    engine_id: cutId(facts.engine_id),
    work_request_id: cutId(facts.work_request_id),
    task_route_id: cutId(facts.task_route_id),
    task_status: facts.task_status === undefined ? null : (known(TASK_STATUSES, facts.task_status) ?? UNRECOGNIZED),
    failure_reason: facts.failure_reason ?? null,
    attempt: facts.attempt,
    timestamp: facts.timestamp ?? null,
    prior_timestamp: facts.prior_timestamp ?? null,
    errors: newestErrors(facts.errors),
    error_count: facts.error_count ?? null,
    retry_count: facts.retry_count ?? null,
    processed_stats: reported ? { ...facts.processed_stats } : null,
    log_time: safeTime(facts.log_time),
    last_update_at: facts.last_update_at === undefined ? null : safeTime(facts.last_update_at),
    ...coordinates(from, notice),
  };
}

/** @throws Fault payload_gone if the record has no such action */
export function jobCreation(
  from: NoticeSource,
  notice: Notice,
  body: Body<'job_creation'>,
  record: InputRecord,
  update: TaskStatusDetail,
): JobCreation {
  const action = update.create_jobs_action?.[body.action];
  if (!action) {
    const where = `offset ${notice.offset} of partition ${from.partition}`;
    throw new Fault('payload_gone', `The record at ${where} has no create_jobs_action[${body.action}] any more.`);
  }
  const { base_internal_job_id, create_tdo_detail, no_tdo, payload_json, token } = action;
  return {
    internal_task_id: body.internal_task_id,
    internal_job_id: cutId(body.internal_job_id),
    engine_id: cutId(body.engine_id),
    work_request_id: cutId(update.work_request_id),
    task_route_id: cutId(update.task_route_id),
    timestamp: update.timestamp ?? null,
    prior_timestamp: update.prior_timestamp ?? null,
    action_index: body.action,
    base_internal_job_id: base_internal_job_id ?? null,
    create_tdo_detail: create_tdo_detail ?? null,
    no_tdo: no_tdo ?? null,
    payload_json: payload_json ?? null,
    token: token ?? null,
    log_time: safeTime(record.timestamp),
    ...coordinates(from, notice),
  };
}

/** A checksum of the key only: the value may hold a token. */
export function rejectPointer(
  from: NoticeSource,
  notice: Notice,
  body: Body<'reject'>,
  record: InputRecord,
): RejectPointer {
  return {
    reason: body.reason,
    detail: body.detail,
    internal_task_id: cutId(body.internal_task_id),
    log_time: safeTime(record.timestamp),
    key_bytes: record.key?.length ?? null,
    key_crc32: record.key === null ? null : crc32(record.key),
    value_bytes: record.value?.length ?? null,
    ...coordinates(from, notice),
  };
}

function coordinates(from: NoticeSource, notice: Notice) {
  return {
    source_topic: from.topic,
    source_partition: from.partition,
    source_offset: notice.offset,
    origin_partition: notice.source?.partition ?? null,
    origin_offset: notice.source?.offset ?? null,
  };
}

/** A producer's clock may have written what no long of ours holds. */
function safeTime(epochMs: number): number {
  return Math.max(-NUMBER_MAX, Math.min(NUMBER_MAX, Math.trunc(epochMs)));
}

/** An empty text is absent, as everywhere. */
export function cutId(text: string | null | undefined): string | null {
  return text ? cutBytes(text, ID_BYTES_MAX) : null;
}

/** The newest errors that fit, oldest first. */
function newestErrors(errors: readonly TaskError[]): TaskError[] {
  let bytes = 0;
  let first = errors.length;
  while (first > 0) {
    const { id, msg } = errors[first - 1]!;
    bytes += Buffer.byteLength(id ?? '') + Buffer.byteLength(msg ?? '');
    if (bytes > ERRORS_BYTES_MAX) break;
    first--;
  }
  return errors.slice(first);
}

function known<Symbol extends string>(symbols: readonly Symbol[], text: string): Symbol | undefined {
  return symbols.find((symbol) => symbol === text);
}
