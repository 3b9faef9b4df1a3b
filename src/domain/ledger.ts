// The ledger of one reporter: which deltas of an update have been counted already (docs/fold.md, "The ledger").
// A sender resets its deltas only when a post was acknowledged, and then moves prior_timestamp. So posts with one
// prior_timestamp contain each other, posts with different ones are disjoint, and a reporter's truth is the sum over
// priors of the largest vector of deltas seen on each: whatever the order, the repeats and the steps of its clock.

import {
  covers,
  digestOfPost,
  endsAt,
  exceeds,
  isZero,
  type Post,
  sameContent,
  succeeds,
  toldByTotals,
} from './post.ts';
import { type RememberedPost, recall } from './remembered-post.ts';
import type { Reporter } from './reporter.ts';
import type { UpdateClass } from './update-class.ts';

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
  const remembered = postAt(reporter, prior);
  const before = remembered === null ? null : recall(remembered, reporter.io_names);
  if (timestamp > reporter.timestamp_max && beginsAnew(reporter, post)) return judgement('restart', before, true);
  if (before !== null) {
    return liesAhead(reporter, before) ? judgeAhead(reporter, before, post) : judgeAgainst(reporter, before, post);
  }
  if (reporter.newest_timestamp < 0) return judgement('first', null, true);
  if (continuesNewest(reporter, prior)) return judgement('next', null, followerOf(reporter, post) === null);
  const continues = reporter.posts.some((one) => endsAt(one, prior));
  const later = timestamp > reporter.newest_timestamp;
  if (prior <= reporter.forgotten && !later && !continues) return judgement('too_old', null, false);
  const closes = timestamp === reporter.start || reporter.open.includes(timestamp);
  return judgement(continues || closes ? 'fill' : 'gap', null, later && !closes);
}

/** The post that came before this one, and goes on where it ends. */
export function followerOf(reporter: Reporter, { timestamp }: Post): Post | null {
  if (reporter.open.length === 0 || !reporter.open.includes(timestamp)) return null;
  const follower = postAt(reporter, timestamp);
  return follower === null ? null : recall(follower, reporter.io_names);
}

function postAt(reporter: Reporter, prior: number): RememberedPost | null {
  for (const post of reporter.posts) if (post.prior === prior) return post;
  return null;
}

/** Whether a post that begins at this second goes on where the newest one ends. */
function continuesNewest(reporter: Reporter, prior: number): boolean {
  if (prior === reporter.newest_timestamp) return true;
  const newest = postAt(reporter, reporter.newest_prior);
  return newest !== null && endsAt(newest, prior);
}

/** The clock was set back to before where B begins, and may come there a second time. */
function liesAhead(reporter: Reporter, before: Post): boolean {
  if (before.prior === reporter.newest_prior) return false;
  const newest = postAt(reporter, reporter.newest_prior);
  const ends = newest === null ? [] : [newest.timestamp, ...newest.other_ends];
  return before.prior >= Math.min(reporter.newest_timestamp, ...ends);
}

function judgeAhead(reporter: Reporter, before: Post, post: Post): Judgement {
  // After the newest post there comes one that goes on where it ends, and only now and then one that is late or repeated.
  if (continuesNewest(reporter, post.prior)) return judgement('ambiguous', before, true);
  const judged = judgeAgainst(reporter, before, post);
  const { updateClass } = judged;
  const isAdded = updateClass === 'next' || updateClass === 'fill' || updateClass === 'ambiguous';
  return isAdded ? judged : { ...judged, doubt: judged.doubt ?? 'ambiguous' };
}

function judgeAgainst(reporter: Reporter, before: Post, post: Post): Judgement {
  if (sameContent(before, post) || before.others.includes(digestOfPost(post))) {
    return judgement('duplicate', before, false);
  }
  const onNewest = post.prior === reporter.newest_prior;
  const verdict = relation(reporter, before, post);
  if (verdict === 'contains' || verdict === 'perhaps') {
    const shrunk = post.timestamp > before.timestamp && !covers(post, before);
    const doubt = shrunk ? 'shrunk' : verdict === 'perhaps' ? 'ambiguous' : null;
    if (!exceeds(before, post) && (shrunk || post.timestamp <= before.timestamp)) {
      return { ...judgement('stale', before, false), doubt };
    }
    return { ...judgement('supersede', before, onNewest && succeeds(before, post)), doubt };
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
  // After a post of zero seconds was acknowledged, the next one has the same prior and another timestamp.
  const isZeroBefore = before.timestamp === before.prior;
  const afterZero = isZeroBefore && post.timestamp !== post.prior;
  if (covers(before, post) && !afterZero) {
    if (grown) return 'contains';
    if (post.timestamp > before.timestamp) return 'contains';
    return isZeroBefore && !isZero(post) ? 'perhaps' : 'contains';
  }
  if (!grown) return afterZero ? 'apart' : 'unclear';
  // Whichever it is, the sums come out the same.
  if (isZero(before) && !shareContent(before, post)) return 'apart';
  if (isZeroBefore) return afterZero ? 'unclear' : 'perhaps';
  const acknowledged = reporter.posts.some((one) => one.prior !== before.prior && endsAt(before, one.prior));
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
