// docker-compose.yml and deploy/Dockerfile, read and held against the project: no machine of ours runs them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { KAFKA_VERSION, REGISTRY_VERSION } from '../../deploy/stack/versions.mjs';
import { createProgram } from '../../src/cli/program.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import { settings } from '../../src/config.ts';
import { readOnlyAclRules } from '../../src/redis/read-only-rights.ts';
import { parseListenAddress } from '../../src/setting.ts';

interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  profiles?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  healthcheck?: { disable?: boolean; test?: string[] };
  secrets?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  depends_on?: Record<string, unknown>;
}

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, ComposeService>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, null>;
};
const ours = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);
const manifest = JSON.parse(read('package.json')) as { version: string; engines: { node: string } };

/** The instructions of a Dockerfile, comments and continued lines resolved. */
const dockerfile = read('deploy/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ instruction: line.split(' ')[0]!, rest: line.slice(line.indexOf(' ') + 1) }));
const from = dockerfile.filter(({ instruction }) => instruction === 'FROM').map(({ rest }) => rest.split(' ')[0]!);

test('compose has Kafka, the registry, Redis, the two steps before the first start, taskfold, its API, and a fleet for the demo', () => {
  expect(Object.keys(compose.services)).toEqual([
    'kafka',
    'schema-registry',
    'redis',
    'topics',
    'schemas',
    'taskfold',
    'serve',
    'fleet',
  ]);
});

test('every variable that compose gives to taskfold is a setting, and its value one that the setting takes', () => {
  expect(ours.map(([name]) => name)).toEqual(['topics', 'schemas', 'taskfold', 'serve', 'fleet']);
  for (const [, service] of ours) {
    const given = Object.entries(service.environment ?? {});
    expect(given.map(([name]) => name)).toEqual(expect.arrayContaining(['KAFKA_BROKERS', 'REDIS_URL']));
    for (const [name, value] of given) {
      const setting = settings.find(({ env }) => env === name || `${env}_FILE` === name);
      expect(setting, `${name} is no setting`).toBeDefined();
      if (name.endsWith('_FILE')) continue;
      expect(setting!.parse.safeParse(String(value)).success, `${name}: ${value}`).toBe(true);
    }
  }
});

test('taskfold reaches services that exist, under the ports they listen on', () => {
  const kafka = compose.services.kafka!.environment!;
  for (const [, { environment }] of ours) {
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL } = environment!;
    expect(String(kafka.KAFKA_ADVERTISED_LISTENERS).split(',')).toContain(`INSIDE://${KAFKA_BROKERS}`);
    for (const url of [`kafka://${KAFKA_BROKERS}`, SCHEMA_REGISTRY_URL, REDIS_URL]) {
      expect(Object.keys(compose.services)).toContain(new URL(String(url)).hostname);
    }
  }
});

test('every image is pinned to a version, and the services are those of the local stack', () => {
  const images = [...Object.values(compose.services).map(({ image }) => image), ...from];
  expect(images.filter((image) => !/^[a-z0-9./-]+:v?\d+\.\d+\.\d+/.test(image) || image.includes('latest'))).toEqual(
    [],
  );
  expect(compose.services.kafka!.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
  expect(compose.services['schema-registry']!.image).toBe(`apicurio/apicurio-registry-mem:${REGISTRY_VERSION}`);
  expect(compose.services.redis!.image).toMatch(/^redis:7\./);
  for (const [, service] of ours) expect(service.image).toBe(`taskfold:${manifest.version}`);
});

test('ports are published on the loopback address only, since no service asks for a password', () => {
  const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

test('what a service waits for and what it mounts exists', () => {
  for (const service of Object.values(compose.services)) {
    for (const name of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(name);
    if (service.build) expect(existsSync(join(root, service.build.context, service.build.dockerfile))).toBe(true);
  }
  expect(read('docker-compose.yml')).toContain('maxmemory-policy');
});

test("the image runs the package's command on a Node that the package takes, as a user without rights", () => {
  const last = dockerfile.slice(dockerfile.findLastIndex(({ instruction }) => instruction === 'FROM'));
  const value = (name: string) => last.find(({ instruction }) => instruction === name)?.rest;
  expect(value('ENTRYPOINT')).toBe('["node", "dist/cli/main.js"]');
  // The user `node` of the image, by number: Kubernetes cannot tell of a name that it is not root's.
  expect(value('USER')).toBe('1000:1000');
  expect(new Set(from).size).toBe(1);
  expect(Number(/^node:(\d+)/.exec(from[0]!)?.[1])).toBeGreaterThanOrEqual(Number(/\d+/.exec(manifest.engines.node)));
});

test('the Dockerfile copies nothing that is not there', () => {
  const copied = dockerfile
    .filter(({ instruction, rest }) => instruction === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
  expect(copied.length).toBeGreaterThan(4);
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every command of compose exists and takes its options; API and fleet come by profiles of their own', async () => {
  const program = await createProgram();
  for (const [name, { command = [], profiles }] of ours) {
    const words = command.filter((word) => /^[a-z]+$/.test(word));
    const found = words.reduce(
      (at, word) => at?.commands.find((one) => one.name() === word),
      program as Command | undefined,
    );
    expect(found?.commands, name).toEqual([]);
    const known = found!.options.map(({ long }) => long);
    expect(
      command.filter((word) => word.startsWith('--') && !known.includes(word)),
      name,
    ).toEqual([]);
    expect(profiles, name).toEqual({ fleet: ['demo'], serve: ['serve'] }[name]);
  }
});

test('ours have no rights and write nowhere; only what goes on has a health to be asked for', () => {
  for (const [name, service] of ours) {
    expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.healthcheck?.disable ?? false, name).toBe(!['taskfold', 'serve'].includes(name));
  }
});

test('the API reads as a user who may only read, asks for tokens, and its health is asked where it listens', () => {
  const { environment, secrets, ports, healthcheck } = compose.services.serve!;
  const command = (compose.services.redis as { command?: string[] }).command!;
  const [name, , password, ...rules] = command.slice(command.indexOf('--user') + 1);
  expect([environment!.REDIS_USERNAME, `>${environment!.REDIS_PASSWORD}`]).toEqual([name, password]);
  const { redis_prefix, group } = readConfig({}).config;
  expect(rules).toEqual(readOnlyAclRules(redis_prefix, group));
  expect(environment!.TASKFOLD_API_TOKENS_FILE).toBe(`/run/secrets/${secrets![0]}`);
  expect(compose.secrets).toHaveProperty(secrets![0]!);
  const { host, port } = parseListenAddress(String(environment!.TASKFOLD_LISTEN))!;
  // On the loopback of the container the port could not be published.
  expect(host).toBe('0.0.0.0');
  expect(ports).toEqual([`127.0.0.1:${port}:${port}`]);
  expect(healthcheck!.test).toEqual(['CMD', 'node', 'deploy/healthcheck.mjs', environment!.TASKFOLD_LISTEN]);
});

test('the image listens where compose publishes, its health check asks there, and the address is one that the setting takes', () => {
  const last = dockerfile.slice(dockerfile.findLastIndex(({ instruction }) => instruction === 'FROM'));
  const address = last.find(({ rest }) => rest.startsWith('TASKFOLD_OBSERVE_LISTEN='))!.rest.split('=')[1]!;
  const listening = parseListenAddress(address);
  expect(listening?.host).toBe('0.0.0.0');
  expect(last.find(({ instruction }) => instruction === 'EXPOSE')?.rest).toBe(String(listening!.port));
  expect(compose.services.taskfold!.ports).toEqual([`127.0.0.1:${listening!.port}:${listening!.port}`]);
  expect(last.find(({ instruction }) => instruction === 'HEALTHCHECK')?.rest).toMatch(
    / CMD \["node", "deploy\/healthcheck.mjs"\]$/,
  );
});
