// Reads the outgoing topics and holds every message against the events that the plain fold expects; then looks for those
// that are missing. An event that has not left yet must lie in the outbox.

import type { Kafka } from 'kafkajs';
import { readTopic } from '../../kafka/read-topic.ts';
import type { InputRecord } from '../../pipeline/ports.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import type { Topology } from '../../topology.ts';
import { headerText, isOfGroup, sourceMark } from './bytes.ts';
import { copiedHeaders, headerDifferences } from './copied-headers.ts';
import { type EventNames, expectedFields, foundFields, HIDDEN_FIELDS } from './event-fields.ts';
import type { EmittedAround, EventAbout, EventLedger, JudgedRange } from './event-ledger.ts';
import type { ExpectedEvent } from './expected-events.ts';
import { Mismatches } from './mismatches.ts';
import { PlainProblem, PlainReader, type PlainValue } from './plain-avro.ts';
import { plainSchemaId } from './plain-decode.ts';
import type { PlainSchemas } from './plain-schemas.ts';

export interface EventsToCompare {
  readonly kafka: Kafka;
  readonly topology: Topology;
  readonly schemas: PlainSchemas;
  onProgress(topic: string, done: number, total: number): void;
}

/** Reads one outgoing topic to its end; answers every message that has a source of this input topic. */
export async function* readEvents(events: EventsToCompare, topic: string): AsyncGenerator<InputRecord[]> {
  const onProgress = ({ done, total }: { done: number; total: number }) => events.onProgress(topic, done, total);
  for await (const { records } of readTopic(events.kafka, { topic, onProgress })) yield [...records];
}

/** Holds the messages of one outgoing topic against its ledger. */
export async function compareTopic(
  events: EventsToCompare,
  ledger: EventLedger,
  ranges: ReadonlyMap<number, JudgedRange>,
  mismatches: Mismatches,
): Promise<void> {
  const { topic } = ledger;
  const { input, groups } = events.topology;
  const names: EventNames = { inputTopic: input.topic, group: groups.members };
  for await (const records of readEvents(events, topic)) {
    for (const record of records) {
      const mark = sourceMark(record.headers);
      if (mark === null) {
        const at = `${record.partition}/${record.offset}`;
        mismatches.add({
          about: 'event',
          topic,
          field: `the message at ${at}, which names no source`,
          problem: 'unexpected',
        });
        continue;
      }
      // Events of another input, or of another group, may share the topic.
      if (mark.topic !== input.topic || !isOfGroup(record.headers, groups.members)) continue;
      const value = await eventValue(record, events.schemas);
      const ce_id = headerText(record.headers, 'ce_id');
      ledger.take({ partition: record.partition, mark, ce_id }, ranges, mismatches, (expected, about) =>
        compareMessage(expected, record, value, names, about, mismatches),
      );
    }
  }
}

type EventValue = { readonly [field: string]: PlainValue };

/** The event's Avro value, `copy` for the bytes of a rejected record, `unreadable`. */
export async function eventValue(
  record: InputRecord,
  schemas: PlainSchemas,
): Promise<EventValue | 'copy' | 'unreadable'> {
  if (headerText(record.headers, 'taskfold-reject-form') === 'copy') return 'copy';
  const id = plainSchemaId(record.value);
  const schema = typeof id === 'number' ? await schemas.event(id) : null;
  if (schema === null || schema.type !== 'record') return 'unreadable';
  try {
    const reader = new PlainReader(record.value!, 5);
    const value = reader.read(schema) as EventValue;
    return reader.left === 0 ? value : 'unreadable';
  } catch (error) {
    if (error instanceof PlainProblem) return 'unreadable';
    throw error;
  }
}

function compareMessage(
  expected: ExpectedEvent,
  record: InputRecord,
  value: EventValue | 'copy' | 'unreadable',
  names: EventNames,
  about: EventAbout,
  mismatches: Mismatches,
): void {
  if (value === 'unreadable') {
    mismatches.add({
      ...about,
      field: 'value',
      problem: 'differs',
      expected: 'an Avro event',
      found: 'something else',
    });
    return;
  }
  const fields = new Mismatches(Number.POSITIVE_INFINITY);
  fields.compare(about, expectedFields(expected, names), foundFields(record, value === 'copy' ? null : value));
  for (const { expected: _, found: __, ...hidden } of fields.kept.filter(({ field }) => HIDDEN_FIELDS.has(field!))) {
    mismatches.add(hidden);
  }
  for (const shown of fields.kept.filter(({ field }) => !HIDDEN_FIELDS.has(field!))) mismatches.add(shown);
  if (value !== 'copy' || expected.bytes === undefined) return;
  for (const name of headerDifferences(expected.bytes.headers, copiedHeaders(record.headers))) {
    mismatches.add({ ...about, field: `header ${name}`, problem: 'differs' });
  }
}

/** What became of the events that were not found. */
export interface Absent {
  /** they wait in the outbox */
  pending: number;
  /** they may have left, or be leaving, while we were reading: look again */
  unsettled: number;
  /** nobody can tell: the log of their topic begins later */
  unchecked: number;
}

/**
 * @param mayBeGone whether retention may have removed the event from its topic
 * @param doubted events that the look before found neither in the topic nor in the outbox; those of this look are added.
 *   One that left after the topic was read, and was dropped from the outbox since, is in the topic at the next look.
 */
export async function judgeMissing(
  ledger: EventLedger,
  emitted: EmittedAround,
  outbox: { readonly redis: RedisClient; readonly keys: readonly SlotKeys[] },
  mayBeGone: (event: ExpectedEvent) => boolean,
  doubted: Set<ExpectedEvent>,
  mismatches: Mismatches,
): Promise<Absent> {
  const absent: Absent = { pending: 0, unsettled: 0, unchecked: 0 };
  for (const { event, about } of ledger.missing()) {
    const { partition, offset, index } = event;
    if (offset < (emitted.before.get(partition) ?? 0)) {
      if (mayBeGone(event)) absent.unchecked += 1;
      else mismatches.add({ ...about, problem: 'missing' });
    } else if (offset < (emitted.after.get(partition) ?? 0)) absent.unsettled += 1;
    else {
      const id = `${offset}-${index}`;
      const entries = await outbox.redis.xrange(outbox.keys[partition]!.outbox, id, id);
      if (entries.length > 0) absent.pending += 1;
      else if (doubted.has(event)) {
        mismatches.add({ ...about, problem: 'missing', found: 'neither in the topic nor in the outbox' });
      } else {
        doubted.add(event);
        absent.unsettled += 1;
      }
    }
  }
  return absent;
}
