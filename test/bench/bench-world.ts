// What the measurements share: services of their own, commands as processes, and looks at W, the log's ends, and what a
// process has used. Plain scripts, no tests: they print figures.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Stack, startStack } from '../../deploy/stack/stack.mjs';
import { homeOf } from '../../src/domain/home.ts';
import { ClusterLink } from '../../src/kafka/cluster-link.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { connectRedis, type RedisConnection } from '../../src/redis/connect.ts';
import { groupKeys } from '../../src/redis/slot-keys.ts';
import { type Environment, TaskfoldProcess } from '../support/taskfold-process.ts';

export const INPUT_TOPIC = 'bench.status';
export const PARTITIONS = 12;

/** How often W is looked at, ms: more often would cost Redis and the processor what is to be measured. */
const LOOK_MS = 100;

export interface Use {
  /** user and system, s */
  readonly cpu_s: number;
  /** resident at its most, MB */
  readonly resident_mb: number;
}

/** What a running process has used so far. Linux only. */
export function useOf(pid: number): Use {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { cpu_s: cpuOf(`/proc/${pid}/stat`), resident_mb: Math.round(Number(peak?.[1] ?? 0) / 1_024) };
}

/** What the main thread of a process has used so far, s. The others of a Node are V8's (collector, compiler) and libuv's. */
export function mainThreadOf(pid: number): number {
  return cpuOf(`/proc/${pid}/task/${pid}/stat`);
}

function cpuOf(stat: string): number {
  // The command's name, in parentheses, may hold spaces; the fields behind it are counted from there.
  const fields = readFileSync(stat, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function count(figure: number): string {
  return Math.round(figure).toLocaleString('en-US');
}

/** @param ends of the log, by partition; it begins at 0 */
export function recordsIn(ends: ReadonlyMap<number, number>): number {
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/** What people watch; standard output is for the one JSON object. */
export function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** One of the aims, and whether this run has met it. */
export function judge(isMet: boolean, what: string): boolean {
  print(`${isMet ? 'met' : 'NOT MET'}: ${what}`);
  return isMet;
}

export class BenchWorld {
  readonly stack: Stack;
  readonly #link: ClusterLink;
  readonly #redis: RedisConnection;
  readonly #processes: TaskfoldProcess[] = [];

  private constructor(stack: Stack) {
    this.stack = stack;
    const kafka = createKafka({ brokers: stack.env.KAFKA_BROKERS.split(','), clientId: 'bench' }, 'read');
    this.#link = new ClusterLink(kafka, INPUT_TOPIC);
    this.#redis = connectRedis(stack.env.REDIS_URL, { name: 'bench' });
  }

  static async open(): Promise<BenchWorld> {
    const world = new BenchWorld(await startStack({ onProgress: print }));
    // The services have a guard of their own; the processes that were started beside them have not.
    process.once('SIGINT', () => void world.close().finally(() => process.exit(130)));
    await world.#redis.ready(10_000);
    return world;
  }

  /** The settings of one group with outgoing topics of its own, all on the same input topic. */
  envOf(group: string): Environment {
    return {
      ...this.stack.env,
      TASKFOLD_INPUT_TOPIC: INPUT_TOPIC,
      TASKFOLD_PARTITIONS: String(PARTITIONS),
      TASKFOLD_GROUP: group,
      TASKFOLD_REDIS_PREFIX: group,
      TASKFOLD_FAILURES_TOPIC: `${group}.failures`,
      TASKFOLD_JOB_CREATIONS_TOPIC: `${group}.jobs`,
      TASKFOLD_REJECTS_TOPIC: `${group}.rejects`,
    };
  }

  /** Starts a command that goes on until `close`. @param main the executable of another version */
  start(args: readonly string[], env: Environment, main?: string): TaskfoldProcess {
    const started = new TaskfoldProcess(args, env, main);
    this.#processes.push(started);
    return started;
  }

  /** Runs a command to its end. @throws Error unless it exits with 0 */
  async command(args: readonly string[], env: Environment, main?: string): Promise<string> {
    const { code, stdout, stderr } = await this.start(args, env, main).ended;
    if (code !== 0) throw new Error(`taskfold ${args.join(' ')} exits with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Where the log of each partition ends. */
  async ends(): Promise<ReadonlyMap<number, number>> {
    return this.#link.offsets([...Array(PARTITIONS).keys()], 'end');
  }

  /** How many offsets below these ends are folded. Ticks of a partition that is done lie above its end: no work of ours. */
  async folded(group: string, ends: ReadonlyMap<number, number>): Promise<number> {
    const keysOf = groupKeys(group, group);
    // Not by our reads: the layout may be that of another version, and of all of it this name alone is older than any.
    const heads = [...ends.keys()].map((partition) => this.#redis.client.hget(keysOf(partition).head, 'watermark'));
    const watermarks = (await Promise.all(heads)).map(Number);
    return [...ends.values()].reduce((sum, end, i) => sum + Math.min(watermarks[i]!, end), 0);
  }

  /** Whether a group's state has this task. */
  async holdsTask(group: string, internal_task_id: string): Promise<boolean> {
    const keys = groupKeys(group, group)(homeOf(internal_task_id, PARTITIONS));
    return (await this.#redis.client.exists(keys.task(internal_task_id))) === 1;
  }

  /** Bytes that Redis says it uses for what it holds. */
  async redisBytes(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.#redis.client.info('memory'))![1]);
  }

  /** Empties Redis, its scripts included. */
  async forgetAll(): Promise<void> {
    await this.#redis.client.flushall();
    await this.#redis.client.script('FLUSH');
  }

  /** Resolves when this many offsets below `ends` are folded. @throws Error when the processor ends before */
  async untilFolded(
    group: string,
    ends: ReadonlyMap<number, number>,
    offsets: number,
    processors: readonly TaskfoldProcess[],
  ): Promise<void> {
    while ((await this.folded(group, ends)) < offsets) {
      const ended = processors.find(({ isRunning }) => !isRunning);
      if (ended !== undefined) throw new Error(`a processor ended: ${ended.log.slice(-2_000)}`);
      await sleep(LOOK_MS);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.filter((one) => one.isRunning).map((one) => one.kill()));
    this.#redis.close();
    await this.#link.close();
    await this.stack.stop();
  }
}
