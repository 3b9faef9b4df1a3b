// A list of the API in a view: it begins anew with other filters, and what is in view is read again every few seconds.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './ask.ts';
import { CursorList, type Page } from './cursor-list.ts';
import { type Problem, problemOfError } from './problem.ts';

const PAGE_ROWS = 50;
const REFRESH_MS = 2_000;

export interface List<Row> {
  readonly length: number;
  readonly isComplete: boolean;
  /** false: the first page has not come */
  readonly hasBegun: boolean;
  readonly problem: Problem | undefined;
  /** the rows are still those of the filters before */
  readonly isChanging: boolean;
  /** as the first page told it */
  readonly total: number | undefined;
  readonly row: (index: number) => Row | undefined;
  readonly look: (first: number, last: number) => void;
  readonly again: () => void;
}

/**
 * @param path of the list with its filters, `/api/tasks?task_status=failed`
 * @param rowsOf the rows of an answer
 */
export function useList<Answer extends { next_cursor?: string | undefined; total?: number | undefined }, Row>(
  path: string,
  rowsOf: (answer: Answer) => readonly Row[],
): List<Row> {
  const [, draw] = useState(0);
  const state = useRef<{ path: string; list: CursorList<Row>; total: number | undefined } | null>(null);
  // What was shown stays until there is something else to show: a list that goes and comes would make the page jump.
  const before = useRef<CursorList<Row> | null>(null);
  const range = useRef<readonly [number, number]>([0, 30]);

  if (state.current?.path !== path) {
    if (state.current?.list.hasBegun) before.current = state.current.list;
    state.current?.list.end();
    range.current = [0, 30];
    const load = async (cursor: string | null, signal: AbortSignal): Promise<Page<Row>> => {
      const answer = await ask<Answer>(pageOf(path, cursor), { signal });
      if (cursor === null && state.current !== null) state.current.total = answer.total;
      return { rows: rowsOf(answer), next: answer.next_cursor ?? null };
    };
    const list = new CursorList<Row>(load, () => draw((times) => times + 1));
    state.current = { path, list, total: undefined };
    list.look(0, 30);
  }
  const { list, total } = state.current;
  if (list.hasBegun || list.error !== null) before.current = null;
  const shown = before.current ?? list;

  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void list.refresh(...range.current);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [list]);
  useEffect(() => () => state.current?.list.end(), []);

  const look = useCallback(
    (first: number, last: number) => {
      range.current = [first, last];
      list.look(first, last);
    },
    [list],
  );

  return {
    length: shown.length,
    isComplete: shown.isComplete,
    hasBegun: shown.hasBegun,
    isChanging: shown !== list,
    problem: list.error === null ? undefined : problemOfError(list.error),
    total,
    row: (index) => shown.row(index),
    look,
    again: () => void list.refresh(...range.current),
  };
}

function pageOf(path: string, cursor: string | null): string {
  const limit = `${path.includes('?') ? '&' : '?'}limit=${PAGE_ROWS}`;
  return `${path}${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
}
