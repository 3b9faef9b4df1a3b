// The reads of `taskfold/read`, which the API uses, too: each answer says how far it is exact, and how old it is.

import { setTimeout as sleep } from 'node:timers/promises';
import { homeOf } from '../domain/home.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { readIdsThatBegin } from '../redis/roll-up-reads.ts';
import { defineScripts } from '../redis/scripts.ts';
import { groupKeys } from '../redis/slot-keys.ts';
import { type SlotGlimpse, thoseLedTo } from '../redis/slot-reads.ts';
import { requireAll } from '../redis/slots-in-reach.ts';
import { readTasksOfWorkRequest } from '../redis/work-requests.ts';
import { type AsOf, asOfAll, type LogEndOf, partitionAsOf } from './as-of.ts';
import { type FleetDocument, fleetDocument } from './fleet-document.ts';
import { type JobPage, pageOfOpenJobs } from './job-lists.ts';
import { createLiveReads } from './live-reads.ts';
import { type PartitionDocument, partitionDocument } from './partition-document.ts';
import type { EngineDocument, JobDocument } from './roll-up-document.ts';
import { createRollUpReads } from './roll-up-reads.ts';
import { sharedFor } from './shared.ts';
import { readNewestChanges, type TaskChangeSeen, type Told } from './task-changes.ts';
import type { TaskDocument } from './task-document.ts';
import type { ListSort, TaskFilter } from './task-filter.ts';
import { createTaskLists, type TaskPage } from './task-lists.ts';
import type { ListOrder } from './task-order.ts';

/** ms */
const WAIT_LOOK_MS = 20;

export interface ReadsOptions {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly group: string;
  readonly topic: string;
  /** where the log ends, by somebody who asks Kafka; otherwise by the owners' last words */
  readonly logEndOf?: LogEndOf;
  /** how old the look at the slots may be that an answer takes its as_of from, ms: many who ask share it. Default 0 */
  readonly look_shared_ms?: number;
}

export type ChangeOfTask = TaskChangeSeen & { readonly task: TaskDocument };

/** Tasks of one partition that a search by work request names: an engine that gives all its work one id must not make it long. */
const LED_TO_MAX = 100;

export interface PageOptions {
  /** tasks of a page, at most; default 100 */
  readonly limit?: number | undefined;
  /**
   * By when a task came to its status, or by its last update. Without it: since when it is silent or stalls where the filter asks
   * for that, the ids of a job's tasks, the last update where only that is asked for, else the status. docs/reading.md says
   * how exact the order is.
   */
  readonly sort?: ListSort | undefined;
  readonly order?: ListOrder | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | undefined;
}

/** `waitFor` has waited as long as it may. */
export class NotFoldedInTime extends Error {
  override readonly name = 'NotFoldedInTime';
}

export interface Reads {
  /**
   * Resolves once the record at this offset of the input topic is folded: what is read from then on holds it. So whoever has
   * published reads what it wrote.
   * @param timeout_ms default 10,000 @throws NotFoldedInTime, Fault
   */
  waitFor(record: { partition: number; offset: number }, timeout_ms?: number): Promise<void>;
  readFleet(): Promise<{ fleet: FleetDocument | null; as_of: AsOf }>;
  readPartitions(): Promise<{ partitions: PartitionDocument[]; as_of: AsOf }>;
  readTask(internal_task_id: string): Promise<{ task: TaskDocument | null; as_of: AsOf }>;
  readJob(internal_job_id: string): Promise<{ job: JobDocument | null; as_of: AsOf }>;
  readEngine(engine_id: string): Promise<{ engine: EngineDocument | null; as_of: AsOf }>;
  /** In the order of their ids' bytes, behind the id `after` if it is given. */
  readJobs(limit: number, after?: string): Promise<{ jobs: JobDocument[]; next?: string; as_of: AsOf }>;
  /** Jobs with a task that has not ended, by their last updates, newest first unless told otherwise. @throws InvalidCursor, Fault */
  readOpenJobs(page: Omit<PageOptions, 'sort'>): Promise<JobPage & { as_of: AsOf }>;
  readEngines(limit: number, after?: string): Promise<{ engines: EngineDocument[]; next?: string; as_of: AsOf }>;
  /** W of every partition that was folded, and the log time of the last record below it. */
  readPositions(): Promise<Map<number, { watermark: number; log_time: number }>>;
  /**
   * Changes since a moment of each partition: see task-changes.ts. `isWhole` false: some were left out.
   * @param isWanted asked of each before its task is read
   */
  readChanges(
    told: ReadonlyMap<number, Told>,
    isWanted?: (change: TaskChangeSeen) => boolean,
  ): Promise<{ changes: ChangeOfTask[]; isWhole: boolean }>;
  /** Some tasks without their errors and outputs, in the order asked; null: there is none. */
  readTaskRows(ids: readonly string[]): Promise<(TaskDocument | null)[]>;
  /** The first ids of jobs, and of engines, that begin with the text. */
  readIdsThatBegin(text: string, max: number): Promise<{ jobs: string[]; engines: string[] }>;
  /**
   * The ids of the tasks that this work request has reported for, in order: those that remember its reporter, or have let it go
   * lately (docs/fold.md, "Work requests"). A task whose own id it is is left out. At most 100 of each partition.
   */
  findWorkRequest(work_request_id: string): Promise<{ tasks: string[]; as_of: AsOf }>;
  /** Newest first unless told otherwise. @throws InvalidCursor, Fault */
  readTasks(filter: TaskFilter, page: PageOptions): Promise<TaskPage & { as_of: AsOf }>;
}

export function createReads(options: ReadsOptions): Reads {
  const { redis, prefix, group, topic, logEndOf = () => null, look_shared_ms = 0 } = options;
  const live = createLiveReads({ redis, prefix, group, topic, look_shared_ms });
  const keysOf = groupKeys(prefix, group);
  const run = defineScripts(redis);
  const rollUps = createRollUpReads(redis, run, keysOf, live.readPartitionCount);
  const lists = createTaskLists(redis, run, keysOf, topic);

  const lookAtSlots = sharedFor(look_shared_ms, async () => {
    const slots = await live.readSlotsInReach();
    return { slots, read_at: Date.now() };
  });

  function asOfSlots({ slots, read_at }: { slots: readonly SlotGlimpse[]; read_at: number }): AsOf {
    const places = slots.map((slot, partition) =>
      partitionAsOf({ topic, partition }, slot, read_at, logEndOf(partition)),
    );
    return asOfAll(places, read_at);
  }

  /** The slots are looked at first: what is then read, of all of them, lies at their W or beyond it. */
  async function asOfNow(): Promise<AsOf> {
    const look = await lookAtSlots();
    requireAll(look.slots);
    return asOfSlots(look);
  }

  return {
    async readJob(internal_job_id) {
      const as_of = await asOfNow();
      return { job: await live.readJob(internal_job_id), as_of };
    },

    async readEngine(engine_id) {
      const as_of = await asOfNow();
      return { engine: await live.readEngine(engine_id), as_of };
    },

    async readJobs(limit, after) {
      const as_of = await asOfNow();
      const { page, more } = await firstOf(live.streamJobs(after), limit);
      return { jobs: page, ...(more ? { next: page.at(-1)!.internal_job_id } : {}), as_of };
    },

    async readOpenJobs({ limit = 100, order = 'newest', cursor }) {
      const as_of = await asOfNow();
      const slots = as_of.partitions.map(({ partition }) => keysOf(partition));
      return { ...(await pageOfOpenJobs(redis, run, rollUps, slots, { order, limit, cursor })), as_of };
    },

    async readEngines(limit, after) {
      const as_of = await asOfNow();
      const { page, more } = await firstOf(live.streamEngines(after), limit);
      return { engines: page, ...(more ? { next: page.at(-1)!.engine_id } : {}), as_of };
    },

    async waitFor({ partition, offset }, timeout_ms = 10_000) {
      const deadline = performance.now() + timeout_ms;
      for (;;) {
        const watermark = await live.readWatermark(partition);
        if (watermark !== null && watermark > offset) return;
        if (performance.now() >= deadline) {
          const far = watermark === null ? 'nothing of it is folded' : `it is folded up to offset ${watermark - 1}`;
          throw new NotFoldedInTime(`partition ${partition}: ${far}, not to ${offset}, after ${timeout_ms} ms`);
        }
        await sleep(WAIT_LOOK_MS);
      }
    },

    async readFleet() {
      const look = await lookAtSlots();
      const isFolded = look.slots.some(({ head, damage }) => head !== null || damage !== null);
      return { fleet: isFolded ? fleetDocument(look.slots) : null, as_of: asOfSlots(look) };
    },

    async readPartitions() {
      const look = await lookAtSlots();
      return { partitions: look.slots.map((slot, i) => partitionDocument(i, slot)), as_of: asOfSlots(look) };
    },

    async readTask(internal_task_id) {
      const found = await live.lookAtTask(internal_task_id);
      const now = Date.now();
      if (found === null) return { task: null, as_of: asOfAll([], now) };
      const { partition, slot, task, watermark } = found;
      const place = partitionAsOf({ topic, partition }, slot, now, logEndOf(partition), watermark);
      return { task, as_of: asOfAll([place], now) };
    },

    async readPositions() {
      const positions = new Map<number, { watermark: number; log_time: number }>();
      for (const [partition, { watermark, head }] of (await lookAtSlots()).slots.entries()) {
        if (watermark === null) continue;
        positions.set(partition, { watermark, log_time: head?.clock.log_time ?? 0 });
      }
      return positions;
    },

    async readChanges(told, isWanted = () => true) {
      const { newest, isWhole } = await readNewestChanges(redis, run, keysOf, told, isWanted);
      const rows = await lists.readRows(newest.map(({ partition, internal_task_id: id }) => ({ partition, id })));
      // One that was retired meanwhile is left out.
      const changes = newest.flatMap((change, i) => (rows[i] ? [{ ...change, task: rows[i] }] : []));
      return { changes, isWhole };
    },

    async readTaskRows(ids) {
      const count = await live.readPartitionCount();
      if (count === null) return ids.map(() => null);
      const homes = ids.map((id) => ({ id, partition: homeOf(id, count) }));
      const rows = await lists.readRows(homes.filter(({ partition }) => partition >= 0));
      const found = new Map(rows.flatMap((row) => (row === null ? [] : [[row.internal_task_id, row]])));
      return ids.map((id) => found.get(id) ?? null);
    },

    async readIdsThatBegin(text, max) {
      const starts = async (kind: 'internal_job_id' | 'engine_id') => {
        const count = (await live.readPartitionCount()) ?? 0;
        const pages = await Promise.all(
          Array.from({ length: count }, (_, one) => readIdsThatBegin(redis, keysOf(one).rollUps[kind], text, max)),
        );
        return [...new Set(pages.flat())].sort().slice(0, max);
      };
      const [jobs, engines] = await Promise.all([starts('internal_job_id'), starts('engine_id')]);
      return { jobs, engines };
    },

    async findWorkRequest(work_request_id) {
      const as_of = await asOfNow();
      const found = await Promise.all(
        as_of.partitions.map(async ({ partition }) => {
          const keys = keysOf(partition);
          const ids = await readTasksOfWorkRequest(redis, keys, work_request_id, LED_TO_MAX);
          return ids.length === 0 ? [] : thoseLedTo(run, keys, ids, work_request_id);
        }),
      );
      return { tasks: found.flat().sort(), as_of };
    },

    async readTasks(filter, { limit = 100, sort, order = 'newest', cursor }) {
      const as_of = await asOfNow();
      const partitions = as_of.partitions.length;
      return { ...(await lists.page(filter, { partitions, sort, order, limit, cursor })), as_of };
    },
  };
}

async function firstOf<Item>(items: AsyncGenerator<Item>, limit: number): Promise<{ page: Item[]; more: boolean }> {
  const page: Item[] = [];
  for await (const item of items) {
    if (page.length === limit) return { page, more: true };
    page.push(item);
  }
  return { page, more: false };
}
