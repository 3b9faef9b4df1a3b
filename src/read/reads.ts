// The reads of `taskfold/read`, which the API uses, too: each answer says how far it is exact, and how old it is.

import { homeOf } from '../domain/home.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { defineScripts } from '../redis/scripts.ts';
import { groupKeys } from '../redis/slot-keys.ts';
import type { SlotGlimpse } from '../redis/slot-reads.ts';
import { type AsOf, asOfAll, type LogEndOf, partitionAsOf } from './as-of.ts';
import { type FleetDocument, fleetDocument } from './fleet-document.ts';
import { createLiveReads } from './live-reads.ts';
import { type PartitionDocument, partitionDocument } from './partition-document.ts';
import type { TaskDocument } from './task-document.ts';
import { createTaskLists, type TaskFilter } from './task-lists.ts';

export interface ReadsOptions {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly group: string;
  readonly topic: string;
  /** where the log ends, by somebody who asks Kafka; otherwise by the owners' last words */
  readonly logEndOf?: LogEndOf;
}

export interface Reads {
  readFleet(): Promise<{ fleet: FleetDocument | null; as_of: AsOf }>;
  readPartitions(): Promise<{ partitions: PartitionDocument[]; as_of: AsOf }>;
  readTask(internal_task_id: string): Promise<{ task: TaskDocument | null; as_of: AsOf }>;
  readTasks(
    filter: TaskFilter,
    limit: number,
    cursor?: string,
  ): Promise<{ tasks: TaskDocument[]; total?: number; next_cursor?: string; as_of: AsOf }>;
}

export function createReads({ redis, prefix, group, topic, logEndOf = () => null }: ReadsOptions): Reads {
  const live = createLiveReads({ redis, prefix, group, topic });
  const lists = createTaskLists(redis, defineScripts(redis), groupKeys(prefix, group), topic, live.readPartitionCount);

  function asOfSlots(slots: readonly SlotGlimpse[]): AsOf {
    const now = Date.now();
    const places = slots.map((slot, partition) => partitionAsOf({ topic, partition }, slot, now, logEndOf(partition)));
    return asOfAll(places, now);
  }

  return {
    async readFleet() {
      const slots = await live.readSlots();
      const isFolded = slots.some(({ head, damage }) => head !== null || damage !== null);
      return { fleet: isFolded ? fleetDocument(slots) : null, as_of: asOfSlots(slots) };
    },

    async readPartitions() {
      const slots = await live.readSlots();
      return { partitions: slots.map((slot, i) => partitionDocument(i, slot)), as_of: asOfSlots(slots) };
    },

    async readTask(internal_task_id) {
      const count = await live.readPartitionCount();
      const partition = count === null ? -1 : homeOf(internal_task_id, count);
      if (partition < 0) return { task: null, as_of: asOfAll([], Date.now()) };
      // The glimpse comes first: what it knows of the log's end then holds for the task, too.
      const slot = await live.readSlot(partition);
      const found = await live.readTaskAsOf(internal_task_id);
      const now = Date.now();
      const watermark = found?.watermark ?? slot.watermark;
      const place = partitionAsOf({ topic, partition }, slot, now, logEndOf(partition), watermark);
      return { task: found?.task ?? null, as_of: asOfAll([place], now) };
    },

    async readTasks(filter, limit, cursor) {
      const slots = await live.readSlots();
      const page = await lists.page(filter, limit, cursor);
      return { ...page, as_of: asOfSlots(slots) };
    },
  };
}
