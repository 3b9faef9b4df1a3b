// Slots in a real Redis for the tests of the reads: begun, with tasks in their homes.

import { homeOf } from '../../src/domain/home.ts';
import type { TaskChange } from '../../src/domain/task-state.ts';
import type { SlotStore } from '../../src/pipeline/ports.ts';
import { createLiveReads } from '../../src/read/live-reads.ts';
import type { TaskDocument } from '../../src/read/task-document.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { headOf } from '../contracts/slot-samples.ts';
import { connected } from '../redis/redis-under-test.ts';
import { ownName, sharedEnv } from '../support/stack.ts';

export const PARTITIONS = 12;

export async function opened(prefix = ownName('read')) {
  return openedAt(sharedEnv().REDIS_URL, prefix);
}

export async function openedAt(url: string, prefix: string) {
  const { client } = await connected(url);
  const names = { redis: client, prefix, group: 'taskfold' };
  const store = createSlotStore(names);
  return { client, prefix, store, reads: createLiveReads({ ...names, topic: 'task-status' }) };
}

/** Begins every slot and saves the changes of each at its home, up to W = 100. */
export async function saveAtHome(store: SlotStore, changes: readonly TaskChange[]): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const head = headOf();
    await store.begin(partition, 0, head);
    const here = changes.filter(({ task }) => homeOf(task.internal_task_id, PARTITIONS) === partition);
    head.received = here.length;
    head.outcomes.applied = here.length;
    head.fleet.tasks = here.length;
    await store.save(partition, {
      expect: 0,
      expect_log_time: null,
      to: 100,
      head,
      changes: here,
      rollUps: [],
      tombstones: new Map(),
      notices: [],
    });
  }
}

export async function all(documents: AsyncGenerator<TaskDocument>): Promise<Map<string, TaskDocument>> {
  const found = new Map<string, TaskDocument>();
  for await (const document of documents) found.set(document.internal_task_id, document);
  return found;
}
