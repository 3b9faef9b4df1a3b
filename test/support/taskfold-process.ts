// The command line as real processes: started with an environment that holds only what a test gives, listened to by the
// log lines on their standard error, ended by process id, and gone with the test.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { LogEventName } from '../../src/observe/log-events.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Hundreds of short processes: each starts in half the time when Node keeps what it has compiled. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../.taskfold/compile-cache', import.meta.url));

/**
 * Where no service is. It comes first in the environment of every command, so that one whose test forgets an address
 * finds nothing, and never the default's localhost, which may be somebody's own.
 */
export const NOWHERE = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
} as const;

export type Environment = Readonly<Record<string, string>>;

/** For what is promised within no time, so that a slow machine may take what it needs. */
export const WAIT_MS_MAX = 60_000;

/** One line of a processor's log. */
export interface LogLine {
  readonly event: LogEventName;
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  /** null where a signal ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
}

export class TaskfoldProcess {
  readonly pid: number;
  /** Settles when the process is gone and all that it wrote has been read. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: LogLine[] = [];
  #waiters: Waiter[] = [];
  #stdout = '';
  #stderr = '';
  #tail = '';

  /**
   * @param environment all of it, PATH and HOME excepted; logs are JSON
   * @param main the executable of another version
   */
  constructor(args: readonly string[], environment: Environment, main = MAIN) {
    const { PATH = '', HOME = '' } = process.env;
    const own = { NODE_COMPILE_CACHE: COMPILE_CACHE, TASKFOLD_LOG_FORMAT: 'json' };
    const env = { PATH, HOME, ...NOWHERE, ...own, ...environment };
    this.#child = spawn(process.execPath, [main, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? -1;
    // A command that ends early closes its input, which is no concern of the test.
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
        this.#answer();
      });
    });
    this.ended.catch(() => {});
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it has written to standard error. */
  get log(): string {
    return this.#stderr;
  }

  /** Its log lines, in order. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Its log lines of this event, in order. */
  logged(event: LogEventName): LogLine[] {
    return this.#lines.filter((line) => line.event === event);
  }

  input(text: string): void {
    this.#child.stdin.end(text);
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** kill -9: no chance to finish anything. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.send('SIGKILL');
    await this.ended;
  }

  /** SIGTERM; answers how it ended and how long that took, ms. */
  async terminate(): Promise<Ended & { ms: number }> {
    const began = performance.now();
    this.send('SIGTERM');
    const ended = await this.ended;
    return { ...ended, ms: Math.round(performance.now() - began) };
  }

  /** Resolves when it has logged so many lines of this event. @throws Error after `ms`, or when it ends before */
  async untilLogged(event: LogEventName, { count = 1, ms = WAIT_MS_MAX } = {}): Promise<void> {
    const holds = () => this.logged(event).length >= count;
    const waited = new Promise<void>((resolve) => {
      this.#waiters.push({ holds: () => holds() || !this.isRunning, resolve });
      this.#answer();
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([waited, late]);
    clearTimeout(timer);
    if (holds()) return;
    const why = this.isRunning ? `not within ${ms} ms` : 'it ended before';
    throw new Error(`${event} was to be logged ${count} times, ${why}; its last lines:\n${this.#stderr.slice(-2_000)}`);
  }

  #heard(text: string): void {
    this.#stderr += text;
    const parts = (this.#tail + text).split('\n');
    this.#tail = parts.pop()!;
    for (const part of parts) {
      // Errors of the command line itself are plain text.
      if (part.startsWith('{')) this.#lines.push(JSON.parse(part) as LogLine);
    }
    this.#answer();
  }

  #answer(): void {
    const met = this.#waiters.filter(({ holds }) => holds());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  }
}

/** Starts a command that goes on. If it runs still when the test ends, it is killed then. Call it inside a test. */
export function startTaskfold(args: readonly string[], environment: Environment, main?: string): TaskfoldProcess {
  const started = new TaskfoldProcess(args, environment, main);
  onTestFinished(() => (started.isRunning ? started.kill() : undefined));
  return started;
}

/** Runs a command to its end. @param input its standard input @param main the executable of another version */
export async function taskfold(
  args: readonly string[],
  environment: Environment,
  input = '',
  main?: string,
): Promise<Ended> {
  const started = startTaskfold(args, environment, main);
  started.input(input);
  return started.ended;
}

/** Runs a command with `--json` and answers its document. @throws Error with what it said unless it exits with 0 */
export async function taskfoldJson<T>(args: readonly string[], environment: Environment, input = ''): Promise<T> {
  const { code, stdout, stderr } = await taskfold([...args, '--json'], environment, input);
  if (code !== 0) throw new Error(`taskfold ${args.join(' ')} exits with ${code}:\n${stderr}${stdout.slice(0, 4_000)}`);
  return JSON.parse(stdout) as T;
}
