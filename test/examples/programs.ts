// The programs of examples/, made ready for a test: Python's in a virtual environment of its own, Go's built.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import type { Environment } from '../support/taskfold-process.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');
const exec = promisify(execFile);

export interface Programs {
  readonly pythonSender: readonly string[];
  readonly pythonSubscriber: readonly string[];
  readonly goSender: readonly string[];
  readonly typescriptSubscriber: readonly string[];
}

/** @throws Error that names what is missing on this machine */
export async function prepareExamples(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'taskfold-examples-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const venv = join(folder, 'venv');
  const python = join(venv, 'bin', 'python');
  const goSender = join(folder, 'sender');
  const inPython = async () => {
    await needed('python3', ['-m', 'venv', venv], 'Python 3.9 or newer with venv (on Debian: python3-venv)');
    await exec(python, ['-m', 'pip', 'install', '-q', '-r', join(EXAMPLES, 'python', 'requirements.txt')]);
  };
  const inGo = () => needed('go', ['build', '-o', goSender, './sender'], 'Go 1.22 or newer', join(EXAMPLES, 'go'));
  await Promise.all([inPython(), inGo()]);
  return {
    pythonSender: [python, join(EXAMPLES, 'python', 'sender.py')],
    pythonSubscriber: [python, join(EXAMPLES, 'python', 'subscriber.py')],
    goSender: [goSender],
    typescriptSubscriber: [process.execPath, join(EXAMPLES, 'typescript', 'subscriber.ts')],
  };
}

async function needed(command: string, args: readonly string[], what: string, cwd?: string): Promise<void> {
  try {
    await exec(command, [...args], cwd === undefined ? {} : { cwd });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`this test needs ${what}: "${command}" was not found`);
  }
}

/** Runs a program to its end; answers its standard output. @throws Error with what it says unless it exits with 0 */
export function runExample(program: readonly string[], args: readonly string[], env: Environment, input = '') {
  const [command, ...first] = program;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command!, [...first, ...args], { env: { PATH, HOME, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  child.stdin.on('error', () => {});
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      out[stream] += text;
    });
  }
  child.stdin.end(input);
  return new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out.stdout);
      else reject(new Error(`${program.at(-1)} exits with ${code}:\n${out.stderr}${out.stdout}`));
    });
  });
}
