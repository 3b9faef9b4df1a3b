// TaskState ↔ the fields of its Redis hashes, exactly. Only what differs from the last save is written.

import { newTask } from '../domain/evolve.ts';
import { newIo } from '../domain/io-counters.ts';
import { COUNTED_REASONS } from '../domain/roll-up.ts';
import type { IoState, ProcessedStat, TaskState } from '../domain/task-state.ts';
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
import { type HashWrites, type PackedText, packedText } from './slot-writes.ts';
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
  ...COUNTED_REASONS.map(
    (name) => ({ group: 'failures_by_reason', name, field: `failures_by_reason.${name}` }) as const,
  ),
];
/** field → its number among the scalars; the nested ones follow behind */
const FIELD_NUMBERS = new Map([...SCALARS, ...NESTED].map(({ field }, i) => [field, i]));

/** Every field that a task's hash can have. */
export const TASK_FIELDS: readonly string[] = [...FIELD_NUMBERS.keys()];

const PACKED: ReadonlyMap<string, PackedText> = new Map(TASK_FIELDS.map((field) => [field, packedText(field)]));
const F = Object.fromEntries(SCALARS.map(({ field, property }) => [property, PACKED.get(field)!])) as {
  readonly [property in keyof TaskState]-?: PackedText;
};
const STATS = Object.fromEntries(
  PROCESSED_STATS.map((stat) => [stat, PACKED.get(`processed_stats.${stat}`)!]),
) as Readonly<Record<ProcessedStat, PackedText>>;

/** What Redis holds of a task that it does not have. */
const BLANK = {
  ...newTask('', 0, 0),
  ...Object.fromEntries(SCALARS.map(({ property, absent }) => [property, absent])),
} as TaskState;

/** What a task's hash has no room for, or has no more. */
export interface Aside {
  readonly gone: string[];
  readonly long: string[];
  readonly longGone: string[];
}

/**
 * Writes what differs between the task as it was and as it is, but its IOs and its ledger: the hash is open.
 * @param before null: Redis has nothing of it
 * @param aside gets what is to be written elsewhere
 */
export function writeTask(hash: HashWrites, aside: Aside, before: TaskState | null, task: TaskState): void {
  const was = before ?? BLANK;
  // The hot path: written out, each of these is a comparison and no more.
  text(F.internal_job_id, was.internal_job_id, task.internal_job_id);
  text(F.engine_id, was.engine_id, task.engine_id);
  text(F.work_request_id, was.work_request_id, task.work_request_id);
  text(F.task_route_id, was.task_route_id, task.task_route_id);
  number(F.timestamp, was.timestamp, task.timestamp);
  number(F.prior_timestamp, was.prior_timestamp, task.prior_timestamp);
  symbol(F.failure_reason, was.failure_reason, task.failure_reason);
  symbol(F.task_status, was.task_status, task.task_status);
  number(F.status_at, was.status_at, task.status_at);
  symbol(F.task_action, was.task_action, task.task_action);
  text(F.unrecognized_failure_reason, was.unrecognized_failure_reason, task.unrecognized_failure_reason);
  text(F.unrecognized_task_status, was.unrecognized_task_status, task.unrecognized_task_status);
  text(F.unrecognized_task_action, was.unrecognized_task_action, task.unrecognized_task_action);
  number(F.attempts, was.attempts, task.attempts);
  flag(F.completion_requested, was.completion_requested, task.completion_requested);
  number(F.error_count, was.error_count, task.error_count);
  number(F.retry_count, was.retry_count, task.retry_count);
  number(F.ios_dropped, was.ios_dropped, task.ios_dropped);
  flag(F.error_episode_open, was.error_episode_open, task.error_episode_open);
  symbol(F.error_episode_reason, was.error_episode_reason, task.error_episode_reason);
  number(F.updates_applied, was.updates_applied, task.updates_applied);
  number(F.updates_duplicate, was.updates_duplicate, task.updates_duplicate);
  number(F.updates_stale, was.updates_stale, task.updates_stale);
  number(F.updates_rejected, was.updates_rejected, task.updates_rejected);
  number(F.updates_came_rerouted, was.updates_came_rerouted, task.updates_came_rerouted);
  number(F.open_gaps, was.open_gaps, task.open_gaps);
  number(F.job_creations, was.job_creations, task.job_creations);
  number(F.first_offset, was.first_offset, task.first_offset);
  number(F.last_offset, was.last_offset, task.last_offset);
  number(F.first_update_at, was.first_update_at, task.first_update_at);
  number(F.last_update_at, was.last_update_at, task.last_update_at);
  symbol(F.liveness, was.liveness, task.liveness);
  number(F.liveness_at, was.liveness_at, task.liveness_at);
  number(F.lost_before, was.lost_before, task.lost_before);
  number(F.no_progress_since, was.no_progress_since, task.no_progress_since);
  number(F.look_at, was.look_at, task.look_at);
  const [had, stats] = [was.processed_stats, task.processed_stats];
  number(STATS.processed_bytes, had.processed_bytes, stats.processed_bytes);
  number(STATS.processed_cpu_milliseconds, had.processed_cpu_milliseconds, stats.processed_cpu_milliseconds);
  number(STATS.processed_cpu_seconds, had.processed_cpu_seconds, stats.processed_cpu_seconds);
  number(STATS.processed_chunks, had.processed_chunks, stats.processed_chunks);
  number(STATS.processed_media_seconds, had.processed_media_seconds, stats.processed_media_seconds);
  // Most tasks have none of these; they are replaced where they change.
  if (was.marks !== task.marks) numbers('marks', MARKS);
  if (was.failures_by_reason !== task.failures_by_reason) numbers('failures_by_reason', COUNTED_REASONS);

  function number(field: PackedText, old: number | undefined, now: number | undefined): void {
    if (now === old) return;
    if (now === undefined) {
      aside.gone.push(field.text);
      return;
    }
    hash.field(field);
    hash.number(now);
  }

  function numbers(group: 'marks' | 'failures_by_reason', names: readonly string[]): void {
    const [of, to]: (Readonly<Record<string, number>> | undefined)[] = [was[group], task[group]];
    for (const name of names) number(PACKED.get(`${group}.${name}`)!, of?.[name], to?.[name]);
  }

  function flag(field: PackedText, old: boolean, now: boolean): void {
    if (now === old) return;
    hash.field(field);
    hash.text(now ? '1' : '0');
  }

  function symbol(field: PackedText, old: string | undefined, now: string | undefined): void {
    if (now === old) return;
    if (now === undefined) {
      aside.gone.push(field.text);
      return;
    }
    hash.field(field);
    hash.text(now);
  }

  function text(field: PackedText, old: string | undefined, now: string | undefined): void {
    if (now === old) return;
    const wasLong = old !== undefined && isLong(old);
    const nowLong = now !== undefined && isLong(now);
    if (old !== undefined && (now === undefined || wasLong !== nowLong)) {
      (wasLong ? aside.longGone : aside.gone).push(field.text);
    }
    if (now === undefined) return;
    if (nowLong) {
      aside.long.push(field.text, now);
      return;
    }
    hash.field(field);
    hash.text(now);
  }
}

/** Writes an IO into the hash that is open, or aside. */
export function writeIo(hash: HashWrites, aside: Aside, io: IoState): void {
  const { name, processed_count, processed_total_count } = io;
  if (isLong(name)) {
    aside.long.push(name, `${processed_count ?? ''},${processed_total_count ?? ''}`);
    return;
  }
  hash.fieldOf(name);
  hash.beginValue();
  if (processed_count !== undefined) hash.digits(processed_count);
  hash.piece(',');
  if (processed_total_count !== undefined) hash.digits(processed_total_count);
  hash.endValue();
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
        const stored = storedInteger(key, field, text);
        if (group === 'processed_stats') task.processed_stats[name] = stored;
        else if (group === 'marks') task.marks = { ...task.marks, [name]: stored };
        else task.failures_by_reason = { ...task.failures_by_reason, [name]: stored };
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
  const io = newIo(field);
  if (comma > 0) io.processed_count = storedInteger(key, field, text.slice(0, comma));
  if (comma < text.length - 1) io.processed_total_count = storedInteger(key, field, text.slice(comma + 1));
  task[side].set(field.slice(side.length + 1), io);
}
