// The registry behind TLS, logins and proxies: each way in works, and each way in which it can fail is told with its cure.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import { registryOptions } from '../../src/cli/service-targets.ts';
import { createAuthority } from '../support/certificates.ts';
import { type GateOptions, openRegistryGate } from '../support/registry-gate.ts';
import { ownName, sharedEnv, sharedSecurity } from '../support/stack.ts';
import { type Environment, taskfold } from '../support/taskfold-process.ts';
import { tlsDoor } from '../support/tls-door.ts';
import { whyNot } from './why-unreachable.ts';

const SCHEMA = JSON.stringify({ type: 'record', name: 'Probe', fields: [] });

async function gate(options: Partial<GateOptions> = {}) {
  const security = await sharedSecurity();
  const opened = await openRegistryGate(sharedEnv().SCHEMA_REGISTRY_URL, {
    certificate: security.file('server.pem'),
    key: security.file('server-key.pem'),
    ...options,
  });
  onTestFinished(() => opened.close());
  return { env: { SCHEMA_REGISTRY_URL: opened.url, SCHEMA_REGISTRY_TLS_CA_FILE: security.file('ca.pem') }, security };
}

/** Registers a schema over this way in, and finds it again. */
async function works(env: Environment): Promise<boolean> {
  expect(await whyNot('registry', env)).toBeNull();
  const client = createRegistryClient(registryOptions(readConfig(env).config));
  const subject = ownName('door');
  const registered = await client.register(subject, SCHEMA);
  const found = await client.idOf(subject, SCHEMA);
  return registered.kind === 'found' && JSON.stringify(registered) === JSON.stringify(found);
}

describe('ways in', () => {
  test('TLS alone', async () => {
    expect(await works((await gate()).env)).toBe(true);
  });

  test('basic authentication, by settings and by the URL', async () => {
    const { env } = await gate({ basic: { username: 'reader', password: 'p@ss:word' } });
    const own = { SCHEMA_REGISTRY_USERNAME: 'reader', SCHEMA_REGISTRY_PASSWORD: 'p@ss:word' };
    expect(await works({ ...env, ...own })).toBe(true);
    const url = env.SCHEMA_REGISTRY_URL.replace('https://', 'https://reader:p%40ss%3Aword@');
    expect(await works({ ...env, SCHEMA_REGISTRY_URL: url })).toBe(true);
  });

  test('a bearer token', async () => {
    const { env } = await gate({ token: 'abc.def' });
    expect(await works({ ...env, SCHEMA_REGISTRY_TOKEN: 'abc.def' })).toBe(true);
  });

  test('a certificate of ours (mutual TLS)', async () => {
    const security = await sharedSecurity();
    const { env } = await gate({ clientAuthority: security.file('ca.pem') });
    const own = {
      SCHEMA_REGISTRY_TLS_CERT_FILE: security.file('client.pem'),
      SCHEMA_REGISTRY_TLS_KEY_FILE: security.file('client-key.pem'),
    };
    expect(await works({ ...env, ...own })).toBe(true);
    expect(await whyNot('registry', env)).toMatch(/showed none.*SCHEMA_REGISTRY_TLS_CERT_FILE/);
  });
});

describe('what is wrong is named, with its cure', () => {
  test('no login, and a wrong one, which does not show', async () => {
    const { env } = await gate({ basic: { username: 'reader', password: 'right' } });
    expect(await whyNot('registry', env)).toMatch(/asks who we are \(status 401\).*SCHEMA_REGISTRY_USERNAME/);
    const own = { SCHEMA_REGISTRY_USERNAME: 'reader', SCHEMA_REGISTRY_PASSWORD: 'geheim' };
    const said = await whyNot('registry', { ...env, ...own });
    expect(said).toMatch(/refuses our user, password or token \(status 401\)/);
    expect(said).not.toContain('geheim');
    const run = await taskfold(['schemas', 'check'], { ...env, ...own });
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/status 401.*\n.*cure: set SCHEMA_REGISTRY_USERNAME/);
    expect(run.stderr).not.toContain('geheim');
  });

  test('an unknown authority, an expired certificate, another host name, no TLS at all', async () => {
    const { env } = await gate();
    const { SCHEMA_REGISTRY_URL } = env;
    expect(await whyNot('registry', { SCHEMA_REGISTRY_URL })).toMatch(/not trusted here.*SCHEMA_REGISTRY_TLS_CA_FILE/);
    const plain = Number(new URL(sharedEnv().SCHEMA_REGISTRY_URL).port);
    const authority = await createAuthority();
    const trust = { SCHEMA_REGISTRY_TLS_CA: authority.certificate };
    const at = (port: number, host = '127.0.0.1') => ({ ...trust, SCHEMA_REGISTRY_URL: `https://${host}:${port}/` });
    const expired = await tlsDoor(plain, await authority.issue({ name: 'old', days: -1 }));
    expect(await whyNot('registry', at(expired))).toMatch(/certificate has expired/);
    const elsewhere = await tlsDoor(plain, await authority.issue({ name: 'x', hosts: ['10.1.2.3'] }));
    expect(await whyNot('registry', at(elsewhere))).toMatch(/asked for 127\.0\.0\.1, it has.*10\.1\.2\.3/);
    expect(await whyNot('registry', at(plain))).toMatch(/speaks no TLS|SCHEMA_REGISTRY_URL/);
    const http = { SCHEMA_REGISTRY_URL: SCHEMA_REGISTRY_URL.replace('https:', 'http:') };
    expect(await whyNot('registry', http)).toMatch(/whether the port takes TLS \(https:\/\/\)/);
  });

  test.each<[string, number, string, RegExp]>([
    ['a proxy that asks for a login', 407, '', /a proxy before .* asks for a login \(status 407\).*NO_PROXY/],
    [
      'a login page',
      200,
      '<!DOCTYPE html><html><title>Sign in</title>',
      /web page \(status 200, "Sign in"\).*a proxy's/,
    ],
    ['a proxy without its registry', 503, 'no healthy upstream', /status 503: a proxy without its registry/],
    ['a user that may not', 403, '{}', /does not allow us to ask \(status 403\).*read and write rights/],
    ['a redirection', 302, '', /sends us elsewhere \(status 302, sso\.example\)/],
    ['some other program', 200, '{"hello":1}', /not as a schema registry.*\/apis\/ccompat\/v7/],
  ])('%s', async (_, status, body, said) => {
    const server = createServer((_request, response) => {
      response
        .writeHead(status, { location: 'https://sso.example/?session=1', 'content-type': 'text/plain' })
        .end(body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await whyNot('registry', { SCHEMA_REGISTRY_URL: url })).toMatch(said);
  });
});
