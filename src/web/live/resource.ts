// One document of the API, kept fresh for as long as a view shows it. While it cannot be had the last one stays, with
// what is wrong beside it: the view decides how to say so.

import { useEffect, useRef, useState } from 'preact/hooks';
import { type AskOptions, ask } from './ask.ts';
import { type Problem, problemOfError } from './problem.ts';

export interface Resource<Document> {
  readonly document?: Document;
  readonly problem?: Problem;
  /** asks at once */
  readonly again: () => void;
}

/** Asked again so soon while nobody answers. */
const RETRY_MS = 1_000;

/**
 * @param path null: nothing is asked
 * @param every_ms 0: once
 */
export function useResource<Document>(path: string | null, every_ms: number, isSlow = false): Resource<Document> {
  const [told, tell] = useState<{ path: string | null; document?: Document; problem?: Problem }>({ path });
  const againRef = useRef(() => {});

  useEffect(() => {
    if (path === null) return;
    const gone = new AbortController();
    const stop = repeat(path, every_ms, { signal: gone.signal, isSlow }, tell as never);
    againRef.current = stop.now;
    return () => {
      gone.abort();
      stop.end();
    };
  }, [path, every_ms, isSlow]);

  const again = () => againRef.current();
  // What was told of another path is no answer to this one.
  if (told.path !== path) return { again };
  const { path: _, ...resource } = told;
  return { ...resource, again };
}

type Tell = (
  change: (before: { path: string | null; document?: unknown; problem?: Problem }) => {
    path: string;
    document?: unknown;
    problem?: Problem;
  },
) => void;

function repeat(path: string, every_ms: number, options: AskOptions, tell: Tell) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;

  async function once(): Promise<void> {
    clearTimeout(timer);
    if (asking) return;
    asking = true;
    let wait = every_ms;
    try {
      const answer = await ask<unknown>(path, options);
      tell(() => ({ path, document: answer }));
    } catch (error) {
      if (options.signal?.aborted) return;
      const problem = problemOfError(error);
      tell((before) => ({
        path,
        problem,
        ...(before.path === path && before.document !== undefined ? { document: before.document } : {}),
      }));
      wait = isFinal(problem) ? every_ms : RETRY_MS;
    } finally {
      asking = false;
    }
    if (wait > 0 && !options.signal?.aborted && !document.hidden) timer = setTimeout(once, wait);
  }

  // Nobody reads a hidden page; when it shows again, what it shows has to be of now.
  const wake = () => {
    if (!document.hidden) void once();
  };
  document.addEventListener('visibilitychange', wake);
  void once();
  return {
    now: () => void once(),
    end() {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    },
  };
}

function isFinal({ kind }: Problem): boolean {
  return kind === 'not_found' || kind === 'refused';
}
