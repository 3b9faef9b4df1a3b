// The one place that opens a connection to Redis, with the options that keep ioredis from doing things twice. One Redis, a
// Cluster and sentinels look the same from here on, but for what has no key: that is asked of every master.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { connectProblem, problemText } from '../connect/connect-problem.ts';
import { away } from '../pipeline/errors.ts';
import { collectWrites } from './collected-writes.ts';
import { mastersOf } from './masters.ts';
import { meaningOf } from './redis-faults.ts';
import { createClient, type RedisClient, type RedisTarget } from './redis-target.ts';

export { faultsOf } from './redis-faults.ts';
export type { RedisClient, RedisTarget } from './redis-target.ts';

export interface RedisConnection {
  readonly client: RedisClient;
  /**
   * Resolves once Redis, every master of a Cluster, has answered a PING, at once if it does so now.
   * @param wait_ms how long to wait at most; what no waiting cures (a refused login, a certificate) ends it before
   * @throws Fault service_unavailable with the last reason, and its cure where it has one
   */
  ready(wait_ms: number): Promise<void>;
  /** Connections to all masters. @throws Fault service_unavailable unless every slot has one */
  masters(): Promise<readonly Redis[]>;
  /** Resolves once all that was sent before has been answered, or cannot be. */
  settled(): Promise<void>;
  close(): void;
}

export interface ConnectOptions {
  /** shown in CLIENT LIST */
  readonly name?: string;
  /** a command without an answer is given up after this long, ms; it may still be carried out. Default 5,000 */
  readonly commandTimeoutMs?: number;
  /** for many small questions at once: what one turn of the event loop asks goes out in one write. Default false */
  readonly collectWrites?: boolean;
  /** called once when Redis goes away, not again before it was back */
  readonly onProblem?: (reason: string) => void;
  /** called when Redis is back after a problem */
  readonly onRecovered?: () => void;
}

const READY_LOOK_MS = 25;

/** Errors after which the socket itself is of no use: a fail-over left it on a node that takes no writes. */
const WRONG_NODE = /^(READONLY|LOADING|MASTERDOWN)/;

/** Opens a connection that reconnects by itself, for ever. @param target a bare URL means one Redis */
export function connectRedis(target: string | RedisTarget, options: ConnectOptions = {}): RedisConnection {
  const commandTimeout = options.commandTimeoutMs ?? 5_000;
  const client = createClient(typeof target === 'string' ? { url: target } : target, {
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
    connectTimeout: 5_000,
    // Replies keep the shape that our scripts give them.
    protocol: 2,
    ...(options.name === undefined ? {} : { connectionName: options.name }),
  });
  if (options.collectWrites) collectWrites(client);
  let reason = 'not connected yet';
  let hopeless = false;
  let troubled = false;
  let closed = false;

  const noted = (error: Error): string => {
    const meaning = wordsOf(error);
    reason = meaning.text;
    hopeless = meaning.hopeless;
    return reason;
  };
  const problem = (what: string): void => {
    if (troubled || closed) return;
    troubled = true;
    options.onProblem?.(what);
  };
  client.on('error', (error: Error) => problem(noted(error)));
  // An error says more than the close that follows it.
  client.on('close', () => {
    if (troubled) return;
    reason = 'the connection was closed';
    problem(reason);
  });
  const recovered = () => {
    if (troubled && !closed) options.onRecovered?.();
    troubled = false;
  };
  client.on('ready', recovered);
  // One node of a Cluster can go and come while the others stay.
  if (client instanceof Cluster) client.on('node error', (error: Error) => problem(noted(error)));

  async function pingAll(): Promise<void> {
    const nodes = await mastersOf(client);
    if (!(client instanceof Cluster)) return void (await nodes[0]!.ping());
    // A node answers a PING while it, or the whole Cluster, takes no commands yet.
    const infos = await Promise.all(nodes.map((node) => node.cluster('INFO')));
    if (!infos.every((info) => String(info).includes('cluster_state:ok'))) throw new Error('CLUSTERDOWN');
    recovered();
  }

  return {
    client,
    masters: () => mastersOf(client),
    async settled() {
      await pingAll().catch(() => {});
    },
    async ready(wait_ms) {
      const deadline = performance.now() + wait_ms;
      while (!closed) {
        // The status alone proves nothing: a Redis that hangs, or a socket about to be given up, is "ready" too.
        if (client.status === 'ready') {
          try {
            await pingAll();
            return;
          } catch (error) {
            noted(error instanceof Error ? error : new Error(String(error)));
          }
        }
        if (hopeless || performance.now() >= deadline) break;
        await sleep(READY_LOOK_MS);
      }
      throw away('redis', `Redis does not answer (${closed ? 'the connection was closed' : reason})`);
    },
    close() {
      closed = true;
      client.disconnect();
    },
  };
}

/** What an error of the connection means, with its cure, and whether waiting is no use. */
function wordsOf(error: Error): { text: string; hopeless: boolean } {
  const found = connectProblem('redis', error);
  if (found !== null) {
    const waits = found.kind === 'refused' || found.kind === 'unknown_host' || found.kind === 'no_route';
    return { text: problemText(found), hopeless: !waits };
  }
  const last: unknown = Reflect.get(error, 'lastNodeError');
  if (last instanceof Error) return wordsOf(last);
  const meaning = meaningOf(error.message);
  if (meaning === null) return { text: error.message || error.name, hopeless: false };
  return {
    text: `${error.message}: ${meaning}`,
    hopeless: /NOAUTH|WRONGPASS|NOPERM|cluster support disabled/.test(error.message),
  };
}
