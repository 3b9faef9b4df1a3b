// One holder at a time for a download or a data folder, across processes; a holder that died is no obstacle.
// Part of the local stack.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isRunning } from './process.mjs';

const POLL_MS = 200;

/** Runs `work` while holding the lock file at `path`; calls `onWait` once if somebody else holds it. */
export async function withLock(path, work, onWait = () => {}) {
  await acquire(path, onWait);
  try {
    return await work();
  } finally {
    if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
  }
}

async function acquire(path, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  // Linked into place with its content, so that no reader ever sees a lock without its holder.
  const own = `${path}.${process.pid}`;
  let waited = false;
  for (;;) {
    writeFileSync(own, JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) }));
    try {
      linkSync(own, path);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }
    const holder = readHolder(path);
    if (holder !== undefined && !isRunning(holder)) {
      dropStale(path, holder);
      continue;
    }
    if (!waited) onWait(holder?.pid);
    waited = true;
    await sleep(POLL_MS);
  }
}

/** Moves the dead holder's lock aside; if another waiter was faster and it is a living one, puts it back. */
function dropStale(path, dead) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved !== undefined && (moved.pid !== dead.pid || moved.identity !== dead.identity)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

function readHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
