// One document of the API, kept fresh for as long as a view shows it. While it cannot be had the last one stays, with
// what is wrong beside it: the view decides how to say so.

import { useEffect, useRef, useState } from 'preact/hooks';
import { type AskOptions, ask, token } from './ask.ts';
import { type Problem, problemOfError } from './problem.ts';

export interface Resource<Document> {
  readonly document?: Document;
  readonly problem?: Problem;
  /** asks at once */
  readonly again: () => void;
}

/** Asked again so soon while nobody answers. */
const RETRY_MS = 1_000;
const AT_ONCE_MS = 1;

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
    const asking = keepAsking<Document>(
      path,
      every_ms,
      { signal: gone.signal, isSlow },
      {
        answer: (document) => tell({ path, document }),
        problem: (problem) =>
          tell(({ path: of, document }) => ({ path, problem, ...(of === path && document ? { document } : {}) })),
      },
    );
    againRef.current = asking.now;
    return () => {
      gone.abort();
      asking.end();
    };
  }, [path, every_ms, isSlow]);

  const again = () => againRef.current();
  // What was told of another path is no answer to this one.
  if (told.path !== path) return { again };
  const { path: _, ...resource } = told;
  return { ...resource, again };
}

export interface Listener<Document> {
  answer(document: Document): void;
  problem(problem: Problem): void;
}

/** Asks again and again, at once with another token, until it is ended or its signal comes. */
export function keepAsking<Document>(
  path: string,
  every_ms: number,
  options: AskOptions,
  listener: Listener<Document>,
): { now(): void; end(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;

  async function once(): Promise<void> {
    clearTimeout(timer);
    if (asking) return;
    asking = true;
    const asked = token.value;
    let wait = every_ms;
    try {
      listener.answer(await ask<Document>(path, options));
    } catch (error) {
      if (options.signal?.aborted) return;
      const problem = problemOfError(error);
      listener.problem(problem);
      wait = isFinal(problem) ? every_ms : Math.min(every_ms || RETRY_MS, RETRY_MS);
    } finally {
      asking = false;
    }
    if (asked !== token.value) wait = AT_ONCE_MS;
    if (wait > 0 && !options.signal?.aborted && !document.hidden) timer = setTimeout(once, wait);
  }

  // Nobody reads a hidden page; when it shows again, what it shows has to be of now.
  const wake = () => {
    if (!document.hidden) void once();
  };
  document.addEventListener('visibilitychange', wake);
  const forgetToken = token.watch(wake);
  void once();
  return {
    now: () => void once(),
    end() {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
      forgetToken();
    },
  };
}

function isFinal({ kind }: Problem): boolean {
  return kind === 'not_found' || kind === 'refused';
}
