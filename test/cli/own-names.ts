// Names of its own for one test: topics, group and key prefix, in the shared services.
import { Kafka, logLevel } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { createLiveReads, type LiveReads } from '../../src/read/live-reads.ts';
import { connected } from '../redis/redis-under-test.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { type Env, taskfold } from './taskfold.ts';

export interface OwnNames {
  readonly env: Env;
  readonly input: string;
  readonly group: string;
  readonly failures: string;
  readonly jobs: string;
  readonly rejects: string;
}

export function ownNames(about: string, partitions = 2): OwnNames {
  const name = ownName(about);
  const names = {
    input: `${name}-input`,
    group: name,
    failures: `${name}-failures`,
    jobs: `${name}-jobs`,
    rejects: `${name}-rejects`,
  };
  const env = {
    ...sharedEnv(),
    TASKFOLD_INPUT_TOPIC: names.input,
    TASKFOLD_GROUP: names.group,
    TASKFOLD_FAILURES_TOPIC: names.failures,
    TASKFOLD_JOB_CREATIONS_TOPIC: names.jobs,
    TASKFOLD_REJECTS_TOPIC: names.rejects,
    TASKFOLD_REDIS_PREFIX: name,
    TASKFOLD_PARTITIONS: String(partitions),
  };
  return { env, ...names };
}

/** Own names whose topics exist. */
export async function withTopics(about: string, partitions = 2): Promise<OwnNames> {
  const names = ownNames(about, partitions);
  const { code, stderr } = await taskfold(['topics', 'create'], names.env);
  if (code !== 0) throw new Error(`topics create: exit ${code}: ${stderr}`);
  return names;
}

/** What Redis holds, for a test that waits for something: to ask by commands, a process each, would keep a core busy. */
export async function readsOf(env: Env): Promise<LiveReads> {
  const { client: redis } = await connected(env.REDIS_URL!);
  const names = { prefix: env.TASKFOLD_REDIS_PREFIX!, group: env.TASKFOLD_GROUP! };
  return createLiveReads({ redis, ...names, topic: env.TASKFOLD_INPUT_TOPIC! });
}

/** Publishes updates in the contract's names. */
export async function publish({ env }: OwnNames, updates: readonly object[]): Promise<void> {
  const lines = updates.map((update) => JSON.stringify(update)).join('\n');
  const { code, stderr } = await taskfold(['publish'], env, lines);
  if (code !== 0) throw new Error(`publish: exit ${code}: ${stderr}`);
}

export function kafkaClient(): Kafka {
  return new Kafka({ brokers: sharedEnv().KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
}

/** kafkajs' admin client, closed with the test. */
export async function adminClient() {
  const admin = kafkaClient().admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return admin;
}
