// What the ledger says of an update (docs/fold.md, "The ledger"), and the outcome that each class counts under.

import type { Outcome } from './outcome.ts';

/**
 * `first`, `next`, `gap`, `fill`: an interval of its own, added whole. `supersede`: contains a post that was counted
 * already; what exceeds it is added. `ambiguous`: may contain one, nobody can tell; added whole, marked. `restart`: the
 * reporter's totals began anew. `unverified`: names no work request or no interval; added whole, marked.
 * `duplicate`: the same post again. `stale`: contained in a post that was counted. `too_old`: older than all that the
 * ledger remembers of its reporter; not added, marked.
 */
export const UPDATE_CLASSES = [
  'first',
  'next',
  'gap',
  'fill',
  'supersede',
  'ambiguous',
  'restart',
  'unverified',
  'duplicate',
  'stale',
  'too_old',
] as const;
export type UpdateClass = (typeof UPDATE_CLASSES)[number];

/** The outcome of an update of this class. */
export function outcomeOf(updateClass: UpdateClass): Extract<Outcome, 'applied' | 'duplicate' | 'stale'> {
  switch (updateClass) {
    case 'duplicate':
      return 'duplicate';
    case 'stale':
    case 'too_old':
      return 'stale';
    default:
      return 'applied';
  }
}

/**
 * What a task counts of the classes, because it says how far its sums can be trusted. `shrunk`: a later post of one
 * prior_timestamp had smaller deltas than an earlier one; not added.
 */
export const MARKS = ['gap', 'fill', 'supersede', 'ambiguous', 'restart', 'unverified', 'too_old', 'shrunk'] as const;
export type Mark = (typeof MARKS)[number];

const marks: ReadonlySet<string> = new Set(MARKS);

/** The mark of a class, or null for the everyday ones. */
export function markOf(updateClass: UpdateClass): Mark | null {
  return marks.has(updateClass) ? (updateClass as Mark) : null;
}
