// `error_details`: JSON text of an array of {"id","msg"}. Senders write other things too; none of them is poison.

import type { TaskError } from './task-state.ts';
import { cutUnits } from './text.ts';

const ID_UNITS_MAX = 256;
const MSG_UNITS_MAX = 1_024;

/** The errors of one update, oldest first, at most `max`, the newest. Never throws. */
export function errorsOf(error_details: string | null | undefined, max: number): TaskError[] {
  if (!error_details || max === 0) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(error_details);
  } catch {
    return [{ msg: cutUnits(error_details, MSG_UNITS_MAX) }];
  }
  if (!Array.isArray(parsed)) return [{ msg: cutUnits(error_details, MSG_UNITS_MAX) }];
  const errors: TaskError[] = [];
  for (const element of parsed) {
    if (typeof element !== 'object' || element === null) continue;
    const id = textOf((element as { id?: unknown }).id, ID_UNITS_MAX);
    const msg = textOf((element as { msg?: unknown }).msg, MSG_UNITS_MAX);
    if (id === undefined && msg === undefined) continue;
    errors.push({ ...(id === undefined ? {} : { id }), ...(msg === undefined ? {} : { msg }) });
  }
  return errors.length > max ? errors.slice(-max) : errors;
}

function textOf(value: unknown, units: number): string | undefined {
  if (typeof value === 'string') return cutUnits(value, units);
  return typeof value === 'number' ? String(value) : undefined;
}
