// Hand-worked vectors: an engine's clock is set back or forward. Each says what the sender really did, and the state is that truth
// wherever anybody could know it. post(prior, timestamp, bytes): the interval (prior, timestamp].

import { at, every5, type FoldVector, post, type VectorUpdate } from './fold-vector.ts';

/** The sum, the counts per outcome, the marks, the open gaps; and what else is named. */
function bytes(sum: number, applied: number, more: Record<string, unknown> = {}): FoldVector['expect'] {
  const { updates_duplicate: duplicate = 0, updates_stale: stale = 0 } = more as { [name: string]: number };
  const task = {
    processed_stats: { processed_bytes: sum },
    ...{ updates_applied: applied, updates_duplicate: 0, updates_stale: 0, open_gaps: 0, marks: {} },
    ...more,
  };
  return { outcomes: { applied, duplicate, stale }, tasks: { t1: task } };
}

const output: VectorUpdate = { task_output: '{}' };

const lostReplies: FoldVector[] = [
  {
    name: 'S5 goes on: the chain continues from the lower end',
    records: [post(100, 105, 3), post(100, 98, 5), post(98, 103, 2), post(103, 108, 1)],
    expect: bytes(8, 4, { timestamp: 108, marks: { supersede: 1 } }),
  },
  {
    name: 'S5 goes on far back, where the prior is lower than all that were forgotten',
    settings: { priors_kept: 2 },
    records: [
      ...[post(600, 605, 1), post(605, 610, 1), post(610, 615, 1), post(615, 620, 1)],
      ...[post(615, 505, 2), post(505, 510, 1), post(510, 515, 1)],
    ],
    expect: bytes(7, 7, { timestamp: 515, marks: { supersede: 1 } }),
  },
  {
    name: 'S5 with a task_output in the re-post: it is the newest, so its work request has ended and no silence comes',
    records: [at(0, post(100, 105, 3)), at(1, post(100, 98, 5, output)), ...every5(5, 60)],
    expect: bytes(5, 2, { liveness: 'ended', timestamp: 98, marks: { supersede: 1 } }),
  },
  {
    name: 'the same with no work in between: equal deltas, and the end counts though its timestamp is lower',
    records: [at(0, post(100, 105, 3)), at(1, post(100, 98, 3, output)), ...every5(5, 60)],
    expect: bytes(3, 2, { liveness: 'ended', task_output: '{}', timestamp: 98, marks: { supersede: 1 } }),
  },
  {
    name: 'equal deltas told at two seconds: the chain may go on at either',
    records: [post(100, 105, 3), post(100, 98, 3), post(98, 103, 2), post(103, 108, 1)],
    expect: bytes(6, 3, { updates_stale: 1, timestamp: 108 }),
  },
  {
    name: 'a post that comes before the one that it goes on from, whose deltas are told already: the gap is closed',
    records: [post(100, 105, 3), post(98, 103, 2), post(100, 98, 3)],
    expect: bytes(5, 2, { updates_stale: 1, marks: { gap: 1 } }),
  },
  {
    name: 'what has smaller deltas was not acknowledged: nothing goes on where it ends',
    records: [post(0, 15, 6), post(0, 10, 4), post(10, 20, 1)],
    expect: bytes(7, 2, { updates_stale: 1, open_gaps: 1, marks: { gap: 1 } }),
  },
  {
    name: 'a lost reply across a step forward',
    records: [post(0, 5, 1), post(5, 10, 2), post(5, 130, 3), post(130, 135, 1)],
    expect: bytes(5, 4, { marks: { supersede: 1 } }),
  },
];

const orders: FoldVector[] = [
  {
    name: 'steps forward and back, one after the other, leave no doubt',
    records: [post(0, 5, 1), post(5, 100, 1), post(100, 105, 1), post(105, 12, 1), post(12, 77, 1), post(77, 82, 1)],
    expect: bytes(6, 6),
  },
  {
    name: 'the first post after a step far back is overtaken by the next: one is lost, marked, and the rest counts',
    settings: { priors_kept: 1 },
    records: [
      ...[post(500, 505, 1), post(505, 510, 1), post(510, 515, 1)],
      ...[post(402, 407, 1), post(515, 402, 1), post(407, 412, 1), post(412, 417, 1)],
    ],
    // Truth is 7. (402, 407] looked like a repeat of something forgotten, until the post before it came.
    expect: bytes(6, 6, { updates_stale: 1, open_gaps: 1, timestamp: 417, marks: { too_old: 1, gap: 1 } }),
  },
  {
    name: 'a post from before the step fills its hole late: it is not the newest, whatever its timestamp says',
    records: [
      post(0, 5, 1),
      post(10, 65, 1),
      post(65, 2, 1),
      post(5, 10, 1, { task_status: 'pending' }),
      post(2, 7, 1, { task_status: 'running' }),
    ],
    expect: bytes(5, 5, { task_status: 'running', timestamp: 7, marks: { gap: 1, fill: 1 } }),
  },
  {
    name: 'the last post ends lower than it begins, and overtakes the one before: the work request has ended all the same',
    records: [at(0, post(0, 5, 1)), at(1, post(10, 3, 1, output)), at(2, post(5, 10, 1)), ...every5(5, 60)],
    expect: bytes(3, 3, { liveness: 'ended', marks: { gap: 1 } }),
  },
  {
    name: 'a post of zero seconds, then one that ends before it began: nobody can tell, it is added and marked',
    records: [post(100, 100, 1), post(100, 10, 1)],
    expect: bytes(2, 2, { marks: { ambiguous: 1 } }),
  },
];

const again: FoldVector[] = [
  {
    name: 'the clock comes to the same seconds again, and each beat does the same: what goes on from the newest is new, and marked',
    records: [
      ...[post(0, 5, 1), post(5, 10, 1), post(10, 15, 1), post(15, 5, 1)],
      ...[post(5, 10, 1), post(10, 15, 1), post(15, 20, 1), post(20, 25, 1)],
    ],
    expect: bytes(8, 8, { timestamp: 25, marks: { ambiguous: 3 } }),
  },
  {
    name: 'there a job like one of the first time counts as posted again: it is not created twice',
    records: [
      post(0, 5, 1),
      post(5, 10, 1, { create_jobs_action: [{ base_internal_job_id: 'j' }] }),
      post(10, 5, 1),
      post(5, 10, 1, { create_jobs_action: [{ base_internal_job_id: 'j' }, { base_internal_job_id: 'k' }] }),
    ],
    expect: {
      ...bytes(4, 4, { job_creations: 2, marks: { ambiguous: 1 } }),
      events: [
        { offset: 1, index: 1, kind: 'job_creation', action: 0, repeat: 0 },
        { offset: 3, index: 1, kind: 'job_creation', action: 1, repeat: 0 },
      ],
    },
  },
  {
    name: 'a repeat of what the clock may come to again is dropped, and marked: it may be new',
    records: [post(0, 5, 1), post(5, 10, 1), post(10, 15, 1), post(15, 7, 1), post(10, 15, 1)],
    expect: bytes(4, 4, { updates_duplicate: 1, marks: { ambiguous: 1 } }),
  },
  {
    name: 'so is a late post that another one there contains',
    records: [post(0, 5, 1), post(5, 15, 2), post(15, 4, 1), post(5, 10, 1)],
    expect: bytes(4, 3, { updates_stale: 1, marks: { ambiguous: 1 } }),
  },
  {
    name: 'once the clock is past them, a repeat of the second time is a plain duplicate',
    records: [post(0, 5, 1), post(5, 10, 1), post(10, 5, 1), post(5, 10, 2), post(10, 15, 1), post(5, 10, 2)],
    // (10, 15] goes on from (5, 10], and its prior was that of (10, 5].
    expect: bytes(6, 5, { updates_duplicate: 1, marks: { ambiguous: 2 } }),
  },
];

export const CLOCK_STEP_VECTORS: readonly FoldVector[] = [...lostReplies, ...orders, ...again];
