// Runs the real command line as a process of its own, with an environment that holds nothing but what a test gives.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { COMPILE_CACHE, NOWHERE } from '../support/taskfold-process.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Env = Readonly<Record<string, string>>;

/** Runs one command to its end. @param input standard input, empty unless given */
export async function taskfold(args: readonly string[], env: Env = {}, input = ''): Promise<Ran> {
  const { child, ended } = start(args, env);
  child.stdin?.end(input);
  return ended;
}

/** Starts a command that goes on; it is killed with the test if it has not ended by then. */
export function start(args: readonly string[], env: Env = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...bare(), ...env }, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A command that ends early closes its input; that is no error of the test.
  child.stdin.on('error', () => {});
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return { child: child as ChildProcess, ended, output: () => ({ stdout, stderr }) };
}

/** Resolves as soon as `holds` does. @throws Error with `what` after `ms` */
export async function until(what: string, ms: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function bare(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE: COMPILE_CACHE, ...NOWHERE };
}
