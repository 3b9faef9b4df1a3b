// Looks whether a service answers before its client library is asked: the libraries retry for long and say little, and
// an operator wants to know at once which address is dead or refuses us, and which setting to mend.

import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Config } from '../config.ts';
import { brokenHandshake, type ConnectProblem, connectProblem, SERVICE_NAMES } from '../connect/connect-problem.ts';
import { parseRedisUrl } from '../connect/redis-url.ts';
import { registryAccess, registryProblem } from '../connect/registry-access.ts';
import { brokerProblem } from '../kafka/broker-problem.ts';
import { maskSecrets } from '../observe/mask-secrets.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { kafkaConnection, registryOptions, tlsOf } from './service-targets.ts';

export const SERVICES = ['kafka', 'registry', 'redis'] as const;
export type Service = (typeof SERVICES)[number];

interface Address {
  readonly host: string;
  readonly port: number;
}

const CONNECT_MS_MAX = 3_000;

/** Why a service cannot be used. `cure`: null where it has to be started, or its address set. */
interface Reason {
  readonly text: string;
  readonly cure: string | null;
}

/** Resolves when each service can be used; of several addresses one is enough. @throws CommandFailure (exit 3) */
export async function reachAll(config: Config, services: readonly Service[]): Promise<void> {
  const reasons = await Promise.all(services.map((service) => reasonAgainst(config, service)));
  const failures = reasons.filter((reason) => reason !== null);
  if (failures.length === 0) return;
  const away = services.filter((_, index) => reasons[index]?.cure === null).map((service) => SERVICE_NAMES[service].at);
  const cures = failures.flatMap(({ cure }) => cure ?? []);
  if (away.length > 0) cures.push(`start what is missing, or set ${away.join(', ')}`);
  throw new CommandFailure(failures.map(({ text }) => text).join('\n'), EXIT.unavailable, cures.join('\n  cure: '));
}

/** Why the service cannot be used, with the cure; null: it can. */
export async function whyUnusable(config: Config, service: Service): Promise<{ text: string; cure: string } | null> {
  const reason = await reasonAgainst(config, service);
  return reason && { text: reason.text, cure: reason.cure ?? `start it, or set ${SERVICE_NAMES[service].at}` };
}

/** One sentence with the address, the reason and, beyond "nothing listens", the cure; or null: the service can be used. */
export async function whyUnreachable(config: Config, service: Service): Promise<string | null> {
  const reason = await reasonAgainst(config, service);
  return reason && (reason.cure === null ? reason.text : `${reason.text}; ${reason.cure}`);
}

async function reasonAgainst(config: Config, service: Service): Promise<Reason | null> {
  const silent: string[] = [];
  for (const address of addressesOf(config, service)) {
    const tls = tlsFor(config, service, address);
    const error = await tryConnect(address, tls);
    if (error === null) return reasonOf(await problemBehind(config, service));
    const { host, port } = address;
    const broken = tls !== null && error.code === 'ECONNRESET';
    const at = `${host}:${port}`;
    const problem = broken ? brokenHandshake(service, error, at) : connectProblem(service, error, at);
    if (problem !== null && problem.kind !== 'refused') return reasonOf(problem);
    silent.push(`${host}:${port} (${maskSecrets(error.code ?? error.message)})`);
  }
  return { text: `${SERVICE_NAMES[service].title} does not answer at ${silent.join(', ')}`, cure: null };
}

function reasonOf(problem: ConnectProblem | null): Reason | null {
  return problem && { text: maskSecrets(problem.message), cure: problem.cure };
}

/** The line is open: whether we are let in. Redis says that to its own client, which gives up at once. */
async function problemBehind(config: Config, service: Service): Promise<ConnectProblem | null> {
  if (service === 'kafka') return brokerProblem(kafkaConnection(config), CONNECT_MS_MAX);
  if (service === 'redis') return null;
  return registryProblem(registryAccess(registryOptions(config)), config.service_timeout_ms);
}

function addressesOf(config: Config, service: Service): readonly Address[] {
  if (service === 'redis') return parseRedisUrl(config.redis_url)?.nodes ?? [];
  if (service === 'kafka') {
    return config.kafka_brokers.map((broker) => {
      const colon = broker.lastIndexOf(':');
      return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) };
    });
  }
  const url = new URL(config.schema_registry_url);
  const usual = url.protocol === 'https:' ? 443 : 80;
  return [{ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || usual }];
}

function tlsFor(config: Config, service: Service, { host }: Address): ConnectionOptions | null {
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  if (service === 'kafka') return config.kafka_tls === 'on' ? { ...tlsOf(config, 'kafka'), ...servername } : null;
  if (service === 'redis') {
    return parseRedisUrl(config.redis_url)?.tls ? { ...tlsOf(config, 'redis'), ...servername } : null;
  }
  // One bare request of the registry's own says more.
  return null;
}

/** null: the line opens, over TLS where that is set. */
function tryConnect({ host, port }: Address, tls: ConnectionOptions | null): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    if (port < 1 || port > 65_535) return resolve(new Error('no such port'));
    const options = { host, port, timeout: CONNECT_MS_MAX };
    const socket: Socket = tls === null ? connect(options) : connectTls({ ...options, ...tls });
    const settle = (reason: NodeJS.ErrnoException | null) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once(tls === null ? 'connect' : 'secureConnect', () => settle(null));
    socket.once('timeout', () => settle(new Error(`no connection within ${CONNECT_MS_MAX / 1_000} s`)));
    socket.once('error', settle);
  });
}
