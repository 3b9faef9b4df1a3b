// A whole Taskfold under test: topics, group and keys of its own on real services, processors and fleets as processes, and
// what is asked of all of it in the end.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, onTestFinished } from 'vitest';
import type { VerifyDocument } from '../../src/cli/verify/verify-document.ts';
import { ClusterLink } from '../../src/kafka/cluster-link.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { createLiveReads, type LiveReads } from '../../src/read/live-reads.ts';
import type { PartitionDocument } from '../../src/read/partition-document.ts';
import { connectRedis, type RedisClient, type RedisConnection } from '../../src/redis/connect.ts';
import { scanAll } from '../../src/redis/masters.ts';
import { groupKeys, type SlotKeys } from '../../src/redis/slot-keys.ts';
import { type Topology, topologyOf } from '../../src/topology.ts';
import { kafkaConnectionOf, redisTargetOf } from '../support/clients.ts';
import { withNeededRights } from '../support/needed-rights.ts';
import { ownName, type ServiceEnv } from '../support/stack.ts';
import {
  type Environment,
  startTaskfold,
  type TaskfoldProcess,
  taskfold,
  taskfoldJson,
  WAIT_MS_MAX,
} from '../support/taskfold-process.ts';
import { expectEventsOf } from './truth-events.ts';

/** As small as a test of several processors can be. */
const PARTITIONS = 6;
const SETTLE_S = 60;
const REDIS_MS_MAX = 10_000;

export interface LoadOptions {
  /** updates a second */
  readonly rate: number;
  /** at most; `stop` ends it before */
  readonly seconds: number;
  readonly seed?: number;
  /** no bad record, and every engine keys as the contract asks */
  readonly tidy?: boolean;
  /** share of posts that meet a fault of their sender */
  readonly faults?: number;
}

/** A simulated fleet at work. */
export class Load {
  readonly truthFile: string;
  readonly #fleet: TaskfoldProcess;

  constructor(fleet: TaskfoldProcess, truthFile: string) {
    this.#fleet = fleet;
    this.truthFile = truthFile;
  }

  /** Ends it in order, or waits for its own end where `seconds` are over. */
  async stop(): Promise<void> {
    this.#fleet.send('SIGINT');
    await this.end([0, 130]);
  }

  /** Waits for its own end. */
  async end(codes = [0]): Promise<void> {
    const { code, stderr } = await this.#fleet.ended;
    if (!codes.includes(code ?? -1)) throw new Error(`the fleet exits with ${code}:\n${stderr}`);
  }
}

export class Deployment {
  /** of all its processes; where services ask for logins, a user with the rights that it needs and no others */
  readonly env: Environment;
  /** the same names for the test itself, which may do everything */
  readonly admin: Environment;
  readonly topology: Topology;
  /** of the input topic; whoever grows it says so here */
  partitions: number;
  readonly redis: RedisClient;
  readonly reads: LiveReads;
  /** the Redis keys of a partition */
  readonly keysOf: (partition: number) => SlotKeys;
  readonly #connection: RedisConnection;
  readonly #input: ClusterLink;
  readonly #folder: string;
  #loads = 0;

  private constructor(env: Environment, admin: Environment, topology: Topology, partitions: number, folder: string) {
    this.env = env;
    this.admin = admin;
    this.topology = topology;
    this.partitions = partitions;
    this.#folder = folder;
    this.#connection = connectRedis(redisTargetOf(admin), { name: 'test' });
    onTestFinished(() => this.#connection.close());
    this.redis = this.#connection.client;
    const kafka = createKafka(kafkaConnectionOf(admin), 'read');
    this.#input = new ClusterLink(kafka, topology.input.topic);
    onTestFinished(() => this.#input.close());
    const names = { prefix: env.TASKFOLD_REDIS_PREFIX!, group: env.TASKFOLD_GROUP! };
    this.keysOf = groupKeys(names.prefix, names.group);
    this.reads = createLiveReads({ redis: this.redis, ...names, topic: topology.input.topic });
  }

  /**
   * Names of its own, and the topics made. It goes with the test.
   * @param settings TASKFOLD_… variables of all its processes
   */
  static async create(
    about: string,
    services: ServiceEnv,
    { partitions = PARTITIONS, settings = {} }: { partitions?: number; settings?: Environment } = {},
  ): Promise<Deployment> {
    const name = ownName(about);
    const admin = {
      ...services,
      TASKFOLD_INPUT_TOPIC: `${name}.status`,
      TASKFOLD_GROUP: name,
      TASKFOLD_FAILURES_TOPIC: `${name}.failures`,
      TASKFOLD_JOB_CREATIONS_TOPIC: `${name}.jobs`,
      TASKFOLD_REJECTS_TOPIC: `${name}.rejects`,
      TASKFOLD_REDIS_PREFIX: name,
      TASKFOLD_PARTITIONS: String(partitions),
      // The fleets name an unknown schema now and then; the default would hold its partition for five seconds.
      TASKFOLD_UNKNOWN_SCHEMA_WAIT_S: '1',
      ...settings,
    };
    const topology = topologyOf({
      inputTopic: admin.TASKFOLD_INPUT_TOPIC,
      group: name,
      failuresTopic: admin.TASKFOLD_FAILURES_TOPIC,
      jobCreationsTopic: admin.TASKFOLD_JOB_CREATIONS_TOPIC,
      rejectsTopic: admin.TASKFOLD_REJECTS_TOPIC,
    });
    const folder = await mkdtemp(join(tmpdir(), 'taskfold-system-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const env = await withNeededRights(admin, topology);
    const deployment = new Deployment(env, admin, topology, partitions, folder);
    // As every command does: else the first questions to a master of a Cluster, side by side, find it not connected yet.
    const isReady = deployment.#connection.ready(REDIS_MS_MAX);
    await Promise.all([isReady, deployment.createTopics(), deployment.json(['schemas', 'register'])]);
    return deployment;
  }

  async createTopics(): Promise<void> {
    await taskfoldJson(['topics', 'create'], this.admin);
  }

  /** A processor; it works as soon as it has joined. @param main the executable of another version */
  processor(settings: Environment = {}, main?: string): TaskfoldProcess {
    return startTaskfold(['run'], { ...this.env, ...settings }, main);
  }

  /** Starts a command that goes on. */
  start(args: readonly string[], settings: Environment = {}): TaskfoldProcess {
    return startTaskfold(args, { ...this.env, ...settings });
  }

  /** Runs a command of the command line to its end, and answers its document. @throws Error unless it exits with 0 */
  json<T>(args: readonly string[], settings: Environment = {}): Promise<T> {
    return taskfoldJson<T>(args, { ...this.env, ...settings });
  }

  command(args: readonly string[], settings: Environment = {}, input = '', main?: string) {
    return taskfold(args, { ...this.env, ...settings }, input, main);
  }

  /** Starts a fleet. Two of one deployment need different seeds. */
  load({ rate, seconds, seed = 1, tidy = false, faults = 0 }: LoadOptions): Load {
    const truthFile = join(this.#folder, `truth-${++this.#loads}.jsonl`);
    const tasks = Math.ceil((rate * seconds) / 12);
    const amounts = { rate, seconds, tasks, engines: 120, seed, faults, truth: truthFile };
    const args = Object.entries(amounts).flatMap(([name, value]) => [`--${name}`, String(value)]);
    if (tidy) args.push('--tidy');
    return new Load(startTaskfold(['simulate', ...args, '--json'], this.env), truthFile);
  }

  /** Every partition as Redis has it, as soon as that answers; absent ones were never folded. */
  async look(): Promise<ReadonlyMap<number, PartitionDocument>> {
    await this.#connection.ready(REDIS_MS_MAX);
    return new Map((await this.reads.readPartitions()).map((document) => [document.partition, document]));
  }

  /** Empties all of Redis. */
  async forgetAll(): Promise<void> {
    for (const master of await this.#connection.masters()) await master.flushall();
  }

  /** Resolves when every partition is folded by one of these processors. */
  async untilAllRun(processors: readonly TaskfoldProcess[], ms = WAIT_MS_MAX): Promise<void> {
    await until('all partitions run', ms, async () => {
      const running = await this.#runningBy(processors);
      return running.length === this.partitions;
    });
  }

  /** The same, and each of them has a share. */
  async untilEachRuns(processors: readonly TaskfoldProcess[], ms = WAIT_MS_MAX): Promise<void> {
    await until('each processor has a share of the partitions', ms, async () => {
      const running = await this.#runningBy(processors);
      return running.length === this.partitions && new Set(running).size === processors.length;
    });
  }

  /** The owner, by process id, of each partition that one of these processors folds. */
  async #runningBy(processors: readonly TaskfoldProcess[]): Promise<string[]> {
    const pids = new Set(processors.map(({ pid }) => String(pid)));
    const running = [...(await this.look()).values()].filter(({ state }) => state === 'running');
    return running.map(({ owner }) => owner?.split(':').at(-1) ?? '').filter((pid) => pids.has(pid));
  }

  /** Resolves when the sum of all W has grown by so many. */
  async untilFolded(records: number, ms = WAIT_MS_MAX): Promise<void> {
    const sum = async () => [...(await this.look()).values()].reduce((all, { watermark = 0 }) => all + watermark, 0);
    const before = await sum();
    await until(`${records} records folded`, ms, async () => (await sum()) >= before + records);
  }

  /** Where the log of each partition of the input ends now. */
  ends(): Promise<ReadonlyMap<number, number>> {
    return this.#input.offsets([...Array(this.partitions).keys()], 'end');
  }

  /** Resolves when every partition has folded what lies in the log now. */
  async untilCaughtUp(ms = WAIT_MS_MAX): Promise<void> {
    const ends = await this.ends();
    await until('every partition has caught up', ms, async () => {
      const partitions = await this.look();
      return [...ends].every(([partition, end]) => (partitions.get(partition)?.watermark ?? 0) >= end);
    });
  }

  /** Deletes every key of this deployment, and of no other. */
  async forgetState(): Promise<void> {
    for await (const keys of scanAll(this.redis, `{${this.env.TASKFOLD_REDIS_PREFIX}:*`, 1_000)) {
      // Of a Cluster's keys only those of one slot may go together.
      for (const key of keys) await this.redis.unlink(key);
    }
  }

  /** Waits until all is folded and sent, and checks it. @param truthFile of the only fleet that wrote to the input */
  async verify(truthFile?: string): Promise<VerifyDocument> {
    const truth = truthFile === undefined ? [] : ['--truth', truthFile];
    const { stdout, stderr } = await this.command(['verify', '--wait', String(SETTLE_S), ...truth, '--json']);
    if (stdout === '') throw new Error(`verify says: ${stderr}`);
    return JSON.parse(stdout) as VerifyDocument;
  }

  /**
   * State and events are what the fleet really did, once each: for `verify`, and counted by the truth for a subscriber.
   * @param others how many tasks are not the fleet's; with any, the counts of the whole topic are not the truth's
   */
  async expectExact(truthFile: string, { others = 0 } = {}): Promise<VerifyDocument> {
    const document = await this.verify(truthFile);
    expect(document.first_mismatches).toEqual([]);
    expect(document).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0 });
    expect(document.truth).toMatchObject({ tasks_unknown: 0, tasks_of_others: others, summary_compared: others === 0 });
    await expectEventsOf(this, truthFile);
    return document;
  }
}

/** Resolves as soon as `holds` does, looking every 50 ms. @throws Error with `what` after `ms` */
export async function until(what: string, ms: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + ms; !(await holds()); await sleep(50)) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}
