// Avro and the registry in memory: a record's value is JSON with its writer schema's id, and a notice becomes JSON.
// Ids from 100 on are unknown to the registry until it learns them.

import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { Notice } from '../../src/domain/notice.ts';
import type { InputRecord, NoticeEncoder, OutgoingMessage, UpdateDecoder } from '../../src/pipeline/ports.ts';
import { LOG_TIME_HEADER, SOURCE_HEADER, sourceHeader, TICK_HEADER } from '../../src/pipeline/source-header.ts';
import type { Call } from './memory-kafka.ts';

export const LATE_SCHEMA = 100;

/** What the registry of the world says right now. */
export interface MemoryRegistry {
  away: boolean;
  knowsLate: boolean;
}

export function encodeUpdate(schema: number, update: TaskStatusDetail): Buffer {
  return Buffer.from(JSON.stringify({ schema, update }));
}

export function memoryDecoder(registry: MemoryRegistry, call: Call): UpdateDecoder {
  // Like the real one: what is loaded stays loaded in this process.
  const loaded = new Set<number>([1]);
  return {
    schemaIdOf(value) {
      const schema = parse(value)?.schema;
      return typeof schema === 'number' ? schema : null;
    },
    async load(ids) {
      const answers = new Map<number, 'known' | 'denied' | 'unavailable'>();
      for (const id of ids) {
        if (loaded.has(id)) {
          answers.set(id, 'known');
          continue;
        }
        const answer = await call(() => {
          if (registry.away) return 'unavailable' as const;
          return id < LATE_SCHEMA || registry.knowsLate ? ('known' as const) : ('denied' as const);
        }).catch(() => 'unavailable' as const);
        if (answer === 'known') loaded.add(id);
        answers.set(id, answer);
      }
      return answers;
    },
    decode(value) {
      const parsed = parse(value);
      if (parsed === null) return { kind: 'reject', reason: 'malformed', detail: 'Not an update.' };
      if (!loaded.has(parsed.schema)) return { kind: 'reject', reason: 'unknown_schema', detail: 'Not loaded.' };
      return { kind: 'update', update: parsed.update };
    },
  };
}

function parse(value: Buffer | null): { schema: number; update: TaskStatusDetail } | null {
  if (value === null || value[0] !== 0x7b) return null;
  return JSON.parse(value.toString());
}

/** The same bytes for the same notice, whoever sends it. Whatever only the record holds comes from the record. */
export function memoryEncoder(topic: string): NoticeEncoder {
  return {
    tick: (partition) => ({
      topic,
      partition,
      key: null,
      value: encodeUpdate(1, {}),
      headers: { [TICK_HEADER]: Buffer.from('1') },
    }),
    encode(partition: number, notice: Notice, record: InputRecord | null, update: TaskStatusDetail | null) {
      const { body } = notice;
      const logTime = body.kind === 'failure' ? body.facts.log_time : record!.timestamp;
      const source = {
        [SOURCE_HEADER]: Buffer.from(sourceHeader(topic, partition, notice.offset, notice.index)),
        [LOG_TIME_HEADER]: Buffer.from(String(logTime)),
      };
      if (body.kind === 'reroute') {
        return { topic, partition: body.to, key: record!.key, value: record!.value, headers: source };
      }
      const carried = {
        ...(body.kind === 'job_creation' ? { action: update!.create_jobs_action![body.action] } : {}),
        ...(body.kind === 'reject' && body.form === 'copy' ? { bytes: record!.value?.toString('base64') ?? null } : {}),
      };
      const message: OutgoingMessage = {
        topic: body.kind,
        key: record?.key ?? null,
        value: Buffer.from(JSON.stringify({ body, source: notice.source ?? null, carried })),
        headers: source,
      };
      return body.kind === 'failure' ? { ...message, key: Buffer.from(body.facts.internal_task_id) } : message;
    },
  };
}

/** As another fold would see them: one error more in every update. */
export function seeingErrors(decoder: UpdateDecoder): UpdateDecoder {
  return {
    ...decoder,
    decode(value) {
      const decoded = decoder.decode(value);
      if (decoded.kind !== 'update') return decoded;
      return { kind: 'update', update: { ...decoded.update, error_count: (decoded.update.error_count ?? 0) + 1 } };
    },
  };
}
