// The class of an update, by "The ledger" of docs/fold.md, rule after rule. It only looks: nothing changes here.

import type { Mark, UpdateClass } from '../../domain/update-class.ts';
import { covers, exceeds, isAllZero, type PlainPost, succeeds, wordsOf } from './plain-post.ts';
import { endsAt, type PlainFinding, type PlainMemory, type PlainReporter } from './plain-reporter.ts';

/** @param post null: the update is unverified */
export function findPlainly(reporter: PlainReporter, post: PlainPost | null): PlainFinding {
  const none = { standing: null, mark: null };
  if (post === null) return { ...none, updateClass: 'unverified', newest: true, memory: undefined };
  const memory = reporter.memories.find((known) => known.post.prior === post.prior);
  if (isRestart(reporter, post)) return { ...none, updateClass: 'restart', newest: true, memory };
  if (memory === undefined) return findOnNewPrior(reporter, post);
  if (!liesAhead(reporter, memory.post)) return findOnKnownPrior(reporter, memory, post);
  if (endsOfNewest(reporter).includes(post.prior)) {
    return { memory, standing: 'unclear', updateClass: 'ambiguous', mark: null, newest: true };
  }
  const found = findOnKnownPrior(reporter, memory, post);
  const isWhole = found.standing === 'apart' || found.standing === 'unclear';
  return isWhole ? found : { ...found, mark: found.mark ?? 'ambiguous' };
}

/** Each second where the newest post may have ended; none: nothing was told yet. */
function endsOfNewest({ newest, memories }: PlainReporter): number[] {
  if (newest === undefined) return [];
  const memory = memories.find(({ post }) => post.prior === newest.prior);
  return [newest.timestamp, ...(memory === undefined ? [] : [memory.post.timestamp, ...memory.ends])];
}

function liesAhead(reporter: PlainReporter, { prior }: PlainPost): boolean {
  return prior !== reporter.newest?.prior && prior >= Math.min(...endsOfNewest(reporter));
}

function findOnKnownPrior(reporter: PlainReporter, memory: PlainMemory, post: PlainPost): PlainFinding {
  const words = wordsOf(post);
  if (words === wordsOf(memory.post) || memory.others.includes(words)) {
    return { standing: null, mark: null, memory, updateClass: 'duplicate', newest: false };
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

function findOnNewPrior(reporter: PlainReporter, { prior, timestamp }: PlainPost): PlainFinding {
  const found = (updateClass: UpdateClass, newest: boolean) => {
    return { standing: null, mark: null, memory: undefined, updateClass, newest };
  };
  if (reporter.newest === undefined) return found('first', true);
  const closes = reporter.open.includes(timestamp);
  if (endsOfNewest(reporter).includes(prior)) {
    const follower = closes ? reporter.memories.find(({ post }) => post.prior === timestamp)?.post : undefined;
    return { ...found('next', follower === undefined), follower };
  }
  const isLater = timestamp > reporter.newest.timestamp;
  const joins = reporter.memories.some((memory) => endsAt(memory, prior));
  if (prior <= (reporter.forgotten ?? -1) && !isLater && !joins) return found('too_old', false);
  if (closes || timestamp === reporter.start) return found('fill', false);
  return found(joins ? 'fill' : 'gap', isLater);
}

function findBeside(reporter: PlainReporter, memory: PlainMemory, post: PlainPost): PlainFinding {
  const { post: known } = memory;
  const isNewestPrior = reporter.newest?.prior === post.prior;
  const { standing, mark } = standingOf(reporter, memory, post);
  if (standing === 'contains') {
    const isLater = post.timestamp > known.timestamp;
    const isShrunk = isLater && !covers(post.vector, known.vector);
    const why = isShrunk ? 'shrunk' : mark;
    if (!exceeds(post, known) && (isShrunk || !isLater)) {
      return { memory, standing, updateClass: 'stale', mark: why, newest: false };
    }
    return { memory, standing, updateClass: 'supersede', mark: why, newest: isNewestPrior && succeeds(post, known) };
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

function standingOf(reporter: PlainReporter, memory: PlainMemory, post: PlainPost): PlainStanding {
  const { post: known } = memory;
  const plain = (standing: PlainStanding['standing']) => ({ standing, mark: null });
  const [knownCovers, postCovers] = [covers(known.vector, post.vector), covers(post.vector, known.vector)];
  const told = totalsTell(known, post);
  if (told !== null) return plain(told);
  const [knownIsZero, postIsZero] = [known.timestamp === known.prior, post.timestamp === post.prior];
  if (knownCovers && !(knownIsZero && !postIsZero)) {
    const isSmaller = !postCovers && !isAllZero(post.vector);
    const mark = isSmaller && knownIsZero && post.timestamp <= known.timestamp ? 'ambiguous' : null;
    return { standing: 'contains', mark };
  }
  if (!postCovers) return plain(knownIsZero && !postIsZero ? 'apart' : 'unclear');
  const shares = post.jobs.some((job) => known.jobs.includes(job)) || post.errors.some((e) => known.errors.includes(e));
  if (isAllZero(known.vector) && !shares) return plain('apart');
  if (knownIsZero) return postIsZero ? { standing: 'contains', mark: 'ambiguous' } : plain('unclear');
  const goesOn = reporter.memories.some((other) => other !== memory && endsAt(memory, other.post.prior));
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
