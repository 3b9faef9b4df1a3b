// Services that one test may break, of the kind that its project has: plain ones, or secured ones with a Redis Cluster.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { type Service, type Stack, startStack } from '../../deploy/stack/stack.mjs';
import { connectRedis } from '../../src/redis/connect.ts';
import { redisTargetOf } from './clients.ts';
import { SECURED_REDIS, securedEnv, securedOptions } from './secured-stack.ts';
import { securityIn } from './security.ts';
import { type ServiceEnv, sharedEnv } from './stack.ts';

/** All of a Redis: one process, or the masters of a Cluster. */
export interface OwnRedis {
  readonly nodes: readonly Pick<Service, 'start' | 'stop' | 'ports'>[];
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Keeps a copy of what it holds now; the answer puts that back, while it is stopped. */
  keepCopy(): Promise<() => void>;
}

export interface OwnServices {
  readonly env: ServiceEnv;
  readonly redis: OwnRedis;
  readonly kafka: Pick<Service, 'start' | 'stop'>;
  readonly registry: Pick<Service, 'start' | 'stop'>;
}

/** A Redis of the test's own; Kafka and the registry are the shared ones. It ends with the test. */
export function withOwnRedis(): Promise<OwnServices> {
  return own([]);
}

/** Everything of the test's own. */
export function ownServices(): Promise<OwnServices> {
  return own(['kafka', 'registry']);
}

async function own(others: readonly ('kafka' | 'registry')[]): Promise<OwnServices> {
  const isSecured = inject('kind') === 'secured';
  const redisNames = isSecured ? SECURED_REDIS : (['redis'] as const);
  const security = await securityIn(inject('securityFolder'));
  const stack = await startStack({
    services: [...others, ...redisNames],
    options: {
      ...(isSecured ? securedOptions(security) : {}),
      kafka: { ...(isSecured ? security.kafka : {}), brief: true },
    },
  });
  onTestFinished(() => stack.stop(), 60_000);
  let env: ServiceEnv = { ...sharedEnv(), ...stack.env };
  if (isSecured) {
    const secured = await securedEnv(stack, security);
    onTestFinished(() => secured.close());
    env = { ...env, ...secured.env };
  }
  return { env, redis: redisOf(stack, redisNames, env), kafka: stack.kafka, registry: stack.registry };
}

function redisOf(stack: Stack, names: readonly string[], env: ServiceEnv): OwnRedis {
  const nodes = names.map((name) => stack.service(name));
  return {
    nodes,
    start: async () => void (await Promise.all(nodes.map((node) => node.start()))),
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
    async keepCopy() {
      const connection = connectRedis(redisTargetOf(env));
      await connection.ready(10_000);
      for (const master of await connection.masters()) await master.save();
      connection.close();
      const files = nodes.map(({ folder }) => join(folder, 'data', 'dump.rdb'));
      for (const file of files) copyFileSync(file, `${file}.copy`);
      return () => {
        for (const file of files) copyFileSync(`${file}.copy`, file);
      };
    },
  };
}
