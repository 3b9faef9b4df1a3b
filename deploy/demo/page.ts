// The live page of the demo: a `taskfold serve` at a free port, which its log names.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS, TASKFOLD } from './processor.ts';

const BUILT = fileURLToPath(new URL('../../dist/web/index.html', import.meta.url));
const STOP_MS_MAX = 5_000;

export class Page {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Whether `npm run build` has built it; without it there is the API alone. */
  static get isBuilt(): boolean {
    return existsSync(BUILT);
  }

  /** Null: it ended before it listened. */
  static async open(env: NodeJS.ProcessEnv): Promise<Page | null> {
    const args = [...NODE_FLAGS, TASKFOLD, 'serve', '--listen', '127.0.0.1:0', '--log-format', 'json'];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const url = await new Promise<string | null>((resolve) => {
      const lines = createInterface({ input: child.stderr! });
      lines.on('line', (line) => {
        const found = urlIn(line);
        if (found !== null) resolve(found);
      });
      lines.on('close', () => resolve(null));
    });
    return url === null ? null : new Page(url, child);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    // It only reads: nothing is lost where it does not end by itself.
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX);
    await ended;
    clearTimeout(timer);
  }
}

/** Lines that name no address are passed over. */
function urlIn(line: string): string | null {
  try {
    const { event, url } = JSON.parse(line) as { event?: unknown; url?: unknown };
    return event === 'serving' && typeof url === 'string' ? url : null;
  } catch {
    return null;
  }
}
