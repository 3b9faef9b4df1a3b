// What a task remembers of one reporter (docs/fold.md, "The ledger"), and how a post changes that.

import type { UpdateClass } from '../../domain/update-class.ts';
import { largerOfBoth, type PlainPost, withMoreOf, wordsOf } from './plain-post.ts';

/** A remembered prior with its post, which the page calls B. */
export interface PlainMemory {
  /** its job creations and errors are all that posts of this prior have brought so far */
  post: PlainPost;
  /** the words of other posts of this prior that would be known again, the newest at the end */
  others: string[];
}

export interface PlainReporter {
  /** the one that no applied post was about for longest comes first */
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
  /** the partition's clock at its last update, ms */
  heard_at: number;
  /** its newest update ended the work request */
  ended: boolean;
  /** its last update came re-routed */
  rerouted: boolean;
}

/** A reporter as its first update finds it. @param letGo what is known of it, if it was let go */
export function newPlainReporter(letGo: PlainLetGo | undefined): PlainReporter {
  const highest = letGo?.highest;
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
    heard_at: 0,
    ended: false,
    rerouted: false,
  };
}

/** What a task knows of a reporter that it let go. */
export interface PlainLetGo {
  readonly reporter: string;
  /** its highest timestamp; undefined: it told no post */
  readonly highest: number | undefined;
}

/** What the ledger says of one post. */
export interface PlainFinding {
  readonly updateClass: UpdateClass;
  /** how it stands to B, if its prior is remembered and it is no duplicate */
  readonly standing: 'contains' | 'apart' | 'unclear' | null;
  /** what is marked instead of the class */
  readonly mark: 'shrunk' | 'ambiguous' | null;
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

interface PlainBounds {
  readonly priors_kept: number;
  readonly errors_kept: number;
}

const OTHERS_KEPT = 4;

/** Puts the post into the reporter's memory. A restart's totals have been moved to the base before. */
export function rememberPost(reporter: PlainReporter, post: PlainPost, found: PlainFinding, bounds: PlainBounds): void {
  const { priors_kept, errors_kept } = bounds;
  const { updateClass, memory, standing } = found;
  const { highest } = reporter;
  reporter.highest = Math.max(post.timestamp, highest ?? post.timestamp);
  if (found.newest) reporter.newest = { prior: post.prior, timestamp: post.timestamp };
  if (updateClass === 'duplicate' || updateClass === 'stale' || updateClass === 'too_old') return;

  if (updateClass === 'restart') {
    reporter.memories = reporter.memories.filter((other) => other !== memory);
    forgetPriors(reporter);
    if (highest !== undefined) forgetUpTo(reporter, highest);
    reporter.open = [];
    // Its totals begin at 0 again, so they count whole.
    reporter.returned = false;
  }
  const atStart = updateClass === 'fill' && memory === undefined && post.timestamp === reporter.start;
  if (updateClass === 'restart' || updateClass === 'first' || atStart) reporter.start = post.prior;
  reporter.open = reporter.open.filter((prior) => prior !== post.timestamp || prior === post.prior);
  if (updateClass === 'gap') {
    const others = reporter.open.filter((prior) => prior !== post.prior);
    reporter.open = [...others, post.prior].slice(-priors_kept);
  }
  const now = memory === undefined ? { post, others: [] } : withPost(memory, post, standing, errors_kept);
  reporter.memories = [...reporter.memories.filter((other) => other !== memory), now];
  while (reporter.memories.length > priors_kept) forgetUpTo(reporter, reporter.memories.shift()!.post.prior);
}

function withPost(
  { post: known, others }: PlainMemory,
  post: PlainPost,
  standing: PlainFinding['standing'],
  errors_kept: number,
): PlainMemory {
  const brought = { jobs: withMoreOf(post.jobs, known.jobs), errors: withMoreOf(post.errors, known.errors) };
  // The jobs of a post apart come on top of those that its prior has brought.
  if (standing === 'apart') brought.jobs = [...post.jobs, ...known.jobs];
  const all = standing === 'contains' ? largerOfBoth(known, post) : { ...post, ...brought };
  const now = { ...all, errors: all.errors.slice(0, errors_kept) };
  const words = standing === 'contains' ? [...others] : [...others, wordsOf(known)];
  if (wordsOf(now) !== wordsOf(post)) words.push(wordsOf(post));
  return { post: now, others: words.slice(-OTHERS_KEPT) };
}
