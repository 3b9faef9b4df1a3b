// Turns the changes of one batch into the writes of one save. Only what changed is written.

import type { TaskChange, TaskState } from '../domain/task-state.ts';
import { writeLedger } from './ledger-codec.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';
import { type Aside, writeIo, writeTask } from './task-diff.ts';

/** What follows a task's key in the keys of its parts, and what each part is. */
export const TASK_PARTS = [
  { suffix: '', type: 'hash' },
  { suffix: ':io', type: 'hash' },
  { suffix: ':long', type: 'hash' },
  { suffix: ':ledger', type: 'hash' },
  { suffix: ':errors', type: 'list' },
  { suffix: ':output', type: 'string' },
] as const;

/**
 * Adds the writes of one change.
 * @param expect W before the save
 * @param errorsKept how many errors a task keeps
 */
export function writeChange(
  writes: SlotWrites,
  keys: SlotKeys,
  change: TaskChange,
  expect: number,
  errorsKept: number,
): void {
  const { task, retired, begins_anew } = change;
  const key = keys.task(task.internal_task_id);
  if (retired || begins_anew) for (const { suffix } of TASK_PARTS) writes.write('DEL', key + suffix);
  if (retired) return;
  const before = begins_anew ? null : change.before;
  // One that begins within this very batch has nothing in Redis; of any other nobody knows what is there.
  if (before === null && task.first_offset < expect) {
    for (const part of ['', ':io', ':long', ':ledger']) writes.write('DEL', key + part);
  }
  const aside: Aside = { gone: [], long: [], longGone: [] };
  writes.openHash(key);
  writeTask(writes, aside, before, task);
  writes.closeHash();
  writes.openHash(`${key}:io`);
  for (const io of before === null ? iosOf(task) : change.ios) writeIo(writes, aside, io);
  writes.closeHash();
  writes.hdel(key, aside.gone);
  writes.hset(`${key}:long`, aside.long);
  writes.hdel(`${key}:long`, aside.longGone);
  writeLedger(writes, `${key}:ledger`, change, before === null);
  if (change.errors.length > 0 && errorsKept > 0) {
    const errors = `${key}:errors`;
    writes.rpush(
      errors,
      change.errors.slice(-errorsKept).map((error) => JSON.stringify(error)),
    );
    writes.write('LTRIM', errors, String(-errorsKept), '-1');
  }
  if (change.task_output !== undefined) writes.write('SET', `${key}:output`, change.task_output);
}

function* iosOf({ inputs, outputs }: TaskState) {
  yield* inputs.values();
  yield* outputs.values();
}
