// Every question to the API goes through here: the token, the time-out, and what the answer tells of the connection.

import { hearServerDate, now } from './clock.ts';
import { observable } from './observable.ts';
import { type Connection, type Problem, problemOf, problemOfError, TOO_SLOW, Unanswered } from './problem.ts';

/** A read that hangs is one that fails: the reader has to be told within three seconds. */
const ANSWER_MS_MAX = 2_000;
const SLOW_ANSWER_MS_MAX = 30_000;
const TOKEN_KEY = 'taskfold.token';

export const connection = observable<Connection>({ state: 'connecting', answered_at: 0 });

let answered_at = 0;
let token = readToken();

/** Given by the reader; kept for this tab alone. */
export function setToken(given: string): void {
  token = given;
  try {
    sessionStorage.setItem(TOKEN_KEY, given);
  } catch {
    // Storage is forbidden: it holds until the page is loaded again.
  }
  connection.set({ state: 'connecting', answered_at });
}

function readToken(): string {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? '';
  } catch {
    return '';
  }
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** it reads Kafka, which takes a while */
  readonly isSlow?: boolean;
}

/** @throws Unanswered; the signal's own reason */
export async function ask<Answer>(path: string, { signal, isSlow = false }: AskOptions = {}): Promise<Answer> {
  const timeOut = AbortSignal.timeout(isSlow ? SLOW_ANSWER_MS_MAX : ANSWER_MS_MAX);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== '') headers.authorization = `Bearer ${token}`;
  try {
    const either = signal === undefined ? timeOut : AbortSignal.any([signal, timeOut]);
    const answer = await fetch(path, { headers, signal: either, cache: 'no-store' });
    hearServerDate(answer.headers.get('date'));
    if (!answer.ok) throw new Unanswered(await problemOf(answer));
    const body = (await answer.json()) as Answer;
    noteAnswer();
    return body;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const problem = timeOut.aborted ? TOO_SLOW : problemOfError(error);
    note(problem, isSlow);
    throw new Unanswered(problem);
  }
}

/** While the answers come nothing changes that anybody would draw. */
function noteAnswer(): void {
  answered_at = now();
  if (connection.value.state !== 'live') connection.set({ state: 'live', answered_at });
}

/** An answer that something is not there is an answer; a slow question that failed says nothing of the others. */
function note(problem: Problem, isSlow: boolean): void {
  if (problem.kind === 'not_found' || problem.kind === 'refused') noteAnswer();
  else if (!isSlow) connection.set({ state: 'away', answered_at, problem });
}
