// A line of JSON as the updates that it holds: one update, or an engine instance's status with several.

import { UnfitUpdate, updateFromJson } from '../avro/update-json.ts';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';

/** The names of the updates in an EngineInstanceStatus. */
const ENVELOPE_FIELDS = ['taskStatuses', 'task_statuses'] as const;

/** @throws UnfitUpdate that names the field; never its value, which could be a token */
export function updatesOfLine(line: string): TaskStatusDetail[] {
  const json = parsed(line);
  const envelopeField = isObject(json) ? ENVELOPE_FIELDS.find((field) => Object.hasOwn(json, field)) : undefined;
  if (envelopeField === undefined || !isObject(json)) return [updateFromJson(json)];
  const updates = json[envelopeField];
  if (updates === null) return [];
  if (!Array.isArray(updates)) throw new UnfitUpdate(envelopeField, 'an array is wanted');
  return updates.map((update, i) => {
    try {
      return updateFromJson(update);
    } catch (error) {
      if (!(error instanceof UnfitUpdate)) throw error;
      const problem = error.message.slice(error.field === '' ? 0 : error.field.length + 2);
      throw new UnfitUpdate(`${envelopeField}[${i}]${error.field === '' ? '' : `.${error.field}`}`, problem);
    }
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own message shows a piece of the text.
    throw new UnfitUpdate('', 'this is no JSON');
  }
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
