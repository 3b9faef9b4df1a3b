// A task's records, read from its home partition between two offsets and decoded. Records of other tasks are told by their
// bytes, without decoding: the id stands in a record's body as it is, whatever schema wrote it. Of them only the time counts.

import { createRegistryClient } from '../../avro/registry-client.ts';
import { createUpdateDecoder } from '../../avro/update-decoder.ts';
import type { FoldInput } from '../../domain/fold-input.ts';
import { newHead } from '../../domain/head.ts';
import { ClusterLink } from '../../kafka/cluster-link.ts';
import { createKafka } from '../../kafka/connection.ts';
import { readTopic } from '../../kafka/read-topic.ts';
import { VerdictLog } from '../../kafka/verdict-log.ts';
import { Fault } from '../../pipeline/errors.ts';
import { type DecodeClaim, decodeRecords } from '../../pipeline/fold-batch.ts';
import type { InputRecord, SchemaVerdict, UpdateDecoder } from '../../pipeline/ports.ts';
import { CONTROL_HEADER, reroutedFrom } from '../../pipeline/source-header.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { registryOptions } from '../service-targets.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';
import type { TaskLook } from './task-look.ts';

export interface TaskRecord {
  readonly record: InputRecord;
  readonly input: FoldInput;
  /** of the writer; null where the bytes name none */
  readonly schema_id: number | null;
  /** false: a control record, or another task's, re-routed; it may decide which re-routed record of ours came twice */
  readonly own: boolean;
}

/** A stretch of records that say nothing of the task but that the time passes. */
export interface PassedRecords {
  readonly passed: readonly InputRecord[];
}

/**
 * All records in [from, to), in order: those of the task, and beside them all re-routed ones and control records, decoded; the others in
 * stretches. A record that does not decode is the task's if it is keyed by it.
 * @param onProgress offsets passed and to pass
 * @throws CommandFailure where the registry has forgotten a schema; Fault history_gone, service_unavailable
 */
export async function* readTaskRecords(
  context: CommandContext,
  { task, pins }: TaskLook,
  [from, to]: readonly [number, number],
  onProgress?: (progress: { done: number; total: number }) => void,
): AsyncGenerator<TaskRecord | PassedRecords, void, undefined> {
  const { config } = context;
  const { input, verdicts: verdictTopic } = topologyOfConfig(config);
  const { partition } = task.source;
  const id = Buffer.from(task.internal_task_id);
  // An id with a replacement character may have been written as bytes that are no UTF-8.
  const anyBytes = task.internal_task_id.includes('\ufffd');
  const isCandidate = ({ key, value, headers }: InputRecord) =>
    anyBytes ||
    key?.equals(id) ||
    value?.includes(id) ||
    Object.hasOwn(headers, CONTROL_HEADER) ||
    reroutedFrom(headers, input.topic, partition, pins.partition_count) !== null;

  const kafka = createKafka(kafkaConnection(config), 'read', kafkaLog(context));
  const registry = createRegistryClient(registryOptions(config));
  const decoder = createUpdateDecoder({ registry, unknownSchemaWaitMs: config.unknown_schema_wait_s * 1_000 });
  const verdictLink = new ClusterLink(kafka, verdictTopic.topic);
  // A verdict is written before its record is folded, so all that are needed are there.
  const verdicts = await new VerdictLog(verdictLink)
    .read(partition, pins.incarnation)
    .finally(() => verdictLink.close());
  const claim: DecodeClaim = { head: newHead(pins), verdicts: new Map(verdicts) };

  const chunks = readTopic(kafka, {
    topic: input.topic,
    partitions: [partition],
    from: new Map([[partition, from]]),
    to: new Map([[partition, to]]),
    ...(onProgress ? { onProgress } : {}),
  });
  for await (const chunk of chunks) {
    const candidates = chunk.records.filter(isCandidate);
    await loadWriters(decoder, candidates, verdicts);
    const decodeContext = { ports: { decoder }, settings: { topic: input.topic, group: config.group } };
    const inputs = decodeRecords(decodeContext, partition, claim, candidates);
    let told = 0;
    let decoded = 0;
    for (const [i, record] of chunk.records.entries()) {
      if (record !== candidates[decoded]) continue;
      const folded = inputs[decoded++]!;
      const own = isOf(folded, record);
      if (!own && folded.source === null && folded.control === undefined) continue;
      if (told < i) yield { passed: chunk.records.slice(told, i) };
      told = i + 1;
      yield { record, input: folded, schema_id: decoder.schemaIdOf(record.value), own };
    }
    if (told < chunk.records.length) yield { passed: chunk.records.slice(told) };
  }

  function isOf({ decoded }: FoldInput, { key }: InputRecord): boolean {
    if (decoded.kind === 'update') return decoded.update.internal_task_id === task.internal_task_id;
    return key?.equals(id) ?? false;
  }
}

async function loadWriters(
  decoder: UpdateDecoder,
  records: readonly InputRecord[],
  verdicts: ReadonlyMap<number, SchemaVerdict>,
): Promise<void> {
  const firstOffsets = new Map<number, number>();
  for (const { offset, value } of records) {
    const id = decoder.schemaIdOf(value);
    if (id !== null && !verdicts.has(offset) && !firstOffsets.has(id)) firstOffsets.set(id, offset);
  }
  for (const [id, found] of await decoder.load(new Set(firstOffsets.keys()))) {
    if (found === 'known') continue;
    const where = `schema ${id}, which the record at offset ${firstOffsets.get(id)} names`;
    if (found === 'unavailable') throw new Fault('service_unavailable', `the schema registry does not give ${where}`);
    throw new CommandFailure(`the schema registry no longer knows ${where}`, EXIT.failed, 'register it again');
  }
}
