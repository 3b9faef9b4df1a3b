// What a post says, as "The ledger" of docs/fold.md compares it: its vector, its totals, its job creations and errors by
// content. Job creations and errors are held as digests, so that a task's memory does not hold their texts.

import { createHash } from 'node:crypto';
import type { CreateJobsAction, TaskStatusDetail } from '../../domain/messages.generated.ts';
import { PROCESSED_STATS } from '../../domain/task-state.ts';
import { errorsOf, given } from './plain-texts.ts';

export const SIDES = ['inputs', 'outputs'] as const;

/** Name of a figure → its number. What is 0 is left out of a vector; what is not told is left out of totals. */
export type PlainFigures = { readonly [name: string]: number };

/** What an update says, whether it is a post or not. */
export interface PlainSaid {
  /** `error_count`, `retry_count`, the stats, and `inputs.<id>` or `outputs.<id>` */
  readonly vector: PlainFigures;
  /** by `inputs.<id>` or `outputs.<id>` */
  readonly totals: PlainFigures;
  /** digests, in the update's order; equal ones stand there as often as they were said */
  readonly jobs: readonly string[];
  readonly errors: readonly string[];
  readonly status: string | undefined;
  readonly reason: string | undefined;
}

/** An update that names its work request, timestamp and prior_timestamp. */
export interface PlainPost extends PlainSaid {
  readonly prior: number;
  readonly timestamp: number;
}

export function saidBy(update: TaskStatusDetail): PlainSaid {
  const vector: { [name: string]: number } = {};
  const totals: { [name: string]: number } = {};
  const add = (name: string, delta: number | null | undefined) => {
    if (delta) vector[name] = (vector[name] ?? 0) + delta;
  };
  add('error_count', update.error_count);
  add('retry_count', update.retry_count);
  for (const stat of PROCESSED_STATS) add(stat, update.processed_stats?.[stat]);
  for (const side of SIDES) {
    for (const { id, processed_count, processed_total_count: total } of update[side] ?? []) {
      const io = `${side}.${id ?? ''}`;
      add(io, processed_count);
      if (typeof total === 'number') totals[io] = Math.max(totals[io] ?? 0, total);
    }
  }
  const jobs = (update.create_jobs_action ?? []).map(jobContent);
  const errors = errorsOf(update.error_details).map(({ id, msg }) => digest([id, msg]));
  return { vector, totals, jobs, errors, status: given(update.task_status), reason: given(update.failure_reason) };
}

/** The update as a post, or null where it lacks one of the three fields. */
export function postOf(update: TaskStatusDetail): PlainPost | null {
  const { work_request_id, prior_timestamp: prior, timestamp } = update;
  if (given(work_request_id) === undefined || typeof prior !== 'number' || typeof timestamp !== 'number') return null;
  return { prior, timestamp, ...saidBy(update) };
}

/** A job creation without its token; absent is equal to null. */
function jobContent({ base_internal_job_id, create_tdo_detail, no_tdo, payload_json }: CreateJobsAction): string {
  const tdo = create_tdo_detail ?? null;
  const detail = tdo && [tdo.name, tdo.description, tdo.is_public, tdo.start_date_time, tdo.stop_date_time];
  return digest([base_internal_job_id, detail, no_tdo, payload_json]);
}

// An array, because JSON writes undefined elements of it as null.
function digest(content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64').slice(0, 16);
}

/** Equal for two posts of one prior that say the same to the last field. */
export function wordsOf({ timestamp, vector, totals, jobs, errors, status, reason }: PlainPost): string {
  const figures = (of: PlainFigures) => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  return digest([timestamp, figures(vector), figures(totals), [...jobs].sort(), [...errors].sort(), status, reason]);
}

/** None of the first vector's numbers is smaller. */
export function covers(one: PlainFigures, other: PlainFigures): boolean {
  return Object.entries(other).every(([name, number]) => (one[name] ?? 0) >= number);
}

export function isOfZeroSeconds({ prior, timestamp }: PlainPost): boolean {
  return prior === timestamp;
}

/** How many elements of the list are equal to this one. */
export function countOf(list: readonly string[], element: string): number {
  return list.filter((other) => other === element).length;
}

/** Two lists in one, each element as often as the list says it that has more of it. */
export function moreOfBoth(one: readonly string[], other: readonly string[]): string[] {
  const more = [...one];
  for (const element of new Set(other)) {
    for (let times = countOf(one, element); times < countOf(other, element); times++) more.push(element);
  }
  return more;
}

/** Field by field the larger; status and reason are those of the later post, unless it brings none. */
export function largerOfBoth(known: PlainPost, post: PlainPost): PlainPost {
  const larger = (one: PlainFigures, other: PlainFigures): PlainFigures => {
    const most = { ...one };
    for (const [name, number] of Object.entries(other)) most[name] = Math.max(most[name] ?? 0, number);
    return most;
  };
  const [earlier, later] = post.timestamp >= known.timestamp ? [known, post] : [post, known];
  return {
    prior: known.prior,
    timestamp: later.timestamp,
    vector: larger(known.vector, post.vector),
    totals: larger(known.totals, post.totals),
    jobs: moreOfBoth(known.jobs, post.jobs),
    errors: moreOfBoth(known.errors, post.errors),
    status: later.status ?? earlier.status,
    reason: later.reason ?? earlier.reason,
  };
}
