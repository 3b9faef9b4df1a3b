// The updates of one task, as the log has them: read once, and read on when the task has been folded further.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExplainedUpdate, UpdatesAnswer } from '../documents.ts';
import { ask } from './ask.ts';
import { type Problem, problemOfError } from './problem.ts';

/** Pages that are read for one look: a task of a day has more than a screen can use. */
const PAGES_MAX = 10;

export interface Updates {
  readonly updates: readonly ExplainedUpdate[];
  readonly isLoading: boolean;
  readonly hasBegun: boolean;
  /** why they are not all */
  readonly note?: string | undefined;
  readonly problem?: Problem;
  readonly again: () => void;
}

type Told = Omit<Updates, 'again'>;

/** @param last_offset of the task; when it grows there is more to read */
export function useUpdates(internal_task_id: string, last_offset: number | undefined): Updates {
  const [told, tell] = useState<Told>({ updates: [], isLoading: true, hasBegun: false });
  const [tries, tryAgain] = useState(0);
  const known = useRef<readonly ExplainedUpdate[]>([]);

  useEffect(() => {
    if (last_offset === undefined) return;
    const gone = new AbortController();
    tell((before) => ({ ...before, isLoading: true }));
    void read(internal_task_id, known.current, gone.signal).then(
      ({ updates, note }) => {
        known.current = updates;
        tell({ updates, note, isLoading: false, hasBegun: true });
      },
      (error: unknown) => {
        if (!gone.signal.aborted) tell((before) => ({ ...before, isLoading: false, problem: problemOfError(error) }));
      },
    );
    return () => gone.abort();
  }, [internal_task_id, last_offset, tries]);

  return { ...told, again: () => tryAgain(tries + 1) };
}

async function read(id: string, known: readonly ExplainedUpdate[], signal: AbortSignal) {
  const updates = [...known];
  let note: string | undefined;
  let after = known.at(-1)?.offset;
  for (let page = 0; page < PAGES_MAX; page++) {
    const from = after === undefined ? '' : `?after=${after}`;
    const path = `/api/tasks/${encodeURIComponent(id)}/updates${from}`;
    const answer = await ask<UpdatesAnswer>(path, { signal, isSlow: true });
    updates.push(...answer.updates.filter((update) => update.class !== 'now'));
    note = answer.note;
    after = answer.next_after;
    if (after === undefined) break;
  }
  return { updates, note };
}
