// Notices, records and their messages, for the tests of what leaves.
import { createNoticeEncoder } from '../../src/avro/notice-encoder.ts';
import { schemaType } from '../../src/avro/schema-file.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { FailureFacts, Notice, NoticeBody } from '../../src/domain/notice.ts';
import type { InputRecord, OutgoingMessage, RecordHeaders } from '../../src/pipeline/ports.ts';
import { type SchemaFile, topologyOf } from '../../src/topology.ts';
import { FULL_UPDATE } from './known-schemas.ts';

export const topology = topologyOf({ inputTopic: 'updates', group: 'folders' });
export const encoder = createNoticeEncoder({
  topology,
  schemaIds: { input: 10, failures: 11, jobCreations: 12, rejects: 13 },
});
export const LOG_TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
export const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' };

export const FACTS: FailureFacts = {
  failure: 'failed',
  internal_task_id: 'task-1',
  internal_job_id: 'job-1',
  engine_id: 'engine-1',
  work_request_id: 'wr-1',
  task_route_id: 'route-1',
  task_status: 'failed',
  failure_reason: 'connection',
  attempt: 2,
  timestamp: 1_763_900_005,
  prior_timestamp: 1_763_900_000,
  errors: [{ id: 'e1', msg: 'no route' }, { msg: 'again' }],
  error_count: 7,
  retry_count: 0,
  processed_stats: { processed_bytes: 2 ** 53 - 2 },
  log_time: LOG_TIME,
  ...TRACE,
};

export function notice(body: NoticeBody, more: Partial<Notice> = {}): Notice {
  return { offset: 42, index: 1, body, ...more };
}
export function record(more: Partial<InputRecord> = {}): InputRecord {
  return {
    partition: 3,
    offset: 42,
    timestamp: LOG_TIME,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: {},
    ...more,
  };
}
export const failure = (facts: Partial<FailureFacts> = {}, more: Partial<Notice> = {}) =>
  encoder.encode(3, notice({ kind: 'failure', facts: { ...FACTS, ...facts } }, more), null, null);

export const JOB = { kind: 'job_creation', action: 0, repeat: 0, internal_task_id: 'task-1' } as const;
export function job(
  body: Partial<typeof JOB & { internal_job_id: string }> = {},
  update: TaskStatusDetail = FULL_UPDATE,
  more: Partial<Notice> = {},
  headers: RecordHeaders = {},
) {
  const held = record({ headers: { traceparent: Buffer.from(TRACE.traceparent), ...headers } });
  return encoder.encode(3, notice({ ...JOB, ...body }, more), held, update);
}
export const REJECT = {
  kind: 'reject',
  reason: 'truncated',
  detail: 'The Avro body ends too early.',
  form: 'copy',
} as const;
export const copied = (headers: RecordHeaders, more: Partial<InputRecord> = {}) =>
  encoder.encode(3, notice(REJECT), record({ headers, ...more }), null);

/** Headers as text. */
export function texts({ headers }: OutgoingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
export const idOf = (message: OutgoingMessage) => texts(message).ce_id;
export function contentOf(file: SchemaFile, message: OutgoingMessage): unknown {
  return JSON.parse(JSON.stringify(schemaType(file).fromBuffer(message.value!.subarray(5))));
}
