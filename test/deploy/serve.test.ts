// `taskfold serve` as compose and the manifests start it: with exactly the environment that they give, but for the addresses of
// the services, on a Redis that lets compose's reader in.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { connectRedis } from '../../src/redis/connect.ts';
import { redisTargetOf } from '../support/clients.ts';
import { privateStack, sharedEnv } from '../support/stack.ts';
import { type Environment, startTaskfold, taskfold } from '../support/taskfold-process.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => parse(readFileSync(join(root, file), 'utf8'), { merge: true });
const TOKEN = randomBytes(16).toString('hex');
const HASH = createHash('sha256').update(TOKEN).digest('hex');

test('it starts by what compose and the manifests give, as a reader, and answers probes, and those who have a token', async () => {
  const { services } = read('docker-compose.yml');
  const ofRedis: string[] = services.redis.command;
  // Redis itself takes what follows `--user` for such a line.
  const user = ofRedis.slice(ofRedis.indexOf('--user') + 1).join(' ');
  const stack = await privateStack({ services: ['redis'], options: { redis: { lines: [`user ${user}`] } } });
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = sharedEnv();
  const addresses = { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL: stack.env.REDIS_URL };

  const file = join(stack.data, 'api-tokens');
  writeFileSync(file, `${HASH}\n`);
  const ofCompose = { ...services.serve.environment, ...addresses, TASKFOLD_API_TOKENS_FILE: file };
  const { data: common } = read('deploy/kubernetes/settings.yaml');
  const { data: own } = read('deploy/kubernetes/serve/settings.yaml');
  const secret = { TASKFOLD_API_TOKENS: HASH, REDIS_PASSWORD: services.serve.environment.REDIS_PASSWORD };
  const ofManifests = { ...common, ...own, ...secret, ...addresses };
  const [{ readinessProbe, livenessProbe, args }] = read('deploy/kubernetes/serve/deployment.yaml').spec.template.spec
    .containers;
  const probes: string[] = [livenessProbe.httpGet.path, readinessProbe.httpGet.path];

  await Promise.all([
    expectServed(services.serve.command, ofCompose, probes, services.serve.healthcheck.test),
    expectServed(args, ofManifests, probes),
  ]);

  const { TASKFOLD_API_TOKENS: _, ...without } = ofManifests;
  const refused = await taskfold(args, without);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('TASKFOLD_API_TOKENS')]);

  const { REDIS_USERNAME: username, REDIS_PASSWORD: password } = ofCompose;
  const reader = connectRedis({ ...redisTargetOf(addresses), username, password });
  await reader.ready(5_000);
  await expect(reader.client.set('{taskfold:taskfold:0}:head', 'x')).rejects.toThrow(/NOPERM/);
  reader.close();
});

async function expectServed(args: string[], env: Environment, probes: string[], check?: string[]): Promise<void> {
  // The very port may be taken on this machine; the interface stays.
  const { TASKFOLD_LISTEN } = env;
  const serve = startTaskfold(args, { ...env, TASKFOLD_LISTEN: TASKFOLD_LISTEN!.replace(/\d+$/, '0') });
  await serve.untilLogged('serving');
  const { port } = new URL(String(serve.logged('serving')[0]!.url));
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status;
  for (const path of probes) await expect.poll(() => ask(path), { timeout: 10_000 }).toBe(200);
  expect(await ask('/api/fleet')).toBe(401);
  expect(await ask('/api/fleet', { authorization: `Bearer ${TOKEN}` })).toBe(200);
  if (check !== undefined) {
    const [, , script, address] = check;
    const child = spawn(process.execPath, [join(root, script!), address!.replace(/\d+$/, port)], { stdio: 'ignore' });
    expect(await once(child, 'close')).toEqual([0, null]);
  }
  expect((await serve.terminate()).code).toBe(0);
}
