// Every error of Redis becomes a fault that the pipeline knows: Redis cannot answer now, or the slot is damaged.

import { away, Fault } from '../pipeline/errors.ts';

/** Refusals that come before the first write of a script, with what a person can do about them. */
const REFUSALS: readonly (readonly [code: string, meaning: string])[] = [
  // The library's own words, once it was sent to and fro; the last answer says too little by itself.
  ['Too many Cluster redirections', 'the Redis Cluster is moving keys, or its nodes do not agree yet'],
  ['OOM', 'Redis is full (maxmemory is reached): raise maxmemory or free memory; it goes on by itself'],
  [
    'MISCONF',
    'Redis cannot write its snapshots and therefore refuses writes: free its disk or see its log; it goes on by itself',
  ],
  ['READONLY', 'Redis is a replica: waiting for the primary'],
  ['LOADING', 'Redis is still loading its data'],
  ['MASTERDOWN', 'this replica of Redis has lost its primary'],
  ['CLUSTERDOWN', 'the Redis Cluster is down'],
  ['TRYAGAIN', 'the Redis Cluster is moving keys'],
  ['NOREPLICAS', 'Redis has too few replicas to accept writes (min-replicas-to-write)'],
  ['BUSY', 'Redis is busy with a script'],
  ['NOAUTH', 'Redis asks for a password: set REDIS_PASSWORD_FILE, or the password in REDIS_URL'],
  ['WRONGPASS', 'Redis refuses our user or password: look at REDIS_USERNAME and REDIS_PASSWORD_FILE, or at REDIS_URL'],
  ['NOPERM', 'our Redis user lacks a permission: "taskfold doctor" names it'],
  ["user executing the script can't", 'our Redis user lacks a permission: "taskfold doctor" names it'],
  ['NOSCRIPT', 'Redis has forgotten the scripts'],
  ['MOVED', 'this Redis is one node of a Cluster: set REDIS_MODE=cluster'],
  ['ASK', 'the Redis Cluster is moving keys'],
  ['cluster support disabled', 'this Redis is no Cluster: set REDIS_MODE=single'],
  ['UNKILLABLE', 'Redis is busy with a script'],
];
/** What the words of Redis mean for us, with the cure; null: nothing that is known here. */
export function meaningOf(message: string): string | null {
  // Redis 6 wraps a refusal within a script: "ERR Error running script (…): @user_script:1: -OOM command …".
  return REFUSALS.find(([code]) => new RegExp(`(^|[\\s-])${code}\\b`).test(message))?.[1] ?? null;
}

const CLIENT_LIMIT = /max number of clients/;

/** Redis' own words and no more: the library's error carries all arguments of the command. */
function stripped(error: Error): Error {
  const plain = new Error(error.message);
  plain.name = error.name;
  return plain;
}

/**
 * @param doing what was tried, for the message
 * @param writing whether an unexpected refusal means that some of the writes may stand and others not
 * @returns Fault service_unavailable, or torn_save where the data itself is in the way. What is no error of Redis (a bug
 *   of ours) comes back as it is.
 */
export function redisFault(error: unknown, doing: string, writing = false): unknown {
  if (!(error instanceof Error) || error instanceof Fault) return error;
  if (error.name !== 'ReplyError') {
    if (error instanceof TypeError || error instanceof RangeError) return error;
    // Of a Cluster the library repeats what the last node said.
    const said = meaningOf(error.message) ?? error.message;
    return away('redis', `${doing}: Redis does not answer (${said})`, stripped(error));
  }
  const message = error.message;
  if (!/^(ERR Error running script.*)?WRONGTYPE/s.test(message)) {
    const meaning = meaningOf(message);
    if (meaning !== null) return away('redis', `${doing}: ${meaning}`, stripped(error));
    if (CLIENT_LIMIT.test(message)) {
      return away('redis', `${doing}: Redis takes no more clients (maxclients)`, stripped(error));
    }
    if (!writing) return away('redis', `${doing}: Redis refuses (${message})`, stripped(error));
  }
  return new Fault('torn_save', `${doing}: Redis holds something else than was saved (${message})`, stripped(error));
}

/** Runs a command of the library and turns what it throws into faults. @param doing what is tried, for the message */
export async function faultsOf<T>(doing: string, command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw redisFault(error, doing);
  }
}
