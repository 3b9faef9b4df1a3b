// The pinned partition count, which says where a task is at home. Every head has it, so it is remembered, and whoever looks at
// a slot holds it against that slot's head: a point read goes to the task's home alone.

import { Fault } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';
import { scanAll } from './masters.ts';
import { rareWalk } from './rare-walk.ts';
import type { RedisClient } from './redis-target.ts';
import { groupHeadsPattern, groupKeys, parseSlotKey } from './slot-keys.ts';

export interface PartitionCount {
  /** as it was read last; null: it was not read yet, or there was none */
  readonly remembered: number | null;
  /**
   * As Redis has it now; null: nothing was begun yet. While the master of partition 0 does not answer, another
   * partition's word is taken. @throws Fault
   */
  read(): Promise<number | null>;
}

/** Keys that one step of SCAN looks at. */
const SCAN_COUNT = 1_000;
/** Partitions lie spread over the masters: these next to 0 lie on others, if there are any. */
const OTHERS = [1, 2, 3, 4];

export function createPartitionCount(redis: RedisClient, prefix: string, group: string): PartitionCount {
  const keysOf = groupKeys(prefix, group);
  let remembered: number | null = null;

  async function pinnedIn(partition: number): Promise<number | null> {
    const key = keysOf(partition).head;
    const count = await faultsOf(`reading ${key}`, redis.hget(key, 'partition_count'));
    return count === null ? null : Number(count);
  }

  // Partition 0 has no head: not claimed yet, or cleared. Its neighbours may have one; only where they have none either, all keys are looked through.
  async function pinnedNearby(): Promise<number | null> {
    const counts = await Promise.all(OTHERS.map(pinnedIn));
    return counts.find((count) => count !== null) ?? pinnedAnywhere();
  }

  const pinnedAnywhere = rareWalk(async (): Promise<number | null> => {
    for await (const keys of scanAll(redis, groupHeadsPattern(prefix, group), SCAN_COUNT)) {
      for (const key of keys) {
        const partition = parseSlotKey(key);
        const pinned = partition === null || keysOf(partition).head !== key ? null : await pinnedIn(partition);
        if (pinned !== null) return pinned;
      }
      // Nobody has to wait for the end of a long walk where the group begins meanwhile.
      const begun = await pinnedIn(0);
      if (begun !== null) return begun;
    }
    return null;
  });

  async function readNow(): Promise<number | null> {
    try {
      return (await pinnedIn(0)) ?? (await pinnedNearby());
    } catch (fault) {
      if (!isAway(fault)) throw fault;
      const others = OTHERS.map(async (partition) => (await pinnedIn(partition)) ?? Promise.reject(fault));
      return Promise.any(others).catch(() => Promise.reject(fault));
    }
  }

  return {
    get remembered() {
      return remembered;
    },
    async read() {
      remembered = await readNow();
      return remembered;
    },
  };
}

/** Whether Redis, or the master that was asked, does not answer. */
export function isAway(error: unknown): error is Fault {
  return error instanceof Fault && error.code === 'service_unavailable';
}
