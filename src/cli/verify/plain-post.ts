// What a post says, as "The ledger" of docs/fold.md compares it: its vector, its totals, its job creations and errors by
// content. Job creations and errors are held as digests, so that a task's memory does not hold their texts.

import { createHash } from 'node:crypto';
import type { CreateJobsAction, TaskStatusDetail } from '../../domain/messages.generated.ts';
import { PROCESSED_STATS, type TaskError } from '../../domain/task-state.ts';
import { cutToBytes, given } from './plain-texts.ts';

export const SIDES = ['inputs', 'outputs'] as const;

/** Name of a figure → its number; what is not told is left out. */
export type PlainFigures = { readonly [name: string]: number };

/** What an update says, whether it is a post or not. */
export interface PlainSaid {
  /** `error_count`, `retry_count`, the stats, and `inputs.<id>` or `outputs.<id>`; an absent one counts as 0 */
  readonly vector: PlainFigures;
  /** `inputs.<id>` and `outputs.<id>` that are named, with figures or without */
  readonly ios: readonly string[];
  /** by `inputs.<id>` or `outputs.<id>` */
  readonly totals: PlainFigures;
  /** digests, in the update's order; equal ones stand there as often as they were said */
  readonly jobs: readonly string[];
  /** the same of the newest `errors_kept` errors */
  readonly errors: readonly string[];
  readonly status: string | undefined;
  readonly reason: string | undefined;
}

/** An update that names its work request, timestamp and prior_timestamp. */
export interface PlainPost extends PlainSaid {
  /** it ends its work request */
  readonly ends_work: boolean;
  readonly prior: number;
  readonly timestamp: number;
}

/**
 * @param toldErrors the newest `errors_kept` of the update's errors
 * @param held IOs that the task has, or would have once the update was applied
 */
export function saidBy(
  update: TaskStatusDetail,
  toldErrors: readonly TaskError[],
  held: ReadonlySet<string>,
): PlainSaid {
  const vector: { [name: string]: number } = {};
  const totals: { [name: string]: number } = {};
  const ios = new Set<string>();
  const add = (name: string, delta: number | null | undefined) => {
    if (typeof delta === 'number') vector[name] = (vector[name] ?? 0) + delta;
  };
  add('error_count', update.error_count);
  add('retry_count', update.retry_count);
  for (const stat of PROCESSED_STATS) add(stat, update.processed_stats?.[stat]);
  for (const side of SIDES) {
    for (const { id, processed_count, processed_total_count: total } of update[side] ?? []) {
      const io = `${side}.${id ?? ''}`;
      if (!held.has(io)) continue;
      ios.add(io);
      add(io, processed_count);
      if (typeof total === 'number') totals[io] = Math.max(totals[io] ?? 0, total);
    }
  }
  const jobs = (update.create_jobs_action ?? []).map((action) => digest(jobContent(action)));
  const errors = toldErrors.map(({ id, msg }) => digest([id, msg]));
  const [status, reason] = [symbolOf(update.task_status), symbolOf(update.failure_reason)];
  return { vector, ios: [...ios], totals, jobs, errors, status, reason };
}

/** Each total that the update tells, also of IOs that its task has no room for. */
export function totalsOf(update: TaskStatusDetail): [io: string, total: number][] {
  return SIDES.flatMap((side) =>
    (update[side] ?? []).flatMap(({ id, processed_total_count: total }): [string, number][] =>
      typeof total === 'number' ? [[`${side}.${id ?? ''}`, total]] : [],
    ),
  );
}

const SYMBOL_BYTES_MAX = 64;

function symbolOf(text: string | null | undefined): string | undefined {
  return given(text) && cutToBytes(text!, SYMBOL_BYTES_MAX);
}

/** The update as a post, or null where it lacks one of the three fields. @param ends_work it ends its work request */
export function postOf(update: TaskStatusDetail, said: PlainSaid, ends_work: boolean): PlainPost | null {
  const { work_request_id, prior_timestamp: prior, timestamp } = update;
  if (given(work_request_id) === undefined || typeof prior !== 'number' || typeof timestamp !== 'number') return null;
  return { prior, timestamp, ends_work, ...said };
}

/** What two job creations that ask for the same have in common: all but the token; absent is equal to null. */
export function jobContent(action: CreateJobsAction): unknown[] {
  const { base_internal_job_id, create_tdo_detail, no_tdo, payload_json } = action;
  const tdo = create_tdo_detail ?? null;
  const detail = tdo && [tdo.name, tdo.description, tdo.is_public, tdo.start_date_time, tdo.stop_date_time];
  return [base_internal_job_id, detail, no_tdo, payload_json && jsonValue(payload_json)];
}

/** One text for every spelling of a JSON value; other text as it is. */
function jsonValue(text: string): string {
  const inOrder = (_name: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  try {
    return `value ${JSON.stringify(JSON.parse(text), inOrder)}`;
  } catch {
    return `text ${text}`;
  }
}

// An array, because JSON writes undefined elements of it as null.
function digest(content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64').slice(0, 16);
}

/** Equal for two posts of one prior that say the same to the last field, lists in the same order. */
export function wordsOf(post: PlainPost): string {
  const { timestamp, vector, ios, totals, jobs, errors, status, reason, ends_work } = post;
  const figures = ['error_count', 'retry_count', ...PROCESSED_STATS].map((name) => vector[name]);
  const counters = ios.map((io) => [io, vector[io], totals[io]]);
  return digest([timestamp, figures, counters, jobs, errors, status, reason, ends_work]);
}

/** None of the first vector's numbers is smaller. */
export function covers(one: PlainFigures, other: PlainFigures): boolean {
  return Object.entries(other).every(([name, number]) => (one[name] ?? 0) >= number);
}

export function isAllZero(vector: PlainFigures): boolean {
  return Object.values(vector).every((number) => number === 0);
}

/** How many elements of the list are equal to this one. */
export function countOf(list: readonly string[], element: string): number {
  return list.filter((other) => other === element).length;
}

/** For each element of the list, how many equal ones stand before it. */
export function countsBefore(list: readonly string[]): number[] {
  const seen = new Map<string, number>();
  return list.map((element) => {
    const before = seen.get(element) ?? 0;
    seen.set(element, before + 1);
    return before;
  });
}

/** The list, and behind it what another one has more of. */
export function withMoreOf(list: readonly string[], other: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const element of list) counts.set(element, (counts.get(element) ?? 0) + 1);
  const before = countsBefore(other);
  return [...list, ...other.filter((element, at) => before[at]! >= (counts.get(element) ?? 0))];
}

/** Whether the post does more than B in a number of its vector, or tells an end that B does not tell. */
export function exceeds(post: PlainPost, known: PlainPost): boolean {
  const tellsEnd = isTerminal(post) && !isTerminal(known);
  return tellsEnd || (post.ends_work && !known.ends_work) || !covers(known.vector, post.vector);
}

const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];

function isTerminal({ status }: PlainPost): boolean {
  return TERMINAL.includes(status ?? '');
}

/** Whether it is not earlier than B, or goes beyond it: then a clock was set back in between. */
export function succeeds(post: PlainPost, known: PlainPost): boolean {
  return post.timestamp >= known.timestamp || (covers(post.vector, known.vector) && exceeds(post, known));
}

/** Field by field the larger; timestamp, status and reason are those of the one that succeeds, unless it brings none. */
export function largerOfBoth(known: PlainPost, post: PlainPost): PlainPost {
  const larger = (one: PlainFigures, other: PlainFigures): PlainFigures => {
    const most = { ...one };
    for (const [name, number] of Object.entries(other)) most[name] = Math.max(most[name] ?? 0, number);
    return most;
  };
  const [earlier, later] = succeeds(post, known) ? [known, post] : [post, known];
  return {
    prior: known.prior,
    timestamp: later.timestamp,
    vector: larger(known.vector, post.vector),
    ios: withMoreOf(post.ios, known.ios),
    totals: larger(known.totals, post.totals),
    jobs: withMoreOf(post.jobs, known.jobs),
    errors: withMoreOf(post.errors, known.errors),
    status: later.status ?? earlier.status,
    reason: later.reason ?? earlier.reason,
    ends_work: known.ends_work || post.ends_work,
  };
}
