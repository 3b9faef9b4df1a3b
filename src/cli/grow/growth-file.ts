// What a growth writes down about itself, DIR/growth.json: with it, and with the files beside it, a command that was killed goes
// on where it was. Each step is on the disk before the next one begins.

import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure, EXIT } from '../command-failure.ts';

const NAME = 'growth.json';
export const GROWTH_VERSION = 1;

export interface GrowthFile {
  readonly kind: 'growth';
  readonly version: number;
  /** told apart from other growths; the incarnation of all partitions afterwards */
  readonly id: string;
  readonly topic: string;
  readonly group: string;
  /** partitions before, and after */
  readonly from: number;
  readonly to: number;
  /** RFC 3339 */
  readonly begun_at: string;
  /** by partition of afterwards, where it goes on; absent: not all of them were cut and copied yet */
  readonly cuts?: readonly number[];
  /** RFC 3339; absent: it is not through */
  readonly done_at?: string;
}

/** Where the copies of the partitions lie as they were before. */
export function beforeFolder(folder: string): string {
  return join(folder, 'before');
}

/** null: the folder is empty, or missing. @throws CommandFailure where it holds something else */
export async function readGrowth(folder: string): Promise<GrowthFile | null> {
  const path = join(folder, NAME);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new CommandFailure(`${path} cannot be read: ${error.message}`, EXIT.usage);
  });
  if (text === null) {
    const others = await readdir(folder).catch(() => []);
    if (others.length === 0) return null;
    throw new CommandFailure(`${folder} is not empty, and holds no growth`, EXIT.usage, 'give a new folder');
  }
  try {
    const read = JSON.parse(text) as GrowthFile;
    if (read.kind === 'growth' && read.version === GROWTH_VERSION) return read;
  } catch {
    // said below
  }
  throw new CommandFailure(`${path} is no growth of this version of Taskfold`, EXIT.usage, 'give a new folder');
}

/** Writes it beside its name and moves it there when it is on the disk. */
export async function writeGrowth(folder: string, growth: GrowthFile): Promise<void> {
  await mkdir(beforeFolder(folder), { recursive: true }).catch((error: Error) => {
    throw new CommandFailure(`${folder} cannot be made: ${error.message}`, EXIT.usage);
  });
  const path = join(folder, NAME);
  const file = await open(`${path}.partial`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(growth, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.partial`, path);
}
