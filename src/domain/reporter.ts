// What the ledger remembers of one reporter (docs/fold.md, "The ledger").

import type { IoNames, RememberedPost } from './remembered-post.ts';
import type { ReporterTotals } from './task-state.ts';

/** What the fold remembers of one reporter of a task. Times of the engine's clock in epoch seconds; −1: none yet. */
export interface Reporter {
  /** highest total of each IO (`inputs.<id>`, `outputs.<id>`) in the reporter's present run */
  totals: ReporterTotals;
  /** the largest post of each prior_timestamp, at most `priors_kept`; the prior not heard of for longest comes first */
  posts: RememberedPost[];
  /** the IOs that they name */
  io_names: IoNames;
  /** the end of the chain: the post that the reporter made last, as far as its clock and its priors tell */
  newest_prior: number;
  newest_timestamp: number;
  timestamp_max: number;
  /** where the chain begins */
  start: number;
  /** the highest prior_timestamp that was let go */
  forgotten: number;
  /** priors that continue from a post which has not come: the gaps; at most `priors_kept` */
  open: number[];
  /** timestamp of the newest post that re-opened the task */
  reopened_at: number;
  /** of its last update: offset, and the partition's clock, ms */
  last_offset: number;
  heard_at: number;
  /** its newest update said that the work request is over */
  ended: boolean;
  /** its last update was written to another partition first */
  rerouted: boolean;
}

export function newReporter(): Reporter {
  return {
    totals: new Map(),
    posts: [],
    io_names: [],
    newest_prior: -1,
    newest_timestamp: -1,
    timestamp_max: -1,
    start: -1,
    forgotten: -1,
    open: [],
    reopened_at: -1,
    last_offset: -1,
    heard_at: 0,
    ended: false,
    rerouted: false,
  };
}
