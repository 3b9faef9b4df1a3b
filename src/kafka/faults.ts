// What kafkajs' errors mean for a partition.

import { connectProblem, problemText } from '../connect/connect-problem.ts';
import { away, Fault } from '../pipeline/errors.ts';

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

const NOT_ALLOWED_CODES: Readonly<Record<number, string>> = {
  29: 'the topic: Describe, Read and Write on the input, the outgoing topics, <group>.schemas and <group>.replays',
  30: 'the group: Read on <group> and <group>.emitted',
  31: 'the cluster: IdempotentWrite, and Create for "taskfold topics create"',
  53: 'the transactional id: Describe and Write on those that begin with taskfold.<group>.',
};

/** What an error means, with the cure where it is about the connection, our login or our rights; else its own words. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const problem = connectProblem('kafka', error, brokerOf(error));
  if (problem !== null) return problemText(problem);
  const code = brokerCodeOf(error);
  const right = code === null ? undefined : NOT_ALLOWED_CODES[code];
  if (right !== undefined) {
    return `${text} Our Kafka user lacks a right on ${right}; grant it with kafka-acls.sh --add, "taskfold doctor" prints the commands`;
  }
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if (e.name !== 'KafkaJSSASLAuthenticationError') continue;
    return /not supported by the server/.test(e.message)
      ? `${e.message}; set KAFKA_SASL_MECHANISM to one that the broker offers`
      : `Kafka refuses our user or password (${e.message}); look at KAFKA_USERNAME, KAFKA_PASSWORD_FILE and KAFKA_SASL_MECHANISM`;
  }
  return text;
}

/** kafkajs says on its own errors which broker they are about. */
function brokerOf(error: unknown): string | undefined {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const broker: unknown = Reflect.get(e, 'broker');
    if (typeof broker === 'string') return broker;
  }
  return undefined;
}

/** `what` names what was being done. Faults pass unchanged. */
export function toFault(error: unknown, what: string): Fault {
  if (error instanceof Fault) return error;
  const code = brokerCodeOf(error);
  const reason = reasonOf(error);
  if (code !== null && FENCED_CODES.has(code)) return new Fault('fenced', `${what}: ${reason}`, error);
  return away('kafka', `${what}: ${reason}`, error);
}
