// The one place that opens a connection to Redis, with the options that keep ioredis from doing things twice.
// TLS, Cluster and Sentinel will be told apart here, by the URL.

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Fault } from '../pipeline/errors.ts';
import { redisFault } from './redis-faults.ts';

export interface RedisConnection {
  readonly client: Redis;
  /**
   * Resolves once Redis has answered a PING, at once if it does so now.
   * @param wait_ms how long to wait at most
   * @throws Fault service_unavailable with the last reason
   */
  ready(wait_ms: number): Promise<void>;
  close(): void;
}

export interface ConnectOptions {
  /** shown in CLIENT LIST */
  readonly name?: string;
  /** a command without an answer is given up after this long, ms; it may still be carried out. Default 5,000 */
  readonly commandTimeoutMs?: number;
  /** called once when Redis goes away, not again before it was back */
  readonly onProblem?: (reason: string) => void;
  /** called when Redis is back after a problem */
  readonly onRecovered?: () => void;
}

const RECONNECT_DELAY_MS_MAX = 2_000;
const READY_LOOK_MS = 25;

/** Errors after which the socket itself is of no use: a fail-over left it on a node that takes no writes. */
const WRONG_NODE = /^(READONLY|LOADING|MASTERDOWN)/;

/** Opens a connection that reconnects by itself, for ever. */
export function connectRedis(url: string, options: ConnectOptions = {}): RedisConnection {
  const commandTimeout = options.commandTimeoutMs ?? 5_000;
  const client = new Redis(url, {
    // A lost connection rejects what was under way at once: whether it was carried out is for the next claim to find out.
    maxRetriesPerRequest: 0,
    // Otherwise a save would wait here and be carried out after the partition has gone to somebody else.
    enableOfflineQueue: false,
    // False would leave promises that never settle (ioredis issue 2193); maxRetriesPerRequest already forbids resending.
    autoResendUnfulfilledCommands: true,
    // Auto-pipelining resends a whole group of unrelated calls after one socket error.
    enableAutoPipelining: false,
    commandTimeout,
    // A host that vanished without a word never closes the socket: without this we would wait for it for ever.
    socketTimeout: 2 * commandTimeout,
    // 1 reconnects; 2 would resend.
    reconnectOnError: (error) => (WRONG_NODE.test(error.message) ? 1 : false),
    retryStrategy: (times) => Math.min(RECONNECT_DELAY_MS_MAX, 50 * 2 ** Math.min(times, 10)),
    connectTimeout: 5_000,
    // Replies keep the shape that our scripts give them.
    protocol: 2,
    ...(options.name === undefined ? {} : { connectionName: options.name }),
  });
  let reason = 'not connected yet';
  let troubled = false;
  let closed = false;

  const problem = (what: string): void => {
    reason = what;
    if (troubled || closed) return;
    troubled = true;
    options.onProblem?.(what);
  };
  client.on('error', (error: Error) => problem(error.message || error.name));
  // An error says more than the close that follows it.
  client.on('close', () => {
    if (!troubled) problem('the connection was closed');
  });
  client.on('ready', () => {
    if (troubled && !closed) options.onRecovered?.();
    troubled = false;
  });

  return {
    client,
    async ready(wait_ms) {
      const deadline = performance.now() + wait_ms;
      while (!closed) {
        // The status alone proves nothing: a Redis that hangs, or a socket about to be given up, is "ready" too.
        if (client.status === 'ready') {
          try {
            await client.ping();
            return;
          } catch (error) {
            reason = error instanceof Error ? error.message : String(error);
          }
        }
        if (performance.now() >= deadline) break;
        await sleep(READY_LOOK_MS);
      }
      throw new Fault(
        'service_unavailable',
        `Redis does not answer (${closed ? 'the connection was closed' : reason})`,
      );
    },
    close() {
      closed = true;
      client.disconnect();
    },
  };
}

/** Runs a command of the library and turns what it throws into faults. @param doing what is tried, for the message */
export async function faultsOf<T>(doing: string, command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw redisFault(error, doing);
  }
}
