// One post of a reporter as the ledger remembers it: where its interval lies, its deltas as a vector, and digests of what
// it brought along. Vectors of one prior_timestamp are compared field by field.

import { digestOf } from './digest.ts';
import { canonicalAction } from './job-action.ts';
import type { TaskIOStatus, TaskStatusDetail } from './messages.generated.ts';
import { PROCESSED_STATS, type TaskError } from './task-state.ts';

/** What one IO entry of a post said. Absent is −1: no legal number is negative. */
export interface IoFigures {
  /** `inputs.<id>` or `outputs.<id>` */
  readonly io: string;
  /** delta */
  count: number;
  /** total of the reporter's run */
  total: number;
}

export interface Post {
  /** the interval (prior_timestamp, timestamp], epoch seconds of the engine's clock */
  readonly prior: number;
  readonly timestamp: number;
  /** deltas: error_count, retry_count, then PROCESSED_STATS; absent is −1 */
  readonly deltas: readonly number[];
  readonly ios: readonly IoFigures[];
  /** digests of the job creations and of the errors that posts of this prior have brought, one for each */
  readonly actions: readonly number[];
  readonly errors: readonly number[];
  /** the raw symbols; '' where the post brings none */
  readonly status: string;
  readonly reason: string;
  /** digests of other posts that began in the same second */
  readonly others: readonly number[];
}

const NONE: readonly never[] = [];

/** The post that an update is. `errors` are those of its error_details. */
export function postOf(update: TaskStatusDetail, prior: number, timestamp: number, errors: readonly TaskError[]): Post {
  const deltas = [update.error_count ?? -1, update.retry_count ?? -1];
  const stats = update.processed_stats;
  for (const stat of PROCESSED_STATS) deltas.push(stats?.[stat] ?? -1);
  return {
    prior,
    timestamp,
    deltas,
    ios: update.inputs?.length || update.outputs?.length ? iosOf(update) : NONE,
    actions: update.create_jobs_action?.length
      ? update.create_jobs_action.map((action) => digestOf(canonicalAction(action)))
      : NONE,
    errors: errors.length > 0 ? errors.map((error) => digestOf(JSON.stringify([error.id, error.msg]))) : NONE,
    status: update.task_status ?? '',
    reason: update.failure_reason ?? '',
    others: NONE,
  };
}

function iosOf(update: TaskStatusDetail): IoFigures[] {
  const ios: IoFigures[] = [];
  const add = (side: string, entries: readonly TaskIOStatus[] | null | undefined) => {
    for (const { id, processed_count, processed_total_count } of entries ?? NONE) {
      const io = `${side}.${id ?? ''}`;
      const known = ios.find((one) => one.io === io);
      if (known === undefined) ios.push({ io, count: processed_count ?? -1, total: processed_total_count ?? -1 });
      else {
        // Two entries of one id: their deltas add up, of their totals the higher one counts.
        if (processed_count !== null && processed_count !== undefined)
          known.count = Math.max(0, known.count) + processed_count;
        known.total = Math.max(known.total, processed_total_count ?? -1);
      }
    }
  };
  add('inputs', update.inputs);
  add('outputs', update.outputs);
  return ios;
}

/** A digest of all that a post says. */
export function digestOfPost({ timestamp, deltas, ios, actions, errors, status, reason }: Post): number {
  return digestOf(JSON.stringify([timestamp, deltas, ios, actions, errors, status, reason]));
}

/** Whether the two say the same, to the last field. */
export function sameContent(a: Post, b: Post): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.status === b.status &&
    a.reason === b.reason &&
    sameNumbers(a.deltas, b.deltas) &&
    sameNumbers(a.actions, b.actions) &&
    sameNumbers(a.errors, b.errors) &&
    a.ios.length === b.ios.length &&
    a.ios.every((io, i) => {
      const other = b.ios[i]!;
      return io.io === other.io && io.count === other.count && io.total === other.total;
    })
  );
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Whether every delta of `a` is at least that of `b`; absent counts as 0. */
export function covers(a: Post, b: Post): boolean {
  for (let i = 0; i < b.deltas.length; i++) if (a.deltas[i]! < b.deltas[i]! && b.deltas[i]! > 0) return false;
  return b.ios.every(({ io, count }) => count <= 0 || countOf(a, io) >= count);
}

/** Whether the post adds nothing to any sum. */
export function isZero(post: Post): boolean {
  return post.deltas.every((delta) => delta <= 0) && post.ios.every(({ count }) => count <= 0);
}

/** The delta of one IO; absent counts as 0. */
export function countOf(post: Post, io: string): number {
  return Math.max(0, post.ios.find((one) => one.io === io)?.count ?? 0);
}

/**
 * What the totals tell of two posts with one prior: `grown` (the later contains the earlier), `apart` (two posts, their
 * deltas both count), or null where no total moved, or they contradict each other. Every IO with totals in both has a say.
 */
export function toldByTotals(before: Post, post: Post): 'grown' | 'apart' | null {
  let grown = true;
  let after = true;
  let earlier = true;
  let compared = false;
  for (const { io, count, total } of post.ios) {
    const other = before.ios.find((one) => one.io === io);
    if (total < 0 || other === undefined || other.total < 0) continue;
    compared = true;
    const delta = Math.max(0, count);
    const deltaBefore = Math.max(0, other.count);
    if (total - other.total !== delta - deltaBefore) grown = false;
    if (total - other.total !== delta) after = false;
    if (other.total - total !== deltaBefore) earlier = false;
  }
  const apart = after || earlier;
  if (!compared || grown === apart) return null;
  return grown ? 'grown' : 'apart';
}

/** What of `digests` is not in `known`: how many equal ones came before each, or −1 where it is known already. */
export function beyondKnown(digests: readonly number[], known: readonly number[]): number[] {
  const left = new Map<number, number>();
  for (const digest of known) left.set(digest, (left.get(digest) ?? 0) + 1);
  const seen = new Map<number, number>();
  return digests.map((digest) => {
    const before = seen.get(digest) ?? 0;
    seen.set(digest, before + 1);
    return before < (left.get(digest) ?? 0) ? -1 : before;
  });
}
