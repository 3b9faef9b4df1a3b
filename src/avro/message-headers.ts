// The headers of outgoing messages: ours, and those of a record that is copied, made safe. kafkajs throws, each time it
// tries, at a null value, and it mixes up names like `constructor` with what every object has; one such record would
// block its partition for ever.

import type { InputRecord, OutgoingMessage, RecordHeaders } from '../pipeline/ports.ts';
import { headerText } from '../pipeline/source-header.ts';

export type MessageHeaders = OutgoingMessage['headers'];

/** Why a record was rejected, the same for people, and whether the message is a `copy` or a `pointer`. */
export const REJECT_REASON_HEADER = 'taskfold-reject-reason';
export const REJECT_DETAIL_HEADER = 'taskfold-reject-detail';
export const REJECT_FORM_HEADER = 'taskfold-reject-form';
/** Where a re-routed record lay first: `<topic>/<partition>/<offset>`. */
export const ORIGIN_HEADER = 'taskfold-origin';
/** The key that a re-routed record had first; where it had none, there is no such header. Its own key is its task's id. */
export const ORIGIN_KEY_HEADER = 'taskfold-origin-key';
/** Names of headers that could not be copied, a JSON array. */
export const DROPPED_HEADERS_HEADER = 'taskfold-dropped-headers';
/** Names that no copied header keeps, whether or not the message has a header of ours by this name. */
const RESERVED: ReadonlySet<string> = new Set([DROPPED_HEADERS_HEADER, ORIGIN_KEY_HEADER]);
/** Put before the name of a copied header that has the name of one of ours. */
export const ORIGINAL_PREFIX = 'taskfold-original-';

const DROPPED_NAMES_MAX = 50;
const DROPPED_NAME_UNITS_MAX = 64;
/** W3C Trace Context: a traceparent of version 00 has 55 characters; at least 512 of a tracestate are passed on. */
const TRACE_UNITS_MAX = { traceparent: 64, tracestate: 512 } as const;

/** Headers from texts; those without a text are left out. */
export function headersOf(texts: Readonly<Record<string, string | undefined>>): Record<string, Buffer> {
  const headers: Record<string, Buffer> = {};
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) headers[name] = Buffer.from(text);
  return headers;
}

/** The record's trace context, where it has one of legal length. */
export function traceOf(headers: RecordHeaders): { traceparent?: string; tracestate?: string } {
  const trace: { traceparent?: string; tracestate?: string } = {};
  for (const name of ['traceparent', 'tracestate'] as const) {
    const text = headerText(headers, name);
    if (text !== undefined && text.length <= TRACE_UNITS_MAX[name]) trace[name] = text;
  }
  return trace;
}

/** A re-routed record as it was written first: with its own key, and without the header that brought it. */
export function withOriginKey(record: InputRecord): InputRecord {
  const { [ORIGIN_KEY_HEADER]: brought, ...headers } = record.headers;
  const key = Array.isArray(brought) ? brought.at(-1) : brought;
  return { ...record, key: Buffer.isBuffer(key) ? key : null, headers };
}

/** The record's headers as far as they can be sent, with ours. What cannot be sent is named in a header. */
export function copiedHeaders(original: RecordHeaders, ours: Readonly<Record<string, Buffer>>): MessageHeaders {
  const headers: Record<string, Buffer | Buffer[]> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(original)) {
    const values = Array.isArray(value) ? value : [value];
    const sendable = name in Object.prototype ? [] : values.filter((one) => Buffer.isBuffer(one));
    if (sendable.length < values.length) dropped.push(name);
    if (sendable.length === 0) continue;
    const taken = Object.hasOwn(ours, name) || RESERVED.has(name);
    headers[taken ? `${ORIGINAL_PREFIX}${name}` : name] = sendable.length === 1 ? sendable[0]! : sendable;
  }
  if (dropped.length > 0) {
    const names = dropped.slice(0, DROPPED_NAMES_MAX).map((name) => name.slice(0, DROPPED_NAME_UNITS_MAX));
    headers[DROPPED_HEADERS_HEADER] = Buffer.from(JSON.stringify(names));
  }
  return Object.assign(headers, ours);
}
