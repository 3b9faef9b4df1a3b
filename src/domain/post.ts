// One post of a reporter as the ledger remembers it: where its interval lies, its deltas as a vector, and digests of what
// it brought along. Vectors of one prior_timestamp are compared field by field.

import { digestOf } from './digest.ts';
import { ioName, type Side } from './io-counters.ts';
import { canonicalAction } from './job-action.ts';
import type { TaskIOStatus, TaskStatusDetail } from './messages.generated.ts';
import { isTerminal } from './status-rule.ts';
import type { IoState, TaskError, TaskState, TaskStatus } from './task-state.ts';
import { cutBytes } from './text.ts';

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
  /** digests of the job creations that posts of this prior have brought, one for each */
  readonly actions: readonly number[];
  /** the same of errors, at most `errors_kept`, those of the latest post first */
  readonly errors: readonly number[];
  /** the raw symbols, cut; '' where the post brings none */
  readonly status: string;
  readonly reason: string;
  /** digests of other posts that began in the same second */
  readonly others: readonly number[];
  /** other timestamps at which these very deltas were told, at most 4 */
  readonly other_ends: readonly number[];
  /** it says that the work request is over */
  readonly ended: boolean;
}

const NONE: readonly never[] = [];

/**
 * The post that an update of the task is.
 * @param errors those of its error_details
 * @param ended whether it says that the work request is over
 * @param ios_kept how many IOs the task keeps a side: others are no part of the post
 */
export function postOf(
  update: TaskStatusDetail,
  prior: number,
  timestamp: number,
  errors: readonly TaskError[],
  ended: boolean,
  task: Pick<TaskState, 'inputs' | 'outputs'>,
  ios_kept: number,
): Post {
  return {
    prior,
    timestamp,
    deltas: deltasOf(update),
    ios: update.inputs?.length || update.outputs?.length ? iosOf(update, task, ios_kept) : NONE,
    actions: update.create_jobs_action?.length
      ? update.create_jobs_action.map((action) => digestOf(canonicalAction(action)))
      : NONE,
    errors: errors.length > 0 ? errors.map((error) => digestOf(JSON.stringify([error.id, error.msg]))) : NONE,
    status: symbolOf(update.task_status),
    reason: symbolOf(update.failure_reason),
    others: NONE,
    other_ends: NONE,
    ended,
  };
}

/** As one array of its final length: every update makes one. */
function deltasOf({ error_count, retry_count, processed_stats: stats }: TaskStatusDetail): number[] {
  return [
    error_count ?? -1,
    retry_count ?? -1,
    stats?.processed_bytes ?? -1,
    stats?.processed_cpu_milliseconds ?? -1,
    stats?.processed_cpu_seconds ?? -1,
    stats?.processed_chunks ?? -1,
    stats?.processed_media_seconds ?? -1,
  ];
}

/** Symbols outside of the contract's enums may have any length. Bytes of UTF-8. */
export const SYMBOL_BYTES_MAX = 64;

/** A symbol as a post remembers it. */
export function symbolOf(text: string | null | undefined): string {
  return text ? cutBytes(text, SYMBOL_BYTES_MAX) : '';
}

function iosOf(
  update: TaskStatusDetail,
  task: Pick<TaskState, 'inputs' | 'outputs'>,
  ios_kept: number,
): readonly IoFigures[] {
  const ios: IoFigures[] = [];
  addSide(ios, 'inputs', update.inputs, task.inputs, ios_kept);
  addSide(ios, 'outputs', update.outputs, task.outputs, ios_kept);
  return ios;
}

function addSide(
  ios: IoFigures[],
  side: Side,
  entries: readonly TaskIOStatus[] | null | undefined,
  kept: ReadonlyMap<string, IoState>,
  ios_kept: number,
): void {
  if (!entries || entries.length === 0) return;
  const from = ios.length;
  const byName = entries.length > FEW ? new Map<string, IoFigures>() : null;
  let room = ios_kept - kept.size;
  for (const { id, processed_count, processed_total_count } of entries) {
    const name = id ?? '';
    const io = ioName(side, name, kept);
    const known = byName === null ? firstOf(ios, from, io) : byName.get(io);
    if (known !== undefined) {
      // Two entries of one id: their deltas add up, of their totals the higher one counts.
      if (processed_count !== null && processed_count !== undefined)
        known.count = Math.max(0, known.count) + processed_count;
      known.total = Math.max(known.total, processed_total_count ?? -1);
      continue;
    }
    if (!kept.has(name) && --room < 0) continue;
    const figures = { io, count: processed_count ?? -1, total: processed_total_count ?? -1 };
    ios.push(figures);
    byName?.set(io, figures);
  }
}

function firstOf(ios: readonly IoFigures[], from: number, io: string): IoFigures | undefined {
  for (let at = from; at < ios.length; at++) if (ios[at]!.io === io) return ios[at];
  return undefined;
}

/** So many are looked through one by one. */
const FEW = 8;

/** Finds an IO of the post by its name. A post can have thousands. */
export function ioFinder({ ios }: Post): (io: string) => IoFigures | undefined {
  if (ios.length <= FEW) return (io) => ios.find((one) => one.io === io);
  const byName = new Map(ios.map((one) => [one.io, one]));
  return (io) => byName.get(io);
}

/** A digest of all that a post says. */
export function digestOfPost({ timestamp, deltas, ios, actions, errors, status, reason, ended }: Post): number {
  return digestOf(JSON.stringify([timestamp, deltas, ios, actions, errors, status, reason, ended]));
}

/** Whether the two say the same, to the last field. */
export function sameContent(a: Post, b: Post): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.ended === b.ended &&
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
  if (b.ios.length === 0) return true;
  const find = ioFinder(a);
  return b.ios.every(({ io, count }) => count <= 0 || (find(io)?.count ?? 0) >= count);
}

/** Whether a post ends at this second, as far as its prior's memory tells. */
export function endsAt({ timestamp, other_ends }: Pick<Post, 'timestamp' | 'other_ends'>, second: number): boolean {
  return timestamp === second || other_ends.includes(second);
}

/** Whether a post that contains B, or is contained in it, says more than B: larger deltas, or an end. */
export function exceeds(before: Post, post: Post): boolean {
  if (post.ended && !before.ended) return true;
  if (isTerminal(post.status as TaskStatus) && !isTerminal(before.status as TaskStatus)) return true;
  return !covers(before, post);
}

/** Whether of two posts of which one contains the other this one was made later: its clock may have been set back. */
export function succeeds(before: Post, post: Post): boolean {
  return post.timestamp >= before.timestamp || (covers(post, before) && exceeds(before, post));
}

/** Whether the post adds nothing to any sum. */
export function isZero(post: Post): boolean {
  return post.deltas.every((delta) => delta <= 0) && post.ios.every(({ count }) => count <= 0);
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
  if (before.ios.length === 0) return null;
  const find = ioFinder(before);
  for (const { io, count, total } of post.ios) {
    const other = find(io);
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
  const left = countsOf(known);
  const seen = new Map<number, number>();
  return digests.map((digest) => {
    const before = seen.get(digest) ?? 0;
    seen.set(digest, before + 1);
    return before < (left.get(digest) ?? 0) ? -1 : before;
  });
}

/** How often each digest is there. */
export function countsOf(digests: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  return counts;
}
