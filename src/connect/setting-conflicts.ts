// Settings of the services that are good each on its own and make no sense together, each told with its cure; and
// certificates and keys that cannot be used, before anything connects.

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { parseRedisUrl } from './redis-url.ts';
import type { ServiceConfig } from './service-settings.ts';

/** What of a setting is private stays out of these sentences. */
export function serviceConflicts(config: ServiceConfig): string[] {
  return [...kafkaConflicts(config), ...registryConflicts(config), ...redisConflicts(config)];
}

function kafkaConflicts(config: ServiceConfig): string[] {
  const problems = tlsProblems(config, 'kafka', config.kafka_tls === 'on', 'KAFKA_TLS is off: set KAFKA_TLS=on');
  const { kafka_sasl_mechanism: mechanism, kafka_username: username, kafka_password: password } = config;
  if (mechanism === 'none') {
    for (const [name, value] of Object.entries({ KAFKA_USERNAME: username, KAFKA_PASSWORD: password })) {
      if (value === '') continue;
      problems.push(
        `${name} is set, but KAFKA_SASL_MECHANISM is none: set that to plain, scram-sha-256 or scram-sha-512, or leave ${name} out.`,
      );
    }
  } else {
    for (const [name, value] of Object.entries({ KAFKA_USERNAME: username, KAFKA_PASSWORD: password })) {
      if (value === '')
        problems.push(`KAFKA_SASL_MECHANISM is ${mechanism}, but ${name} is not set: set it, or ${name}_FILE.`);
    }
  }
  return problems;
}

function registryConflicts(config: ServiceConfig): string[] {
  const { username, password, protocol } = new URL(config.schema_registry_url);
  const problems = tlsProblems(
    config,
    'schema_registry',
    protocol === 'https:',
    'SCHEMA_REGISTRY_URL begins with http: let it begin with https',
  );
  const { schema_registry_username: user, schema_registry_password: secret, schema_registry_token: token } = config;
  if ((user !== '' || secret !== '') && (username !== '' || password !== '')) {
    problems.push(twice('SCHEMA_REGISTRY_USERNAME or SCHEMA_REGISTRY_PASSWORD', 'SCHEMA_REGISTRY_URL'));
  }
  if (token !== '' && (user !== '' || secret !== '' || username !== '' || password !== '')) {
    problems.push(twice('SCHEMA_REGISTRY_TOKEN', 'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD (or the URL)'));
  }
  if (secret !== '' && user === '') problems.push(lacks('SCHEMA_REGISTRY_PASSWORD', 'SCHEMA_REGISTRY_USERNAME'));
  if (user !== '' && secret === '') problems.push(lacks('SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD'));
  return problems;
}

function redisConflicts(config: ServiceConfig): string[] {
  const url = parseRedisUrl(config.redis_url)!;
  const problems = tlsProblems(config, 'redis', url.tls, 'REDIS_URL begins with redis: let it begin with rediss');
  const { redis_mode: mode, redis_username, redis_password, redis_sentinel_master: master } = config;
  if ((redis_username !== '' && url.username !== '') || (redis_password !== '' && url.password !== '')) {
    problems.push(twice('REDIS_USERNAME or REDIS_PASSWORD', 'REDIS_URL'));
  }
  if (redis_username !== '' && redis_password === '' && url.password === '') {
    problems.push(lacks('REDIS_USERNAME', 'REDIS_PASSWORD'));
  }
  if (mode === 'single' && url.nodes.length > 1) {
    problems.push('REDIS_URL names several hosts, but REDIS_MODE is single: set that to cluster or sentinel.');
  }
  if (mode === 'cluster' && url.database !== 0) {
    problems.push('REDIS_URL names a database, but a Redis Cluster (REDIS_MODE) has only database 0: leave it out.');
  }
  if (mode === 'sentinel' && master === '') {
    problems.push(
      'REDIS_MODE is sentinel, but REDIS_SENTINEL_MASTER is not set: name the primary, as in "sentinel monitor <name> …".',
    );
  }
  for (const name of ['redis_sentinel_master', 'redis_sentinel_username', 'redis_sentinel_password'] as const) {
    if (mode === 'sentinel' || config[name] === '') continue;
    problems.push(`${name.toUpperCase()} is set, but REDIS_MODE is ${mode}: set that to sentinel, or leave it out.`);
  }
  return problems;
}

function tlsProblems(
  config: ServiceConfig,
  prefix: 'kafka' | 'schema_registry' | 'redis',
  isOn: boolean,
  whyOff: string,
): string[] {
  const env = `${prefix.toUpperCase()}_TLS`;
  const [ca, cert, key] = [config[`${prefix}_tls_ca`], config[`${prefix}_tls_cert`], config[`${prefix}_tls_key`]];
  const passphrase = config[`${prefix}_tls_key_passphrase`];
  const given = {
    [`${env}_CA`]: ca,
    [`${env}_CERT`]: cert,
    [`${env}_KEY`]: key,
    [`${env}_KEY_PASSPHRASE`]: passphrase,
  };
  const names = Object.keys(given).filter((name) => given[name] !== '');
  if (names.length > 0 && !isOn)
    return [`${names.join(', ')}: ${whyOff}, or leave ${names.length === 1 ? 'it' : 'them'} out.`];
  if (cert !== '' && key === '') return [lacks(`${env}_CERT`, `${env}_KEY`)];
  if (key !== '' && cert === '') return [lacks(`${env}_KEY`, `${env}_CERT`)];
  const problems: string[] = [];
  if (ca !== '') problems.push(...unusable(`${env}_CA`, { ca }));
  if (cert !== '') {
    const own = { cert, key, ...(passphrase === '' ? {} : { passphrase }) };
    problems.push(...unusable(`${env}_CERT, ${env}_KEY`, own));
  }
  return problems;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** OpenSSL's own words: they name no content. */
function unusable(
  names: string,
  material: { ca?: string; cert?: string; key?: string; passphrase?: string },
): string[] {
  try {
    // Node passes over authorities that it cannot read, and then trusts nobody.
    for (const block of material.ca?.match(CERTIFICATE) ?? [''])
      if (material.ca !== undefined) new X509Certificate(block);
    createSecureContext(material);
    return [];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const cure = /values mismatch/.test(said)
      ? 'this key does not belong to this certificate'
      : /interrupted or cancelled|bad decrypt|bad password/i.test(said)
        ? 'the key is encrypted: its passphrase is missing or wrong (…_KEY_PASSPHRASE)'
        : 'give whole PEM files';
    return [`${names}: this cannot be used (${said}): ${cure}.`];
  }
}

function twice(one: string, other: string): string {
  return `${one} and ${other} both say who we are: keep one of the two.`;
}

function lacks(one: string, other: string): string {
  return `${one} is set without ${other}: set both, or neither (${other}_FILE does as well).`;
}
