// A `taskfold run` of the demo: a process of its own, started, killed and stopped like in real life.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const TASKFOLD = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** kafkajs computes a negative time-out now and then; Node 24 warns of it each time it happens. */
export const NODE_FLAGS = ['--disable-warning=TimeoutNegativeWarning'];

const STOP_MS_MAX = 15_000;

export class Processor {
  /** A, B, C … */
  readonly name: string;
  readonly logFile: string;
  readonly #child: ChildProcess;
  #wanted: 'run' | 'end' = 'run';
  readonly #ended: Promise<unknown>;

  /** @param folder where its log goes */
  constructor(name: string, env: NodeJS.ProcessEnv, folder: string) {
    this.name = name;
    this.logFile = join(folder, `processor-${name}.log`);
    const log = openSync(this.logFile, 'w');
    this.#child = spawn(process.execPath, [...NODE_FLAGS, TASKFOLD, 'run', '--log-format', 'json'], {
      env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#ended = once(this.#child, 'exit').catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it ended although nobody asked it to. */
  get isBroken(): boolean {
    return this.#wanted === 'run' && !this.isRunning;
  }

  /** The name that it owns partitions under is made of host and process id. */
  owns(owner: string | undefined): boolean {
    return owner?.endsWith(`:${this.pid}`) === true;
  }

  /** kill -9: no chance to finish anything. */
  async kill(): Promise<void> {
    this.#wanted = 'end';
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** SIGTERM, and kill -9 if that takes too long. Answers whether it ended in order, with exit code 0. */
  async stop(): Promise<boolean> {
    this.#wanted = 'end';
    if (!this.isRunning) return this.#child.exitCode === 0;
    this.#child.kill('SIGTERM');
    const inTime = await Promise.race([this.#ended.then(() => true), sleep(STOP_MS_MAX, false, { ref: false })]);
    if (!inTime) await this.kill();
    return this.#child.exitCode === 0;
  }
}
