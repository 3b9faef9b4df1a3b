// The changes of one look as they are sent: written once for all clients who ask for the same, and no more of them than can be sent
// to all who listen without keeping the machine from everything else.

import type { Change } from './change-documents.ts';
import { type Changes, positionText } from './change-feed.ts';
import { eventText } from './event-stream.ts';

/** Of one look, to all clients together. */
const LOOK_BYTES_MAX = 8_000_000;

/** What a client wants to hear of; what is left out does not matter. */
export interface ChangeFilter {
  readonly kind?: ReadonlySet<string> | undefined;
  readonly task_status?: string | undefined;
  readonly engine_id?: string | undefined;
  readonly internal_job_id?: string | undefined;
  readonly internal_task_id?: readonly string[] | undefined;
}

export class WrittenChanges {
  #of: Changes | null = null;
  /** by the text of the filter; null: nothing is to be sent */
  readonly #written = new Map<string, Buffer | null>();

  /** @param clients who listen now @returns null: nothing is to be sent */
  of(changes: Changes, filter: ChangeFilter, clients: number): Buffer | null {
    if (this.#of !== changes) this.#written.clear();
    this.#of = changes;
    const name = JSON.stringify(filter, (_, value) => (value instanceof Set ? [...value] : value));
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const written = writtenOf(changes, filter, LOOK_BYTES_MAX / Math.max(1, clients));
    this.#written.set(name, written);
    return written;
  }
}

/** @param room bytes; what was longest ago is left out, and that is told */
export function writtenOf(
  { changes, isWhole, position }: Changes,
  filter: ChangeFilter,
  room = Number.POSITIVE_INFINITY,
): Buffer | null {
  const chosen = changes.filter(({ change }) => isAsked(change, filter));
  let [first, bytes] = [chosen.length, 0];
  while (first > 0) {
    bytes += Buffer.byteLength(chosen[first - 1]!.text);
    if (bytes > room) break;
    first--;
  }
  const lines: string[] = [];
  const reason = !isWhole
    ? 'more has changed than one look may bring'
    : first > 0
      ? 'more has changed than can be sent to so many clients'
      : null;
  if (reason !== null) lines.push(eventText('gap', JSON.stringify({ reason })));
  for (let i = first; i < chosen.length; i++) {
    lines.push(eventText('change', chosen[i]!.text, i === chosen.length - 1 ? positionText(position) : undefined));
  }
  return lines.length === 0 ? null : Buffer.from(lines.join(''));
}

function isAsked({ kind, internal_task_id, task }: Change, asked: ChangeFilter): boolean {
  if (asked.kind !== undefined && !asked.kind.has(kind)) return false;
  if (asked.internal_task_id !== undefined && !asked.internal_task_id.includes(internal_task_id)) return false;
  if (asked.task_status !== undefined && (task.task_status ?? 'unreported') !== asked.task_status) return false;
  if (asked.engine_id !== undefined && task.engine_id !== asked.engine_id) return false;
  return asked.internal_job_id === undefined || task.internal_job_id === asked.internal_job_id;
}
