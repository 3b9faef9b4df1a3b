// Reads messages of the rejects topic back, and makes of a rejected record the one that is put into the input again.
// The other half of notice-encoder.ts, which writes them.

import type { RejectPointer } from '../domain/messages.generated.ts';
import type { InputRecord, OutgoingMessage, RecordHeaders } from '../pipeline/ports.ts';
import {
  FIRST_LOG_TIME_HEADER,
  FIRST_SOURCE_HEADER,
  GROUP_HEADER,
  headerText,
  LOG_TIME_HEADER,
  parseSource,
  REPLAYED_FROM_HEADER,
  REPLAYS_HEADER,
  SOURCE_HEADER,
} from '../pipeline/source-header.ts';
import {
  headersOf,
  type MessageHeaders,
  ORIGIN_HEADER,
  ORIGINAL_PREFIX,
  REJECT_DETAIL_HEADER,
  REJECT_FORM_HEADER,
  REJECT_REASON_HEADER,
} from './message-headers.ts';
import { schemaType } from './schema-file.ts';
import { WIRE_HEAD_BYTES } from './wire-format.ts';

/** A message of the rejects topic, without its bytes. */
export interface Reject {
  /** `ce_id`: the same for each message about the same record */
  readonly id: string;
  /** where the message lies in the rejects topic */
  readonly place: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** when it was written there, UTC epoch milliseconds */
  readonly rejected_at: number;
  /** a name of REJECT_REASONS, as far as this version knows them */
  readonly reason: string;
  readonly detail: string;
  /** the message is the record itself, or points at it */
  readonly form: 'copy' | 'pointer';
  /** where the rejected record lies in the input, and its log time, ms */
  readonly source: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly log_time: number;
  };
  /** where it lay before it was re-routed: `<topic>/<partition>/<offset>` */
  readonly origin?: string;
  readonly internal_task_id?: string;
  /** the consumer group that rejected it */
  readonly group?: string;
}

/** A record's own parts. */
export type RejectedRecord = Pick<InputRecord, 'key' | 'value' | 'headers'>;

/** null: a message that no processor of ours wrote. */
export function readReject(topic: string, { partition, offset, timestamp, headers }: InputRecord): Reject | null {
  const source = parseSource(headerText(headers, SOURCE_HEADER) ?? '');
  const id = headerText(headers, 'ce_id');
  const reason = headerText(headers, REJECT_REASON_HEADER);
  const form = headerText(headers, REJECT_FORM_HEADER);
  const log_time = Number(headerText(headers, LOG_TIME_HEADER) ?? Number.NaN);
  if (!source || !id || !reason || !Number.isSafeInteger(log_time)) return null;
  if (form !== 'copy' && form !== 'pointer') return null;
  const origin = headerText(headers, ORIGIN_HEADER);
  const internal_task_id = headerText(headers, 'ce_subject');
  const group = headerText(headers, GROUP_HEADER);
  return {
    id,
    place: { topic, partition, offset },
    rejected_at: timestamp,
    reason,
    detail: headerText(headers, REJECT_DETAIL_HEADER) ?? '',
    form,
    source: { topic: source.topic, partition: source.partition, offset: source.offset, log_time },
    ...(origin === undefined ? {} : { origin }),
    ...(internal_task_id === undefined ? {} : { internal_task_id }),
    ...(group === undefined ? {} : { group }),
  };
}

let pointerType: ReturnType<typeof schemaType> | undefined;

/** What a pointer says of the record's bytes; null where the message is none. */
export function readPointer(value: Buffer | null): RejectPointer | null {
  if (value === null || value.length < WIRE_HEAD_BYTES) return null;
  pointerType ??= schemaType('task-status-rejects.avsc');
  try {
    return pointerType.fromBuffer(value.subarray(WIRE_HEAD_BYTES)) as RejectPointer;
  } catch {
    return null;
  }
}

/** The rejected record as it was, of a message in the form of a copy. What could not be copied stays away. */
export function recordOfCopy({ key, value, headers }: RejectedRecord): RejectedRecord {
  // Without a prototype, so that no name of a header means anything to it.
  const own: Record<string, RecordHeaders[string]> = Object.create(null);
  for (const [name, held] of Object.entries(headers)) {
    if (name.startsWith(ORIGINAL_PREFIX)) own[name.slice(ORIGINAL_PREFIX.length)] = held;
    else if (!OURS_ON_A_COPY.test(name)) own[name] ??= held;
  }
  return { key, value, headers: own };
}

/** How often the record has been replayed, by its header; 0: never. */
export function replaysOf(headers: RecordHeaders): number {
  const text = headerText(headers, REPLAYS_HEADER) ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** The record for its task's home, with where it comes from. Its own headers go with it as far as they can be sent. */
export function replayedMessage(
  topic: string,
  { place, source }: Reject,
  { value, headers }: RejectedRecord,
  home: { readonly partition: number; readonly internal_task_id: string },
): OutgoingMessage {
  const earlier = replaysOf(headers);
  const first = earlier > 0 ? headerText(headers, FIRST_SOURCE_HEADER) : undefined;
  const firstTime = earlier > 0 ? headerText(headers, FIRST_LOG_TIME_HEADER) : undefined;
  const ours = headersOf({
    [REPLAYED_FROM_HEADER]: `${place.topic}/${place.partition}/${place.offset}`,
    [REPLAYS_HEADER]: String(earlier + 1),
    [FIRST_SOURCE_HEADER]: first ?? `${source.topic}/${source.partition}/${source.offset}`,
    [FIRST_LOG_TIME_HEADER]: firstTime ?? String(source.log_time),
  });
  const sent: Record<string, MessageHeaders[string]> = {};
  for (const [name, held] of Object.entries(headers)) {
    // Marks of ours told where an earlier copy came from; a name that every object has cannot be sent.
    if (name.startsWith(RESERVED_PREFIX) || name in Object.prototype) continue;
    const values = (Array.isArray(held) ? held : [held]).filter((one) => Buffer.isBuffer(one));
    if (values.length > 0) sent[name] = values.length === 1 ? values[0]! : values;
  }
  return {
    topic,
    partition: home.partition,
    key: Buffer.from(home.internal_task_id),
    value,
    headers: Object.assign(sent, ours),
  };
}

const RESERVED_PREFIX = 'taskfold-';
/** Headers that stand on the message and never stood on the record. */
const OURS_ON_A_COPY =
  /^(taskfold-(source|group|origin|log-time|dropped-headers|reject-(reason|detail|form))|ce_(specversion|id|type|source|time|subject))$/;
