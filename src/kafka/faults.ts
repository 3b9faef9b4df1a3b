// What kafkajs' errors mean for a partition.

import { Fault } from '../pipeline/errors.ts';

// A transaction of a producer that another claim has fenced, or whose state at the broker is no longer ours. 47 also
// follows a transaction that timed out; the remedy is the same: claim again and read C. -99: kafkajs does not know the
// code (90, producer fenced, among them).
const FENCED_CODES = new Set([45, 46, 47, 48, 49, 52, 59, 90, 120, -99]);

/** Codes by which a broker says "ask again in a moment": nothing was done. */
export const CONCURRENT_TRANSACTIONS = 51;
const CLAIM_AGAIN_CODES = new Set([14, 15, 16, CONCURRENT_TRANSACTIONS]);

/** The broker's error code, also of an error that kafkajs has wrapped after giving up; null: none. */
export function brokerCodeOf(error: unknown): number | null {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const code: unknown = Reflect.get(e, 'code');
    if (typeof code === 'number') return code;
  }
  return null;
}

/** Whether the coordinator asked us to come back: an old transaction is being ended, or it is moving. */
export function isComeBackLater(error: unknown): boolean {
  const code = brokerCodeOf(error);
  return code !== null && CLAIM_AGAIN_CODES.has(code);
}

/** `what` names what was being done. Faults pass unchanged. */
export function toFault(error: unknown, what: string): Fault {
  if (error instanceof Fault) return error;
  const code = brokerCodeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (code !== null && FENCED_CODES.has(code)) return new Fault('fenced', `${what}: ${reason}`, error);
  return new Fault('service_unavailable', `${what}: ${reason}`, error);
}
