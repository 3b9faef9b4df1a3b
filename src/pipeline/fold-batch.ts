// One batch on its way: decode → home → missing tasks → fold. Nothing is written here, and nothing is sent.

import { type FoldInput, homeOfDecoded } from '../domain/fold-input.ts';
import type { SlotHead } from '../domain/head.ts';
import type { Look } from '../domain/looks.ts';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { Notice } from '../domain/notice.ts';
import { clockAfter } from '../domain/partition-clock.ts';
import { PartitionFold } from '../domain/partition-fold.ts';
import type { KnownRollUp, RollUpChange } from '../domain/roll-ups.ts';
import { readControl } from '../domain/settings-change.ts';
import type { TaskChange } from '../domain/task-state.ts';
import { Tombstone } from '../domain/tombstone.ts';
import { type Claimed, moved } from './claim.ts';
import type { PipelineContext } from './context.ts';
import type { Emitter } from './emitter.ts';
import { away, type Fault } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type Decoded, type InputRecord, NO_HEADERS, type RecordFingerprint, type SchemaVerdict } from './ports.ts';
import { readMissing } from './read-missing.ts';
import type { SlotCache } from './slot-cache.ts';
import {
  CONTROL_HEADER,
  ENGINE_INSTANCE_HEADER,
  headerText,
  recordSize,
  reroutedFrom,
  TICK_HEADER,
  WORK_REQUEST_STATUS_HEADER,
} from './source-header.ts';

/** A notice with the record that it speaks of, both at hand: ready to be made a message. */
export interface NoticeAtHand {
  readonly notice: Notice;
  readonly record: InputRecord;
  readonly update: TaskStatusDetail | null;
}

/** Schema ids asked of the registry for one batch, and its records up to the first that must wait. */
export interface Decodable {
  readonly records: readonly InputRecord[];
  /** set where a record behind `records` waits for the registry */
  readonly waitsFor: Fault | null;
}

/**
 * Loads the writer schemas of a batch. Where the registry is away, only the records before the first unknown id go on.
 * An id that it denies becomes a verdict for its offset, committed before the fold uses it.
 */
export async function loadSchemas(
  context: PipelineContext,
  partition: number,
  claimed: Claimed,
  emitter: Emitter,
  records: readonly InputRecord[],
): Promise<Decodable> {
  const { decoder } = context.ports;
  const ids = new Set<number>();
  for (const record of records) {
    const id = decoder.schemaIdOf(record.value);
    if (id !== null && !claimed.verdicts.has(record.offset)) ids.add(id);
  }
  const loaded = await decoder.load(ids);
  const verdicts: SchemaVerdict[] = [];
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    const schema_id = decoder.schemaIdOf(record.value);
    if (schema_id === null || claimed.verdicts.has(record.offset)) continue;
    const found = loaded.get(schema_id);
    if (found === 'known') continue;
    // Below C the record was folded once, and without a verdict: so the registry knew the id, and will again.
    if (found === 'denied' && record.offset >= claimed.emitted.offset) {
      verdicts.push({ partition, offset: record.offset, schema_id, incarnation: claimed.head.pins.incarnation });
      continue;
    }
    await commitVerdicts(claimed, emitter, verdicts);
    const what = found === 'denied' ? 'denies it now, and knew it before' : 'does not answer';
    const where = `the record at offset ${record.offset} of partition ${partition}`;
    const fault = away('registry', `The schema registry ${what}: schema ${schema_id}, of ${where}.`);
    return { records: records.slice(0, i), waitsFor: fault };
  }
  await commitVerdicts(claimed, emitter, verdicts);
  return { records, waitsFor: null };
}

async function commitVerdicts(claimed: Claimed, emitter: Emitter, verdicts: readonly SchemaVerdict[]): Promise<void> {
  if (verdicts.length === 0) return;
  await emitter.recordVerdicts(verdicts);
  for (const verdict of verdicts) claimed.verdicts.set(verdict.offset, verdict);
}

/** What decoding reads of the context and of the claim: `taskfold why` decodes without either. */
export interface DecodeContext {
  readonly ports: Pick<PipelineContext['ports'], 'decoder'>;
  readonly settings: Pick<PipelineContext['settings'], 'topic' | 'group'>;
}
export type DecodeClaim = Pick<Claimed, 'head' | 'verdicts'>;

/** Decodes the records and says where each belongs. */
export function decodeRecords(
  context: DecodeContext,
  partition: number,
  claimed: DecodeClaim,
  records: readonly InputRecord[],
): FoldInput[] {
  const { partition_count } = claimed.head.pins;
  const { topic, group } = context.settings;
  // Records without a header, which most are, look none up; and all inputs have one shape, whichever headers there are.
  return records.map((record): FoldInput => {
    const decoded = decodeOne(context, claimed, record);
    const { headers } = record;
    const hasHeaders = headers !== NO_HEADERS;
    return {
      offset: record.offset,
      timestamp: record.timestamp,
      size: recordSize(record),
      decoded,
      home: homeOfDecoded(decoded, partition_count),
      source: hasHeaders ? reroutedFrom(headers, topic, partition, partition_count) : null,
      tick: hasHeaders && Object.hasOwn(headers, TICK_HEADER),
      control: hasHeaders && isControl(record) ? readControl(headerText(headers, CONTROL_HEADER), group) : undefined,
      work_request_status: hasHeaders ? headerText(headers, WORK_REQUEST_STATUS_HEADER) : undefined,
      engine_instance_id: hasHeaders ? headerText(headers, ENGINE_INSTANCE_HEADER) : undefined,
      traceparent: hasHeaders ? upTo(TRACEPARENT_MAX, headerText(headers, 'traceparent')) : undefined,
      tracestate: hasHeaders ? upTo(TRACESTATE_MAX, headerText(headers, 'tracestate')) : undefined,
    };
  });
}

function upTo(max: number, text: string | undefined): string | undefined {
  return text !== undefined && text.length <= max ? text : undefined;
}

function isControl({ headers }: InputRecord): boolean {
  return Object.hasOwn(headers, CONTROL_HEADER);
}

/** W3C Trace Context: a traceparent of version 00 has 55 characters; at least 512 of a tracestate are passed on. */
const TRACEPARENT_MAX = 64;
const TRACESTATE_MAX = 512;

function decodeOne(context: DecodeContext, claimed: DecodeClaim, record: InputRecord): Decoded {
  const verdict = claimed.verdicts.get(record.offset);
  if (verdict !== undefined) {
    return { kind: 'reject', reason: 'unknown_schema', detail: `The registry denies schema ${verdict.schema_id}.` };
  }
  return context.ports.decoder.decode(record.value);
}

/** What a batch comes to. Of its records it holds only those that notices speak of. */
export interface FoldedBatch {
  /** how many of the records were folded; the rest have to wait for more of the slot's looks */
  readonly count: number;
  /** in order, those at or above C */
  readonly atHand: readonly NoticeAtHand[];
  readonly changes: readonly TaskChange[];
  readonly rollUps: readonly RollUpChange[];
  readonly tombstones: ReadonlyMap<string, number>;
  /** of the last record, if there is any */
  readonly fingerprint: RecordFingerprint | undefined;
}

/** The fold over what the cache holds, which is all that a batch needs once it was read. */
export function foldOver(cache: SlotCache, partition: number, head: SlotHead): PartitionFold {
  const rollUp: KnownRollUp = (kind, id) => cache.rollUps[kind].get(id) ?? null;
  return new PartitionFold(partition, head, (id) => cache.tasks.get(id) ?? null, rollUp);
}

/** Looks are read for this many records at once that use up all that they may; where there are more, the batch is cut. */
const RECORDS_FULL_OF_LOOKS = 10;

/**
 * So many records are decoded at once. What is decoded has to wait for what is read, with that of all other partitions: more of it, and the
 * garbage collector moves all of it to the old generation.
 */
const DECODED_MAX = 2_000;

/**
 * Decodes and folds the records over the cache, which holds the state at `watermark` before and at the batch's end after.
 * What was decoded goes no further than this function: it would outlive the save that follows, and with several
 * partitions at work at once the garbage collector would move all of it to the old generation.
 * @throws Fault watermark_moved, service_unavailable from reading the slot; InvariantBroken from the fold
 */
export async function foldRecords(
  context: PipelineContext,
  partition: number,
  claimed: Claimed,
  watermark: number,
  cache: SlotCache,
  fold: PartitionFold,
  batch: readonly InputRecord[],
): Promise<FoldedBatch> {
  const { observer } = context;
  observer.step?.(partition, 'read');
  const ofOneKind = upToControl(batch);
  const looks = await readLooks(context, partition, claimed, watermark, ofOneKind);
  const isCut = looks.length === looksRead(claimed);
  const records = isCut ? ofOneKind.slice(0, RECORDS_FULL_OF_LOOKS) : ofOneKind;
  fold.beginStretch(looks, clockAtEnd(claimed, records));
  const atHand: NoticeAtHand[] = [];
  let last: FoldInput | undefined;
  for (let from = 0; from < records.length; from += DECODED_MAX) {
    const some = records.slice(from, from + DECODED_MAX);
    observer.step?.(partition, 'decode');
    const inputs = decodeRecords(context, partition, claimed, some);
    observer.step?.(partition, 'read');
    await readMissing(context, partition, claimed, watermark, cache, inputs, from === 0 ? looks : []);
    observer.step?.(partition, 'fold');
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i]!;
      const notices = fold.fold(input);
      if (notices.length === 0 || input.offset < claimed.emitted.offset) continue;
      const update = input.decoded.kind === 'update' ? input.decoded.update : null;
      for (const notice of notices) atHand.push({ notice, record: some[i]!, update });
    }
    last = inputs.at(-1);
  }
  const changes = fold.takeChanges();
  const tombstones = fold.takeTombstones();
  const rollUps = fold.takeRollUps();
  for (const [id, generation] of tombstones) cache.tasks.set(id, new Tombstone(generation));
  for (const { task, retired } of changes) if (!retired) cache.tasks.set(task.internal_task_id, task);
  for (const { kind, id, rollUp } of rollUps) cache.rollUps[kind].set(id, rollUp);
  const record = records.at(-1);
  const fingerprint = record && last && fingerprintOf(record, last.decoded);
  return { count: records.length, atHand, changes, rollUps, tombstones, fingerprint };
}

/**
 * A record that may change the settings is folded and saved alone: all others of a batch are folded, looked for and saved by
 * the same ones.
 */
function upToControl(batch: readonly InputRecord[]): readonly InputRecord[] {
  const control = batch.findIndex(isControl);
  return control < 0 ? batch : batch.slice(0, Math.max(1, control));
}

function looksRead({ head }: Claimed): number {
  return RECORDS_FULL_OF_LOOKS * head.settings.looks_max;
}

function clockAtEnd({ head }: Claimed, records: readonly InputRecord[]): number {
  const { clock, settings } = head;
  return clockAfter(
    clock,
    records.map(({ timestamp }) => timestamp),
    settings,
  );
}

/** What the slot has to look at before the clock at the batch's end, at our W. */
async function readLooks(
  context: PipelineContext,
  partition: number,
  claimed: Claimed,
  watermark: number,
  records: readonly InputRecord[],
): Promise<Look[]> {
  if (records.length === 0) return [];
  const end = clockAtEnd(claimed, records);
  const read = await context.ports.slotStore.readLooks(partition, end, looksRead(claimed));
  if (read.watermark !== watermark) throw moved(partition, watermark, read.watermark);
  return read.looks;
}
