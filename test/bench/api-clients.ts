// The clients of the API that `api.ts` measures it with: a process of their own, which has what the others leave of the cores.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Load {
  readonly url: string;
  /** of /api/changes */
  readonly clients: number;
  /** paths of point reads, and of lists: asked in turn, so many a second */
  readonly points: readonly string[];
  readonly paths: readonly string[];
  readonly reads: number;
  readonly lists: number;
}

export interface StreamsHeard {
  /** of each */
  readonly events: readonly number[];
  /** of all */
  readonly bytes: number;
  /** how many ended before they were closed */
  readonly ended: number;
}

export interface LoadDone {
  readonly reads: number;
  readonly lists: number;
  readonly streams: StreamsHeard;
}

const LOAD = fileURLToPath(new URL('api-load.ts', import.meta.url));

/** Resolves when all streams are open. */
export async function startLoad(load: Load) {
  const child = fork(LOAD);
  setPriority(child.pid!, constants.priority.PRIORITY_LOW);
  child.send(load);
  await once(child, 'message');
  return {
    pid: child.pid!,
    async stop(): Promise<LoadDone> {
      child.send('stop');
      const [done] = (await once(child, 'message')) as [LoadDone];
      child.disconnect();
      await once(child, 'exit');
      return done;
    },
  };
}
