// The faults of the pipeline: one class, one list of codes. A fault is thrown, a bad record never is (it is an outcome).

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
  // The rest halts the partition; each has a cure (see `halts.ts`).
  torn_save: 'halt',
  load_unfinished: 'halt',
  growth_unfinished: 'halt',
  seed_missing: 'halt',
  history_gone: 'halt',
  watermark_above_log_end: 'halt',
  emitted_above_log_end: 'halt',
  emitted_mark_lost: 'halt',
  fingerprint_differs: 'halt',
  incarnation_differs: 'halt',
  partition_count_changed: 'halt',
  fold_differs: 'halt',
  settings_differ: 'halt',
  payload_gone: 'halt',
  task_offset_ahead: 'halt',
  roll_up_missing: 'halt',
  conservation_broken: 'halt',
  /** An error of our own code, met again at every try. */
  unexpected: 'halt',
} as const;
export type FaultCode = keyof typeof FAULTS;
export type HaltCode = { [code in FaultCode]: (typeof FAULTS)[code] extends 'halt' ? code : never }[FaultCode];

export type ServiceName = 'kafka' | 'registry' | 'redis';

/** A fault with its code; `message` says what was seen, `cause` holds the library's own error. */
export class Fault extends Error {
  readonly code: FaultCode;
  /** of `service_unavailable`, where it is known: who does not answer */
  readonly service: ServiceName | undefined;
  constructor(code: FaultCode, message: string, cause?: unknown, service?: ServiceName) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Fault';
    this.code = code;
    this.service = service;
  }
  /** What the partition does about it. */
  get remedy(): (typeof FAULTS)[FaultCode] {
    return FAULTS[this.code];
  }
}

/** A service that does not answer, or refuses us for now: each is waited for, and told, for itself. */
export function away(service: ServiceName, message: string, cause?: unknown): Fault {
  return new Fault('service_unavailable', message, cause, service);
}
