// Notices → messages: Avro value, key, CloudEvents headers in binary mode, the source coordinates by which C can be found
// again. A pure function of its arguments: each replay makes the same bytes.

import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { Notice, NoticeBody } from '../domain/notice.ts';
import { Fault } from '../pipeline/errors.ts';
import type { InputRecord, NoticeEncoder, OutgoingMessage } from '../pipeline/ports.ts';
import {
  ENGINE_INSTANCE_HEADER,
  GROUP_HEADER,
  headerText,
  LOG_TIME_HEADER,
  SOURCE_HEADER,
  sourceHeader,
  TICK_HEADER,
} from '../pipeline/source-header.ts';
import type { Topology } from '../topology.ts';
import { failureId, jobCreationId, type NoticeSource, rejectId } from './event-id.ts';
import { cutId, ID_BYTES_MAX, jobCreation, rejectPointer, taskFailure } from './event-values.ts';
import {
  copiedHeaders,
  headersOf,
  ORIGIN_HEADER,
  ORIGIN_KEY_HEADER,
  REJECT_DETAIL_HEADER,
  REJECT_FORM_HEADER,
  REJECT_REASON_HEADER,
  traceOf,
  withOriginKey,
} from './message-headers.ts';
import { schemaType } from './schema-file.ts';
import { encodeWire } from './wire-format.ts';

export interface NoticeEncoderOptions {
  readonly topology: Topology;
  /** the registry's ids of our schemas */
  readonly schemaIds: {
    readonly input: number;
    readonly failures: number;
    readonly jobCreations: number;
    readonly rejects: number;
  };
}

type Body<Kind extends NoticeBody['kind']> = Extract<NoticeBody, { kind: Kind }>;

/**
 * The encoder of what leaves. `encode` throws Fault payload_gone where the record that a notice speaks of is missing
 * or has changed.
 */
export function createNoticeEncoder({ topology, schemaIds }: NoticeEncoderOptions): NoticeEncoder {
  const types = {
    failure: schemaType('task-failures.avsc'),
    jobCreation: schemaType('job-creations.avsc'),
    pointer: schemaType('task-status-rejects.avsc'),
  };
  const { topic } = topology.input;
  const ceSource = `/taskfold/${topology.groups.members}/${topic}`;

  /** The headers that every message has. */
  const marks = (from: NoticeSource, notice: Notice, logTime: number) => ({
    [SOURCE_HEADER]: sourceHeader(topic, from.partition, notice.offset, notice.index),
    [LOG_TIME_HEADER]: String(logTime),
    [GROUP_HEADER]: topology.groups.members,
    [ORIGIN_HEADER]: notice.source && `${topic}/${notice.source.partition}/${notice.source.offset}`,
  });

  const cloudEvent = (id: string, type: string, logTime: number, task: string | undefined) => ({
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: `taskfold.${type}`,
    ce_source: ceSource,
    ce_time: isoTime(logTime),
    ce_subject: task,
  });

  function failureMessage(from: NoticeSource, notice: Notice, { facts }: Body<'failure'>): OutgoingMessage {
    const id = failureId(from, notice, facts);
    return {
      topic: topology.failures.topic,
      key: Buffer.from(facts.internal_task_id),
      value: encodeWire(schemaIds.failures, types.failure, taskFailure(from, notice, facts)),
      headers: headersOf({
        ...marks(from, notice, facts.log_time),
        ...cloudEvent(id, `task.${facts.failure}`, facts.log_time, facts.internal_task_id),
        'content-type': 'application/avro',
        traceparent: facts.traceparent,
        tracestate: facts.tracestate,
      }),
    };
  }

  function jobCreationMessage(
    from: NoticeSource,
    notice: Notice,
    body: Body<'job_creation'>,
    record: InputRecord,
    update: TaskStatusDetail,
  ): OutgoingMessage {
    const event = jobCreation(from, notice, body, record, update);
    const action = update.create_jobs_action![body.action]!;
    const instance = headerText(record.headers, ENGINE_INSTANCE_HEADER);
    const id = jobCreationId(from, notice, update, action, body.repeat, body.action, instance);
    return {
      topic: topology.jobCreations.topic,
      key: Buffer.from(event.internal_job_id ?? event.internal_task_id),
      value: encodeWire(schemaIds.jobCreations, types.jobCreation, event),
      headers: headersOf({
        ...marks(from, notice, record.timestamp),
        ...cloudEvent(id, 'job.creation', record.timestamp, event.internal_task_id),
        'content-type': 'application/avro',
        ...traceOf(record.headers),
      }),
    };
  }

  function rejectMessage(
    from: NoticeSource,
    notice: Notice,
    body: Body<'reject'>,
    record: InputRecord,
  ): OutgoingMessage {
    const task = cutId(body.internal_task_id) ?? undefined;
    const ours = headersOf({
      ...marks(from, notice, record.timestamp),
      ...cloudEvent(rejectId(from, notice), 'update.rejected', record.timestamp, task),
      [REJECT_REASON_HEADER]: body.reason,
      [REJECT_DETAIL_HEADER]: body.detail,
      [REJECT_FORM_HEADER]: body.form,
    });
    if (body.form === 'copy') {
      const headers = copiedHeaders(record.headers, ours);
      return { topic: topology.rejects.topic, key: record.key, value: record.value, headers };
    }
    const pointer = rejectPointer(from, notice, body, record);
    return {
      topic: topology.rejects.topic,
      key: record.key !== null && record.key.length <= ID_BYTES_MAX ? record.key : null,
      value: encodeWire(schemaIds.rejects, types.pointer, pointer),
      headers: { ...ours, ...headersOf({ 'content-type': 'application/avro', ...traceOf(record.headers) }) },
    };
  }

  function reroutedMessage(from: NoticeSource, notice: Notice, to: number, record: InputRecord, task: string) {
    const key = record.key === null ? {} : { [ORIGIN_KEY_HEADER]: record.key };
    const ours = { ...headersOf(marks(from, notice, record.timestamp)), ...key };
    const headers = copiedHeaders(record.headers, ours);
    return { topic, partition: to, key: Buffer.from(task), value: record.value, headers };
  }

  const emptyUpdate = encodeWire(schemaIds.input, schemaType('task-status.avsc'), {});
  const tickHeaders = headersOf({ [TICK_HEADER]: '1', [GROUP_HEADER]: topology.groups.members });

  return {
    tick: (partition) => ({ topic, partition, key: null, value: emptyUpdate, headers: tickHeaders }),

    encode(partition, notice, record, update) {
      const from = { topic, partition };
      const { body } = notice;
      if (body.kind === 'failure') return failureMessage(from, notice, body);
      const held = present(record, from, notice);
      switch (body.kind) {
        case 'job_creation':
          return jobCreationMessage(from, notice, body, held, present(update, from, notice));
        case 'reject':
          return rejectMessage(from, notice, body, notice.source ? withOriginKey(held) : held);
        case 'reroute': {
          const task = present(update, from, notice).internal_task_id;
          const first = notice.source ? withOriginKey(held) : held;
          return reroutedMessage(from, notice, body.to, first, present(task ?? null, from, notice));
        }
      }
    },
  };
}

function present<Value>(value: Value | null, from: NoticeSource, notice: Notice): Value {
  if (value !== null) return value;
  const where = `offset ${notice.offset} of partition ${from.partition}`;
  throw new Fault('payload_gone', `A ${notice.body.kind} waits to be sent, but its record at ${where} is gone.`);
}

/** RFC 3339, or nothing where a producer's clock wrote what no calendar holds. */
function isoTime(epochMs: number): string | undefined {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
