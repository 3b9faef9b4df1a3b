// The download cache that all stacks of a user share. An entry is there whole or not at all: it is built in a folder
// beside its place and renamed into it, under a lock, so that neither an interrupt nor a second `up` can spoil it.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.mjs';

export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'taskfold');
}

export function cached(name) {
  const folder = join(cacheFolder(), name);
  return existsSync(folder) ? folder : undefined;
}

/** Returns the folder of entry `name`; `build(folder)` fills it where it is not there yet. */
export async function cacheEntry(name, build, onProgress) {
  const found = cached(name);
  if (found) return found;
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const onWait = () => onProgress(`${name}: another process is downloading it, waiting`);
  return withLock(
    join(cache, `${name}.lock`),
    async () => {
      const meanwhile = cached(name);
      if (meanwhile) return meanwhile;
      const staging = join(cache, `.${name}.part`);
      rmSync(staging, { recursive: true, force: true });
      mkdirSync(staging);
      await build(staging);
      renameSync(staging, join(cache, name));
      return join(cache, name);
    },
    onWait,
  );
}

/** The bytes below a folder; files may come and go while it counts. */
export function bytesBelow(folder) {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) bytes += bytesBelow(path);
      else bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    }
  } catch {
    return bytes;
  }
  return bytes;
}
