// Turns the changes of one batch into the writes of one save. Only what changed is written: the room remembers of each
// state object what Redis holds of it, for as long as the pipeline keeps the object itself.

import type { TaskChange, TaskState } from '../domain/task-state.ts';
import { diffLedger } from './ledger-codec.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';
import { blankTask, diffTask, emptyDiff, type SavedTask } from './task-codec.ts';

/** What follows a task's key in the keys of its parts, and what each part is. */
export const TASK_PARTS = [
  { suffix: '', type: 'hash' },
  { suffix: ':io', type: 'hash' },
  { suffix: ':long', type: 'hash' },
  { suffix: ':ledger', type: 'hash' },
  { suffix: ':errors', type: 'list' },
  { suffix: ':output', type: 'string' },
] as const;

export interface TaskWriter {
  /** Adds the writes of one change. `expect`: W before the save; `errorsKept`: how many errors a task keeps. */
  add(writes: SlotWrites, keys: SlotKeys, change: TaskChange, expect: number, errorsKept: number): void;
  /** Remembers that Redis holds this state as it is now. */
  holds(task: TaskState): void;
  /** A save that was not acknowledged: nothing is known of these states any more. */
  forget(changes: readonly TaskChange[]): void;
}

export function taskWriter(): TaskWriter {
  const held = new WeakMap<TaskState, SavedTask>();
  const diff = emptyDiff();

  function remove(writes: SlotWrites, key: string): void {
    for (const { suffix } of TASK_PARTS) writes.write('DEL', key + suffix);
  }

  /** Fills `diff`; answers whether the task is written anew, from nothing. */
  function addState(writes: SlotWrites, key: string, task: TaskState, expect: number): boolean {
    const known = held.get(task);
    if (known && diffTask(task, known, diff)) return false;
    const saved = blankTask();
    diffTask(task, saved, diff);
    held.set(task, saved);
    // A task that begins within this very batch has nothing in Redis; any other is written anew.
    if (known || task.first_offset < expect) {
      for (const part of ['', ':io', ':long', ':ledger']) writes.write('DEL', key + part);
    }
    return true;
  }

  return {
    add(writes, keys, change, expect, errorsKept) {
      const task = change.task;
      const key = keys.task(task.internal_task_id);
      if (change.retired || change.begins_anew) remove(writes, key);
      if (change.retired) {
        held.delete(task);
        return;
      }
      const anew = addState(writes, key, task, expect);
      writes.hset(key, diff.fields);
      writes.hdel(key, diff.gone);
      writes.hset(`${key}:io`, diff.ios);
      writes.hset(`${key}:long`, diff.long);
      writes.hdel(`${key}:long`, diff.longGone);
      const ledger = diffLedger(change, anew);
      writes.hset(`${key}:ledger`, ledger.fields);
      writes.hdel(`${key}:ledger`, ledger.gone);
      if (change.errors.length > 0 && errorsKept > 0) {
        const errors = `${key}:errors`;
        writes.rpush(
          errors,
          change.errors.slice(-errorsKept).map((error) => JSON.stringify(error)),
        );
        writes.write('LTRIM', errors, String(-errorsKept), '-1');
      }
      if (change.task_output !== undefined) writes.write('SET', `${key}:output`, change.task_output);
    },
    holds(task) {
      const saved = blankTask();
      diffTask(task, saved, diff);
      held.set(task, saved);
    },
    forget(changes) {
      for (const change of changes) held.delete(change.task);
    },
  };
}
