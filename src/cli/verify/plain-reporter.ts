// What a task remembers of one reporter (docs/fold.md, "The ledger"), and how a post changes that.

import type { UpdateClass } from '../../domain/update-class.ts';
import { largerOfBoth, moreOfBoth, type PlainPost, wordsOf } from './plain-post.ts';

/** A remembered prior with its post, which the page calls B. */
export interface PlainMemory {
  post: PlainPost;
  /** the words of the latest posts that gave their place to `post`, the newest at the end */
  apart: string[];
  /** all job creations and errors that this prior has brought so far */
  jobs: string[];
  errors: string[];
}

export interface PlainReporter {
  /** in the order in which their priors were remembered */
  memories: PlainMemory[];
  newest: { readonly prior: number | undefined; readonly timestamp: number } | undefined;
  /** the highest timestamp; undefined: no post was told yet */
  highest: number | undefined;
  /** the highest forgotten prior */
  forgotten: number | undefined;
  /** where the chain starts */
  start: number | undefined;
  /** open priors, the latest at the end */
  open: number[];
  /** the highest timestamp at which this reporter re-opened the task */
  reopened_at: number | undefined;
  readonly totals: Map<string, number>;
  /** it was let go once, and of totals that it tells the first time only the growth counts */
  returned: boolean;
  /** log time, ms */
  last_update_at: number;
}

/** A reporter that told nothing yet. @param highest where it ended when it was let go; undefined: it never was */
export function newPlainReporter(highest: number | undefined, log_time: number): PlainReporter {
  return {
    memories: [],
    newest: highest === undefined ? undefined : { prior: undefined, timestamp: highest },
    highest,
    forgotten: highest,
    start: undefined,
    open: [],
    reopened_at: undefined,
    totals: new Map(),
    returned: highest !== undefined,
    last_update_at: log_time,
  };
}

/** What the ledger says of one post. */
export interface PlainFinding {
  readonly updateClass: UpdateClass;
  /** how it stands to B, if its prior is remembered and it is no duplicate */
  readonly standing: 'contains' | 'apart' | 'unclear' | null;
  readonly shrunk: boolean;
  readonly newest: boolean;
  /** B, if the prior is remembered */
  readonly memory: PlainMemory | undefined;
}

export function forgetPriors(reporter: PlainReporter): void {
  for (const { post } of reporter.memories) forgetUpTo(reporter, post.prior);
  reporter.memories = [];
}

function forgetUpTo(reporter: PlainReporter, prior: number): void {
  reporter.forgotten = Math.max(prior, reporter.forgotten ?? prior);
}

const APART_KEPT = 4;

/** Puts the post into the reporter's memory. A restart's totals have been moved to the base before. */
export function rememberPost(reporter: PlainReporter, post: PlainPost, found: PlainFinding, priors_kept: number): void {
  const { updateClass, standing } = found;
  if (updateClass === 'restart') {
    const { highest } = reporter;
    forgetPriors(reporter);
    if (highest !== undefined) forgetUpTo(reporter, highest);
    reporter.start = post.prior;
    // Its totals begin at 0 again, so they count whole.
    reporter.returned = false;
  }
  if (updateClass === 'first') reporter.start = post.prior;
  if (updateClass === 'fill' && post.timestamp === reporter.start) reporter.start = post.prior;
  reporter.open = reporter.open.filter((prior) => prior !== post.timestamp);
  if (updateClass === 'gap') {
    const others = reporter.open.filter((prior) => prior !== post.prior);
    reporter.open = [...others, post.prior].slice(-priors_kept);
  }
  reporter.highest = Math.max(post.timestamp, reporter.highest ?? post.timestamp);
  if (found.newest) reporter.newest = { prior: post.prior, timestamp: post.timestamp };
  if (updateClass === 'duplicate' || updateClass === 'too_old') return;
  const { jobs, errors } = post;
  if (standing === null) {
    reporter.memories.push({ post, apart: [], jobs: [...jobs], errors: [...errors] });
    while (reporter.memories.length > priors_kept) forgetUpTo(reporter, reporter.memories.shift()!.post.prior);
    return;
  }
  const memory = found.memory!;
  memory.jobs = standing === 'apart' ? [...memory.jobs, ...jobs] : moreOfBoth(memory.jobs, jobs);
  memory.errors = moreOfBoth(memory.errors, errors);
  if (standing === 'contains') {
    memory.post = largerOfBoth(memory.post, post);
  } else {
    memory.apart = [...memory.apart, wordsOf(memory.post)].slice(-APART_KEPT);
    memory.post = post;
  }
}
