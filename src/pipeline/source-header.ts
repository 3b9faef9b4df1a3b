// Where a record was first: the header `taskfold-source`, `<topic>/<partition>/<offset>/<index>`, on every record that
// Taskfold writes. On a record of the input topic it marks one that was re-routed.

import type { SourceCoordinates } from '../domain/notice.ts';
import type { RecordHeaders } from './ports.ts';

export const SOURCE_HEADER = 'taskfold-source';

/** The consumer group that wrote the record: several groups may fold one input topic, each with positions of its own. */
export const GROUP_HEADER = 'taskfold-group';

/** Log time of the source record, epoch ms: with the offset it tells that record from the one of another log. */
export const LOG_TIME_HEADER = 'taskfold-log-time';

/** On a record of the input topic that tells nothing but the time. */
export const TICK_HEADER = 'taskfold-tick';

/** On a record of the input topic that changes settings of the fold: JSON, read by `readControl`. */
export const CONTROL_HEADER = 'taskfold-control';

/** The envelope's `work_request_status`, where whoever wrote the record had one: complete, failed, pending, running, timeout. */
export const WORK_REQUEST_STATUS_HEADER = 'work_request_status';

/**
 * On a record that was replayed from the rejects topic. The fold reads none of these: a replayed record is a new one, at home.
 * `taskfold-source` must not stand on it, or the home would take it for a re-routed one, out of its order.
 */
/** where the reject lies: `<rejects topic>/<partition>/<offset>` */
export const REPLAYED_FROM_HEADER = 'taskfold-replayed-from';
/** how often the record has been replayed by now, from 1 */
export const REPLAYS_HEADER = 'taskfold-replays';
/** where the record lay when it was rejected first: `<input topic>/<partition>/<offset>` */
export const FIRST_SOURCE_HEADER = 'taskfold-first-source';
/** its log time there, epoch ms */
export const FIRST_LOG_TIME_HEADER = 'taskfold-first-log-time';

/** The envelope's engineInstanceID, where whoever wrote the record had it: two instances under one work request are two reporters. */
export const ENGINE_INSTANCE_HEADER = 'engine_instance_id';

/** The header's text for a notice of the record at `offset` of `partition`. */
export function sourceHeader(topic: string, partition: number, offset: number, index: number): string {
  return `${topic}/${partition}/${offset}/${index}`;
}

/** The coordinates that a header's text names, or null where it is none of ours. */
export function parseSource(text: string): { topic: string; partition: number; offset: number; index: number } | null {
  const parts = /^([^/]+)\/(\d{1,10})\/(\d{1,16})\/(\d{1,10})$/.exec(text);
  if (!parts) return null;
  const [, topic, partition, offset, index] = parts;
  const numbers = { partition: Number(partition), offset: Number(offset), index: Number(index) };
  return Number.isSafeInteger(numbers.offset) ? { topic: topic!, ...numbers } : null;
}

/** The first coordinates of a re-routed record of this input topic; null for any other record. */
export function reroutedFrom(
  headers: RecordHeaders,
  topic: string,
  partition: number,
  partitions: number,
): SourceCoordinates | null {
  const text = headerText(headers, SOURCE_HEADER);
  if (text === undefined) return null;
  const source = parseSource(text);
  if (source === null || source.topic !== topic) return null;
  if (source.partition === partition || source.partition >= partitions) return null;
  return { partition: source.partition, offset: source.offset };
}

/** The last value of a header as text, or undefined. */
export function headerText(headers: RecordHeaders, name: string): string | undefined {
  if (!Object.hasOwn(headers, name)) return undefined;
  const value = headers[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return Buffer.isBuffer(last) ? last.toString('utf8') : undefined;
}

/** Bytes of key, value, header names and header values. */
export function recordSize(record: { key: Buffer | null; value: Buffer | null; headers: RecordHeaders }): number {
  let size = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) {
    const value = record.headers[name];
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) size += Buffer.byteLength(name) + (one?.length ?? 0);
  }
  return size;
}
