// `error_details`: JSON text of an array of {"id","msg"}. Senders write other things too; none of them is poison.

import type { TaskError } from './task-state.ts';
import { cutCharacters } from './text.ts';

const NONE: readonly never[] = [];
const ID_CHARACTERS_MAX = 256;
const MSG_CHARACTERS_MAX = 1_024;

/** The errors of one update, oldest first, at most `max`, the newest. Never throws. */
export function errorsOf(error_details: string | null | undefined, max: number): readonly TaskError[] {
  if (!error_details || max === 0) return NONE;
  let parsed: unknown;
  try {
    parsed = JSON.parse(error_details);
  } catch {
    return [{ msg: cutCharacters(error_details, MSG_CHARACTERS_MAX) }];
  }
  if (!Array.isArray(parsed)) return [{ msg: cutCharacters(error_details, MSG_CHARACTERS_MAX) }];
  const errors: TaskError[] = [];
  for (const element of parsed) {
    if (typeof element !== 'object' || element === null) continue;
    const id = textOf((element as { id?: unknown }).id, ID_CHARACTERS_MAX);
    const msg = textOf((element as { msg?: unknown }).msg, MSG_CHARACTERS_MAX);
    if (id === undefined && msg === undefined) continue;
    errors.push({ ...(id === undefined ? {} : { id }), ...(msg === undefined ? {} : { msg }) });
  }
  return errors.length > max ? errors.slice(-max) : errors;
}

function textOf(value: unknown, characters: number): string | undefined {
  if (typeof value === 'string') return cutCharacters(value, characters);
  return typeof value === 'number' ? String(value) : undefined;
}
