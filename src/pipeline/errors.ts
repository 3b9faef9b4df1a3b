// The faults of the pipeline: one class, one list of codes. A fault is thrown, a bad record never is (it is an outcome).

import { InvariantBroken } from '../domain/invariant-broken.ts';

export const FAULTS = {
  /** Kafka, the registry or Redis does not answer: wait with backoff and claim again. */
  service_unavailable: 'wait',
  /** Another owner fenced us, or a transaction ended in an unknown way: claim again. */
  fenced: 'claim',
  /** The save was refused: W is not where we left it. Claim again. */
  save_refused: 'claim',
  /** A read came back with another W. Claim again. */
  watermark_moved: 'claim',
  /** An operator's tool holds the slot still, or replaces it: wait and claim again. */
  slot_held: 'wait',
  /** The consumer group gave the partition to somebody else: stop. */
  partition_lost: 'stop',
  // The rest halts the partition; each has a cure (see `HALTS`).
  torn_save: 'halt',
  load_unfinished: 'halt',
  history_gone: 'halt',
  watermark_above_log_end: 'halt',
  emitted_above_log_end: 'halt',
  emitted_mark_lost: 'halt',
  fingerprint_differs: 'halt',
  incarnation_differs: 'halt',
  partition_count_changed: 'halt',
  fold_differs: 'halt',
  payload_gone: 'halt',
  task_offset_ahead: 'halt',
  conservation_broken: 'halt',
} as const;
export type FaultCode = keyof typeof FAULTS;
export type HaltCode = { [code in FaultCode]: (typeof FAULTS)[code] extends 'halt' ? code : never }[FaultCode];

/** A fault with its code; `message` says what was seen, `cause` holds the library's own error. */
export class Fault extends Error {
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Fault';
    this.code = code;
  }
  /** What the partition does about it. */
  get remedy(): (typeof FAULTS)[FaultCode] {
    return FAULTS[this.code];
  }
}

/** What anything that was thrown means to a partition: what nobody knows is taken for a service that is away. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof InvariantBroken) return new Fault(error.code, error.message, error);
  return new Fault('service_unavailable', error instanceof Error ? error.message : String(error), error);
}
