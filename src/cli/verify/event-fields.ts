// One event as named texts: as it must be, from the plain fold and the record, and as it was found, from the message.
// Texts of ids are cut in events; what an event leaves out reads null on both sides.

import { PROCESSED_STATS, type TaskError } from '../../domain/task-state.ts';
import type { InputRecord } from '../../pipeline/ports.ts';
import { fingerprint, headerText } from './bytes.ts';
import { coordinatesText, type ExpectedEvent } from './expected-events.ts';
import type { PlainValue } from './plain-avro.ts';
import { comparedReason } from './plain-decode.ts';
import type { PlainFailure } from './plain-record.ts';
import { cutToBytes, given } from './plain-texts.ts';

const ID_BYTES_MAX = 4_096;
const ERRORS_BYTES_MAX = 262_144;

/** The names that every event of one group has in common. */
export interface EventNames {
  readonly inputTopic: string;
  readonly group: string;
}

type Fields = Map<string, string>;

const TYPES = { failure: 'task', job_creation: 'job.creation', reject: 'update.rejected' } as const;

/** What the message of a failure, job creation or reject must say, by field; headers stand as `header <name>`. */
export function expectedFields(expected: ExpectedEvent, names: EventNames): Fields {
  const { event, log_time, trace, origin } = expected;
  const fields: Fields = new Map();
  if (event.kind === 'reroute') throw new Error('a re-routed copy has no fields of its own');
  const task = event.kind === 'reject' ? idText(event.internal_task_id) : event.internal_task_id;
  const type = event.kind === 'failure' ? `${TYPES.failure}.${event.failure}` : TYPES[event.kind];
  putHeaders(fields, {
    'taskfold-source': `${names.inputTopic}/${coordinatesText(expected)}`,
    'taskfold-group': names.group,
    'taskfold-origin': origin === null ? undefined : `${names.inputTopic}/${origin.partition}/${origin.offset}`,
    ce_specversion: '1.0',
    ce_type: `taskfold.${type}`,
    ce_source: `/taskfold/${names.group}/${names.inputTopic}`,
    ce_time: calendarTime(log_time),
    ce_subject: task ?? undefined,
  });
  if (event.kind === 'reject') {
    putHeaders(fields, { 'taskfold-reject-reason': comparedReason(event.reason), 'taskfold-reject-form': event.form });
    if (event.form === 'copy') {
      fields.set('key', expected.bytes!.key);
      fields.set('value', expected.bytes!.value);
      return fields;
    }
    const { key_bytes, value_bytes, key_crc32 } = expected.bytes!;
    const key = key_bytes !== null && key_bytes <= ID_BYTES_MAX ? expected.bytes!.key : fingerprint(null);
    fields.set('key', key);
    putValues(fields, {
      reason: comparedReason(event.reason),
      internal_task_id: task,
      key_bytes,
      value_bytes,
      key_crc32,
    });
  } else if (event.kind === 'failure') {
    fields.set('key', fingerprint(Buffer.from(event.internal_task_id)));
    putValues(fields, failureValues(event));
  } else {
    const job = idText(event.internal_job_id);
    fields.set('key', fingerprint(Buffer.from(job ?? event.internal_task_id)));
    putValues(fields, { ...jobValues(expected), internal_job_id: job, internal_task_id: event.internal_task_id });
  }
  putHeaders(fields, { 'content-type': 'application/avro', ...trace });
  putValues(fields, {
    log_time,
    source_topic: names.inputTopic,
    source_partition: expected.partition,
    source_offset: expected.offset,
    origin_partition: origin?.partition,
    origin_offset: origin?.offset,
  });
  return fields;
}

/** The same of a message as it was found. @param value the decoded Avro value; null: the message is a copy */
export function foundFields(record: InputRecord, value: { readonly [field: string]: PlainValue } | null): Fields {
  const fields: Fields = new Map([['key', fingerprint(record.key)]]);
  for (const name of HEADERS) {
    // A copy has the record's own content type and trace, which are compared with its other headers.
    if (value === null && RECORDS_OWN.has(name)) continue;
    const text = headerText(record.headers, name);
    if (text === undefined) continue;
    fields.set(`header ${name}`, name === 'taskfold-reject-reason' ? comparedReason(text) : text);
  }
  if (value === null) {
    fields.set('value', fingerprint(record.value));
    return fields;
  }
  const { token, detail: _, ...rest } = value;
  putValues(fields, rest);
  if (typeof value.reason === 'string') putValues(fields, { reason: comparedReason(value.reason) });
  if (token !== undefined) {
    putValues(fields, { token: typeof token === 'string' ? fingerprint(Buffer.from(token)) : null });
  }
  return fields;
}

/** Fields whose values are never shown. */
export const HIDDEN_FIELDS: ReadonlySet<string> = new Set(['token']);

const HEADERS = [
  'taskfold-source',
  'taskfold-group',
  'taskfold-origin',
  'taskfold-reject-reason',
  'taskfold-reject-form',
  'ce_specversion',
  'ce_type',
  'ce_source',
  'ce_time',
  'ce_subject',
  'content-type',
  'traceparent',
  'tracestate',
] as const;
const RECORDS_OWN: ReadonlySet<string> = new Set(['content-type', 'traceparent', 'tracestate']);

function failureValues(event: PlainFailure): { [field: string]: unknown } {
  const { kind: _, log_time: __, traceparent: ___, tracestate: ____, engine_instance_id: _____, ...said } = event;
  const reported = Object.keys(said.processed_stats).length > 0;
  return {
    ...said,
    internal_job_id: idText(said.internal_job_id),
    engine_id: idText(said.engine_id),
    work_request_id: idText(said.work_request_id),
    task_route_id: idText(said.task_route_id),
    errors: newestThatFit(said.errors).map(({ id = null, msg = null }) => ({ id, msg })),
    processed_stats: reported ? nullsFilled(PROCESSED_STATS, said.processed_stats) : null,
  };
}

const TDO_FIELDS = ['name', 'description', 'is_public', 'start_date_time', 'stop_date_time'];

function jobValues({ asked, event }: ExpectedEvent): { [field: string]: unknown } {
  if (event.kind !== 'job_creation') throw new Error('no job creation');
  const { update, action } = asked!;
  const tdo = action.create_tdo_detail;
  return {
    engine_id: idText(event.engine_id),
    work_request_id: idText(update.work_request_id),
    task_route_id: idText(update.task_route_id),
    timestamp: update.timestamp,
    prior_timestamp: update.prior_timestamp,
    action_index: event.action,
    base_internal_job_id: action.base_internal_job_id,
    create_tdo_detail: tdo ? nullsFilled(TDO_FIELDS, tdo) : null,
    no_tdo: action.no_tdo,
    payload_json: action.payload_json,
    token: action.token,
  };
}

function nullsFilled(names: readonly string[], values: object): object {
  return Object.fromEntries(names.map((name) => [name, Reflect.get(values, name) ?? null]));
}

function idText(text: string | null | undefined): string | null {
  const id = given(text);
  return id === undefined ? null : cutToBytes(id, ID_BYTES_MAX);
}

/** An event holds 256 KiB of errors at most, the newest. */
function newestThatFit(errors: readonly TaskError[]): readonly TaskError[] {
  let bytes = 0;
  let kept = 0;
  for (const { id = '', msg = '' } of [...errors].reverse()) {
    bytes += Buffer.byteLength(id) + Buffer.byteLength(msg);
    if (bytes > ERRORS_BYTES_MAX) break;
    kept += 1;
  }
  return errors.slice(errors.length - kept);
}

function putHeaders(fields: Fields, headers: { readonly [name: string]: string | undefined }): void {
  for (const [name, text] of Object.entries(headers)) if (text !== undefined) fields.set(`header ${name}`, text);
}

function putValues(fields: Fields, values: { readonly [field: string]: unknown }): void {
  for (const [field, value] of Object.entries(values)) {
    // Strings as they would come back from UTF-8.
    const text = JSON.stringify(value ?? null, (_key, inner: unknown) =>
      typeof inner === 'string' ? inner.toWellFormed() : typeof inner === 'bigint' ? String(inner) : inner,
    );
    fields.set(field, text);
  }
}

function calendarTime(epochMs: number): string | undefined {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
