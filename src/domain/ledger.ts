// The ledger of one reporter: which deltas of an update have been counted already (docs/fold.md, "The ledger").
// A sender resets its deltas only when a post was acknowledged, and then moves prior_timestamp. So posts with one
// prior_timestamp contain each other, posts with different ones are disjoint, and a reporter's truth is the sum over
// priors of the largest vector of deltas seen on each: whatever the order, the repeats and the steps of its clock.

import type { FoldSettings } from './fold-settings.ts';
import { countsOf, covers, digestOfPost, ioFinder, isZero, type Post, sameContent, toldByTotals } from './post.ts';
import { isTerminal } from './status-rule.ts';
import type { ReporterTotals, TaskStatus } from './task-state.ts';
import type { UpdateClass } from './update-class.ts';

/** What the fold remembers of one reporter of a task. Times of the engine's clock in epoch seconds; −1: none yet. */
export interface Reporter {
  /** highest total of each IO (`inputs.<id>`, `outputs.<id>`) in the reporter's present run */
  totals: ReporterTotals;
  /** the largest post of each prior_timestamp, at most `priors_kept`; the prior not heard of for longest comes first */
  posts: Post[];
  /** the end of the chain: the post that the reporter made last, as far as its clock and its priors tell */
  newest_prior: number;
  newest_timestamp: number;
  timestamp_max: number;
  /** where the chain begins */
  start: number;
  /** the highest prior_timestamp that was let go */
  forgotten: number;
  /** priors that continue from a post which has not come: the gaps; at most `priors_kept` */
  open: number[];
  /** timestamp of the newest post that re-opened the task */
  reopened_at: number;
  /** of its last update: offset, and the partition's clock, ms */
  last_offset: number;
  heard_at: number;
  /** its newest update said that the work request is over */
  ended: boolean;
  /** its last update was written to another partition first */
  rerouted: boolean;
}

export function newReporter(): Reporter {
  return {
    totals: new Map(),
    posts: [],
    newest_prior: -1,
    newest_timestamp: -1,
    timestamp_max: -1,
    start: -1,
    forgotten: -1,
    open: [],
    reopened_at: -1,
    last_offset: -1,
    heard_at: 0,
    ended: false,
    rerouted: false,
  };
}

/** What the ledger says of a post. */
export interface Judgement {
  readonly updateClass: UpdateClass;
  /** the post of the same prior that was counted already */
  readonly before: Post | null;
  /** whether the reporter has made no later post */
  readonly newest: boolean;
  /** why the class may be wrong; counted as a mark in its stead */
  readonly doubt: 'shrunk' | 'ambiguous' | null;
}

/** Judges a post by what is remembered of its reporter. Changes nothing. */
export function judge(reporter: Reporter, post: Post): Judgement {
  const { prior, timestamp } = post;
  const later = timestamp > reporter.timestamp_max;
  const before = postAt(reporter, prior);
  if (later && beginsAnew(reporter, post)) return judgement('restart', before, true);
  if (before !== null) return judgeAgainst(reporter, before, post);
  if (reporter.newest_timestamp < 0) return judgement('first', null, true);
  if (prior === reporter.newest_timestamp) return judgement('next', null, true);
  const newest = timestamp > reporter.newest_timestamp;
  const continues = reporter.posts.some((one) => one.timestamp === prior);
  if (prior <= reporter.forgotten && !later && !continues) return judgement('too_old', null, false);
  const closes = timestamp === reporter.start || reporter.open.includes(timestamp);
  return judgement(continues || closes ? 'fill' : 'gap', null, newest);
}

function postAt(reporter: Reporter, prior: number): Post | null {
  for (const post of reporter.posts) if (post.prior === prior) return post;
  return null;
}

function judgeAgainst(reporter: Reporter, before: Post, post: Post): Judgement {
  if (sameContent(before, post) || before.others.includes(digestOfPost(post))) {
    return judgement('duplicate', before, false);
  }
  const onNewest = post.prior === reporter.newest_prior;
  const verdict = relation(reporter, before, post);
  if (verdict === 'contains' || verdict === 'perhaps') {
    const later = post.timestamp > before.timestamp;
    const shrunk = later && !covers(post, before);
    const doubt = shrunk ? 'shrunk' : verdict === 'perhaps' ? 'ambiguous' : null;
    // An end that was told is told, whatever its deltas.
    const ends = isTerminal(post.status as TaskStatus) && !isTerminal(before.status as TaskStatus);
    if (ends || !covers(before, post) || (later && !shrunk)) {
      return { ...judgement('supersede', before, onNewest && post.timestamp >= before.timestamp), doubt };
    }
    return { ...judgement('stale', before, false), doubt };
  }
  const newest = onNewest && post.timestamp >= reporter.newest_timestamp;
  if (verdict === 'unclear') return judgement('ambiguous', before, newest);
  return judgement(newest ? 'next' : 'fill', before, newest);
}

/**
 * How two posts of one prior stand to each other: the second `contains` the first (or is contained in it), or they stand
 * `apart` (the first was acknowledged within its second, and the second began in the same one), it
 * `perhaps` contains it (both of zero seconds), or it is `unclear`.
 */
function relation(reporter: Reporter, before: Post, post: Post): 'contains' | 'perhaps' | 'apart' | 'unclear' {
  const told = toldByTotals(before, post);
  if (told !== null) return told === 'grown' ? 'contains' : 'apart';
  const grown = covers(post, before);
  // After a post of zero seconds was acknowledged, the next one has the same prior and a later timestamp.
  const afterZero = before.timestamp === before.prior && post.timestamp > post.prior;
  if (covers(before, post) && !afterZero) {
    if (grown) return 'contains';
    if (post.timestamp > before.timestamp) return 'contains';
    return before.timestamp === before.prior && !isZero(post) ? 'perhaps' : 'contains';
  }
  if (!grown) return afterZero ? 'apart' : 'unclear';
  // Whichever it is, the sums come out the same.
  if (isZero(before) && !shareContent(before, post)) return 'apart';
  if (before.timestamp === before.prior) return post.timestamp <= post.prior ? 'perhaps' : 'unclear';
  const acknowledged =
    before.timestamp !== before.prior && reporter.posts.some((one) => one.prior === before.timestamp);
  return acknowledged ? 'unclear' : 'contains';
}

function shareContent(a: Post, b: Post): boolean {
  return share(a.actions, b.actions) || share(a.errors, b.errors);
}

function share(some: readonly number[], others: readonly number[]): boolean {
  if (some.length === 0 || others.length === 0) return false;
  const known = new Set(others);
  return some.some((one) => known.has(one));
}

/** The totals are lower than seen, and each is its own delta: the process behind the work request was started again. */
function beginsAnew(reporter: Reporter, post: Post): boolean {
  let lower = false;
  for (const { io, count, total } of post.ios) {
    if (total < 0) continue;
    if (total !== Math.max(0, count)) return false;
    if (total < (reporter.totals.get(io) ?? 0)) lower = true;
  }
  return lower;
}

function judgement(updateClass: UpdateClass, before: Post | null, newest: boolean): Judgement {
  return { updateClass, before, newest, doubt: null };
}

/** Takes a judged post into the ledger. */
export function settle(
  reporter: Reporter,
  post: Post,
  { updateClass, before, newest }: Judgement,
  settings: FoldSettings,
) {
  if (updateClass === 'restart') {
    reporter.posts = reporter.posts.filter((one) => one !== before);
    forgetPosts(reporter);
    reporter.forgotten = Math.max(reporter.forgotten, reporter.timestamp_max);
    reporter.open = [];
    reporter.start = post.prior;
  }
  if (updateClass === 'first') reporter.start = post.prior;
  switch (updateClass) {
    case 'duplicate':
    case 'stale':
    case 'too_old':
      break;
    case 'supersede':
      replace(reporter, before!, withDigestOf(largest(before!, post, settings.errors_kept), post));
      break;
    default:
      if (before !== null) {
        const others = [...before.others, digestOfPost(before)].slice(-OTHERS_KEPT);
        const all = withAllOf(post, before, settings.errors_kept);
        // What a post apart asks for comes on top of what its prior has brought.
        if (updateClass === 'next' || updateClass === 'fill') all.actions = [...post.actions, ...before.actions];
        replace(reporter, before, withDigestOf({ ...all, others }, post));
        break;
      }
      if (updateClass === 'gap') openPrior(reporter, post.prior, settings.priors_kept);
      else if (updateClass === 'fill' && post.timestamp === reporter.start) reporter.start = post.prior;
      reporter.posts.push(post);
      if (reporter.posts.length > settings.priors_kept) forgetOldest(reporter);
  }
  if (outlasts(updateClass) && reporter.open.length > 0) {
    reporter.open = reporter.open.filter((prior) => prior !== post.timestamp || prior === post.prior);
  }
  if (newest) {
    reporter.newest_prior = post.prior;
    reporter.newest_timestamp = post.timestamp;
  }
  if (post.timestamp > reporter.timestamp_max) reporter.timestamp_max = post.timestamp;
}

/** How many other posts of one second are told apart by their digests. */
const OTHERS_KEPT = 4;

function outlasts(updateClass: UpdateClass): boolean {
  return updateClass !== 'duplicate' && updateClass !== 'stale' && updateClass !== 'too_old';
}

/** A prior can be forgotten and come again while it is open. */
function openPrior(reporter: Reporter, prior: number, kept: number): void {
  reporter.open = [...reporter.open.filter((one) => one !== prior), prior].slice(-kept);
}

function forgetOldest(reporter: Reporter): void {
  const oldest = reporter.posts.shift()!;
  reporter.forgotten = Math.max(reporter.forgotten, oldest.prior);
}

/** Lets go of what only a late or repeated post would need. */
export function forgetPosts(reporter: Reporter): void {
  while (reporter.posts.length > 0) forgetOldest(reporter);
}

function replace(reporter: Reporter, before: Post, post: Post): void {
  reporter.posts = [...reporter.posts.filter((one) => one !== before), post];
}

/** The merged post knows the one that it was made of again, should that be repeated. */
function withDigestOf(merged: Post, post: Post): Post {
  if (sameContent(merged, post)) return merged;
  return { ...merged, others: [...merged.others, digestOfPost(post)].slice(-OTHERS_KEPT) };
}

/** Field by field the larger one. */
function largest(before: Post, post: Post, errors_kept: number): Post {
  const [ofBefore, ofPost] = [ioFinder(before), ioFinder(post)];
  const ios = post.ios.map(({ io, count, total }) => {
    const known = ofBefore(io);
    return known === undefined
      ? { io, count, total }
      : { io, count: Math.max(count, known.count), total: Math.max(total, known.total) };
  });
  for (const io of before.ios) if (ofPost(io.io) === undefined) ios.push(io);
  const later = post.timestamp >= before.timestamp;
  return {
    ...withAllOf(post, before, errors_kept),
    timestamp: Math.max(before.timestamp, post.timestamp),
    deltas: post.deltas.map((delta, i) => Math.max(delta, before.deltas[i]!)),
    ios,
    status: (later ? post.status : before.status) || before.status || post.status,
    reason: (later ? post.reason : before.reason) || before.reason || post.reason,
    others: before.others,
  };
}

/** The post, with every job creation that its prior has brought so far, and as many errors as are kept. */
function withAllOf(post: Post, before: Post, errors_kept: number): Post & { actions: readonly number[] } {
  const errors = union(before.errors, post.errors).slice(0, errors_kept);
  return { ...post, actions: union(before.actions, post.actions), errors };
}

function union(before: readonly number[], now: readonly number[]): readonly number[] {
  if (before.length === 0) return now;
  const counts = countsOf(now);
  const left: number[] = [];
  for (const digest of before) {
    const count = counts.get(digest) ?? 0;
    if (count === 0) left.push(digest);
    else counts.set(digest, count - 1);
  }
  return left.length === 0 ? now : [...now, ...left];
}
