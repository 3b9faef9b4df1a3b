// Jobs and engines as dashboards read them, on real Redis: exact sums over partitions with how far each is folded, and lists that
// leave nothing out and name nothing twice, whatever lies in which partition.

import { expect, test } from 'vitest';
import type { ExactSum } from '../../src/domain/exact-sum.ts';
import { newRollUp } from '../../src/domain/roll-up.ts';
import type { RollUpChange } from '../../src/domain/roll-ups.ts';
import type { RollUpName, SlotStore } from '../../src/pipeline/ports.ts';
import { createReads } from '../../src/read/reads.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { changeOf, headOf, taskOf } from '../contracts/slot-samples.ts';
import { saveOf } from '../contracts/slot-store-under-test.ts';
import { opened } from './read-world.ts';

const job = (id: string): RollUpName => ({ kind: 'internal_job_id', id });
const engine = (id: string): RollUpName => ({ kind: 'engine_id', id });
const LOG_TIME = 1_700_000_000_000;

function begins(
  name: RollUpName,
  figures: Readonly<Record<string, ExactSum>>,
  tasks: readonly string[] = [],
): RollUpChange {
  const rollUp = newRollUp(
    name.id,
    Object.entries({ first_update_at: LOG_TIME, last_update_at: LOG_TIME, ...figures }),
  );
  return { ...name, before: null, rollUp, members: new Map(tasks.map((task) => [task, true])) };
}

async function saveIn(
  store: SlotStore,
  partition: number,
  rollUps: readonly RollUpChange[],
  tasks: readonly string[] = [],
) {
  const head = headOf();
  await store.begin(partition, 0, head);
  head.clock.log_time = LOG_TIME + partition;
  const changes = tasks.map((task) => changeOf(taskOf(task, 0, { internal_job_id: 'j' })));
  await store.save(partition, saveOf(head, 0, 10 + partition, { rollUps, changes }));
}

async function listed<Document>(documents: AsyncGenerator<Document>): Promise<Document[]> {
  const list: Document[] = [];
  for await (const document of documents) list.push(document);
  return list;
}

test('a job is the sum of its shares to the last digit, with the W and log time of each; what nobody has is null', async () => {
  const { store, reads } = await opened();
  expect(await reads.readJob('j')).toBeNull();
  const big = 2n ** 53n;
  await saveIn(store, 0, [
    begins(job('j'), {
      tasks: 2,
      'tasks_by_status.running': 1,
      'tasks_by_status.failed': 1,
      'tasks_by_liveness.reporting': 1,
      'tasks_by_liveness.ended': 1,
      completion_requested: 1,
      job_creations: 3,
      error_count: 4,
      'processed_stats.processed_bytes': big,
      'failures_by_reason.api': 2,
      'updates.applied': 5,
      'updates.stale': 1,
      'marks.gap': 2,
      'marks.supersede': 1,
      last_update_at: LOG_TIME + 7,
    }),
    begins(engine('j'), { tasks: 9 }),
  ]);
  await saveIn(store, 3, [
    begins(job('j'), {
      tasks: 1,
      'tasks_by_status.running': 1,
      'tasks_by_liveness.silent': 1,
      error_count: 3,
      retry_count: 2,
      'processed_stats.processed_bytes': big + 1n,
      'failures_by_reason.unreported': 1,
      'updates.applied': 2,
      'updates.came_rerouted': 2,
      'marks.gap': 1,
      first_update_at: LOG_TIME - 5,
      'retired.tasks': 6,
      'retired.error_count': 3,
      'retired.marks.gap': 1,
      'retired.processed_stats.processed_bytes': 1,
    }),
  ]);
  await saveIn(store, 4, [begins(job('other'), { tasks: 1 })]);
  const nothing = [1, 2, 5, 6, 7, 8, 9, 10, 11].map((partition) => ({ partition }));
  const none = { applied: 0, duplicate: 0, stale: 0, rejected: 0, came_rerouted: 0 };
  expect(await reads.readJob('j')).toStrictEqual({
    internal_job_id: 'j',
    tasks: 3,
    tasks_by_status: { running: 2, failed: 1 },
    tasks_by_liveness: { reporting: 1, ended: 1, silent: 1 },
    completion_requested: 1,
    job_creations: 3,
    error_count: 7,
    retry_count: 2,
    processed_stats: { processed_bytes: String(2n * big + 1n) },
    failures_by_reason: { api: 2, unreported: 1 },
    updates: { ...none, applied: 7, stale: 1, came_rerouted: 2 },
    marks: { gap: 3, supersede: 1 },
    first_update_at: LOG_TIME - 5,
    last_update_at: LOG_TIME + 7,
    retired: {
      tasks: 6,
      completion_requested: 0,
      job_creations: 0,
      error_count: 3,
      retry_count: 0,
      processed_stats: { processed_bytes: 1 },
      failures_by_reason: {},
      updates: none,
      marks: { gap: 1 },
    },
    as_of: [
      { partition: 0, watermark: 10, log_time: LOG_TIME },
      { partition: 3, watermark: 13, log_time: LOG_TIME + 3 },
      ...nothing,
    ].sort((a, b) => a.partition - b.partition),
  });
  expect(await reads.readEngine('j')).toMatchObject({ engine_id: 'j', tasks: 9 });
  expect(await reads.readEngine('other')).toBeNull();
});

test('all jobs come in the order of their bytes, each once with the sum of its shares, and a list goes on behind any id', async () => {
  const { store, reads } = await opened();
  expect(await listed(reads.streamJobs())).toEqual([]);
  // Far more than a page, unevenly: a partition with few, one with many, and jobs that several have.
  const ids = Array.from({ length: 1_100 }, (_, i) => `job ${String(i).padStart(5, '0')}`);
  const odd = ['\uff61', '\u{1f600}', 'Z', 'z', 'ä', '['];
  const tasksOf = new Map<string, number>();
  const sharesIn = (partition: number, some: readonly string[]) => {
    for (const id of some) tasksOf.set(id, (tasksOf.get(id) ?? 0) + partition + 1);
    return some.map((id) => begins(job(id), { tasks: partition + 1 }));
  };
  await saveIn(store, 0, sharesIn(0, [...ids.filter((_, i) => i % 3 === 0), ...odd]));
  await saveIn(store, 1, sharesIn(1, [...ids.slice(0, 900), '\u{1f600}']));
  await saveIn(store, 2, sharesIn(2, ids.slice(500)));
  await saveIn(store, 5, sharesIn(5, ['job 00700']));
  const wanted = [...tasksOf.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const all = await listed(reads.streamJobs());
  expect(all.map(({ internal_job_id }) => internal_job_id)).toEqual(wanted);
  expect(all.every(({ internal_job_id, tasks }) => tasks === tasksOf.get(internal_job_id))).toBe(true);
  for (const after of ['job 00000', 'job 00555', 'job 00555a', 'Z', '\u{1f600}', '']) {
    const rest = await listed(reads.streamJobs(after));
    const behind = wanted.filter((id) => Buffer.compare(Buffer.from(id), Buffer.from(after)) > 0);
    expect(rest.map(({ internal_job_id }) => internal_job_id)).toEqual(behind);
  }
  expect(await listed(reads.streamEngines())).toEqual([]);
});

test('jobs that are not over come by their last updates, each once, wherever its shares stand, and a list goes on behind any', async () => {
  const { client, prefix, store } = await opened();
  const minute = (n: number) => Math.floor(LOG_TIME / 60_000 + n) * 60_000;
  const ids = Array.from({ length: 300 }, (_, i) => `job ${i}`);
  // The latest share of each lies in a partition of its own choice, the others some minutes before, or in the same minute.
  const last = new Map(ids.map((id, i) => [id, minute((i * 7) % 40) + ((i * 13_577) % 60_000)]));
  for (const partition of [0, 1, 2]) {
    const shares = ids.map((id, i) => {
      const before = i % 3 === partition ? 0 : (i % 2) * 60_000 * (1 + partition);
      return begins(job(id), { tasks: 1, last_update_at: last.get(id)! - before });
    });
    const over = begins(job('over'), { tasks: 1, 'tasks_by_liveness.ended': 1, last_update_at: minute(7) });
    await saveIn(store, partition, [...shares, over]);
  }
  const reads = createReads({ redis: client, prefix, group: 'taskfold', topic: 'task-status' });
  for (const order of ['newest', 'oldest'] as const) {
    const pages: string[][] = [];
    for (let cursor: string | undefined; ; ) {
      const { jobs, next_cursor } = await reads.readOpenJobs({ order, limit: 17, cursor });
      pages.push(jobs.map(({ internal_job_id }) => internal_job_id));
      if (next_cursor === undefined) break;
      cursor = next_cursor;
    }
    const sign = order === 'newest' ? -1 : 1;
    expect(pages.flat().toSorted()).toEqual(ids.toSorted());
    const times = pages.map((page) => page.map((id) => last.get(id)!));
    for (const page of times) expect(page).toEqual(page.toSorted((a, b) => sign * (a - b)));
    const minutes = times.flat().map((time) => Math.floor(time / 60_000));
    expect(minutes).toEqual(minutes.toSorted((a, b) => sign * (a - b)));
  }

  // A share that is heard of again moves, within its minute it stays; one whose tasks have all ended goes.
  const keys = slotKeys(prefix, 'taskfold', 0);
  const move = async (from: number, to: number, last_update_at: number | null) => {
    const ended = last_update_at === null ? 1 : 0;
    const figures = { tasks: 1, 'tasks_by_liveness.ended': ended, last_update_at: last_update_at ?? from };
    const { rollUp } = begins(job('job 0'), figures);
    const before = begins(job('job 0'), { tasks: 1, last_update_at: from }).rollUp!.figures;
    const head = headOf();
    head.clock.log_time = LOG_TIME;
    const save = saveOf(head, to - 1, to, {
      rollUps: [{ ...begins(job('job 0'), {}), before, rollUp }],
      expect_log_time: LOG_TIME,
    });
    expect(await store.save(0, save)).toEqual({ outcome: 'saved' });
    return client.zscore(keys.openJobs, 'job 0');
  };
  expect(await move(minute(0), 11, minute(50) + 5)).toBe(String(minute(50)));
  await client.zadd(keys.openJobs, 7, 'job 0');
  expect(await move(minute(50), 12, minute(50) + 59_999)).toBe('7');
  expect(await move(minute(50), 13, null)).toBeNull();
});

test('the tasks of a job come from all partitions; one that has another job by now does not', async () => {
  const { store, reads } = await opened();
  await saveIn(store, 1, [begins(job('j'), { tasks: 2 }, ['a', 'b'])], ['a', 'b']);
  await saveIn(store, 2, [begins(job('j'), { tasks: 1 }, ['c', 'moved'])], ['c']);
  const tasks = await listed(reads.streamTasksOfJob('j'));
  expect(tasks.map(({ internal_task_id }) => internal_task_id).sort()).toEqual(['a', 'b', 'c']);
  expect(await listed(reads.streamTasksOfJob('none'))).toEqual([]);
});

test('a share that was edited by hand is told by its key', async () => {
  const { store, client, prefix, reads } = await opened();
  await saveIn(store, 0, [begins(job('j'), { tasks: 1 })]);
  const [key] = await client.keys(`{${prefix}:*}:job:j`);
  await client.hset(key!, 'error_count', 'many');
  await expect(reads.readJob('j')).rejects.toMatchObject({ code: 'torn_save', message: expect.stringContaining(key!) });
});
