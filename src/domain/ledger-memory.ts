// How a judged post changes what the ledger remembers of its reporter.

import type { FoldSettings } from './fold-settings.ts';
import { followerOf, type Judgement } from './ledger.ts';
import { countsOf, covers, digestOfPost, ioFinder, type Post, sameContent, succeeds } from './post.ts';
import { remember } from './remembered-post.ts';
import type { Reporter } from './reporter.ts';

/**
 * Takes a judged post into the ledger.
 * @returns how many open priors it has no room for: they are never closed
 */
export function settle(
  reporter: Reporter,
  post: Post,
  { updateClass, before, newest }: Judgement,
  settings: FoldSettings,
): number {
  let lost = 0;
  let isEnd = true;
  const last = newest ? post : updateClass === 'next' ? followerOf(reporter, post) : null;
  if (updateClass === 'restart') {
    if (before !== null) reporter.posts = reporter.posts.filter(({ prior }) => prior !== before.prior);
    forgetPosts(reporter);
    reporter.forgotten = Math.max(reporter.forgotten, reporter.timestamp_max);
    reporter.open = [];
    reporter.start = post.prior;
  }
  if (updateClass === 'first') reporter.start = post.prior;
  switch (updateClass) {
    case 'duplicate':
    case 'too_old':
      isEnd = false;
      break;
    case 'stale':
      // The same deltas at another second: either may be where the chain goes on.
      isEnd = covers(post, before!);
      if (!isEnd) break;
      exchange(reporter, withEnds(before!, endsOf(before!), post.timestamp));
      break;
    case 'supersede':
      replace(reporter, withDigestOf(largest(before!, post, settings.errors_kept), post));
      break;
    default:
      if (before !== null) {
        const others = [...before.others, digestOfPost(before)].slice(-OTHERS_KEPT);
        const all = withAllOf(post, before, settings.errors_kept);
        // What a post apart asks for comes on top of what its prior has brought.
        if (updateClass === 'next' || updateClass === 'fill') all.actions = [...post.actions, ...before.actions];
        replace(reporter, withDigestOf({ ...all, others }, post));
        break;
      }
      if (updateClass === 'gap') lost = openPrior(reporter, post.prior, settings.priors_kept);
      else if (updateClass === 'fill' && post.timestamp === reporter.start) reporter.start = post.prior;
      reporter.posts.push(remember(post, reporter.io_names));
      while (reporter.posts.length > settings.priors_kept) forgetOldest(reporter);
  }
  if (isEnd && reporter.open.length > 0) {
    reporter.open = reporter.open.filter((prior) => prior !== post.timestamp || prior === post.prior);
  }
  if (last !== null) {
    reporter.newest_prior = last.prior;
    reporter.newest_timestamp = last.timestamp;
    reporter.ended = last.ended;
  }
  if (post.timestamp > reporter.timestamp_max) reporter.timestamp_max = post.timestamp;
  return lost;
}

/** How many other posts of one second are told apart by their digests. */
const OTHERS_KEPT = 4;

/** How many other seconds of one prior are known at which it may have ended. */
const ENDS_KEPT = 4;

function endsOf({ timestamp, other_ends }: Post): readonly number[] {
  return [...other_ends, timestamp];
}

/** The post with these ends too, the latest told last. */
function withEnds(post: Post, ...ends: (number | readonly number[])[]): Post {
  const others = new Set(ends.flat());
  others.delete(post.timestamp);
  return { ...post, other_ends: [...others].slice(-ENDS_KEPT) };
}

/** A prior can be forgotten and come again while it is open. @returns how many others were pushed out */
function openPrior(reporter: Reporter, prior: number, kept: number): number {
  const open = [...reporter.open.filter((one) => one !== prior), prior];
  reporter.open = open.slice(-kept);
  return open.length - reporter.open.length;
}

function forgetOldest(reporter: Reporter): void {
  const oldest = reporter.posts.shift()!;
  reporter.forgotten = Math.max(reporter.forgotten, oldest.prior);
}

/** Lets go of what only a late or repeated post would need. */
export function forgetPosts(reporter: Reporter): void {
  while (reporter.posts.length > 0) forgetOldest(reporter);
  reporter.io_names = [];
}

/** The post in place of the one of its prior, behind all others. */
function replace(reporter: Reporter, post: Post): void {
  const others = reporter.posts.filter(({ prior }) => prior !== post.prior);
  reporter.posts = [...others, remember(post, reporter.io_names)];
}

/** The post in the place of the one of its prior. */
function exchange(reporter: Reporter, post: Post): void {
  reporter.posts = reporter.posts.map((one) => (one.prior === post.prior ? remember(post, reporter.io_names) : one));
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
  const isLater = succeeds(before, post);
  const merged = {
    ...withAllOf(post, before, errors_kept),
    timestamp: isLater ? post.timestamp : before.timestamp,
    deltas: post.deltas.map((delta, i) => Math.max(delta, before.deltas[i]!)),
    ios,
    status: (isLater ? post.status : before.status) || before.status || post.status,
    reason: (isLater ? post.reason : before.reason) || before.reason || post.reason,
    others: before.others,
    ended: before.ended || post.ended,
  };
  // What has smaller deltas was not acknowledged, so nothing goes on where it ends.
  const [grown, covered] = [covers(post, before), covers(before, post)];
  if (grown === covered) return withEnds(merged, endsOf(before), post.timestamp);
  return withEnds(merged, grown ? [] : endsOf(before));
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
