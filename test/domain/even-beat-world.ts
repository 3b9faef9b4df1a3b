// A world that hides what others show: one engine whose beat is even and whose every beat does the same little work, so that
// two posts of one interval look alike; and whose clock is set by any number of seconds, so that it may come to a second for
// which the ledger remembers a post already.

import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { Random } from '../../src/engine/random.ts';

/** Shares of the posts. */
export interface EvenBeatFaults {
  readonly lost_reply?: number;
  readonly late?: number;
  readonly lost_request?: number;
  readonly overtaken?: number;
  readonly duplicate?: number;
  /** the clock is set back or forward by up to 120 s */
  readonly clock_step?: number;
}

export interface EvenBeatWorld {
  /** in the order of the log */
  readonly updates: readonly { readonly log_time: number; readonly update: TaskStatusDetail }[];
  /** beats whose work was acknowledged, or told by the last post */
  readonly beats: number;
}

const BEAT_S = 5;
const STEP_S_MAX = 120;

/** @param totals whether each post tells the total beside the delta */
export function evenBeatWorld(seed: number, posts: number, faults: EvenBeatFaults, totals: boolean): EvenBeatWorld {
  const random = new Random(seed);
  const arrivals: { at: number; update: TaskStatusDetail }[] = [];
  let wall = 1_800_000_000;
  let skew = 0;
  let prior = wall;
  let [delta, total] = [0, 0];
  const strikes = (share = 0) => random.below(1_000_000) < share * 1_000_000;
  for (let post = 1; post <= posts; post++) {
    wall += BEAT_S;
    if (strikes(faults.clock_step)) skew += random.between(-STEP_S_MAX, STEP_S_MAX);
    delta++;
    total++;
    const timestamp = wall + skew;
    const update: TaskStatusDetail = {
      internal_task_id: 't1',
      work_request_id: 'w1',
      prior_timestamp: prior,
      timestamp,
      processed_stats: { processed_chunks: delta },
      inputs: [{ id: 'a', processed_count: delta, ...(totals ? { processed_total_count: total } : {}) }],
    };
    let at = wall;
    // The last one gets through: what nobody published nobody can know.
    const isLast = post === posts;
    if (!isLast && strikes(faults.lost_request)) continue;
    const isLate = !isLast && strikes(faults.late);
    const isAcknowledged = !isLate && (isLast || !strikes(faults.lost_reply));
    if (isLate) at += random.between(6, 26);
    else if (strikes(faults.overtaken)) at += random.between(1, 20);
    arrivals.push({ at, update });
    if (strikes(faults.duplicate)) arrivals.push({ at: at + random.between(0, 12), update });
    if (!isAcknowledged) continue;
    prior = timestamp;
    delta = 0;
  }
  arrivals.sort((a, b) => a.at - b.at);
  return { updates: arrivals.map(({ at, update }) => ({ log_time: 1_000 * at, update })), beats: total };
}
