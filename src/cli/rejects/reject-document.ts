// A reject as the command line shows it: where it lay, why it was rejected, what it says now. Never its bytes: what does
// not decode may hide a credential.

import type { Reject } from '../../avro/reject-message.ts';
import { replaysOf } from '../../avro/reject-message.ts';
import { schemaIdOf, wireProblem } from '../../avro/wire-format.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import { maskSecrets } from '../../observe/mask-secrets.ts';
import type { RecordHeaders, UpdateDecoder } from '../../pipeline/ports.ts';
import {
  FIRST_SOURCE_HEADER,
  headerText,
  REPLAYED_FROM_HEADER,
  WORK_REQUEST_STATUS_HEADER,
} from '../../pipeline/source-header.ts';
import type { RejectAtHand } from './reject-outlook.ts';

/** One line of `rejects list`; what is absent is not known. */
export interface RejectLine {
  /** `ce_id` of the reject */
  id: string;
  /** where the reject lies: `<rejects topic>/<partition>/<offset>` */
  reject: string;
  /** where the rejected record lay: `<input topic>/<partition>/<offset>` */
  source: string;
  /** log time of the rejected record, UTC epoch milliseconds */
  log_time: number;
  reason: string;
  detail: string;
  form: 'copy' | 'pointer';
  internal_task_id?: string;
  /** the partition and offset that an engine wrote it to, where it was re-routed after that */
  origin?: string;
  /** UTC epoch milliseconds */
  replayed_at?: number;
}

/** All that can be shown of one. */
export interface RejectDocument extends RejectLine {
  /** UTC epoch milliseconds */
  rejected_at: number;
  /** absent: a pointer whose record is not in the input any more */
  record?: {
    /** text of the key, or its size where it is none */
    key: string | { bytes: number } | null;
    value_bytes: number | null;
    /** the writer schema's id, where the bytes name one */
    schema_id?: number;
    /** how often it had been replayed before this rejection */
    replays: number;
    replayed_from?: string;
    first_source?: string;
    /** headers by name: the text of those that tracing and reports use, of others the size in bytes */
    headers: Record<string, string | { bytes: number }>;
    /** the update as it decodes now, tokens masked */
    update?: TaskStatusDetail;
  };
  /** what would become of a replay now */
  now: { outlook: string; detail?: string; reason?: string };
}

const KEY_CHARACTERS_MAX = 1_024;
const HEADER_CHARACTERS_MAX = 512;
const SHOWN_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate', WORK_REQUEST_STATUS_HEADER]);
export const MASK = '***';

export function rejectLine(reject: Reject, replayedAt: number | undefined): RejectLine {
  const { id, place, source, reason, detail, form, internal_task_id, origin } = reject;
  return {
    id,
    reject: `${place.topic}/${place.partition}/${place.offset}`,
    source: `${source.topic}/${source.partition}/${source.offset}`,
    log_time: source.log_time,
    reason,
    detail,
    form,
    ...(internal_task_id === undefined ? {} : { internal_task_id }),
    ...(origin === undefined ? {} : { origin }),
    ...(replayedAt === undefined ? {} : { replayed_at: replayedAt }),
  };
}

/** What the record says, as far as it can be told. Its writer schema must have been loaded. */
export function shownRecord(
  { record }: RejectAtHand,
  decoder: UpdateDecoder,
): NonNullable<RejectDocument['record']> | undefined {
  if (record === null) return undefined;
  const { key, value, headers } = record;
  const decoded = decoder.decode(value);
  const first = headerText(headers, FIRST_SOURCE_HEADER);
  const from = headerText(headers, REPLAYED_FROM_HEADER);
  return {
    key: key === null ? null : (plainText(key, KEY_CHARACTERS_MAX) ?? { bytes: key.length }),
    value_bytes: value?.length ?? null,
    ...(wireProblem(value) === null ? { schema_id: schemaIdOf(value!) } : {}),
    replays: replaysOf(headers),
    ...(from === undefined ? {} : { replayed_from: from }),
    ...(first === undefined ? {} : { first_source: first }),
    headers: shownHeaders(headers),
    ...(decoded.kind === 'update' ? { update: withoutTokens(decoded.update) } : {}),
  };
}

function shownHeaders(headers: RecordHeaders): Record<string, string | { bytes: number }> {
  const shown = Object.entries(headers).map(([name, held]) => {
    const values = Array.isArray(held) ? held : [held];
    const text = SHOWN_HEADERS.has(name) ? headerText(headers, name)?.slice(0, HEADER_CHARACTERS_MAX) : undefined;
    const bytes = values.reduce((sum: number, one: Buffer | null) => sum + (one?.length ?? 0), 0);
    return [name, text ?? { bytes }] as const;
  });
  return Object.fromEntries(shown);
}

/** Fields that were reported; a job's token is there or not, and never shown. */
function withoutTokens(update: TaskStatusDetail): TaskStatusDetail {
  const reported = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== null));
  const jobs = update.create_jobs_action?.map((job) => (job.token ? { ...job, token: MASK } : job));
  return jobs === undefined ? reported : { ...reported, create_jobs_action: jobs };
}

function plainText(bytes: Buffer, charactersMax: number): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.length <= charactersMax ? maskSecrets(text) : null;
  } catch {
    return null;
  }
}
