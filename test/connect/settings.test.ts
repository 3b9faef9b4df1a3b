// Settings of the services: secrets from files, nothing printed, contradictions named; and URLs of several nodes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig, SettingsError, showValue } from '../../src/cli/read-config.ts';
import { type Setting, settings } from '../../src/config.ts';
import { connectProblem } from '../../src/connect/connect-problem.ts';
import { parseRedisUrl } from '../../src/connect/redis-url.ts';
import { createAuthority, type Issued } from '../support/certificates.ts';

let folder: string;
let issued: Issued;
let other: Issued;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taskfold-settings-'));
  const authority = await createAuthority();
  issued = await authority.issue({ name: 'one' });
  other = await authority.issue({ name: 'other' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(env: Record<string, string>, flags: Record<string, string> = {}): string {
  try {
    readConfig(env, flags);
    return '';
  } catch (error) {
    if (error instanceof SettingsError) return error.problems.join('\n');
    throw error;
  }
}

const SCRAM = { KAFKA_SASL_MECHANISM: 'scram-sha-256', KAFKA_USERNAME: 'me' };

describe('secrets from files', () => {
  test('the content counts, without the line end behind it; a flag goes before the environment', () => {
    const path = file('password', 'p w\n');
    const { config, sources } = readConfig({ ...SCRAM, KAFKA_PASSWORD_FILE: path });
    expect([config.kafka_password, sources.get('kafka_password')]).toEqual(['p w', 'file']);
    const flag = readConfig({ ...SCRAM, KAFKA_PASSWORD: 'of the environment' }, { kafka_password_file: path });
    expect(flag.config.kafka_password).toBe('p w');
    expect(readConfig({ REDIS_URL_FILE: file('url', 'redis://:x@h:1') }).config.redis_url).toBe('redis://:x@h:1');
  });

  test('a file that cannot be read, and a value beside its file, are named; no content is', () => {
    expect(problemsOf({ ...SCRAM, KAFKA_PASSWORD_FILE: '/no/such' })).toBe(
      'KAFKA_PASSWORD_FILE: the file /no/such cannot be read (ENOENT). Give a file that this user may read.',
    );
    const both = { ...SCRAM, KAFKA_PASSWORD: 'geheim', KAFKA_PASSWORD_FILE: file('both', 'geheim') };
    expect(problemsOf(both)).toBe('KAFKA_PASSWORD and KAFKA_PASSWORD_FILE are both set: keep one of the two.');
    expect(problemsOf({ REDIS_URL_FILE: file('bad', 'geheim') })).not.toContain('geheim');
  });

  test('whatever is secret shows as ***, certificates by their size', () => {
    const all = settings as readonly Setting[];
    const secret = all.filter((setting) => setting.secret === 'whole');
    expect(secret.map(({ name }) => name)).toEqual(expect.arrayContaining(['kafka_password', 'redis_tls_key']));
    for (const setting of secret) expect(showValue(setting, 'geheim')).toBe('***');
    const named = all.filter(({ name }) => /password|token|passphrase|_key$/.test(name));
    expect(named.filter(({ secret: kind }) => kind !== 'whole').map(({ name }) => name)).toEqual([]);
    const ca = all.find(({ name }) => name === 'kafka_tls_ca')!;
    expect(showValue(ca, issued.certificate)).toMatch(/^\(\d+ characters\)$/);
  });
});

describe('what makes no sense together names itself, and the cure', () => {
  test.each<[Record<string, string>, RegExp]>([
    [{ KAFKA_USERNAME: 'me' }, /KAFKA_USERNAME is set, but KAFKA_SASL_MECHANISM is none/],
    [
      { KAFKA_SASL_MECHANISM: 'plain' },
      /KAFKA_USERNAME is not set.*\n.*KAFKA_PASSWORD is not set: set it, or KAFKA_PASSWORD_FILE/,
    ],
    [{ SCHEMA_REGISTRY_USERNAME: 'me' }, /SCHEMA_REGISTRY_USERNAME is set without SCHEMA_REGISTRY_PASSWORD/],
    [
      { SCHEMA_REGISTRY_URL: 'http://a:b@h', SCHEMA_REGISTRY_TOKEN: 'geheim' },
      /SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME .* both say who we are/,
    ],
    [
      { SCHEMA_REGISTRY_URL: 'http://a:geheim@h', SCHEMA_REGISTRY_USERNAME: 'c', SCHEMA_REGISTRY_PASSWORD: 'geheim' },
      /SCHEMA_REGISTRY_URL both say who we are/,
    ],
    [
      { REDIS_URL: 'redis://a:1,b:2' },
      /names several hosts, but REDIS_MODE is single: set that to cluster or sentinel/,
    ],
    [{ REDIS_URL: 'redis://a:1/3', REDIS_MODE: 'cluster' }, /has only database 0/],
    [{ REDIS_MODE: 'sentinel' }, /REDIS_SENTINEL_MASTER is not set/],
    [{ REDIS_SENTINEL_MASTER: 'm' }, /REDIS_SENTINEL_MASTER is set, but REDIS_MODE is single/],
    [{ REDIS_URL: 'redis://:geheim@a', REDIS_PASSWORD: 'geheim' }, /REDIS_URL both say who we are/],
    [{ REDIS_USERNAME: 'me' }, /REDIS_USERNAME is set without REDIS_PASSWORD/],
  ])('%j', (env, said) => {
    const problems = problemsOf(env);
    expect(problems).toMatch(said);
    expect(problems).not.toContain('geheim');
  });

  test('certificates: without TLS, without their key, with another key, with a wrong passphrase, or no certificates', () => {
    const { certificate, key } = issued;
    expect(problemsOf({ KAFKA_TLS_CA: certificate })).toMatch(/^KAFKA_TLS_CA: KAFKA_TLS is off: set KAFKA_TLS=on/);
    expect(problemsOf({ REDIS_TLS_CA: certificate })).toMatch(/let it begin with rediss/);
    expect(problemsOf({ SCHEMA_REGISTRY_TLS_CA: certificate })).toMatch(/let it begin with https/);
    const on = { KAFKA_TLS: 'on' };
    expect(problemsOf({ ...on, KAFKA_TLS_CERT: certificate })).toMatch(/^KAFKA_TLS_CERT is set without KAFKA_TLS_KEY/);
    expect(problemsOf({ ...on, KAFKA_TLS_KEY: key })).toMatch(/^KAFKA_TLS_KEY is set without KAFKA_TLS_CERT/);
    expect(problemsOf({ ...on, KAFKA_TLS_CERT: certificate, KAFKA_TLS_KEY: key })).toBe('');
    const mixed = problemsOf({ ...on, KAFKA_TLS_CERT: certificate, KAFKA_TLS_KEY: other.key });
    expect(mixed).toMatch(
      /KAFKA_TLS_CERT, KAFKA_TLS_KEY: this cannot be used .*this key does not belong to this certificate/,
    );
    expect(mixed).not.toContain('BEGIN');
    expect(problemsOf({ ...on, KAFKA_TLS_CA: 'not PEM' })).toMatch(/KAFKA_TLS_CA: .*PEM text/);
    const cut = certificate.replace(/\n[^\n]+\n[^\n]+\n-----END/, '\n-----END');
    expect(problemsOf({ ...on, KAFKA_TLS_CA: cut })).toMatch(/KAFKA_TLS_CA: this cannot be used/);
  });
});

test('a URL of Redis may name several nodes; credentials are decoded, and what is no such URL is refused', () => {
  expect(parseRedisUrl('rediss://me:p%40w@a:7000,[::1]:7001,b/2')).toEqual({
    tls: true,
    username: 'me',
    password: 'p@w',
    database: 2,
    nodes: [
      { host: 'a', port: 7000 },
      { host: '::1', port: 7001 },
      { host: 'b', port: 6379 },
    ],
  });
  for (const text of [
    'redis:/a',
    'redis://',
    'redis://a:0',
    'redis://a:70000',
    'redis://%@a',
    'http://a',
    'redis://a,,b',
  ]) {
    expect(parseRedisUrl(text), text).toBeNull();
  }
});

test('what is no problem of a connection is not taken for one', () => {
  expect(connectProblem('kafka', new Error('something else'))).toBeNull();
  expect(connectProblem('redis', Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBeNull();
  const deep = new Error('outer', { cause: Object.assign(new Error('in'), { code: 'CERT_HAS_EXPIRED' }) });
  expect(connectProblem('registry', deep)?.kind).toBe('certificate_expired');
});

test('the settings that docs/connecting.md shows are sound', () => {
  const page = readFileSync(new URL('../../docs/connecting.md', import.meta.url), 'utf8');
  const shown = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, lines]) => lines!.trim().split('\n'));
  expect(shown.length).toBe(3);
  for (const lines of shown) {
    const env = lines.map((line) => line.split(/=(.*)/s) as [string, string]);
    const own = env.map(([name, value]) => {
      if (!name.endsWith('_FILE')) return [name, value];
      return [name, file(name, name.includes('_TLS_') ? issued.certificate : 'secret')];
    });
    expect(problemsOf(Object.fromEntries(own))).toBe('');
  }
});
