// Looks whether a service answers before its client library is asked: the libraries retry for long and say little, and
// an operator wants to know at once which address is dead and which setting names it.

import { connect } from 'node:net';
import type { Config } from '../config.ts';
import { maskSecrets } from '../observe/mask-secrets.ts';
import { CommandFailure, EXIT } from './command-failure.ts';

export const SERVICES = ['kafka', 'registry', 'redis'] as const;
export type Service = (typeof SERVICES)[number];

interface Address {
  readonly host: string;
  readonly port: number;
}

const TITLES = { kafka: 'Kafka', registry: 'the schema registry', redis: 'Redis' } as const;
const SETTINGS = { kafka: 'KAFKA_BROKERS', registry: 'SCHEMA_REGISTRY_URL', redis: 'REDIS_URL' } as const;
const CONNECT_MS_MAX = 3_000;

/** Resolves when a connection to each service opens; of several Kafka brokers one is enough. @throws CommandFailure (exit 3) */
export async function reachAll(config: Config, services: readonly Service[]): Promise<void> {
  const failures = await Promise.all(services.map((service) => whyUnreachable(config, service)));
  const texts = failures.filter((failure) => failure !== null);
  if (texts.length === 0) return;
  const names = services.filter((_, index) => failures[index] !== null).map((service) => SETTINGS[service]);
  throw new CommandFailure(texts.join('\n'), EXIT.unavailable, `start what is missing, or set ${names.join(', ')}`);
}

/** One sentence with the address and the reason, or null: the service takes connections. */
export async function whyUnreachable(config: Config, service: Service): Promise<string | null> {
  const reasons: string[] = [];
  for (const address of addressesOf(config, service)) {
    const reason = await tryConnect(address);
    if (reason === null) return null;
    reasons.push(`${address.host}:${address.port} (${reason})`);
  }
  return `${TITLES[service]} does not answer at ${reasons.join(', ')}`;
}

function addressesOf(config: Config, service: Service): Address[] {
  if (service === 'kafka') {
    return config.kafka_brokers.map((broker) => {
      const colon = broker.lastIndexOf(':');
      return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) };
    });
  }
  const url = new URL(service === 'registry' ? config.schema_registry_url : config.redis_url);
  const usual = { 'http:': 80, 'https:': 443, 'redis:': 6379, 'rediss:': 6379 }[url.protocol] ?? 0;
  return [{ host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost', port: Number(url.port) || usual }];
}

function tryConnect({ host, port }: Address): Promise<string | null> {
  return new Promise((resolve) => {
    if (port < 1 || port > 65_535) return resolve('no such port');
    const socket = connect({ host, port, timeout: CONNECT_MS_MAX });
    const settle = (reason: string | null) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => settle(null));
    socket.once('timeout', () => settle(`no connection within ${CONNECT_MS_MAX / 1_000} s`));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(maskSecrets(error.code ?? error.message)));
  });
}
