// TaskState ↔ the fields of its Redis hashes, exactly. Only what differs from the last save is written, so the codec
// remembers of each state what Redis holds.

import { newTask } from '../domain/evolve.ts';
import { COUNTED_REASONS } from '../domain/roll-up.ts';
import type { IoState, TaskState } from '../domain/task-state.ts';
import {
  FAILURE_REASONS,
  LIVENESSES,
  PROCESSED_STATS,
  TASK_ACTIONS,
  TASK_STATUSES,
  UNRECOGNIZED,
} from '../domain/task-state.ts';
import { MARKS } from '../domain/update-class.ts';
import { decodeLedger } from './ledger-codec.ts';
import { isLong, malformed, storedFlag, storedInteger, storedSymbol } from './stored-values.ts';

type Scalar = string | number | boolean | undefined;
type Scalars = Record<string, Scalar>;

interface ScalarField {
  readonly field: string;
  readonly property: string;
  /** `symbol`: one of the contract's, always short; `text`: anything, and maybe long */
  readonly kind: 'text' | 'number' | 'flag' | 'symbol';
  readonly symbols?: readonly string[];
  /** what an absent field means; a field without it is `required` or may be undefined */
  readonly absent?: 0 | false;
  readonly required?: true;
}

const REASONS = [...FAILURE_REASONS, UNRECOGNIZED];

const SCALARS: readonly ScalarField[] = [
  { field: 'internal_job_id', property: 'internal_job_id', kind: 'text' },
  { field: 'engine_id', property: 'engine_id', kind: 'text' },
  { field: 'work_request_id', property: 'work_request_id', kind: 'text' },
  { field: 'task_route_id', property: 'task_route_id', kind: 'text' },
  { field: 'timestamp', property: 'timestamp', kind: 'number' },
  { field: 'prior_timestamp', property: 'prior_timestamp', kind: 'number' },
  { field: 'failure_reason', property: 'failure_reason', kind: 'symbol', symbols: REASONS },
  { field: 'task_status', property: 'task_status', kind: 'symbol', symbols: TASK_STATUSES },
  { field: 'status_at', property: 'status_at', kind: 'number', required: true },
  { field: 'task_action', property: 'task_action', kind: 'symbol', symbols: [...TASK_ACTIONS, UNRECOGNIZED] },
  { field: 'unrecognized_failure_reason', property: 'unrecognized_failure_reason', kind: 'text' },
  { field: 'unrecognized_task_status', property: 'unrecognized_task_status', kind: 'text' },
  { field: 'unrecognized_task_action', property: 'unrecognized_task_action', kind: 'text' },
  { field: 'attempts', property: 'attempts', kind: 'number', required: true },
  { field: 'completion_requested', property: 'completion_requested', kind: 'flag', absent: false },
  { field: 'error_count', property: 'error_count', kind: 'number' },
  { field: 'retry_count', property: 'retry_count', kind: 'number' },
  { field: 'ios_dropped', property: 'ios_dropped', kind: 'number', absent: 0 },
  { field: 'error_episode.open', property: 'error_episode_open', kind: 'flag', absent: false },
  { field: 'error_episode.failure_reason', property: 'error_episode_reason', kind: 'symbol', symbols: REASONS },
  { field: 'updates.applied', property: 'updates_applied', kind: 'number', required: true },
  { field: 'updates.duplicate', property: 'updates_duplicate', kind: 'number', absent: 0 },
  { field: 'updates.stale', property: 'updates_stale', kind: 'number', absent: 0 },
  { field: 'updates.rejected', property: 'updates_rejected', kind: 'number', absent: 0 },
  { field: 'updates.came_rerouted', property: 'updates_came_rerouted', kind: 'number', absent: 0 },
  { field: 'open_gaps', property: 'open_gaps', kind: 'number', absent: 0 },
  { field: 'job_creations', property: 'job_creations', kind: 'number', absent: 0 },
  { field: 'source.first_offset', property: 'first_offset', kind: 'number', required: true },
  { field: 'source.last_offset', property: 'last_offset', kind: 'number', required: true },
  { field: 'first_update_at', property: 'first_update_at', kind: 'number', required: true },
  { field: 'last_update_at', property: 'last_update_at', kind: 'number', required: true },
  { field: 'liveness', property: 'liveness', kind: 'symbol', symbols: LIVENESSES, required: true },
  { field: 'liveness_at', property: 'liveness_at', kind: 'number', required: true },
  { field: 'lost_before', property: 'lost_before', kind: 'number' },
  { field: 'no_progress_since', property: 'no_progress_since', kind: 'number' },
  { field: 'look_at', property: 'look_at', kind: 'number', required: true },
];
const REQUIRED = SCALARS.filter((scalar) => scalar.required).length;
/** The numbers that a task keeps in objects of its own. */
const NESTED = [
  ...PROCESSED_STATS.map((name) => ({ group: 'processed_stats', name, field: `processed_stats.${name}` }) as const),
  ...MARKS.map((name) => ({ group: 'marks', name, field: `marks.${name}` }) as const),
  // These come last: most tasks have none, and pass them over.
  ...COUNTED_REASONS.map(
    (name) => ({ group: 'failures_by_reason', name, field: `failures_by_reason.${name}` }) as const,
  ),
];
const NESTED_BEFORE_FAILURES = NESTED.length - COUNTED_REASONS.length;
/** field → its number among the scalars; the nested ones follow behind */
const FIELD_NUMBERS = new Map([...SCALARS, ...NESTED].map(({ field }, i) => [field, i]));

/** One side's IOs as Redis holds them: id, processed_count, processed_total_count, id, … */
type SavedIos = (string | number | undefined)[];

/** What Redis holds of a task. */
export interface SavedTask {
  readonly scalars: Scalar[];
  readonly inputs: SavedIos;
  readonly outputs: SavedIos;
}

const BLANK: readonly Scalar[] = [
  ...SCALARS.map((scalar) => scalar.absent),
  ...Array<undefined>(NESTED_BEFORE_FAILURES).fill(undefined),
];

/** What Redis holds of a task that it does not have. */
export function blankTask(): SavedTask {
  return { scalars: BLANK.slice(), inputs: [], outputs: [] };
}

/** The writes that take a task from what is saved to what it is. Fields and values alternate. */
export interface TaskDiff {
  readonly fields: string[];
  readonly gone: string[];
  readonly ios: string[];
  readonly long: string[];
  readonly longGone: string[];
}

export function emptyDiff(): TaskDiff {
  return { fields: [], gone: [], ios: [], long: [], longGone: [] };
}

/**
 * Puts into `diff` (cleared first) what must be written, and moves `saved` on to the task as it is now.
 * Answers false where IOs vanished or changed their order, which the fold never does: the task must then be written
 * anew from a blank one, over deleted keys.
 */
export function diffTask(task: TaskState, saved: SavedTask, diff: TaskDiff): boolean {
  for (const list of [diff.fields, diff.gone, diff.ios, diff.long, diff.longGone]) list.length = 0;
  const values = task as unknown as Scalars;
  const held = saved.scalars;
  for (let i = 0; i < SCALARS.length; i++) {
    const scalar = SCALARS[i]!;
    const value = values[scalar.property];
    if (value === held[i]) continue;
    diffScalar(scalar, held[i], value, diff);
    held[i] = value;
  }
  const nested = task.failures_by_reason === undefined ? NESTED_BEFORE_FAILURES : NESTED.length;
  for (let i = 0; i < nested; i++) {
    const { group, name, field } = NESTED[i]!;
    const value = (task[group] as Record<string, number | undefined>)[name];
    const at = SCALARS.length + i;
    if (value === held[at]) continue;
    held[at] = value;
    if (value === undefined) diff.gone.push(field);
    else diff.fields.push(field, String(value));
  }
  return diffIos('inputs.', task.inputs, saved.inputs, diff) && diffIos('outputs.', task.outputs, saved.outputs, diff);
}

function diffScalar(scalar: ScalarField, old: Scalar, value: Scalar, diff: TaskDiff): void {
  if (scalar.kind !== 'text') {
    if (value === undefined) diff.gone.push(scalar.field);
    else diff.fields.push(scalar.field, scalar.kind === 'flag' ? (value ? '1' : '0') : String(value));
    return;
  }
  const wasLong = old !== undefined && isLong(old as string);
  const nowLong = value !== undefined && isLong(value as string);
  if (old !== undefined && (value === undefined || wasLong !== nowLong)) {
    (wasLong ? diff.longGone : diff.gone).push(scalar.field);
  }
  if (value !== undefined) (nowLong ? diff.long : diff.fields).push(scalar.field, value as string);
}

function diffIos(prefix: string, ios: ReadonlyMap<string, IoState>, saved: SavedIos, diff: TaskDiff): boolean {
  if (ios.size * 3 < saved.length) return false;
  let at = 0;
  for (const [id, { processed_count, processed_total_count }] of ios) {
    const known = at < saved.length;
    if (known && saved[at] !== id) return false;
    if (!known || saved[at + 1] !== processed_count || saved[at + 2] !== processed_total_count) {
      saved[at] = id;
      saved[at + 1] = processed_count;
      saved[at + 2] = processed_total_count;
      const field = prefix + id;
      (isLong(field) ? diff.long : diff.ios).push(field, `${processed_count ?? ''},${processed_total_count ?? ''}`);
    }
    at += 3;
  }
  return true;
}

/** What Redis answered for one task: hashes flat; an absent key is empty. */
export interface StoredTask {
  readonly fields: readonly string[];
  readonly io: readonly string[];
  readonly long: readonly string[];
  readonly ledger: readonly string[];
}

/**
 * The task as it was saved, or null where Redis has none.
 * @param key the task's key, for the message
 * @throws Fault torn_save where the stored data is damaged
 */
export function decodeTask(key: string, internal_task_id: string, stored: StoredTask): TaskState | null {
  if (stored.fields.length === 0) return null;
  // Every value of a new task that is not its default is required below, so none of it can stay by mistake.
  const task = newTask(internal_task_id, 0, 0);
  let required = 0;
  const values = task as unknown as Scalars;
  for (const flat of [stored.fields, stored.long]) {
    for (let i = 0; i < flat.length; i += 2) {
      const field = flat[i]!;
      const text = flat[i + 1]!;
      const number = FIELD_NUMBERS.get(field);
      if (number === undefined) {
        if (flat === stored.long) decodeIo(key, field, text, task);
      } else if (number < SCALARS.length) {
        const scalar = SCALARS[number]!;
        if (scalar.required) required++;
        values[scalar.property] = decodeScalar(key, scalar, text);
      } else {
        const { group, name } = NESTED[number - SCALARS.length]!;
        if (group === 'failures_by_reason') task.failures_by_reason ??= {};
        (task[group] as Record<string, number>)[name] = storedInteger(key, field, text);
      }
    }
  }
  if (required !== REQUIRED) {
    const missing = SCALARS.find((scalar) => scalar.required && !stored.fields.includes(scalar.field));
    malformed(key, missing?.field ?? '', 'is missing');
  }
  for (let i = 0; i < stored.io.length; i += 2) decodeIo(key, stored.io[i]!, stored.io[i + 1]!, task);
  decodeLedger(key, stored.ledger, task);
  return task;
}

function decodeScalar(key: string, scalar: ScalarField, text: string): Scalar {
  switch (scalar.kind) {
    case 'text':
      return text;
    case 'number':
      return storedInteger(key, scalar.field, text);
    case 'flag':
      return storedFlag(key, scalar.field, text);
    case 'symbol':
      return storedSymbol(key, scalar.field, text, scalar.symbols!);
  }
}

function decodeIo(key: string, field: string, text: string, task: TaskState): void {
  const side = field.startsWith('inputs.') ? 'inputs' : field.startsWith('outputs.') ? 'outputs' : null;
  if (side === null) return;
  const comma = text.indexOf(',');
  if (comma < 0) malformed(key, field, 'is not "<processed_count>,<processed_total_count>"');
  const io: IoState = {};
  if (comma > 0) io.processed_count = storedInteger(key, field, text.slice(0, comma));
  if (comma < text.length - 1) io.processed_total_count = storedInteger(key, field, text.slice(comma + 1));
  task[side].set(field.slice(side.length + 1), io);
}
