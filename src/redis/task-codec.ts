// The fields of a task's Redis hashes → TaskState, exactly.

import { newTask } from '../domain/evolve.ts';
import { newIo } from '../domain/io-counters.ts';
import type { TaskState } from '../domain/task-state.ts';
import { decodeLedger } from './ledger-codec.ts';
import { malformed, storedFlag, storedInteger, storedSymbol } from './stored-values.ts';
import { FIELD_NUMBERS, NESTED, SCALARS, type ScalarField } from './task-fields.ts';

type Scalar = string | number | boolean | undefined;
type Scalars = Record<string, Scalar>;

const REQUIRED = SCALARS.filter((scalar) => scalar.required).length;

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
