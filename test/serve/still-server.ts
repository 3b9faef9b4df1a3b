// The API over sources that stand still, for what needs no service: documents, problems, who is let in.

import { onTestFinished } from 'vitest';
import { newTask } from '../../src/domain/evolve.ts';
import { taskDocument } from '../../src/read/task-document.ts';
import type { Access } from '../../src/serve/access.ts';
import { createServer } from '../../src/serve/server.ts';
import type { ApiSources } from '../../src/serve/sources.ts';

const as_of = { read_at: 1_000, complete_until: 900, lag: 0, halted: [], partitions: [] };
const task = taskDocument(newTask('a task', 0, 1), [], undefined, { topic: 't', partition: 0 });

/** @param access none: everybody is let in */
export async function stillServer(access: Access = { tokenHashes: [] }, requestsPerMinute = 20) {
  const sources = {
    topic: 't',
    group: 'g',
    reads: {
      readFleet: async () => ({ fleet: null, as_of }),
      readTask: async (id: string) => ({ task: id === 'a task' ? task : null, as_of }),
      readTasks: async () => ({ tasks: [task], total: 1, as_of }),
    },
    logEnds: { away: null },
    watch: { rates: undefined, away: null, listen: () => () => {} },
    metrics: { answered() {}, dropped() {}, contentType: 'text/plain', scrape: async () => '' },
    feed: { stop() {} },
  } as unknown as ApiSources;
  const failed: unknown[] = [];
  const options = {
    version: '1',
    access,
    requestsPerMinute,
    onUnexpected: (error: unknown) => failed.push(error),
  };
  const app = await createServer(sources, options);
  onTestFinished(() => app.close());
  return { app, failed };
}
