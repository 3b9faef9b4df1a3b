// The shape of a hand-worked vector of the fold, and the few words that the tables are written in. The tables are data:
// the plain fold of `taskfold verify` and the fold of src/domain both run them, so a rule read in two ways shows here.

import type { FoldSettings } from '../../src/domain/fold-settings.ts';
import type { FailureKind } from '../../src/domain/notice.ts';
import type { Outcome, RejectReason } from '../../src/domain/outcome.ts';
import type { Liveness } from '../../src/domain/task-state.ts';

/** The largest number that the contract lets through: 2^53−2. */
export const NUMBER_MAX = 9_007_199_254_740_990;
/** Log time (ms) of the record at offset 0; each further offset is one second later unless the record says otherwise. */
export const LOG_TIME_START = 1_700_000_000_000;

/** An update as the engine wrote it, in the contract's names; symbols are the raw text that was sent. */
export interface VectorUpdate {
  internal_task_id?: string | null;
  internal_job_id?: string | null;
  engine_id?: string | null;
  work_request_id?: string | null;
  task_route_id?: string | null;
  timestamp?: number | null;
  prior_timestamp?: number | null;
  error_count?: number | null;
  retry_count?: number | null;
  error_details?: string | null;
  failure_reason?: string | null;
  task_status?: string | null;
  task_action?: string | null;
  create_jobs_action?: VectorAction[] | null;
  inputs?: VectorIo[] | null;
  outputs?: VectorIo[] | null;
  processed_stats?: { [stat: string]: number | null } | null;
  task_output?: string | null;
}
export interface VectorIo {
  id?: string | null;
  processed_count?: number | null;
  processed_total_count?: number | null;
}
export interface VectorAction {
  base_internal_job_id?: string | null;
  create_tdo_detail?: { [field: string]: string | boolean | null } | null;
  no_tdo?: boolean | null;
  payload_json?: string | null;
  token?: string | null;
}

export interface VectorRecord {
  /** the decoded update; left out where the bytes do not decode */
  readonly update?: VectorUpdate;
  /** the decoder's verdict, instead of `update` */
  readonly undecodable?: RejectReason;
  /** default: one more than the record before, beginning with 0 */
  readonly offset?: number;
  /** log time, ms; default LOG_TIME_START + 1,000 × offset */
  readonly log_time?: number;
  /** key + value + headers, bytes; default 200 */
  readonly size?: number;
  /** the mark of a re-routed record: where it came from */
  readonly source?: { readonly partition: number; readonly offset: number };
  readonly traceparent?: string;
  /** the header of a tick */
  readonly tick?: boolean;
  /** the last value of a control record's header, null: it has none. The vectors' group is `vectors`. */
  readonly control?: string | null;
  /** the headers of that name: the envelope's fields */
  readonly work_request_status?: string;
  readonly engine_instance_id?: string;
}

/**
 * Fields of a task after the last record: those named must be equal, `null` means: must be absent. Names are the
 * contract's; `inputs`, `outputs`, `reporters` and `reporters_base` are plain objects by id, and equal as a whole.
 */
export interface VectorTask {
  readonly [field: string]: unknown;
}

/** One event, in order. Fields named must be equal, `null` means: must be absent. */
export type VectorEvent = { readonly offset: number; readonly index: number } & (
  | { readonly kind: 'failure'; readonly failure: FailureKind; readonly [fact: string]: unknown }
  | { readonly kind: 'job_creation'; readonly action: number; readonly [fact: string]: unknown }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly [fact: string]: unknown }
  | { readonly kind: 'reroute'; readonly to: number; readonly [fact: string]: unknown }
);

export interface VectorSums {
  readonly job_creations?: number;
  readonly error_count?: string;
  readonly retry_count?: string;
  readonly processed_stats?: { readonly [stat: string]: string };
}

export type VectorRollUp = { readonly [figure: string]: string | null };

export interface FoldVector {
  /** the rule and what must come of it */
  readonly name: string;
  /** default 1 */
  readonly partition_count?: number;
  /** the partition that the records lie in; default 0 */
  readonly partition?: number;
  /** what differs from DEFAULT_FOLD_SETTINGS */
  readonly settings?: Partial<FoldSettings>;
  readonly records: readonly VectorRecord[];
  readonly expect: {
    /** by internal_task_id; `null`: no such task. Tasks that are not named must not exist. */
    readonly tasks: { readonly [internal_task_id: string]: VectorTask | null };
    /** all of them, in order; default: none */
    readonly events?: readonly VectorEvent[];
    /** those not named are 0; default: every record that is no tick nor control record applied */
    readonly outcomes?: { readonly [outcome in Outcome]?: number };
    readonly rejected_by_reason?: { readonly [reason in RejectReason]?: number };
    /** default: every record with the tick's header, and none of a control record */
    readonly ticks?: number;
    /** those not named are 0; default: every record with a control's header obeyed */
    readonly controls?: { readonly [kind in 'obeyed' | 'repeated' | 'ignored']?: number };
    /** in force behind the last record: those named must be equal */
    readonly settings?: Partial<FoldSettings>;
    /** the partition's clock behind the last record */
    readonly clock?: { readonly now: number; readonly alarms_after: number };
    /** fields of the roll-up: those named must be equal; exact sums are decimal text */
    readonly fleet?: VectorSums & {
      readonly tasks?: number;
      readonly tasks_by_status?: { readonly [status: string]: number };
      readonly tasks_by_liveness?: { readonly [liveness in Liveness]?: number };
      readonly failures_by_reason?: { readonly [reason: string]: number };
      /** how many tasks were retired, and their part of the sums */
      readonly retired?: VectorSums & { readonly tasks?: number };
    };
    /** shares by id, those not named must not exist; figures by their published names, decimal text, `null`: none */
    readonly jobs?: { readonly [internal_job_id: string]: VectorRollUp };
    readonly engines?: { readonly [engine_id: string]: VectorRollUp };
    /** source partition → highest offset taken */
    readonly rerouted_from?: { readonly [partition: string]: number };
  };
}

/** One record with an update of task `t1`. */
export function of(update: VectorUpdate, record: Omit<VectorRecord, 'update'> = {}): VectorRecord {
  return { ...record, update: { internal_task_id: 't1', ...update } };
}

/** One record with an update of task `t1` by this work request. */
export function by(work_request_id: string, update: VectorUpdate = {}): VectorRecord {
  return of({ work_request_id, ...update });
}

/** A post of work request w1 about `t1`: the interval (prior, timestamp] with so many bytes. */
export function post(prior: number, timestamp: number, bytes: number, more: VectorUpdate = {}): VectorRecord {
  const processed_stats = { processed_bytes: bytes };
  return by('w1', { prior_timestamp: prior, timestamp, processed_stats, ...more });
}

export const VECTOR_GROUP = 'vectors';

/** A control record at this time. @param change its name, by default one that no other has */
export function control(seconds: number, settings: Partial<FoldSettings>, change = `at-${seconds}`): VectorRecord {
  return at(seconds, { update: {}, control: JSON.stringify({ group: VECTOR_GROUP, change, settings }) });
}

/** How many of the records are ticks, and how many control records, by their headers. */
export function timeTellers({ records, expect }: FoldVector): { ticks: number; controls: number; obeyed: number } {
  const controls = records.filter((record) => record.control !== undefined).length;
  const ticks = records.filter((record) => record.tick && record.control === undefined).length;
  const counted = Object.values(expect.controls ?? { obeyed: controls }).reduce((sum, count) => sum + count, 0);
  return { ticks: expect.ticks ?? ticks, controls: counted, obeyed: controls };
}

/** Log time (ms) so many seconds after the start, to the millisecond. */
export function logTime(seconds: number): number {
  return LOG_TIME_START + Math.round(seconds * 1_000);
}

/** The record at this log time, in seconds after the start. */
export function at(seconds: number, record: VectorRecord): VectorRecord {
  return { ...record, log_time: logTime(seconds) };
}

/** Records at these times that tell nothing but the time. */
export function ticks(...seconds: number[]): VectorRecord[] {
  return seconds.map((second) => at(second, { update: {}, tick: true }));
}

/** Ticks every five seconds, both ends included. */
export function every5(from: number, to: number): VectorRecord[] {
  const seconds: number[] = [];
  for (let second = from; second <= to; second += 5) seconds.push(second);
  return ticks(...seconds);
}

/** The records of a vector with offsets, log times and sizes filled in. */
export function placed(vector: FoldVector): (VectorRecord & { offset: number; log_time: number; size: number })[] {
  let next = 0;
  return vector.records.map((record) => {
    const offset = record.offset ?? next;
    next = offset + 1;
    return { size: 200, log_time: LOG_TIME_START + 1_000 * offset, ...record, offset };
  });
}
