// All engines, for as long as a view shows them: they are ranked and compared, so all of them are needed.

import { useEffect, useState } from 'preact/hooks';
import type { EngineDocument, EnginesAnswer } from '../documents.ts';
import { ask } from './ask.ts';
import { observable, useValue } from './observable.ts';
import { type Problem, problemOfError } from './problem.ts';

const EVERY_MS = 3_000;
/** Thousands of them take the API some time: at most a tenth of its time is asked for. */
const REST_TIMES = 9;
const PAGE_ROWS = 500;
/** More than this are not compared in a browser. */
export const ENGINES_MAX = 5_000;

export interface Engines {
  readonly engines: readonly EngineDocument[];
  /** false: there are more than are compared in a browser */
  readonly isWhole: boolean;
  /** updates a second, by engine, since the look before */
  readonly rates: ReadonlyMap<string, number>;
  readonly read_at: number;
}

/** Kept when a view is left, so that it is there at once when one comes back. */
const latest = observable<Engines | undefined>(undefined);

export function useEngines(): { told: Engines | undefined; problem: Problem | undefined } {
  const told = useValue(latest);
  const [problem, tell] = useState<Problem | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    async function once(): Promise<void> {
      const began = performance.now();
      try {
        if (!document.hidden) latest.set(await readAll(latest.value, gone.signal));
        tell(undefined);
      } catch (error) {
        if (gone.signal.aborted) return;
        tell(problemOfError(error));
      }
      timer = setTimeout(once, Math.max(EVERY_MS, REST_TIMES * (performance.now() - began)));
    }
    void once();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, []);
  return { told, problem };
}

async function readAll(before: Engines | undefined, signal: AbortSignal): Promise<Engines> {
  const engines: EngineDocument[] = [];
  let cursor: string | undefined;
  let read_at = 0;
  do {
    const from: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await ask<EnginesAnswer>(`/api/engines?limit=${PAGE_ROWS}${from}`, { signal });
    engines.push(...answer.engines);
    read_at ||= answer.as_of.read_at;
    cursor = answer.next_cursor;
  } while (cursor !== undefined && engines.length < ENGINES_MAX);
  return { engines, isWhole: cursor === undefined, read_at, rates: ratesOf(before, engines, read_at) };
}

function ratesOf(
  before: Engines | undefined,
  engines: readonly EngineDocument[],
  read_at: number,
): ReadonlyMap<string, number> {
  const seconds = before === undefined ? 0 : (read_at - before.read_at) / 1_000;
  if (before === undefined || seconds < 0.5) return before?.rates ?? new Map();
  const known = new Map(before.engines.map((engine) => [engine.engine_id, countOf(engine)]));
  return new Map(
    engines.flatMap((engine) => {
      const counted = known.get(engine.engine_id);
      return counted === undefined
        ? []
        : [[engine.engine_id, Math.max(0, countOf(engine) - counted) / seconds] as const];
    }),
  );
}

function countOf({ updates: { applied, duplicate, stale, rejected } }: EngineDocument): number {
  return Number(applied) + Number(duplicate) + Number(stale) + Number(rejected);
}
