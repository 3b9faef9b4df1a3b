// Hand-worked vectors of the ledger. S1–S16 are named sequences that broke other ways to tell what was counted; each says what
// the sender really did, and the state is that truth. An update reads post(prior, timestamp, …): the interval (prior, timestamp].

import type { FoldVector, VectorUpdate } from './fold-vector.ts';

/** A post of work request w1 that processed `bytes`. */
function post(prior: number, timestamp: number, bytes: number, more: VectorUpdate = {}): { update: VectorUpdate } {
  return {
    update: {
      internal_task_id: 't1',
      work_request_id: 'w1',
      prior_timestamp: prior,
      timestamp,
      processed_stats: { processed_bytes: bytes },
      ...more,
    },
  };
}

/** The same with one input whose total stands at `total`. */
const counted = (prior: number, timestamp: number, count: number, total: number) =>
  post(prior, timestamp, count, { inputs: [{ id: 'in', processed_count: count, processed_total_count: total }] });

const job = (name: string) => ({ payload_json: `{"job":"${name}"}` });
const jobs = (...names: string[]): VectorUpdate => ({ create_jobs_action: names.map(job) });
const created = (offset: number, index: number, action: number, repeat = 0) =>
  ({ offset, index, kind: 'job_creation', action, repeat }) as const;

/** The sum, the counts per outcome, and the marks; nothing else left. */
function bytes(sum: number, applied: number, more: Record<string, unknown> = {}) {
  const duplicate = Number(more.updates_duplicate ?? 0);
  const stale = Number(more.updates_stale ?? 0);
  return {
    outcomes: { applied, duplicate, stale },
    tasks: {
      t1: {
        processed_stats: { processed_bytes: sum },
        updates_applied: applied,
        updates_duplicate: 0,
        updates_stale: 0,
        marks: {},
        ...more,
      },
    },
  };
}

const named: FoldVector[] = [
  {
    name: 'S1: the network repeats a post of zero seconds: the repeat is a duplicate',
    records: [post(0, 5, 3), post(5, 5, 2), post(5, 5, 2)],
    expect: bytes(5, 2, { updates_duplicate: 1 }),
  },
  {
    name: 'S2: re-posted within the same second, grown: only the growth counts',
    records: [post(0, 5, 3), post(0, 5, 4)],
    expect: bytes(4, 2, { marks: { supersede: 1 } }),
  },
  {
    name: 'S3: after a first post of zero seconds nobody can tell without totals whether the next contains it: added whole, marked',
    records: [post(5, 5, 1), post(5, 10, 4)],
    expect: bytes(5, 2, { marks: { ambiguous: 1 } }),
  },
  {
    name: 'S3b: the same, and the totals tell that it contains it',
    records: [counted(5, 5, 1, 1), counted(5, 10, 4, 4)],
    expect: bytes(4, 2, { inputs: { in: { processed_count: 4, processed_total_count: 4 } }, marks: { supersede: 1 } }),
  },
  {
    name: 'S3c: the same, and the totals tell that it was acknowledged: both count',
    records: [counted(5, 5, 1, 1), counted(5, 10, 4, 5)],
    expect: bytes(5, 2, { inputs: { in: { processed_count: 5, processed_total_count: 5 } } }),
  },
  {
    name: 'S4: the clock steps back 7 s; the chain goes on by its priors',
    records: [post(100, 105, 3), post(105, 98, 2), post(98, 103, 4), post(103, 108, 1)],
    expect: bytes(10, 4),
  },
  {
    name: 'S5: a reply is lost, then the clock steps back: the re-post contains it though its timestamp is lower',
    records: [post(100, 105, 3), post(100, 98, 5)],
    expect: bytes(5, 2, { marks: { supersede: 1 } }),
  },
  {
    name: 'S6: the clock is 60 s ahead for one post, the next is lost after its acknowledgement: the five after it count',
    records: [
      post(100, 105, 3),
      post(105, 170, 2),
      post(115, 120, 1),
      post(120, 125, 1),
      post(125, 130, 1),
      post(130, 135, 1),
      post(135, 140, 1),
    ],
    // No post ends at 115, and the newest of the chain, as far as timestamps tell, is still the one at 170.
    expect: bytes(10, 7, { marks: { gap: 1, fill: 4 } }),
  },
  {
    name: 'S7: the second post overtakes the first',
    records: [post(5, 10, 2), post(0, 5, 3)],
    expect: bytes(5, 2, { marks: { fill: 1 } }),
  },
  {
    name: 'S8: a lost reply, its re-post late behind the next one',
    records: [post(0, 5, 1), post(5, 10, 4), post(15, 20, 2), post(5, 15, 6)],
    expect: bytes(9, 4, { marks: { gap: 1, supersede: 1 } }),
  },
  {
    name: 'S9: a restart under the same work request whose prior is the start again, without totals: not told apart, dropped, marked',
    records: [post(0, 5, 10), post(0, 12, 3)],
    expect: bytes(10, 1, { updates_stale: 1, marks: { shrunk: 1 } }),
  },
  {
    name: 'S9b: the same later in life',
    records: [post(0, 5, 10), post(5, 10, 2), post(0, 22, 3)],
    // Truth is 15.
    expect: bytes(12, 2, { updates_stale: 1, marks: { shrunk: 1 } }),
  },
  {
    name: 'S9c: the same with totals that begin anew: a restart; the old run’s total stays as a base',
    records: [counted(0, 5, 10, 10), counted(5, 10, 2, 12), counted(0, 22, 3, 3)],
    expect: bytes(15, 3, {
      inputs: { in: { processed_count: 15, processed_total_count: 15 } },
      reporters: { w1: { 'inputs.in': 3 } },
      reporters_base: { 'inputs.in': 12 },
      marks: { restart: 1 },
    }),
  },
  {
    name: 'S10: a gap’s update is superseded',
    records: [post(0, 5, 1), post(10, 15, 4), post(10, 20, 6)],
    expect: bytes(7, 3, { marks: { gap: 1, supersede: 1 } }),
  },
  {
    name: 'S11: a late post fills a hole, and its grown re-post fills it whole',
    records: [post(0, 5, 1), post(15, 20, 2), post(5, 10, 3), post(5, 15, 5)],
    expect: bytes(8, 4, { marks: { gap: 1, fill: 1, supersede: 1 } }),
  },
  {
    name: 'S12: two writers under one work request, who look like one: wrong, and nothing can tell',
    records: [post(0, 5, 3), post(0, 5, 4), post(5, 10, 2), post(5, 10, 1)],
    // Truth is 10.
    expect: bytes(6, 3, { updates_stale: 1, marks: { supersede: 1 } }),
  },
  {
    name: 'S12b: the same where the deltas can be no one writer’s: added, and marked',
    records: [post(0, 5, 3), post(0, 5, 4), post(5, 10, 2), post(5, 10, 1, { retry_count: 1 })],
    expect: bytes(7, 4, { retry_count: 1, marks: { supersede: 1, ambiguous: 1 } }),
  },
  {
    name: 'S12c: the same where a header tells the instances apart: two reporters, and all counts',
    records: [
      { ...post(0, 5, 3), engine_instance_id: 'a' },
      { ...post(0, 5, 4), engine_instance_id: 'b' },
      { ...post(5, 10, 2), engine_instance_id: 'a' },
      { ...post(5, 10, 1), engine_instance_id: 'b' },
    ],
    expect: bytes(10, 4, { reporters: { 'w1\na': {}, 'w1\nb': {} } }),
  },
  {
    name: 'S12d: a failed in what the other writer would hide is heard of as well',
    records: [
      { ...post(0, 5, 3, { task_status: 'running' }), engine_instance_id: 'a' },
      { ...post(0, 5, 2, { task_status: 'failed' }), engine_instance_id: 'b' },
    ],
    expect: {
      ...bytes(5, 2, { task_status: 'failed' }),
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'failed', work_request_id: 'w1' }],
    },
  },
  {
    name: 'S13: superseded twice, the middle one late: it is stale',
    records: [post(0, 5, 2), post(0, 15, 6), post(0, 10, 4)],
    expect: bytes(6, 2, { updates_stale: 1, marks: { supersede: 1 } }),
  },
  {
    name: 'S14: a re-post brings the job of the lost post again and one more: each is created once',
    records: [post(0, 5, 2, jobs('a')), post(0, 10, 4, jobs('a', 'b'))],
    expect: {
      ...bytes(4, 2, { job_creations: 2, marks: { supersede: 1 } }),
      events: [created(0, 1, 0), created(1, 1, 1)],
    },
  },
  {
    name: 'S15: the same after a post of zero seconds, where nobody can tell: an equal job counts as re-posted',
    records: [post(5, 5, 2, jobs('a')), post(5, 10, 4, jobs('a', 'b'))],
    expect: {
      ...bytes(6, 2, { job_creations: 2, marks: { ambiguous: 1 } }),
      events: [created(0, 1, 0), created(1, 1, 1)],
    },
  },
  {
    name: 'S16: the same within one second',
    records: [post(0, 5, 2, jobs('a')), post(0, 5, 4, jobs('a', 'b'))],
    expect: {
      ...bytes(4, 2, { job_creations: 2, marks: { supersede: 1 } }),
      events: [created(0, 1, 0), created(1, 1, 1)],
    },
  },
];

const withinOneSecond: FoldVector[] = [
  {
    name: 'three posts within one second whose timestamps run ahead of the clock: each goes on from the one before, and counts',
    records: [post(100, 105, 3), post(105, 106, 1), post(106, 107, 2), post(107, 110, 4)],
    expect: bytes(10, 4),
  },
  {
    name: 'edited in place, within the same second, to less: dropped, nothing is taken off, and nothing is marked',
    records: [post(0, 5, 3), post(0, 5, 2), post(5, 10, 1)],
    expect: bytes(4, 2, { updates_stale: 1 }),
  },
  {
    name: 'edited in place, to more of one figure and less of another: nobody can tell, added whole, marked',
    records: [post(0, 5, 3), post(0, 5, 2, { retry_count: 1 })],
    expect: bytes(5, 2, { retry_count: 1, marks: { ambiguous: 1 } }),
  },
  {
    name: 'edited in place after a post of zero seconds, to less: dropped, marked, since it may be a second one',
    records: [post(5, 5, 3), post(5, 5, 2)],
    expect: bytes(3, 1, { updates_stale: 1, marks: { ambiguous: 1 } }),
  },
];

const classes: FoldVector[] = [
  {
    name: 'two intended equal jobs in one update make two, told apart by their repeat number',
    records: [post(0, 5, 1, jobs('a', 'a'))],
    expect: { ...bytes(1, 1, { job_creations: 2 }), events: [created(0, 1, 0, 0), created(0, 2, 1, 1)] },
  },
  {
    name: 'a re-post that asks for an equal job once more makes one more, with the next repeat number',
    records: [post(0, 5, 1, jobs('a')), post(0, 10, 1, jobs('a', 'a'))],
    expect: {
      ...bytes(1, 2, { job_creations: 2, marks: { supersede: 1 } }),
      events: [created(0, 1, 0, 0), created(1, 1, 1, 1)],
    },
  },
  {
    name: 'a job whose token was renewed is the same job',
    records: [
      post(0, 5, 1, { create_jobs_action: [{ ...job('a'), token: 'one' }] }),
      post(0, 10, 1, { create_jobs_action: [{ ...job('a'), token: 'two' }] }),
    ],
    expect: { ...bytes(1, 2, { job_creations: 1, marks: { supersede: 1 } }), events: [created(0, 1, 0)] },
  },
  {
    name: 'no work request, no timestamp or no prior: added whole each time, and counted as unverified',
    records: [
      post(0, 5, 1, { work_request_id: null }),
      post(0, 5, 1, { work_request_id: null }),
      post(0, 5, 1, { timestamp: null }),
      post(0, 5, 1, { prior_timestamp: null }),
    ],
    expect: bytes(4, 4, { marks: { unverified: 4 } }),
  },
  {
    name: 'a retried task under a new work request has a chain of its own, whatever its prior',
    records: [post(0, 5, 1), post(0, 5, 1, { work_request_id: 'w2' })],
    expect: bytes(2, 2),
  },
  {
    name: 'a repeat that is older than all remembered priors is too old: not added, marked',
    settings: { priors_kept: 2 },
    records: [post(0, 5, 1), post(5, 10, 1), post(10, 15, 1), post(0, 5, 1)],
    expect: bytes(3, 3, { updates_stale: 1, marks: { too_old: 1 } }),
  },
  {
    name: 'a supersede adds field by field what exceeds, and never takes anything off',
    records: [post(0, 5, 5, { error_count: 2, retry_count: 1 }), post(0, 10, 7, { error_count: 1 })],
    expect: {
      ...bytes(12, 2, { error_count: 3, retry_count: 1, marks: { ambiguous: 1 } }),
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'an absent number of a re-post takes nothing off, and a zero that is reported makes it known',
    records: [post(0, 5, 0), post(0, 10, 0, { error_count: 0 })],
    expect: bytes(0, 2, { error_count: 0, marks: { supersede: 1 } }),
  },
];

const statuses: FoldVector[] = [
  {
    name: 'the clock steps back before `complete`: the chain says that it is the newest',
    records: [post(100, 105, 1, { task_status: 'running' }), post(105, 98, 1, { task_status: 'complete' })],
    expect: bytes(2, 2, { task_status: 'complete' }),
  },
  {
    name: 'a late `running` does not move the status back',
    records: [
      post(0, 5, 1, { task_status: 'queued' }),
      post(10, 15, 1, { task_status: 'pending' }),
      post(5, 10, 1, { task_status: 'running' }),
    ],
    expect: bytes(3, 3, { task_status: 'pending', marks: { gap: 1, fill: 1 } }),
  },
  {
    name: 'a late `failed` in a fill counts, and its failure leaves',
    records: [
      post(0, 5, 1, { task_status: 'running' }),
      post(10, 15, 1, { task_status: 'running' }),
      post(5, 10, 1, { task_status: 'failed' }),
    ],
    expect: {
      ...bytes(3, 3, { task_status: 'failed', marks: { gap: 1, fill: 1 } }),
      events: [{ offset: 2, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'a late `failed` that the reporter has re-opened since does not count',
    records: [
      post(0, 5, 1, { task_status: 'failed' }),
      post(10, 15, 1, { task_status: 'reprocessing' }),
      post(5, 10, 1, { task_status: 'failed' }),
    ],
    expect: {
      ...bytes(3, 3, { task_status: 'reprocessing', attempts: 2, marks: { gap: 1, fill: 1 } }),
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'a `failed` that comes behind the work request that was to mend it is taken as it comes: nothing tells the two from others side by side',
    records: [
      post(0, 5, 1, { task_status: 'running' }),
      post(100, 105, 1, { work_request_id: 'w2', task_status: 'running' }),
      post(5, 10, 1, { task_status: 'failed' }),
      post(105, 110, 1, { work_request_id: 'w2', task_status: 'complete' }),
    ],
    expect: {
      tasks: {
        t1: { task_status: 'failed', attempts: 1, processed_stats: { processed_bytes: 4 }, marks: {} },
      },
      events: [{ offset: 2, index: 1, kind: 'failure', failure: 'failed', work_request_id: 'w1', attempt: 1 }],
    },
  },
  {
    name: 'the re-post of a failed post, after another reporter has re-opened the task, fails it no second time',
    records: [
      post(0, 5, 1, { task_status: 'failed' }),
      post(0, 5, 1, { work_request_id: 'w2', task_status: 'reprocessing' }),
      post(0, 10, 1, { task_status: 'failed' }),
    ],
    expect: {
      ...bytes(2, 3, { task_status: 'reprocessing', attempts: 2, marks: { supersede: 1 } }),
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'equal deltas, and one of the two is terminal: terminal wins, whichever comes first',
    records: [post(0, 5, 1, { task_status: 'running' }), post(0, 5, 1, { task_status: 'complete' })],
    expect: bytes(1, 2, { task_status: 'complete', marks: { supersede: 1 } }),
  },
  {
    name: 'the re-post of an update with errors whose own beat had none opens no second episode either',
    records: [
      post(0, 5, 1, { error_count: 1, failure_reason: 'api' }),
      post(0, 5, 1, { work_request_id: 'w2', failure_reason: 'none' }),
      post(0, 10, 2, { error_count: 1, failure_reason: 'none' }),
    ],
    expect: {
      ...bytes(3, 3, { error_count: 1, marks: { supersede: 1 } }),
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'the re-post of an update with errors opens no second episode',
    records: [
      post(0, 5, 1, { error_count: 1, failure_reason: 'api' }),
      post(0, 5, 1, { work_request_id: 'w2' }),
      post(0, 10, 2, { error_count: 1, failure_reason: 'api' }),
    ],
    expect: {
      ...bytes(3, 3, { error_count: 1, marks: { supersede: 1 } }),
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
];

export const LEDGER_VECTORS: readonly FoldVector[] = [...named, ...withinOneSecond, ...classes, ...statuses];
