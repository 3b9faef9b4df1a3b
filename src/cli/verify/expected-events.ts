// The events that must have left: what the plain fold says of each, joined with what the record itself carries. Kept by
// source coordinates until the outgoing topics have been read; tokens and bytes are kept as digests only.

import { crc32 } from 'node:zlib';
import type { CreateJobsAction, TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { InputRecord } from '../../pipeline/ports.ts';
import { ENGINE_INSTANCE_HEADER } from '../../pipeline/source-header.ts';
import { fingerprint, headerText, headerValues, ORIGIN_KEY, traceOf } from './bytes.ts';
import { copiedHeaders } from './copied-headers.ts';
import { instanceOf } from './plain-checks.ts';
import type { PlainEvent, PlainSource } from './plain-record.ts';

/** What a job creation takes from the update that asks; the token as a digest. */
export interface AskedJob {
  readonly update: Pick<TaskStatusDetail, 'work_request_id' | 'task_route_id' | 'timestamp' | 'prior_timestamp'>;
  readonly action: CreateJobsAction;
  /** what the record's header tells */
  readonly engine_instance_id: string | undefined;
}

/** What is known of a record that is copied, or pointed at. */
export interface RecordBytes {
  readonly key: string;
  readonly value: string;
  readonly key_bytes: number | null;
  readonly value_bytes: number | null;
  readonly key_crc32: number | null;
  /** name → digest of its values, as a copy must have them */
  readonly headers: ReadonlyMap<string, string>;
}

export interface ExpectedEvent {
  readonly partition: number;
  readonly offset: number;
  /** counts from 1 within the record */
  readonly index: number;
  /** the first coordinates of a record that was re-routed */
  readonly origin: PlainSource | null;
  /** ms */
  readonly log_time: number;
  readonly event: PlainEvent;
  readonly trace: { readonly traceparent?: string; readonly tracestate?: string };
  readonly asked?: AskedJob;
  readonly bytes?: RecordBytes;
}

/** Joins one event of the fold with its record. @param update null: the record does not decode */
export function expectedEvent(
  record: InputRecord,
  index: number,
  origin: PlainSource | null,
  event: PlainEvent,
  update: TaskStatusDetail | null,
): ExpectedEvent {
  const { partition, offset, timestamp: log_time } = record;
  const trace = traceOf(record.headers);
  const base = { partition, offset, index, origin, log_time, event, trace };
  if (event.kind === 'job_creation') {
    const { work_request_id, task_route_id, timestamp, prior_timestamp } = update!;
    const { token, ...action } = update!.create_jobs_action![event.action]!;
    const hidden = typeof token === 'string' ? fingerprint(Buffer.from(token)) : null;
    const asking = { work_request_id, task_route_id, timestamp, prior_timestamp } as AskedJob['update'];
    const engine_instance_id = instanceOf(headerText(record.headers, ENGINE_INSTANCE_HEADER));
    return { ...base, asked: { update: asking, action: { ...action, token: hidden }, engine_instance_id } };
  }
  if (event.kind === 'failure') return base;
  const { value } = record;
  const headers = copiedHeaders(record.headers);
  let { key } = record;
  if (origin !== null) {
    // A reject, and a copy of a copy, shows the record as it was written, not as it was re-routed.
    key = headerValues(record.headers, ORIGIN_KEY).at(-1) ?? null;
    headers.delete(ORIGIN_KEY);
  }
  const bytes = {
    key: fingerprint(key),
    value: fingerprint(value),
    key_bytes: key?.length ?? null,
    value_bytes: value?.length ?? null,
    key_crc32: key === null ? null : crc32(key),
    headers,
  };
  return { ...base, bytes };
}

/** The text of the header `taskfold-source`, without the topic. */
export function coordinatesText(event: { partition: number; offset: number; index: number }): string {
  return `${event.partition}/${event.offset}/${event.index}`;
}
