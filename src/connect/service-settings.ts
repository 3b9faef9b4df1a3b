// The settings of the three services: where they are, and how one proves there who one is. Secrets and certificates may
// also come from files: each such variable X has a twin X_FILE.

import { z } from 'zod';
import { brokerList, integer, oneOf, pem, secretText, setting, text, url } from '../setting.ts';
import { parseRedisUrl } from './redis-url.ts';

/** Variables of services carry no prefix of ours. */
function at(name: string, doc: string) {
  return { group: 'services', env: name.toUpperCase(), doc } as const;
}

const secret = 'whole';

function tls<Prefix extends string>(prefix: Prefix, whose: string) {
  const [ca, cert] = [`${prefix}_tls_ca`, `${prefix}_tls_cert`] as const;
  const [key, passphrase] = [`${prefix}_tls_key`, `${prefix}_tls_key_passphrase`] as const;
  return [
    pem(ca, at(ca, `Certificates of the authorities that sign for ${whose}, in place of the well-known ones.`)),
    pem(cert, at(cert, `Our own certificate, where ${whose} asks for one (mutual TLS); intermediate ones behind it.`)),
    pem(key, { ...at(key, 'Key of our certificate.'), secret }),
    secretText(passphrase, at(passphrase, 'Passphrase of that key.')),
  ] as const;
}

const redisUrl = z.string().refine((value) => parseRedisUrl(value) !== null);

export const serviceSettings = [
  setting(
    'kafka_brokers',
    ['localhost:9092'],
    'host:port, several separated by commas',
    brokerList,
    at('kafka_brokers', 'Kafka brokers to start from.'),
  ),
  oneOf('kafka_tls', 'off', ['off', 'on'], {
    ...at('kafka_tls', 'Whether brokers are spoken to over TLS (security.protocol SSL or SASL_SSL).'),
    quiet: true,
  }),
  ...tls('kafka', 'the broker'),
  oneOf('kafka_sasl_mechanism', 'none', ['none', 'plain', 'scram-sha-256', 'scram-sha-512'], {
    ...at('kafka_sasl_mechanism', 'How we log in at the brokers.'),
    quiet: true,
  }),
  oneOf('kafka_compression', 'gzip', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], {
    ...at(
      'kafka_compression',
      'How larger sends of events are packed. What is read may be packed in any of these ways.',
    ),
    quiet: true,
  }),
  text('kafka_username', at('kafka_username', 'User at the brokers.')),
  secretText('kafka_password', at('kafka_password', 'Password at the brokers.')),

  url(
    'schema_registry_url',
    'http://localhost:8081',
    ['http:', 'https:'],
    at(
      'schema_registry_url',
      'Schema registry with the Confluent API; user and password may stand in the URL. `https:` takes TLS.',
    ),
  ),
  text('schema_registry_username', at('schema_registry_username', 'User at the registry (basic authentication).')),
  secretText('schema_registry_password', at('schema_registry_password', 'Password at the registry.')),
  secretText(
    'schema_registry_token',
    at('schema_registry_token', 'Bearer token for the registry, in place of user and password.'),
  ),
  ...tls('schema_registry', 'the registry'),

  setting(
    'redis_url',
    'redis://localhost:6379',
    'a URL that begins with redis:// or rediss:// (TLS), as in redis://user:password@host:6379/0; further hosts as ,host:6379',
    redisUrl,
    {
      ...at(
        'redis_url',
        'Redis that holds the state; user, password and database may stand in the URL. Its maxmemory-policy must be noeviction.',
      ),
      secret: 'in_url',
    },
  ),
  oneOf('redis_mode', 'single', ['single', 'cluster', 'sentinel'], {
    ...at('redis_mode', 'What `REDIS_URL` names: one Redis, nodes of a Redis Cluster, or sentinels.'),
    quiet: true,
  }),
  text('redis_username', at('redis_username', 'ACL user at Redis.')),
  secretText('redis_password', at('redis_password', 'Password at Redis.')),
  text('redis_sentinel_master', at('redis_sentinel_master', 'Name of the primary that the sentinels watch.')),
  text('redis_sentinel_username', at('redis_sentinel_username', 'ACL user at the sentinels themselves.')),
  secretText('redis_sentinel_password', at('redis_sentinel_password', 'Password at the sentinels themselves.')),
  ...tls('redis', 'Redis'),

  integer('service_timeout_ms', 5_000, 100, 600_000, {
    group: 'services',
    unit: 'ms',
    doc: 'How long one request to Redis or the registry may take.',
  }),
] as const;

type AnyServiceSetting = (typeof serviceSettings)[number];
/** The settings of the services with their values. */
export type ServiceConfig = { readonly [S in AnyServiceSetting as S['name']]: S['default'] };
