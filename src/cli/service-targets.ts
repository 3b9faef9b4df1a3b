// What the adapters need to know of the settings to reach their services: addresses, TLS and logins.

import type { RegistryOptions } from '../avro/registry-client.ts';
import type { Config } from '../config.ts';
import type { KafkaConnection } from '../kafka/connection.ts';
import type { RedisTarget } from '../redis/redis-target.ts';

interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

export function kafkaConnection(config: Config): KafkaConnection {
  const { kafka_sasl_mechanism: mechanism, kafka_username: username, kafka_password: password } = config;
  return {
    brokers: config.kafka_brokers,
    clientId: config.client_id,
    ...(config.kafka_tls === 'on' ? { ssl: tlsOf(config, 'kafka') } : {}),
    ...(mechanism === 'none'
      ? {}
      : { sasl: { mechanism, username, password } as NonNullable<KafkaConnection['sasl']> }),
  };
}

export function redisTarget(config: Config): RedisTarget {
  const { redis_mode: mode, redis_username: username, redis_password: password } = config;
  return {
    url: config.redis_url,
    mode,
    username,
    password,
    tls: tlsOf(config, 'redis'),
    sentinel: {
      master: config.redis_sentinel_master,
      username: config.redis_sentinel_username,
      password: config.redis_sentinel_password,
    },
  };
}

export function registryOptions(config: Config): RegistryOptions {
  const {
    schema_registry_username: username,
    schema_registry_password: password,
    schema_registry_token: token,
  } = config;
  return {
    url: config.schema_registry_url,
    timeoutMs: config.service_timeout_ms,
    tls: tlsOf(config, 'schema_registry'),
    ...(username === '' ? {} : { basic: { username, password } }),
    ...(token === '' ? {} : { token }),
  };
}

/** Only what is set: an empty text would take the place of what Node brings. */
export function tlsOf(config: Config, prefix: 'kafka' | 'schema_registry' | 'redis'): TlsMaterial {
  const [ca, cert, key] = [config[`${prefix}_tls_ca`], config[`${prefix}_tls_cert`], config[`${prefix}_tls_key`]];
  const passphrase = config[`${prefix}_tls_key_passphrase`];
  return {
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert, key }),
    ...(passphrase === '' ? {} : { passphrase }),
  };
}
