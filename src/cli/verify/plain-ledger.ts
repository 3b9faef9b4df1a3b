// The class of an update, by "The ledger" of docs/fold.md, rule after rule. It only looks: nothing changes here.

import type { Mark, UpdateClass } from '../../domain/update-class.ts';
import { covers, isAllZero, type PlainPost, wordsOf } from './plain-post.ts';
import type { PlainFinding, PlainMemory, PlainReporter } from './plain-reporter.ts';

const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];

/** @param post null: the update is unverified */
export function findPlainly(reporter: PlainReporter, post: PlainPost | null): PlainFinding {
  const none = { standing: null, mark: null };
  if (post === null) return { ...none, updateClass: 'unverified', newest: true, memory: undefined };
  const memory = reporter.memories.find((known) => known.post.prior === post.prior);
  if (isRestart(reporter, post)) return { ...none, updateClass: 'restart', newest: true, memory };
  if (memory === undefined) {
    const updateClass = classOfNewPrior(reporter, post);
    return { ...none, updateClass, newest: isNewestOfNewPrior(reporter, post, updateClass), memory };
  }
  const words = wordsOf(post);
  if (words === wordsOf(memory.post) || memory.others.includes(words)) {
    return { ...none, memory, updateClass: 'duplicate', newest: false };
  }
  return findBeside(reporter, memory, post);
}

function isRestart(reporter: PlainReporter, { timestamp, totals, vector }: PlainPost): boolean {
  // Totals can be known of unverified updates alone, without any timestamp.
  if (timestamp <= (reporter.highest ?? -1)) return false;
  const told = Object.entries(totals);
  if (told.some(([io, total]) => total !== (vector[io] ?? 0))) return false;
  return told.some(([io, total]) => total < (reporter.totals.get(io) ?? 0));
}

function classOfNewPrior(reporter: PlainReporter, { prior, timestamp }: PlainPost): UpdateClass {
  if (reporter.highest === undefined) return 'first';
  if (prior === reporter.newest?.timestamp) return 'next';
  const joins = reporter.memories.some(({ post }) => post.timestamp === prior);
  const known = prior <= (reporter.forgotten ?? -1) && timestamp <= reporter.highest;
  if (known && !joins) return 'too_old';
  if (joins || timestamp === reporter.start || reporter.open.includes(timestamp)) return 'fill';
  return 'gap';
}

function isNewestOfNewPrior(reporter: PlainReporter, { timestamp }: PlainPost, updateClass: UpdateClass): boolean {
  if (updateClass === 'first' || updateClass === 'next') return true;
  return updateClass !== 'too_old' && timestamp > (reporter.newest?.timestamp ?? -1);
}

function findBeside(reporter: PlainReporter, memory: PlainMemory, post: PlainPost): PlainFinding {
  const { post: known } = memory;
  const isNewestPrior = reporter.newest?.prior === post.prior;
  const { standing, mark } = standingOf(reporter, known, post);
  if (standing === 'contains') {
    const later = post.timestamp > known.timestamp;
    const ends = TERMINAL.includes(post.status ?? '') && !TERMINAL.includes(known.status ?? '');
    const shrunk = later && !covers(post.vector, known.vector);
    const why = shrunk ? 'shrunk' : mark;
    const exceeds = !covers(known.vector, post.vector);
    if (!ends && !exceeds && (shrunk || !later)) {
      return { memory, standing, updateClass: 'stale', mark: why, newest: false };
    }
    const newest = isNewestPrior && post.timestamp >= known.timestamp;
    return { memory, standing, updateClass: 'supersede', mark: why, newest };
  }
  const newest = isNewestPrior && post.timestamp >= (reporter.newest?.timestamp ?? -1);
  const updateClass = standing === 'unclear' ? 'ambiguous' : newest ? 'next' : 'fill';
  return { memory, standing, updateClass, mark, newest };
}

interface PlainStanding {
  readonly standing: 'contains' | 'apart' | 'unclear';
  /** what is marked instead of the class */
  readonly mark: 'ambiguous' | null;
}

function standingOf(reporter: PlainReporter, known: PlainPost, post: PlainPost): PlainStanding {
  const plain = (standing: PlainStanding['standing']) => ({ standing, mark: null });
  const [knownCovers, postCovers] = [covers(known.vector, post.vector), covers(post.vector, known.vector)];
  const told = totalsTell(known, post);
  if (told !== null) return plain(told);
  // A post that ends before its prior, because its clock was set back, has no later second than B either.
  const [knownIsZero, postIsZero] = [known.timestamp === known.prior, post.timestamp <= post.prior];
  if (knownCovers && !(knownIsZero && !postIsZero)) {
    if (postCovers) return plain('contains');
    if (post.timestamp > known.timestamp) return plain('contains');
    return { ...plain('contains'), mark: knownIsZero && !isAllZero(post.vector) ? 'ambiguous' : null };
  }
  if (!postCovers) return plain(knownIsZero && !postIsZero ? 'apart' : 'unclear');
  const shares = post.jobs.some((job) => known.jobs.includes(job)) || post.errors.some((e) => known.errors.includes(e));
  if (isAllZero(known.vector) && !shares) return plain('apart');
  if (knownIsZero) return postIsZero ? { ...plain('contains'), mark: 'ambiguous' } : plain('unclear');
  const goesOn = reporter.memories.some((other) => other.post.prior === known.timestamp);
  return plain(goesOn ? 'unclear' : 'contains');
}

/** What the IOs say that have a total in both posts; null where they do not tell. */
function totalsTell(known: PlainPost, post: PlainPost): 'contains' | 'apart' | null {
  const ios = Object.keys(post.totals).filter((io) => known.totals[io] !== undefined);
  if (ios.length === 0) return null;
  const differBy = (delta: (io: string) => number) =>
    ios.every((io) => post.totals[io]! - known.totals[io]! === delta(io));
  const [ofPost, ofKnown] = [(io: string) => post.vector[io] ?? 0, (io: string) => known.vector[io] ?? 0];
  const contains = differBy((io) => ofPost(io) - ofKnown(io));
  const apart = differBy(ofPost) || differBy((io) => -ofKnown(io));
  if (contains === apart) return null;
  return contains ? 'contains' : 'apart';
}

/** What the post counts as: rule 7 of "One record". */
export function outcomeOfPost({ updateClass }: PlainFinding): 'applied' | 'duplicate' | 'stale' {
  if (updateClass === 'duplicate') return 'duplicate';
  return updateClass === 'stale' || updateClass === 'too_old' ? 'stale' : 'applied';
}

/** Of these the task keeps a count by their own names; `shrunk` and `ambiguous` may be marked in place of another class. */
const MARKED = ['gap', 'fill', 'supersede', 'ambiguous', 'restart', 'unverified', 'too_old'] as const;

export function markOfPost({ updateClass, mark }: PlainFinding): Mark | null {
  return mark ?? MARKED.find((name) => name === updateClass) ?? null;
}
