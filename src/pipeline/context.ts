// What every part of the pipeline is given: the ports, the settings, and an ear for what happens.

import type { FoldSettings } from '../domain/fold-settings.ts';
import type { SlotHead } from '../domain/head.ts';
import type { SettingsChange } from '../domain/settings-change.ts';
import type { Fault } from './errors.ts';
import type { NoticeAtHand } from './fold-batch.ts';
import type { EventLog, InputLog, Membership, NoticeEncoder, SlotStore, Surroundings, UpdateDecoder } from './ports.ts';

export interface PipelinePorts {
  readonly inputLog: InputLog;
  readonly eventLog: EventLog;
  readonly slotStore: SlotStore;
  readonly decoder: UpdateDecoder;
  readonly encoder: NoticeEncoder;
  readonly membership: Membership;
  readonly surroundings: Surroundings;
}

export interface PipelineSettings {
  /** the input topic's name, as the `taskfold-source` header names it */
  readonly topic: string;
  /** this process, for people: host, pid */
  readonly owner: string;
  /** the consumer group, as control records name it */
  readonly group: string;
  /** what the fold of a partition begins with, where nothing else says so */
  readonly fold: FoldSettings;
  /** of the rules that this process folds by */
  readonly fold_version: number;
  /** the growth of the input topic that this process carries out, if it does */
  readonly growing?: string;
  /** those of them that somebody gave; where another value is in force, the partition is refused */
  readonly given: Partial<FoldSettings>;
  /** tasks in the cache of one partition, at most */
  readonly cache_tasks: number;
  /** records folded into one save, at most */
  readonly batch_records_max: number;
  /** how long a fetch waits for the first record, ms */
  readonly fetch_wait_ms: number;
  /** notices read from the outbox at once, at most */
  readonly notices_page: number;
  /** bytes of messages that wait for a running transaction, before the fold waits too; one record's may be more */
  readonly pending_bytes_max: number;
  /** C is committed again after this time without notices, ms */
  readonly mark_every_ms: number;
  /** the number of partitions is asked for this often, ms */
  readonly partition_count_every_ms: number;
  /** `live` is written this often, ms */
  readonly live_every_ms: number;
  /** a halted partition looks for a resume request this often, ms */
  readonly resume_poll_ms: number;
  /** random back-off before a new claim, ms */
  readonly backoff_ms_min: number;
  readonly backoff_ms_max: number;
}

export const WORKER_STATES = ['claiming', 'draining', 'running', 'waiting', 'halted', 'stopped'] as const;
/** `draining`: notices of an earlier owner leave. `waiting`: a fault was met, the next claim comes after a back-off. */
export type WorkerState = (typeof WORKER_STATES)[number];

/**
 * The steps of one batch, in order. `turn`: two full batches of other partitions are in hand. `read` comes more than once: what is due, and the
 * tasks that the cache lacks.
 */
export const BATCH_STEPS = ['fetch', 'schemas', 'turn', 'read', 'decode', 'fold', 'save', 'encode'] as const;
export type BatchStep = (typeof BATCH_STEPS)[number];

/** Hears what happens, at most a few times a batch; must not throw. None of it steers the pipeline. */
export interface PipelineObserver {
  state?(partition: number, state: WorkerState): void;
  /** the partition is claimed: W, C and the head as they were found */
  claimed?(partition: number, found: { head: SlotHead; watermark: number; emitted: number }): void;
  /** a fault that the partition gets over by itself */
  problem?(partition: number, fault: Fault): void;
  halted?(partition: number, fault: Fault, cure: string): void;
  resumed?(partition: number): void;
  /** the partition's loop begins a step of a batch, which ends the step before; there is one loop a partition */
  step?(partition: number, step: BatchStep): void;
  /** `oldest`: log time of the first record fetched, ms; null where none came. `end`: the log's end as last heard. */
  fetched?(partition: number, batch: { oldest: number | null; end: number }): void;
  /** tasks that a batch asked the cache for, and how many of them had to be read from the slot */
  lookedUp?(partition: number, tasks: { asked: number; read: number }): void;
  /**
   * a saved batch: W is now `to`; ticks and control records are no records here. `head` goes on changing, and the records
   * of `notices` may hold credentials: take numbers and names of them, and keep neither
   */
  folded?(
    partition: number,
    batch: { records: number; to: number; end: number; head: SlotHead; notices: readonly NoticeAtHand[] },
  ): void;
  /** a control record was obeyed and saved */
  settingsChanged?(partition: number, change: SettingsChange): void;
  /** a transaction begins; one at a time */
  emitting?(partition: number): void;
  /** a committed transaction: C is now `emitted`; ticks are no messages here */
  emitted?(partition: number, transaction: { messages: number; emitted: number }): void;
}

export interface PipelineContext {
  readonly ports: PipelinePorts;
  readonly settings: PipelineSettings;
  readonly observer: PipelineObserver;
}
