// What it takes to reach Redis, and what ioredis is to be told of it: one Redis, a Cluster, or sentinels.

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { parseRedisUrl, type RedisUrl } from '../connect/redis-url.ts';

export type RedisMode = 'single' | 'cluster' | 'sentinel';

/** A connection of any kind; commands with keys go where their keys are. */
export type RedisClient = Redis | Cluster;

type NodeOptions = RedisOptions & { replyMapping?: 'legacy' };

export interface TlsMaterial {
  /** PEM, in place of the well-known authorities */
  readonly ca?: string;
  /** PEM, with its key: mutual TLS */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

export interface RedisTarget {
  /** one host, nodes of a Cluster, or sentinels; `rediss://` for TLS */
  readonly url: string;
  /** Default: `single` */
  readonly mode?: RedisMode;
  /** where the URL names none */
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsMaterial;
  readonly sentinel?: { readonly master: string; readonly username?: string; readonly password?: string };
}

/** How often the known places of the slots are looked up again, ms; a redirection does it at once. */
const SLOTS_REFRESH_MS = 30_000;
const RECONNECT_MS_MAX = 2_000;

function pause(times: number): number {
  return Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(times, 10));
}

/** A client that connects at once. `options`: those of a single node's connection. @throws Error if the URL is none */
export function createClient(target: RedisTarget, options: NodeOptions): RedisClient {
  const url = parseRedisUrl(target.url);
  if (url === null) throw new Error('this is no URL of Redis');
  const { mode = 'single' } = target;
  const login = { ...loginOf(url, target), ...(url.tls ? { tls: { ...target.tls } } : {}) };
  switch (mode) {
    case 'cluster':
      return new Cluster([...url.nodes], clusterOptions({ ...options, ...login }, url.tls));
    case 'sentinel': {
      const sentinels: NodeOptions = {
        ...sentinelLogin(target),
        sentinels: [...url.nodes],
        name: target.sentinel?.master ?? '',
        enableTLSForSentinelMode: url.tls,
        ...(url.tls ? { sentinelTLS: { ...target.tls } } : {}),
        sentinelRetryStrategy: pause,
      };
      const all: NodeOptions = { ...options, ...login, ...sentinels, db: url.database, retryStrategy: pause };
      return new Redis(all);
    }
    case 'single': {
      const all: NodeOptions = { ...options, ...login, ...url.nodes[0]!, db: url.database, retryStrategy: pause };
      return new Redis(all);
    }
  }
}

function loginOf(url: RedisUrl, { username, password }: RedisTarget): NodeOptions {
  const user = username || url.username;
  const secret = password || url.password;
  return { ...(user === '' ? {} : { username: user }), ...(secret === '' ? {} : { password: secret }) };
}

function sentinelLogin({ sentinel }: RedisTarget): NodeOptions {
  const { username, password } = sentinel ?? {};
  return {
    ...(username ? { sentinelUsername: username } : {}),
    ...(password ? { sentinelPassword: password } : {}),
  };
}

type ClusterOptions = NonNullable<ConstructorParameters<typeof Cluster>[1]>;

function clusterOptions(redisOptions: NodeOptions, tls: boolean): ClusterOptions {
  const { enableOfflineQueue: _queue, retryStrategy: _retry, himportFieldsets: _sets, ...nodes } = redisOptions;
  return {
    redisOptions: nodes as NonNullable<ClusterOptions['redisOptions']>,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    scaleReads: 'master',
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // A lost connection, and a Cluster that is down, are ours to deal with: the library would send a command again that may
    // have been carried out. MOVED, ASK and TRYAGAIN are refusals before a command begins, so those it may follow.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 100,
    maxRedirections: 5,
    clusterRetryStrategy: pause,
    // A certificate names the host that the Cluster announces, and not the address behind it.
    ...(tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
  };
}
