// What a task remembers of one reporter (docs/fold.md, "The ledger"), and how a post changes that.

import type { UpdateClass } from '../../domain/update-class.ts';
import { covers, largerOfBoth, type PlainPost, withMoreOf, wordsOf } from './plain-post.ts';

/** A remembered prior with its post, which the page calls B. */
export interface PlainMemory {
  /** its job creations and errors are all that posts of this prior have brought so far */
  post: PlainPost;
  /** the words of other posts of this prior that would be known again, the newest at the end */
  others: string[];
  /** where posts of this prior ended, beside the timestamp of `post`, the latest told at the end */
  ends: readonly number[];
}

/** Whether the remembered post ends at this second. */
export function endsAt({ post, ends }: PlainMemory, second: number): boolean {
  return post.timestamp === second || ends.includes(second);
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
  /** how many others there was no room for */
  open_lost: number;
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
  /** it had not ended when the task fell silent, and has not been heard since */
  lost: boolean;
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
    open_lost: 0,
    reopened_at: undefined,
    totals: new Map(),
    returned: highest !== undefined,
    heard_at: 0,
    ended: false,
    rerouted: false,
    lost: false,
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
  /** a post that came before, and is the newest now */
  readonly follower?: PlainPost | undefined;
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

const ENDS_KEPT = 4;

/** Puts the post into the reporter's memory. A restart's totals have been moved to the base before. */
export function rememberPost(reporter: PlainReporter, post: PlainPost, found: PlainFinding, bounds: PlainBounds): void {
  const { updateClass, memory, follower } = found;
  const { highest } = reporter;
  reporter.highest = Math.max(post.timestamp, highest ?? post.timestamp);
  const newest = follower ?? (found.newest ? post : undefined);
  if (newest !== undefined) {
    reporter.newest = { prior: newest.prior, timestamp: newest.timestamp };
    reporter.ended = newest.ends_work;
  }
  if (updateClass === 'duplicate' || updateClass === 'too_old') return;
  if (updateClass === 'stale') {
    const isEqual = covers(post.vector, memory!.post.vector);
    if (!isEqual) return;
    memory!.ends = endsBeside(memory!.post, [...memory!.ends, post.timestamp]);
    closeOpen(reporter, post);
    return;
  }

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
  closeOpen(reporter, post);
  if (updateClass === 'gap') {
    const open = [...reporter.open.filter((prior) => prior !== post.prior), post.prior];
    reporter.open = open.slice(-bounds.priors_kept);
    reporter.open_lost += open.length - reporter.open.length;
  }
  const now = memory === undefined ? { post, others: [], ends: [] } : withPost(memory, post, found, bounds);
  reporter.memories = [...reporter.memories.filter((other) => other !== memory), now];
  if (memory !== undefined) return;
  while (reporter.memories.length > bounds.priors_kept) forgetUpTo(reporter, reporter.memories.shift()!.post.prior);
}

function closeOpen(reporter: PlainReporter, { prior, timestamp }: PlainPost): void {
  reporter.open = reporter.open.filter((open) => open !== timestamp || open === prior);
}

function withPost(memory: PlainMemory, post: PlainPost, { standing }: PlainFinding, bounds: PlainBounds): PlainMemory {
  const { post: known, others } = memory;
  const brought = { jobs: withMoreOf(post.jobs, known.jobs), errors: withMoreOf(post.errors, known.errors) };
  // The jobs of a post apart come on top of those that its prior has brought.
  if (standing === 'apart') brought.jobs = [...post.jobs, ...known.jobs];
  const all = standing === 'contains' ? largerOfBoth(known, post) : { ...post, ...brought };
  const now = { ...all, errors: all.errors.slice(0, bounds.errors_kept) };
  const words = standing === 'contains' ? [...others] : [...others, wordsOf(known)];
  if (wordsOf(now) !== wordsOf(post)) words.push(wordsOf(post));
  const ends: number[] = [];
  const [postIsMore, knownIsMore] = [covers(post.vector, known.vector), covers(known.vector, post.vector)];
  if (standing === 'contains') {
    if (!postIsMore || knownIsMore) ends.push(...memory.ends, known.timestamp);
    if (postIsMore === knownIsMore) ends.push(post.timestamp);
  }
  return { post: now, others: words.slice(-OTHERS_KEPT), ends: endsBeside(now, ends) };
}

function endsBeside({ timestamp }: PlainPost, ends: readonly number[]): number[] {
  return [...new Set(ends)].filter((end) => end !== timestamp).slice(-ENDS_KEPT);
}
