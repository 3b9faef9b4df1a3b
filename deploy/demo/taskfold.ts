// Runs one `taskfold` command to its end, as a process of its own, with --json.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { NODE_FLAGS, TASKFOLD } from './processor.ts';

/**
 * Its exit code and the JSON that it printed (null: none). What it says on standard error goes to ours if `aloud`, else
 * it is returned.
 */
export async function taskfold(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { signal, aloud = false }: { signal: AbortSignal; aloud?: boolean },
): Promise<{ code: number; json: unknown; said: string }> {
  const child = spawn(process.execPath, [...NODE_FLAGS, TASKFOLD, ...args, '--json'], {
    env,
    stdio: ['ignore', 'pipe', aloud ? 'inherit' : 'pipe'],
  });
  const stop = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let printed = '';
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  signal.removeEventListener('abort', stop);
  return { code: code ?? 1, json: parsed(printed), said: said.trim() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
