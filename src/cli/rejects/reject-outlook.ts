// What would become of a rejected record if it were replayed now, as far as the record and the registry tell: by the
// fold's own rules (docs/fold.md, "One record", rules 1 to 4). What the task's state decides is left to the fold.

import { crc32 } from 'node:zlib';
import {
  type Reject,
  type RejectedRecord,
  readPointer,
  recordOfCopy,
  replayedMessage,
} from '../../avro/reject-message.ts';
import { homeOf } from '../../domain/home.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { RejectReason } from '../../domain/outcome.ts';
import { problemOf } from '../../domain/validate.ts';
import type { InputRecord, OutgoingMessage, UpdateDecoder } from '../../pipeline/ports.ts';
import { ENGINE_INSTANCE_HEADER, headerText, recordSize } from '../../pipeline/source-header.ts';

/** A reject with its record, where that could be had. */
export interface RejectAtHand {
  readonly reject: Reject;
  /** null: it was not copied, and is not in the input any more */
  readonly record: RejectedRecord | null;
}

export type Outlook =
  /** it is sound now: the fold takes it, and its task's state decides the rest */
  | { readonly kind: 'replayable'; readonly internal_task_id: string; readonly message: OutgoingMessage }
  /** sound as it is and before; it was its task's state that rejected it */
  | { readonly kind: 'state_decides'; readonly internal_task_id: string; readonly message: OutgoingMessage }
  | { readonly kind: 'rejected_again'; readonly reason: RejectReason; readonly detail: string }
  | { readonly kind: 'gone'; readonly detail: string }
  | { readonly kind: 'too_large'; readonly detail: string };

/** What the outlook depends on beside the record. */
export interface OutlookTerms {
  readonly decoder: UpdateDecoder;
  readonly topic: string;
  readonly partition_count: number;
  /** bytes, by the settings in force in this partition */
  readonly copyBytesMaxOf: (partition: number) => number;
  /** bytes, what the input topic takes in one record */
  readonly message_bytes_max: number;
}

/** Reasons that no fix of a schema or a producer cures: they depend on what the task is by then. */
const STATE_REASONS: ReadonlySet<string> = new Set<RejectReason>(['task_retired', 'sum_out_of_range']);
/** What a record takes in the log besides its fields, at most: Kafka counts whole batches. Bytes. */
const RECORD_ROOM_BYTES = 512;

/** The record of a message of the rejects topic. @param pointed what lies at the pointer's coordinates in the input now */
export function recordOf(reject: Reject, message: RejectedRecord, pointed: InputRecord | null): RejectAtHand {
  if (reject.form === 'copy') return { reject, record: recordOfCopy(message) };
  const said = readPointer(message.value);
  const same =
    pointed !== null &&
    pointed.timestamp === reject.source.log_time &&
    (said === null ||
      ((pointed.key?.length ?? null) === said.key_bytes &&
        (pointed.value?.length ?? null) === said.value_bytes &&
        (pointed.key === null ? null : crc32(pointed.key)) === said.key_crc32));
  return { reject, record: same ? pointed : null };
}

/** The writer schemas of the records must have been loaded. */
export function outlookOf({ reject, record }: RejectAtHand, terms: OutlookTerms): Outlook {
  if (record === null) {
    const { topic, partition, offset } = reject.source;
    const detail = `It was not copied, and the log of ${topic} has it no more at offset ${offset} of partition ${partition}.`;
    return { kind: 'gone', detail };
  }
  const decoded = terms.decoder.decode(record.value);
  if (decoded.kind === 'reject') return { ...decoded, kind: 'rejected_again' };
  const { update } = decoded;
  const id = update.internal_task_id;
  if (!id) return again('internal_task_id_missing', 'The update names no internal_task_id.');
  const partition = homeOf(id, terms.partition_count);
  if (partition < 0) return again('internal_task_id_too_long', 'internal_task_id is above 1,024 bytes.');
  const problem = problemOf(update, headerText(record.headers, ENGINE_INSTANCE_HEADER));
  if (problem !== null) return again(problem.reason, problem.detail);
  const message = replayedMessage(terms.topic, reject, record, { partition, internal_task_id: id });
  return sized(message, update, reject, id, terms.copyBytesMaxOf(partition), terms.message_bytes_max);
}

function sized(
  message: OutgoingMessage,
  update: TaskStatusDetail,
  reject: Reject,
  internal_task_id: string,
  copy_bytes_max: number,
  message_bytes_max: number,
): Outlook {
  const size = recordSize(message);
  if (update.create_jobs_action?.length && size > copy_bytes_max) {
    return again('too_large_to_copy', `${size} bytes and asks for jobs (copy_bytes_max ${copy_bytes_max}).`);
  }
  if (size + RECORD_ROOM_BYTES > message_bytes_max) {
    return { kind: 'too_large', detail: `${size} bytes, and the input topic takes ${message_bytes_max}.` };
  }
  const kind = STATE_REASONS.has(reject.reason) ? 'state_decides' : 'replayable';
  return { kind, internal_task_id, message };
}

function again(reason: RejectReason, detail: string): Outlook {
  return { kind: 'rejected_again', reason, detail };
}
