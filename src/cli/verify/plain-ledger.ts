// The class of an update, by "The ledger" of docs/fold.md, rule after rule. It only looks: nothing changes here.

import type { UpdateClass } from '../../domain/update-class.ts';
import { covers, isOfZeroSeconds, type PlainPost, wordsOf } from './plain-post.ts';
import type { PlainFinding, PlainMemory, PlainReporter } from './plain-reporter.ts';

const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];

/** @param post null: the update is unverified */
export function findPlainly(reporter: PlainReporter, post: PlainPost | null): PlainFinding {
  const none = { standing: null, shrunk: false, memory: undefined };
  if (post === null) return { ...none, updateClass: 'unverified', newest: true };
  if (isRestart(reporter, post)) return { ...none, updateClass: 'restart', newest: true };
  const memory = reporter.memories.find((known) => known.post.prior === post.prior);
  if (memory === undefined) {
    const updateClass = classOfNewPrior(reporter, post);
    return { ...none, updateClass, newest: isNewestOfNewPrior(reporter, post, updateClass) };
  }
  const words = wordsOf(post);
  if (words === wordsOf(memory.post) || memory.apart.includes(words)) {
    return { ...none, memory, updateClass: 'duplicate', newest: false };
  }
  return findBeside(reporter, memory, post);
}

function isRestart(reporter: PlainReporter, { timestamp, totals, vector }: PlainPost): boolean {
  if (reporter.highest === undefined || timestamp <= reporter.highest) return false;
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
  const notEarlierThanNewest = post.timestamp >= (reporter.newest?.timestamp ?? -1);
  const standing = standingOf(reporter, known, post);
  const beside = { memory, standing: standing === 'shrunk' ? 'contains' : standing } as const;
  if (standing === 'shrunk') return { ...beside, updateClass: 'stale', shrunk: true, newest: false };
  if (standing === 'contains') {
    const later = post.timestamp > known.timestamp;
    const ends = TERMINAL.includes(post.status ?? '') && !TERMINAL.includes(known.status ?? '');
    const supersedes = later || ends || !covers(known.vector, post.vector);
    const newest = supersedes && isNewestPrior && post.timestamp >= known.timestamp;
    return { ...beside, updateClass: supersedes ? 'supersede' : 'stale', shrunk: false, newest };
  }
  const newest = isNewestPrior && notEarlierThanNewest;
  const updateClass = standing === 'unclear' ? 'ambiguous' : newest ? 'next' : 'fill';
  return { ...beside, updateClass, shrunk: false, newest };
}

function standingOf(
  reporter: PlainReporter,
  known: PlainPost,
  post: PlainPost,
): 'contains' | 'shrunk' | 'apart' | 'unclear' {
  const told = totalsTell(known, post);
  if (told !== null) return told;
  const zero = isOfZeroSeconds(known);
  const [knownCovers, postCovers] = [covers(known.vector, post.vector), covers(post.vector, known.vector)];
  if (knownCovers && !(zero && !isOfZeroSeconds(post))) {
    return post.timestamp > known.timestamp && !postCovers ? 'shrunk' : 'contains';
  }
  if (!postCovers) return zero && !isOfZeroSeconds(post) ? 'apart' : 'unclear';
  const shares = post.jobs.some((job) => known.jobs.includes(job)) || post.errors.some((e) => known.errors.includes(e));
  if (Object.keys(known.vector).length === 0 && !shares) return 'apart';
  if (zero) return isOfZeroSeconds(post) ? 'contains' : 'unclear';
  return reporter.memories.some((other) => other.post.prior === known.timestamp) ? 'unclear' : 'contains';
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
