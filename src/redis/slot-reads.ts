// What dashboards may ask of a slot, as the room `read` puts it together: whole tasks with their kept errors and output,
// and a slot's head, roll-up and owner. Every answer is one atomic read.

import type { SlotHead } from '../domain/head.ts';
import type { TaskError, TaskState } from '../domain/task-state.ts';
import { workRequestsOf } from '../domain/work-requests.ts';
import { Fault } from '../pipeline/errors.ts';
import type { SlotLive } from '../pipeline/ports.ts';
import { faultsOf } from './connect.ts';
import { decodeFleet, decodeHead } from './head-codec.ts';
import { decodeLive } from './live-codec.ts';
import { unpackReplies } from './packed-reply.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';
import { malformed, storedJson } from './stored-values.ts';
import { decodeTask } from './task-codec.ts';

/** A task with all that is kept of it; what the ledger remembers of its reporters is left out. */
export interface WholeTask {
  readonly task: TaskState;
  /** oldest first */
  readonly errors: readonly TaskError[];
  /** JSON text as it was reported */
  readonly task_output: string | undefined;
}

/** Whole tasks in the order asked, all at one W; null: absent. @throws Fault service_unavailable, torn_save */
export async function readWholeTasks(
  run: RunScript,
  keys: SlotKeys,
  ids: readonly string[],
): Promise<{ watermark: number | null; tasks: (WholeTask | null)[] }> {
  const { watermark, tasks } = await readTaskParts(run, keys, ids, ['', ':io', ':long', ':errors', ':output']);
  const whole = tasks.map(({ key, id, parts }): WholeTask | null => {
    const [fields, io, long, errors] = parts as [string[], string[], string[], string[]];
    const output = parts[4] as string | false;
    const task = decodeTask(key, id, { fields, io, long, ledger: [] });
    if (!task) return null;
    return {
      task,
      errors: errors.map((text) => decodeError(`${key}:errors`, text)),
      task_output: output === false ? undefined : output,
    };
  });
  return { watermark: watermark === null ? null : Number(watermark), tasks: whole };
}

/** Tasks without their kept errors and outputs, which can be large, in the order asked, all at one W; null: absent. @throws Fault */
export async function readTaskRows(
  run: RunScript,
  keys: SlotKeys,
  ids: readonly string[],
): Promise<{ watermark: number | null; tasks: (TaskState | null)[] }> {
  const { watermark, tasks } = await readTaskParts(run, keys, ids, ['', ':io', ':long']);
  const rows = tasks.map(({ key, id, parts }) => {
    const [fields, io, long] = parts as [string[], string[], string[]];
    return decodeTask(key, id, { fields, io, long, ledger: [] });
  });
  return { watermark: watermark === null ? null : Number(watermark), tasks: rows };
}

/** Those of the tasks that this work request leads to. @throws Fault */
export async function thoseLedTo(
  run: RunScript,
  keys: SlotKeys,
  ids: readonly string[],
  work_request_id: string,
): Promise<string[]> {
  const { tasks } = await readTaskParts(run, keys, ids, ['', ':ledger']);
  return tasks.flatMap(({ key, id, parts }) => {
    const [fields, ledger] = parts as [string[], string[]];
    const task = decodeTask(key, id, { fields, io: [], long: [], ledger });
    return task !== null && workRequestsOf(task).has(work_request_id) ? [id] : [];
  });
}

/** How the script reads each part of a task: as a hash, list or string. */
const SHAPES = { '': 'h', ':io': 'h', ':long': 'h', ':ledger': 'h', ':errors': 'l', ':output': 's' } as const;

interface TaskParts {
  readonly key: string;
  readonly id: string;
  /** a reply for each part, in the order asked */
  readonly parts: readonly unknown[];
}

/** These parts of the tasks, as one script reads them, with the W that it read. @throws Fault service_unavailable */
export async function readTaskParts(
  run: RunScript,
  keys: SlotKeys,
  ids: readonly string[],
  parts: readonly (keyof typeof SHAPES)[],
): Promise<{ watermark: string | null; tasks: TaskParts[] }> {
  const wanted = [keys.head];
  const taskKeys = ids.map((id) => keys.task(id));
  for (const key of taskKeys) for (const part of parts) wanted.push(key + part);
  const shape = parts.map((part) => SHAPES[part]).join('');
  const reply = await faultsOf(`reading tasks of ${keys.tag}`, run('readTasks', wanted, [shape]));
  const { watermark, replies } = unpackReplies(reply);
  const tasks = ids.map((id, i) => {
    const at = parts.length * i;
    return { key: taskKeys[i]!, id, parts: replies.slice(at, at + parts.length) };
  });
  return { watermark, tasks };
}

function decodeError(key: string, text: string): TaskError {
  const error = storedJson(key, 'entry', text);
  if (error === null || typeof error !== 'object') malformed(key, 'entry', 'is no error');
  return error as TaskError;
}

/** One slot at one moment. */
export interface SlotGlimpse {
  readonly watermark: number | null;
  /** the mark of a save or clearing that did not end */
  readonly saving: string | null;
  readonly head: SlotHead | null;
  /** what is wrong with the stored head or roll-up; `head` is then null */
  readonly damage: string | null;
  /** why the master of a Cluster that has this slot was not asked; all else is then null. Only where many slots are looked at */
  readonly unreachable: string | null;
  readonly live: SlotLive | null;
  /** notices in the outbox, sent ones that are not trimmed yet included */
  readonly outbox_length: number;
}

const NOTHING: SlotGlimpse = {
  watermark: null,
  saving: null,
  head: null,
  damage: null,
  unreachable: null,
  live: null,
  outbox_length: 0,
};

/** Of a slot that could not be looked at. */
export function unreachableSlot(reason: string): SlotGlimpse {
  return { ...NOTHING, unreachable: reason };
}

/** A damaged slot is told, not thrown: whoever looks at all partitions wants to see the others too. @throws Fault service_unavailable */
export async function readSlot(run: RunScript, keys: SlotKeys): Promise<SlotGlimpse> {
  let outside = NOTHING;
  try {
    const reply = await faultsOf(
      `reading ${keys.tag}`,
      run('readSlot', [keys.head, keys.fleet, keys.live, keys.outbox], []),
    );
    const [headFields, fleetFields, liveFields, outbox_length] = reply as [string[], string[], string[], number];
    outside = { ...NOTHING, live: decodeLive(liveFields), outbox_length };
    const { watermark, saving, counts } = decodeHead(keys.head, headFields);
    const head = counts && { ...counts, fleet: decodeFleet(keys.fleet, fleetFields) };
    return { ...outside, watermark, saving, head };
  } catch (error) {
    if (error instanceof Fault && error.remedy === 'halt') return { ...outside, damage: error.message };
    throw error;
  }
}
