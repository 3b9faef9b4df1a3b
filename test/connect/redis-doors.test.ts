// Redis over TLS, with ACL users, behind sentinels: each way in works, a fail-over is lived through, and what is wrong is told
// with its cure.

import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openReads } from '../../src/read/index.ts';
import { connectRedis, type RedisTarget } from '../../src/redis/connect.ts';
import { neededAclRules } from '../../src/redis/needed-rights.ts';
import { readOnlyAclRules } from '../../src/redis/read-only-rights.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import type { PartitionsAnswer } from '../../src/serve/fleet-documents.ts';
import { headOf } from '../contracts/slot-samples.ts';
import { createAuthority } from '../support/certificates.ts';
import { redisTargetOf } from '../support/clients.ts';
import { ADMIN } from '../support/security.ts';
import { ownName, privateStack, sharedEnv, sharedSecurity } from '../support/stack.ts';
import { startTaskfold } from '../support/taskfold-process.ts';
import { tlsDoor } from '../support/tls-door.ts';
import { whyNot } from './why-unreachable.ts';

async function securedRedis() {
  const security = await sharedSecurity();
  const { tls } = security.redis;
  const stack = await privateStack({
    services: ['redis'],
    options: { redis: { ...security.redis, tls: { ...tls!, clients: 'optional' } } },
  });
  const env = {
    REDIS_URL: stack.redis.url,
    REDIS_PASSWORD_FILE: security.passwordFile(ADMIN),
    REDIS_TLS_CA_FILE: security.file('ca.pem'),
  };
  return { security, stack, env };
}

/** Opens a slot, saves and reads it back, over one way in; answers what went wrong. */
async function works(target: RedisTarget, prefix = ownName('door')): Promise<string> {
  const connection = connectRedis(target, { commandTimeoutMs: 2_000 });
  onTestFinished(() => connection.close());
  try {
    await connection.ready(5_000);
    const store = createSlotStore({ redis: connection.client, prefix, group: 'taskfold' });
    await store.claim(0, 'me');
    await store.begin(0, 7, headOf());
    return `W ${(await store.claim(0, 'me')).watermark}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('one Redis over TLS', () => {
  test('a password, a user with no more rights than needed, a certificate of ours; and what is wrong with each', async () => {
    const { security, stack, env } = await securedRedis();
    expect(await whyNot('redis', env)).toBeNull();
    expect(await works(redisTargetOf(env))).toBe('W 7');
    const own = {
      REDIS_TLS_CERT_FILE: security.file('client.pem'),
      REDIS_TLS_KEY_FILE: security.file('client-key.pem'),
    };
    expect(await works(redisTargetOf({ ...env, ...own }))).toBe('W 7');

    const admin = connectRedis(redisTargetOf(env));
    onTestFinished(() => admin.close());
    await admin.ready(5_000);
    const prefix = ownName('rights');
    const rules = neededAclRules(prefix, 'taskfold');
    await admin.client.call('ACL', 'SETUSER', 'folder', 'on', '>p w', ...rules);
    const { REDIS_PASSWORD_FILE: _admins, ...rest } = env;
    const folder = { ...rest, REDIS_USERNAME: 'folder', REDIS_PASSWORD: 'p w' };
    expect(await works(redisTargetOf(folder), prefix)).toBe('W 7');
    const inUrl = env.REDIS_URL.replace('//', '//folder:p%20w@');
    expect(await works(redisTargetOf({ ...rest, REDIS_URL: inUrl }), ownName('other'))).toMatch(
      /lacks a permission: "taskfold doctor" names it/,
    );
    // Without one command of a save the slot would be torn by the first one; it is told before.
    await admin.client.call('ACL', 'SETUSER', 'folder', '-hdel', '-xadd');
    expect(await works(redisTargetOf(folder), prefix)).toMatch(/may not run HDEL, XADD on \{rights.*taskfold doctor/);

    expect(await works(redisTargetOf({ ...rest, REDIS_PASSWORD: 'geheim' }))).toMatch(/WRONGPASS.*REDIS_PASSWORD_FILE/);
    expect(await works(redisTargetOf(rest))).toMatch(/NOAUTH.*set REDIS_PASSWORD_FILE/);
    const { REDIS_TLS_CA_FILE: _ca, ...untrusting } = env;
    expect(await whyNot('redis', untrusting)).toMatch(/not trusted here.*REDIS_TLS_CA_FILE/);
    expect(await works(redisTargetOf(untrusting))).toMatch(/not trusted here.*REDIS_TLS_CA_FILE/);
    const plain = { REDIS_URL: stack.redis.url.replace('rediss:', 'redis:') };
    expect(await works(redisTargetOf(plain))).toMatch(/Redis does not answer/);
    expect(await works({ ...redisTargetOf(env), mode: 'cluster' })).toMatch(/is no Cluster: set REDIS_MODE=single/);
  });

  test('an expired certificate, and one for another host', async () => {
    const port = Number(new URL(sharedEnv().REDIS_URL).port);
    const authority = await createAuthority();
    const trust = { REDIS_TLS_CA: authority.certificate };
    const expired = await tlsDoor(port, await authority.issue({ name: 'old', days: -1 }));
    expect(await whyNot('redis', { ...trust, REDIS_URL: `rediss://127.0.0.1:${expired}` })).toMatch(
      /has expired.*renew/,
    );
    const elsewhere = await tlsDoor(port, await authority.issue({ name: 'x', hosts: ['redis.example'] }));
    expect(await whyNot('redis', { ...trust, REDIS_URL: `rediss://localhost:${elsewhere}` })).toMatch(
      /asked for localhost, it has DNS:redis\.example.*REDIS_URL/,
    );
    expect(await whyNot('redis', { ...trust, REDIS_URL: `rediss://127.0.0.1:${port}` })).toMatch(/no TLS|REDIS_URL/);
  });
});

test('sentinels over TLS: the primary is found, and after a fail-over the new one, with what the old one held', async () => {
  const security = await sharedSecurity();
  const { lines = [], ...rest } = security.redis;
  const primary = { ...rest, lines: [...lines, 'repl-diskless-sync-delay 0'] };
  const stack = await privateStack({ services: ['redis'], options: { redis: primary } });
  const { port } = stack.redis.ports;
  const replica = await stack.startRedis({ ...primary, lines: [...primary.lines, `replicaof 127.0.0.1 ${port}`] });
  const password = security.password(ADMIN);
  const watch = [
    `monitor fleet 127.0.0.1 ${port} 1`,
    `auth-pass fleet ${password}`,
    // Hours: it fails over when it is told to, below.
    'down-after-milliseconds fleet 10000000',
  ];
  const sentinel = await stack.startRedis({
    ...(rest.tls === undefined ? {} : { tls: rest.tls }),
    sentinel: true,
    lines: [...watch, 'failover-timeout fleet 5000'].map((line) => `sentinel ${line}`).concat('requirepass watcher'),
  });
  const env = {
    REDIS_URL: sentinel.url,
    REDIS_MODE: 'sentinel',
    REDIS_SENTINEL_MASTER: 'fleet',
    REDIS_SENTINEL_PASSWORD: 'watcher',
    REDIS_PASSWORD_FILE: security.passwordFile(ADMIN),
    REDIS_TLS_CA_FILE: security.file('ca.pem'),
  };
  expect(await whyNot('redis', env)).toBeNull();
  const connection = connectRedis(redisTargetOf(env), { commandTimeoutMs: 2_000 });
  onTestFinished(() => connection.close());
  await connection.ready(10_000);
  const prefix = ownName('watched');
  const store = createSlotStore({ redis: connection.client, prefix, group: 'taskfold' });
  await store.claim(0, 'me');
  await store.begin(0, 7, headOf());
  // Rights are not replicated: each Redis is told of them.
  const rules = readOnlyAclRules(prefix, 'taskfold');
  for (const { ports } of [stack.redis, replica]) {
    const own = { ...redisTargetOf(env), url: `rediss://127.0.0.1:${ports.port}`, mode: 'single' as const };
    const admin = connectRedis(own);
    await admin.ready(5_000);
    await admin.client.call('ACL', 'SETUSER', 'reader', 'on', '>reads', ...rules);
    admin.close();
  }
  const { REDIS_PASSWORD_FILE: _admins, ...others } = env;
  const reader = { ...others, REDIS_USERNAME: 'reader', REDIS_PASSWORD: 'reads' };
  const reads = await openReads({ ...redisTargetOf(reader), prefix, timeout_ms: 2_000 });
  onTestFinished(() => reads.close());
  const names = { ...sharedEnv(), ...reader, TASKFOLD_REDIS_PREFIX: prefix, TASKFOLD_GROUP: 'taskfold' };
  const api = startTaskfold(['serve', '--api-nice', '0'], { ...names, TASKFOLD_LISTEN: '127.0.0.1:0' });
  await api.untilLogged('serving');
  const url = api.logged('serving')[0]!.url as string;
  const status = async (path: string) => (await fetch(url + path)).status;
  const watermarks = async () => {
    const { partitions } = (await (await fetch(`${url}/api/partitions`)).json()) as PartitionsAnswer;
    return partitions.map(({ watermark }) => watermark ?? null).slice(0, 2);
  };
  await expect.poll(watermarks).toEqual([7, null]);
  // A second after its start: its first look may have come before its connection.
  await expect.poll(() => status('/readyz'), { timeout: 10_000 }).toBe(200);
  const tls = { ca: readFileSync(security.file('ca.pem'), 'utf8') };
  const watched = new Redis({ host: '127.0.0.1', port: sentinel.ports.port!, password: 'watcher', tls });
  onTestFinished(() => watched.disconnect());
  await expect
    .poll(async () => JSON.stringify(await watched.call('SENTINEL', 'REPLICAS', 'fleet')), { timeout: 30_000 })
    .toContain(String(replica.ports.port));
  await connection.client.wait(1, 5_000);

  await stack.redis.kill();
  await expect(store.claim(0, 'me')).rejects.toMatchObject({ code: 'service_unavailable' });
  await expect(reads.readFleet()).rejects.toMatchObject({ code: 'service_unavailable' });
  await expect.poll(() => status('/readyz'), { timeout: 10_000 }).toBe(503);
  expect(await (await fetch(`${url}/api/fleet`)).json()).toMatchObject({ code: 'service_away', away: 'redis' });
  await watched.call('SENTINEL', 'SET', 'fleet', 'down-after-milliseconds', '1000');
  await connection.ready(40_000);
  await expect.poll(() => status('/readyz'), { timeout: 10_000 }).toBe(200);
  expect(await watermarks()).toEqual([7, null]);
  await reads.waitFor({ partition: 0, offset: 6 });
  expect((await reads.readPartitions()).partitions[0]).toMatchObject({ watermark: 7 });
  expect(await store.claim(0, 'me')).toMatchObject({ watermark: 7, saving: null });
  expect((await connection.masters())[0]!.options.host).toBeDefined();
});
