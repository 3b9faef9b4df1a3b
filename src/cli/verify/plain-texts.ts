// Texts of the plain fold: what counts as absent, what is cut where, and how error_details are read.

import type { TaskError } from '../../domain/task-state.ts';

/** docs/fold.md: absent, null and the empty string are one. */
export function given(text: string | null | undefined): string | undefined {
  return text === null || text === '' ? undefined : text;
}

/** At most so many bytes of UTF-8, never part of a character. */
export function cutToBytes(text: string, bytesMax: number): string {
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    cut += character;
  }
  return cut;
}

/** At most so many code points. */
export function cutToCharacters(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : [...text].slice(0, charactersMax).join('');
}

const ID_CHARACTERS_MAX = 256;
const MSG_CHARACTERS_MAX = 1_024;

/** The errors that an update's error_details tell, oldest first. */
export function errorsOf(error_details: string | null | undefined): TaskError[] {
  const text = given(error_details);
  if (text === undefined) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!Array.isArray(parsed)) return [{ msg: cutToCharacters(text, MSG_CHARACTERS_MAX) }];
  const errors: TaskError[] = [];
  for (const element of parsed as unknown[]) {
    if (typeof element !== 'object' || element === null) continue;
    const { id, msg } = element as { id?: unknown; msg?: unknown };
    const error: TaskError = {};
    if (typeof id === 'string' || typeof id === 'number') error.id = cutToCharacters(String(id), ID_CHARACTERS_MAX);
    if (typeof msg === 'string' || typeof msg === 'number')
      error.msg = cutToCharacters(String(msg), MSG_CHARACTERS_MAX);
    if (error.id !== undefined || error.msg !== undefined) errors.push(error);
  }
  return errors;
}
