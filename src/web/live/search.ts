// What a text may be the id of, or the beginning of one.

import { useEffect, useState } from 'preact/hooks';
import { pathTo } from '../address.ts';
import type { SearchAnswer } from '../documents.ts';
import { ask } from './ask.ts';
import { type Problem, problemOfError } from './problem.ts';

const HITS_MAX = 12;

export interface Hit {
  readonly kind: string;
  readonly id: string;
  readonly to: string;
}

export interface Found {
  /** what was looked for */
  readonly text: string;
  readonly hits: readonly Hit[];
  readonly problem?: Problem;
}

/** @param text empty: nothing is looked for */
export function useSearch(text: string): Found | undefined {
  const [found, tell] = useState<Found | undefined>(undefined);
  useEffect(() => {
    if (text === '') return;
    const gone = new AbortController();
    ask<SearchAnswer>(`/api/search?id=${encodeURIComponent(text)}`, { signal: gone.signal, isSlow: true }).then(
      (answer) => tell({ text, hits: hitsOf(answer) }),
      (error: unknown) => {
        if (!gone.signal.aborted) tell({ text, hits: [], problem: problemOfError(error) });
      },
    );
    return () => gone.abort();
  }, [text]);
  return found?.text === text ? found : undefined;
}

function hitsOf({ found, begins_with }: SearchAnswer): Hit[] {
  const whole = found.map(({ kind, id, internal_task_id }): Hit => {
    return kind === 'work_request'
      ? { kind: 'work', id, to: pathTo('tasks', internal_task_id ?? '') }
      : { kind, id, to: pathTo(`${kind}s`, id) };
  });
  const known = new Set(whole.map(({ to }) => to));
  const begun = [
    ...begins_with.jobs.map((id): Hit => ({ kind: 'job', id, to: pathTo('jobs', id) })),
    ...begins_with.engines.map((id): Hit => ({ kind: 'engine', id, to: pathTo('engines', id) })),
  ];
  return [...whole, ...begun.filter(({ to }) => !known.has(to))].slice(0, HITS_MAX);
}
