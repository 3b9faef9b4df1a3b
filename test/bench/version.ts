// Another version of the sources, as a commit has them, ready to run: in a folder of its own, which goes with the run.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../support/taskfold-process.ts';
import { isPart, PARTS, WITHOUT } from './parts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOCK = 'package-lock.json';

export interface Version {
  /** the commit's short name; `now`: the sources at hand */
  readonly name: string;
  /** its executable; undefined: of the sources at hand */
  readonly main: string | undefined;
  /** settings of its processor */
  readonly env: Environment;
  close(): void;
}

export const NOW: Version = { name: 'now', main: undefined, env: {}, close: () => {} };

/** The sources at hand without these parts. @param parts with commas between them @throws Error where one is unknown */
export function without(parts: string): Version {
  const unknown = parts.split(',').find((part) => !isPart(part));
  if (unknown !== undefined) {
    throw new Error(`--without ${parts}: there is no part "${unknown}", only ${Object.keys(PARTS).join(', ')}`);
  }
  return { ...NOW, name: `now-without-${parts.replaceAll(',', '-')}`, env: { [WITHOUT]: parts } };
}

/**
 * Writes out what a commit holds, and installs what its lock file asks for; where that is the lock file at hand, what is
 * installed here serves both.
 * @throws Error where git knows no such commit, or the installation fails
 */
export function versionOf(commit: string, onProgress: (line: string) => void): Version {
  const name = git('rev-parse', '--short', '--verify', `${commit}^{commit}`).toString().trim();
  const folder = mkdtempSync(join(tmpdir(), `taskfold-${name}-`));
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: git('archive', name) });
    if (readFileSync(join(folder, LOCK)).equals(readFileSync(join(ROOT, LOCK)))) {
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    } else {
      onProgress(`${name}: npm ci`);
      execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    }
  } catch (error) {
    close();
    throw error;
  }
  return { name, main: join(folder, 'src', 'cli', 'main.ts'), env: {}, close };
}

function git(...args: string[]): Buffer {
  return execFileSync('git', args, { cwd: ROOT, maxBuffer: 1e9 });
}
