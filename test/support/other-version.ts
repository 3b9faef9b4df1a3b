// This source tree once more, with another fold version: what a release with a changed fold would be, as far as processors
// of both can tell.

import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FOLD_VERSION } from '../../src/domain/fold-settings.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Answers the path of its executable. It goes with the test. @param change of the fold, to be seen in what it folds */
export async function nextFoldVersion(change: { file: string; from: string; to: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taskfold-next-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const part of ['src', 'schemas', 'package.json'])
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const version = {
    file: 'src/domain/fold-settings.ts',
    from: `FOLD_VERSION = ${FOLD_VERSION}`,
    to: `FOLD_VERSION = ${FOLD_VERSION + 1}`,
  };
  for (const { file, from, to } of [version, change]) {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    await writeFile(path, text.replace(from, to));
  }
  return join(folder, 'src/cli/main.ts');
}
