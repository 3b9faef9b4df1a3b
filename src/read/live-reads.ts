// The questions that the command line, the API and dashboards may ask. All answers come from Redis alone; each says how
// far it is exact.

import { homeOf } from '../domain/home.ts';
import { faultsOf } from '../redis/connect.ts';
import { scanAll } from '../redis/masters.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { defineScripts } from '../redis/scripts.ts';
import {
  groupHeadsPattern,
  groupKeys,
  groupLivePattern,
  groupTasksPattern,
  parseSlotKey,
  parseTaskKey,
} from '../redis/slot-keys.ts';
import { readSlot, readWholeTasks, type SlotGlimpse } from '../redis/slot-reads.ts';
import { type FleetDocument, fleetDocument } from './fleet-document.ts';
import { type PartitionDocument, partitionDocument } from './partition-document.ts';
import type { EngineDocument, JobDocument } from './roll-up-document.ts';
import { createRollUpReads } from './roll-up-reads.ts';
import { type TaskDocument, taskDocument } from './task-document.ts';

export interface LiveReads {
  /** The task, or null where there is none. @throws Fault service_unavailable, torn_save */
  readTask(internal_task_id: string): Promise<TaskDocument | null>;
  /** The same with the W of its partition at which it was read. */
  readTaskAsOf(internal_task_id: string): Promise<{ task: TaskDocument; watermark: number } | null>;
  /**
   * All tasks of all partitions, in no order, in bounded memory. A task that is there from start to end comes at least
   * once; it can come twice while Redis makes its table smaller. Each is exact at the moment of its own reading. (While a
   * Cluster moves a slot to another master, tasks of that slot can be missed.)
   * @throws Fault service_unavailable, torn_save
   */
  streamTasks(): AsyncGenerator<TaskDocument>;
  /** The tasks that have this job, of all partitions, one partition after the other. @throws Fault as streamTasks does */
  streamTasksOfJob(internal_job_id: string): AsyncGenerator<TaskDocument>;
  /** The sum of all partitions' shares of a job, each at its own W; null where there is none. @throws Fault */
  readJob(internal_job_id: string): Promise<JobDocument | null>;
  readEngine(engine_id: string): Promise<EngineDocument | null>;
  /**
   * All jobs in the order of their ids' bytes, behind the id `after` if it is given, in bounded memory. Each is exact at the
   * moment of its own reading. @throws Fault
   */
  streamJobs(after?: string): AsyncGenerator<JobDocument>;
  streamEngines(after?: string): AsyncGenerator<EngineDocument>;
  /** The tasks that are silent, of all partitions, the longest first. @throws Fault service_unavailable */
  readSilentTasks(): Promise<SilentTask[]>;
  /** The sum of all partitions' shares, each at its own W; null before the first start. @throws Fault */
  readFleet(): Promise<FleetDocument | null>;
  /** Every partition, in order, also one that was lost and whose owner reports; empty before the first start. @throws Fault */
  readPartitions(): Promise<PartitionDocument[]>;
  /** Every slot at one moment each, in the order of the partitions; empty before the first start. @throws Fault */
  readSlots(): Promise<SlotGlimpse[]>;
  /** One of them. @throws Fault */
  readSlot(partition: number): Promise<SlotGlimpse>;
  /** W of a partition, or null where its slot is empty. @throws Fault */
  readWatermark(partition: number): Promise<number | null>;
  /** The pinned partition count, or null before the first start. */
  readPartitionCount(): Promise<number | null>;
}

export interface SilentTask {
  internal_task_id: string;
  /** log time, UTC epoch milliseconds */
  silent_since: number;
}

export interface LiveReadsOptions {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly group: string;
  /** the input topic, for `source` of a task */
  readonly topic: string;
}

/** Keys that one step of SCAN looks at. */
const SCAN_COUNT = 1_000;
/** Whole tasks read at once: each may have an output of about 1 MB. */
const WHOLE_TASKS_MAX = 50;
/** Slots read side by side. */
const SLOTS_AT_ONCE = 64;

export function createLiveReads({ redis, prefix, group, topic }: LiveReadsOptions): LiveReads {
  const run = defineScripts(redis);
  const keysOf = groupKeys(prefix, group);

  const scan = (pattern: string) => scanAll(redis, pattern, SCAN_COUNT);

  async function partitionCountOf(partition: number): Promise<number | null> {
    const key = keysOf(partition).head;
    const count = await faultsOf(`reading ${key}`, redis.hget(key, 'partition_count'));
    return count === null ? null : Number(count);
  }

  async function readPartitionCount(): Promise<number | null> {
    const count = await partitionCountOf(0);
    if (count !== null) return count;
    // Partition 0 has no head (not claimed yet, or cleared): any other one will do.
    for await (const keys of scan(groupHeadsPattern(prefix, group))) {
      for (const key of keys) {
        const partition = parseSlotKey(key);
        const pinned = partition === null || keysOf(partition).head !== key ? null : await partitionCountOf(partition);
        if (pinned !== null) return pinned;
      }
    }
    return null;
  }

  /** Where Redis has lost all state, the owners still say that they are halted, and why. */
  async function reportedCount(): Promise<number> {
    let count = 0;
    for await (const keys of scan(groupLivePattern(prefix, group))) {
      for (const key of keys) {
        const partition = parseSlotKey(key);
        if (partition !== null && keysOf(partition).live === key) count = Math.max(count, partition + 1);
      }
    }
    return count;
  }

  async function readSlots(): Promise<SlotGlimpse[]> {
    const count = (await readPartitionCount()) ?? (await reportedCount());
    const slots: SlotGlimpse[] = [];
    for (let from = 0; from < count; from += SLOTS_AT_ONCE) {
      const length = Math.min(SLOTS_AT_ONCE, count - from);
      slots.push(...(await Promise.all(Array.from({ length }, (_, i) => readSlot(run, keysOf(from + i))))));
    }
    return slots;
  }

  async function readDocuments(partition: number, ids: readonly string[]) {
    const { watermark, tasks } = await readWholeTasks(run, keysOf(partition), ids);
    const documents = tasks.map(
      (whole) => whole && taskDocument(whole.task, whole.errors, whole.task_output, { topic, partition }),
    );
    return { watermark, documents };
  }

  async function readTaskAsOf(internal_task_id: string) {
    const count = await readPartitionCount();
    const home = count === null ? -1 : homeOf(internal_task_id, count);
    if (home < 0) return null;
    const { watermark, documents } = await readDocuments(home, [internal_task_id]);
    const [task] = documents;
    return task && watermark !== null ? { task, watermark } : null;
  }

  const rollUps = createRollUpReads(redis, run, keysOf, readPartitionCount);

  return {
    readPartitionCount,
    readSlots,
    readSlot: (partition) => readSlot(run, keysOf(partition)),

    async readWatermark(partition) {
      const { head } = keysOf(partition);
      const watermark = await faultsOf(`reading ${head}`, redis.hget(head, 'watermark'));
      return watermark === null ? null : Number(watermark);
    },

    readTaskAsOf,

    readTask: async (internal_task_id) => (await readTaskAsOf(internal_task_id))?.task ?? null,

    async *streamTasks() {
      for await (const keys of scan(groupTasksPattern(prefix, group))) {
        for (const [partition, ids] of byPartition(keys)) {
          for (let from = 0; from < ids.length; from += WHOLE_TASKS_MAX) {
            const { documents } = await readDocuments(partition, ids.slice(from, from + WHOLE_TASKS_MAX));
            for (const document of documents) if (document) yield document;
          }
        }
      }
    },

    async *streamTasksOfJob(internal_job_id) {
      const count = (await readPartitionCount()) ?? 0;
      for (let partition = 0; partition < count; partition++) {
        for await (const ids of rollUps.tasksOf(internal_job_id, partition)) {
          for (let from = 0; from < ids.length; from += WHOLE_TASKS_MAX) {
            const { documents } = await readDocuments(partition, ids.slice(from, from + WHOLE_TASKS_MAX));
            // One may have got another job since.
            for (const document of documents) if (document?.internal_job_id === internal_job_id) yield document;
          }
        }
      }
    },

    readJob: (internal_job_id) => rollUps.readOne('internal_job_id', internal_job_id),
    readEngine: (engine_id) => rollUps.readOne('engine_id', engine_id),
    streamJobs: (after) => rollUps.stream('internal_job_id', after ?? null),
    streamEngines: (after) => rollUps.stream('engine_id', after ?? null),

    async readSilentTasks() {
      const count = (await readPartitionCount()) ?? 0;
      const silent: SilentTask[] = [];
      for (let partition = 0; partition < count; partition++) {
        const key = keysOf(partition).places.silent;
        const flat = await faultsOf(`reading ${key}`, redis.zrange(key, 0, '-1', 'WITHSCORES'));
        for (let i = 0; i < flat.length; i += 2) {
          silent.push({ internal_task_id: flat[i]!, silent_since: Number(flat[i + 1]) });
        }
      }
      return silent.sort((a, b) => a.silent_since - b.silent_since);
    },

    async readFleet() {
      const slots = await readSlots();
      const isFolded = slots.some(({ head, damage }) => head !== null || damage !== null);
      return isFolded ? fleetDocument(slots) : null;
    },

    async readPartitions() {
      return (await readSlots()).map((slot, partition) => partitionDocument(partition, slot));
    },
  };

  /** The ids of the task hashes among some keys; parts of tasks, and keys that only look like ours, are left out. */
  function byPartition(keys: readonly string[]): Map<number, string[]> {
    const found = new Map<number, string[]>();
    for (const key of keys) {
      const task = parseTaskKey(key);
      if (!task || keysOf(task.partition).task(task.internal_task_id) !== key) continue;
      const ids = found.get(task.partition);
      if (ids) ids.push(task.internal_task_id);
      else found.set(task.partition, [task.internal_task_id]);
    }
    return found;
  }
}
