// What the pipeline needs from the world, as promises of short ports. One adapter room a library implements them; the
// simulator implements them in memory, and both pass the same contract suites. Offsets are integers below 2^53.
// Deliberately not here: timers of libraries, reconnects, wire formats, key names.

import type { FoldSettings } from '../domain/fold-settings.ts';
import type { SlotHead, SlotPins } from '../domain/head.ts';
import type { Look } from '../domain/looks.ts';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { Notice } from '../domain/notice.ts';
import type { RejectReason } from '../domain/outcome.ts';
import type { RollUp, RollUpKind } from '../domain/roll-up.ts';
import type { RollUpChange } from '../domain/roll-ups.ts';
import type { TaskChange } from '../domain/task-state.ts';
import type { KnownTask } from '../domain/tombstone.ts';

/** Header values as the log gave them: repeated headers are arrays; a null value is null. */
export type RecordHeaders = Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>;
/** Of every record that has none. */
export const NO_HEADERS: RecordHeaders = Object.freeze(Object.create(null) as RecordHeaders);

/** One visible (committed) record of the input topic. */
export interface InputRecord {
  readonly partition: number;
  readonly offset: number;
  /** log time: the broker's timestamp, ms */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** A stretch [from, to) of the log. `records` are all visible records in it; control and aborted records are not shown. */
export interface LogBatch {
  readonly records: readonly InputRecord[];
  readonly from: number;
  /** the next position to fetch; `to === from` means: nothing came within the wait */
  readonly to: number;
  /** end of the log as last heard from the broker (high watermark) */
  readonly end: number;
}

/** The input topic, read committed. */
export interface InputLog {
  /**
   * Records from `position` on, after at most `wait_ms`. Skipped stretches (control records) are part of [from, to).
   * Never returns a record below `position`, never leaves one out.
   * @throws Fault history_gone if the log starts above `position`; partition_lost; service_unavailable
   */
  fetch(partition: number, position: number, limits: { records_max: number; wait_ms: number }): Promise<LogBatch>;
  /** First offset still in the log, and the next offset that a committed record could get. */
  bounds(partition: number): Promise<{ start: number; end: number }>;
  /** Partitions of the topic: as of not long ago, or as of now. */
  partitionCount(options?: { fresh: boolean }): Promise<number>;
}

/** C: next input offset whose notices are not yet committed, with what is committed beside it. */
export interface EmittedMark {
  readonly offset: number;
  /** the same as in the slot's head, so that an emptied Redis is rebuilt by the same rules */
  readonly pins: SlotPins;
  /** a record below `offset`, normally the last; absent where none is known */
  readonly fingerprint?: RecordFingerprint;
  /** a growth of the input topic has cut the partition here and is not through: nobody folds it. The growth's id */
  readonly growing?: string;
}

/** A record by its offset and log time (ms): another log has another record, or none, in its place. */
export interface RecordPlace {
  readonly offset: number;
  readonly timestamp: number;
}

/** Tells whether the record at `offset` is still the one that we folded. */
export interface RecordFingerprint extends RecordPlace {
  /** `value`: CRC-32 of key and value; `key`: of the key alone (the record holds a token or does not decode) */
  readonly scope: 'value' | 'key';
  readonly crc: number;
}

/** A message ready for Kafka. Headers hold only Buffers. */
export interface OutgoingMessage {
  readonly topic: string;
  /** set for a re-routed record; otherwise the key decides */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[]>>;
}

/** The registry denied `schema_id` when the record at `offset` was first folded; every replay shares this. */
export interface SchemaVerdict {
  readonly partition: number;
  readonly offset: number;
  readonly schema_id: number;
  /** of the slot that was folded; a partition that starts anew asks the registry anew */
  readonly incarnation: string;
}

/** The outgoing side of Kafka: one exclusive claim a partition. */
export interface EventLog {
  /**
   * Fences every earlier claim of the partition (InitProducerId). What is read through the claim afterwards is final.
   * @throws Fault service_unavailable
   */
  claim(partition: number): Promise<EventClaim>;
}

export interface EventClaim {
  /** C, or null where none is committed. A missing C is never 0. */
  readEmitted(): Promise<EmittedMark | null>;
  /** The C of every other partition of the input topic that has one (a new partition learns the pinned count from them). */
  readPeers(): Promise<EmittedMark[]>;
  /** The highest source record of this partition that any outgoing or re-routed record names (a full scan), or null. */
  highestSource(): Promise<RecordPlace | null>;
  /** The verdicts of this partition and incarnation, by offset: all that was committed before the claim, and by it. */
  readVerdicts(incarnation: string): Promise<ReadonlyMap<number, SchemaVerdict>>;
  /**
   * One Kafka transaction: the messages and verdicts, and C where given. All or nothing.
   * After any error the claim is of no more use: its outcome is unknown until the next claim has read C.
   * @throws Fault fenced, service_unavailable
   */
  transact(transaction: {
    emitted?: EmittedMark;
    messages: readonly OutgoingMessage[];
    verdicts?: readonly SchemaVerdict[];
  }): Promise<void>;
  close(): Promise<void>;
}

/** The mark `saving` of a snapshot that is being put in begins so. */
export const LOAD_MARK = 'load ';

/** What a claim of a slot finds. */
export interface SlotClaim {
  /** null: the slot is empty (first start, or Redis lost it) */
  readonly head: SlotHead | null;
  /** W; null with `head` null */
  readonly watermark: number | null;
  /** a record below W, normally the last; null: none has been folded */
  readonly fingerprint: RecordFingerprint | null;
  /** a save was torn, or a clearing or loading did not end: nobody may save or claim */
  readonly saving: string | null;
}

/** `refused` carries the W that was found (null: no head); `held`: an operator's tool holds the slot, nothing was written. */
export type SaveOutcome =
  | { readonly outcome: 'saved' }
  | { readonly outcome: 'refused'; readonly watermark: number | null }
  | { readonly outcome: 'held' };
/** Names a share of a job or engine. */
export interface RollUpName {
  readonly kind: RollUpKind;
  readonly id: string;
}

/** One atomic step: everything that folding [expect, to) changed. */
export interface SlotSave {
  readonly expect: number;
  /** log time of the last record below `expect`, ms; null: there was none. A copy of another log's life has another one. */
  readonly expect_log_time: number | null;
  readonly to: number;
  readonly head: SlotHead;
  /** of the last record below `to`; absent where [expect, to) holds none, and then the saved one stays */
  readonly fingerprint?: RecordFingerprint;
  readonly changes: readonly TaskChange[];
  /** shares of jobs and engines that changed, each once */
  readonly rollUps: readonly RollUpChange[];
  /** tombstones made or moved: internal_task_id → generation; the earlier ones of an id may stay */
  readonly tombstones: ReadonlyMap<string, number>;
  /** pending notices of these records, in order; only those at or above C */
  readonly notices: readonly Notice[];
}

/** State in Redis, one slot a partition. Every read returns the W that it was read at, in the same atomic step. */
export interface SlotStore {
  /** @throws Fault service_unavailable */
  claim(partition: number, owner: string): Promise<SlotClaim>;
  /**
   * Writes the first head with W, if and only if the slot has no head. Answers whether it did.
   * @throws Fault torn_save if the slot has no head but a roll-up or an outbox: it lost a part of itself
   */
  begin(partition: number, watermark: number, head: SlotHead): Promise<boolean>;
  /**
   * Tasks by id, in the order asked; null: absent. `task_output` and the kept errors are not part of it.
   * @param generation tombstones of this one and the one before are found, the newer of an id's two; null: there are none
   */
  readTasks(
    partition: number,
    ids: readonly string[],
    generation: number | null,
  ): Promise<{ watermark: number | null; tasks: KnownTask[] }>;
  /** Shares of jobs and engines, in the order asked; null: absent. */
  readRollUps(
    partition: number,
    names: readonly RollUpName[],
  ): Promise<{ watermark: number | null; rollUps: (RollUp | null)[] }>;
  /** The earliest looks before `before`, in order, at most `max`; those of one moment in the order of the ids' bytes. */
  readLooks(partition: number, before: number, max: number): Promise<{ watermark: number | null; looks: Look[] }>;
  /**
   * Pending notices from `from` on, in order, at most `max`; `more` tells whether further ones follow. With `more`, the
   * last record's notices may be incomplete. `log_time` is that of the last record below W, ms: a copy of the slot from
   * another log's life can have the same W.
   */
  readNotices(
    partition: number,
    from: number,
    max: number,
  ): Promise<{ watermark: number | null; log_time: number | null; notices: Notice[]; more: boolean }>;
  /**
   * Compare-and-set on W, on the log time of the last folded record and on the incarnation in `head.pins`: saves all or nothing.
   * A lost reply may have saved. Of a slot that is held, a save which would be refused is refused.
   * @throws Fault torn_save, service_unavailable
   */
  save(partition: number, save: SlotSave): Promise<SaveOutcome>;
  /** Whether an operator's tool holds the slot still: then W does not move. A hold lapses by itself. */
  isHeld(partition: number): Promise<boolean>;
  /** Drops the notices below `emitted`, which must be a committed C of this incarnation; else nothing. */
  trim(partition: number, incarnation: string, emitted: number): Promise<void>;
  /** Drops the tombstones of a generation, if the slot of this incarnation has gone on by two or more; else nothing. */
  dropTombstones(partition: number, incarnation: string, generation: number): Promise<void>;
  /** Deletes every key of the slot, `live` and a hold excepted: state, head, outbox, also of a torn save. */
  clear(partition: number): Promise<void>;
  /** Tells dashboards about the owner; outside of the fold, may be lost. */
  reportLive(partition: number, live: SlotLive): Promise<void>;
  readLive(partition: number): Promise<SlotLive | null>;
  /** An operator's request to a halted partition to claim again. The request is taken (removed) by the reading. */
  requestResume(partition: number): Promise<void>;
  takeResume(partition: number): Promise<boolean>;
}

/** `{tag}:live`: who works on the partition, and how it goes. */
export interface SlotLive {
  readonly owner: string;
  readonly state: string;
  /** end of the log as last seen */
  readonly log_end: number;
  readonly emitted: number | null;
  /** wall clock, ms */
  readonly seen_at: number;
  readonly halt?: { readonly code: string; readonly message: string; readonly cure: string };
  /** settings of the fold that somebody gave to the owner: it halts where others come into force */
  readonly given?: Partial<FoldSettings>;
}

/** What a record's bytes turned out to be. */
export type Decoded =
  | { readonly kind: 'update'; readonly update: TaskStatusDetail }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly detail: string };

/** Writer schemas and the Avro of the input. */
export interface UpdateDecoder {
  /** The writer schema's id, or null where the bytes have none (too short, wrong magic byte, tombstone). */
  schemaIdOf(value: Buffer | null): number | null;
  /**
   * Loads what is not loaded yet, all ids at once, single-flight. `denied` only after the registry has said so for
   * `unknown_schema_wait_s`; `unavailable`: no answer, nothing is known.
   */
  load(schemaIds: ReadonlySet<number>): Promise<Map<number, 'known' | 'denied' | 'unavailable'>>;
  /** Never throws. The writer schema must have been loaded; if it was denied: reject unknown_schema. */
  decode(value: Buffer | null): Decoded;
}

/** Makes the messages that leave. */
export interface NoticeEncoder {
  /**
   * @param record the input record at the notice's offset; needed where `needsRecord(notice)`
   * @param update the decoded record, needed where `needsUpdate(notice)`
   */
  encode(
    partition: number,
    notice: Notice,
    record: InputRecord | null,
    update: TaskStatusDetail | null,
  ): OutgoingMessage;
  /** A record for the input partition that tells nothing but the time: an update without fields, and the tick's header. */
  tick(partition: number): OutgoingMessage;
}

/** Membership of the consumer group, as far as the protocol needs it. */
export interface Membership {
  /** Resolves after a heartbeat of this member that was answered later than this call. @throws Fault partition_lost */
  nextHeartbeat(partition: number): Promise<void>;
}

/** Time and chance, so that a schedule can be replayed. Never read by the fold. */
export interface Surroundings {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** 0 ≤ x < 1 */
  random(): number;
}
