// The questions that the command line, the API and dashboards may ask. All answers come from Redis alone; each says how
// far it is exact.

import { homeOf } from '../domain/home.ts';
import { faultsOf } from '../redis/connect.ts';
import { scanAll } from '../redis/masters.ts';
import { createPartitionCount } from '../redis/partition-count.ts';
import { rareWalk } from '../redis/rare-walk.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { defineScripts } from '../redis/scripts.ts';
import { groupKeys, groupLivePattern, groupTasksPattern, parseSlotKey, parseTaskKey } from '../redis/slot-keys.ts';
import { readSlot, readWholeTasks, type SlotGlimpse } from '../redis/slot-reads.ts';
import { inPartition, readSlots, requireAll } from '../redis/slots-in-reach.ts';
import { type FleetDocument, fleetDocument } from './fleet-document.ts';
import { type PartitionDocument, partitionDocument } from './partition-document.ts';
import type { EngineDocument, JobDocument } from './roll-up-document.ts';
import { createRollUpReads } from './roll-up-reads.ts';
import { sharedFor } from './shared.ts';
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
  /** The same where some masters of a Cluster do not answer, as long as one does: theirs are then `unreachable`. @throws Fault */
  readSlotsInReach(): Promise<SlotGlimpse[]>;
  /** A task, and its home's slot at its W or before it; null: nothing was begun yet, or such an id has no home. @throws Fault */
  lookAtTask(internal_task_id: string): Promise<TaskLook | null>;
  /** W of a partition, or null where its slot is empty. @throws Fault */
  readWatermark(partition: number): Promise<number | null>;
  /** The pinned partition count, or null before the first start. */
  readPartitionCount(): Promise<number | null>;
}

export interface TaskLook {
  readonly partition: number;
  readonly slot: SlotGlimpse;
  /** null: there is none */
  readonly task: TaskDocument | null;
  /** W at which the task was read */
  readonly watermark: number | null;
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
  /** how old a look at a slot may be that somebody else gets, too, who asks for one of its tasks, ms. Default 0 */
  readonly look_shared_ms?: number;
}

/** Keys that one step of SCAN looks at. */
const SCAN_COUNT = 1_000;
/** Whole tasks read at once: each may have an output of about 1 MB. */
const WHOLE_TASKS_MAX = 50;

export function createLiveReads(options: LiveReadsOptions): LiveReads {
  const { redis, prefix, group, topic, look_shared_ms = 0 } = options;
  const run = defineScripts(redis);
  const keysOf = groupKeys(prefix, group);

  const count = createPartitionCount(redis, prefix, group);
  const readPartitionCount = () => count.read();

  const scan = (pattern: string) => scanAll(redis, pattern, SCAN_COUNT);

  /** Where Redis has lost all state, the owners still say that they are halted, and why. */
  const reportedCount = rareWalk(async (): Promise<number> => {
    let count = 0;
    for await (const keys of scan(groupLivePattern(prefix, group))) {
      for (const key of keys) {
        const partition = parseSlotKey(key);
        if (partition !== null && keysOf(partition).live === key) count = Math.max(count, partition + 1);
      }
    }
    return count;
  });

  async function readSlotsInReach(): Promise<SlotGlimpse[]> {
    const look = (slots: number) => readSlots(redis, run, keysOf, slots);
    if (count.remembered !== null) {
      const slots = await look(count.remembered);
      // Each head has the count: as long as it is that, nobody has to be asked for it.
      if (slots.find(({ head }) => head !== null)?.head?.pins.partition_count === slots.length) return slots;
    }
    return look((await count.read()) ?? (await reportedCount()));
  }

  async function readAllSlots(): Promise<SlotGlimpse[]> {
    const slots = await readSlotsInReach();
    requireAll(slots);
    return slots;
  }

  async function readDocuments(partition: number, ids: readonly string[]) {
    const { watermark, tasks } = await readWholeTasks(run, keysOf(partition), ids);
    const documents = tasks.map(
      (whole) => whole && taskDocument(whole.task, whole.errors, whole.task_output, { topic, partition }),
    );
    return { watermark, documents };
  }

  const looks: (() => Promise<SlotGlimpse>)[] = [];
  const lookAtSlot = (partition: number): Promise<SlotGlimpse> => {
    looks[partition] ??= sharedFor(look_shared_ms, () => readSlot(run, keysOf(partition)));
    return looks[partition]();
  };

  /** One look at the home, if the remembered count still holds: both scripts go there together. */
  async function lookAtTask(internal_task_id: string): Promise<TaskLook | null> {
    for (let partitions = count.remembered ?? (await count.read()); partitions !== null; ) {
      const partition = homeOf(internal_task_id, partitions);
      if (partition < 0) return null;
      const [slot, { watermark, documents }] = await inPartition(
        partition,
        Promise.all([lookAtSlot(partition), readDocuments(partition, [internal_task_id])]),
      );
      const pinned = slot.head?.pins.partition_count;
      // An empty slot does not say it.
      const now: number | null = pinned === partitions ? pinned : await count.read();
      // The two can change places on their way (a script that is sent again): what the glimpse tells must hold for the task.
      const isOlder = slot.watermark === null || watermark === null || slot.watermark <= watermark;
      if (now === partitions && isOlder) return { partition, slot, task: documents[0] ?? null, watermark };
      partitions = now;
    }
    return null;
  }

  async function readTaskAsOf(internal_task_id: string) {
    const { task = null, watermark = null } = (await lookAtTask(internal_task_id)) ?? {};
    return task !== null && watermark !== null ? { task, watermark } : null;
  }

  const rollUps = createRollUpReads(redis, run, keysOf, readPartitionCount);

  return {
    readPartitionCount,
    readSlots: readAllSlots,
    readSlotsInReach,
    lookAtTask,

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
      const slots = await readAllSlots();
      const isFolded = slots.some(({ head, damage }) => head !== null || damage !== null);
      return isFolded ? fleetDocument(slots) : null;
    },

    async readPartitions() {
      return (await readAllSlots()).map((slot, partition) => partitionDocument(partition, slot));
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
