// The places of tasks in the slot's sorted sets: when each is to be looked at, and which are silent.

import type { TaskChange } from '../domain/task-state.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';

export function writeIndexes(writes: SlotWrites, keys: SlotKeys, changes: readonly TaskChange[]): void {
  const looks: string[] = [];
  const retired: string[] = [];
  const silent: string[] = [];
  const heard: string[] = [];
  for (const { task, look_changed, silence_changed, retired: isRetired, begins_anew } of changes) {
    const id = task.internal_task_id;
    if (isRetired) retired.push(id);
    else if (look_changed) looks.push(String(task.look_at), id);
    if (!isRetired && task.liveness === 'silent') {
      if (silence_changed) silent.push(String(task.liveness_at), id);
    } else if (isRetired || silence_changed || begins_anew) {
      heard.push(id);
    }
  }
  writes.zadd(keys.looks, looks);
  writes.zrem(keys.looks, retired);
  writes.zadd(keys.silent, silent);
  writes.zrem(keys.silent, heard);
}
