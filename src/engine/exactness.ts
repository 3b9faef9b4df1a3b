// How exactly anybody could know a task of the simulated fleet from its updates alone, after the faults that hit it
// (docs/senders.md). It follows from what the senders did, never from what the fold makes of it.

import type { Fault } from './fault.ts';
import type { IoFigures } from './task-reporter.ts';

/**
 * `exact`: must be what the engines did. `at_most`: nothing too much. `marked`: must be what they did, or the task must
 * carry a mark that says it may not be. `open`: nothing is claimed.
 */
export type Certainty = 'exact' | 'at_most' | 'marked' | 'open';

/** What of a task can be known less than exactly; a group that is left out is exact. */
export interface Exactness {
  /** error_count, retry_count, processed_stats, and the processed_count of IOs */
  readonly sums?: Certainty;
  /** processed_total_count of IOs */
  readonly totals?: Certainty;
  readonly job_creations?: Certainty;
  /** task_status, attempts, completion_requested, and the failures that are not errors */
  readonly status?: Certainty;
  /** the failures of kind error */
  readonly errors?: Certainty;
}

export interface TaskHistory {
  readonly faults: ReadonlySet<Fault>;
  /** posts of one reporter continued from the same second, and they alone don't tell whether they contain each other */
  readonly unclear_priors: boolean;
  /** something that may have changed the status lies in the log behind later work of another work request */
  readonly overtaken: boolean;
  /** the task has events of kind error */
  readonly error_events: boolean;
  readonly figures: IoFigures;
}

// Faults under which error episodes begin and end where the engines say so.
const QUIET: readonly Fault[] = ['duplicate', 'zero_second', 'pause'];

/** Which groups can be known less than exactly. */
export function exactnessOf(history: TaskHistory): Exactness {
  const sums = sumsOf(history);
  const groups: { [group in keyof Exactness]: Certainty } = {
    sums,
    totals: totalsOf(history, sums),
    // A job is never created twice; one may be missing where a whole update can't be taken.
    job_creations: sums === 'exact' ? 'exact' : 'at_most',
    status: history.overtaken ? 'open' : sums,
    errors: errorsOf(history, sums),
  };
  return Object.fromEntries(Object.entries(groups).filter(([, certainty]) => certainty !== 'exact'));
}

function sumsOf({ faults, unclear_priors, figures }: TaskHistory): Certainty {
  // Nothing in an update tells two such writers apart; a new run that begins where the old one did, and by chance has done
  // more, looks like the post that contains the old one's.
  if (faults.has('two_writers') || faults.has('restart_same')) return 'open';
  // Without totals two posts of one second can look, rarely, like one that grew.
  if (unclear_priors && figures === 'deltas') return 'open';
  return unclear_priors || faults.has('clock_back') || faults.has('clock_ahead') ? 'marked' : 'exact';
}

function totalsOf({ faults }: TaskHistory, sums: Certainty): Certainty {
  if (sums === 'open') return 'open';
  return faults.has('clock_back') || faults.has('clock_ahead') ? 'marked' : 'exact';
}

function errorsOf({ faults, error_events }: TaskHistory, sums: Certainty): Certainty {
  if (!error_events) return 'exact';
  if (sums !== 'exact') return 'open';
  const loud = [...faults].filter((fault) => !QUIET.includes(fault));
  if (loud.length === 0) return 'exact';
  // A sender that repeats itself adds no episode; other faults move errors to where an episode had ended, or lose one.
  return loud.every((fault) => fault === 'lost_reply') ? 'at_most' : 'open';
}
