// Hand-worked vectors: what the ledger may take of memory, each bound met and passed.

import {
  at,
  by,
  type FoldVector,
  NUMBER_MAX,
  of,
  post,
  ticks,
  type VectorEvent,
  type VectorRecord,
  type VectorUpdate,
} from './fold-vector.ts';

const LONG = 'é'.repeat(512);
const TOO_LONG = `${LONG}x`;

const IDS: { readonly [field: string]: (id: string) => VectorUpdate } = {
  internal_job_id: (id) => ({ internal_job_id: id }),
  engine_id: (id) => ({ engine_id: id }),
  work_request_id: (id) => ({ work_request_id: id }),
  task_route_id: (id) => ({ task_route_id: id }),
  'the id of an input': (id) => ({ inputs: [{ id: 'a' }, { id }] }),
  'the id of an output': (id) => ({ outputs: [{ id }] }),
};

const ids: FoldVector[] = Object.entries(IDS).map(([field, update]) => ({
  name: `${field} may take 1,024 bytes of UTF-8, and no more`,
  records: [of({ retry_count: 1, ...update(LONG) }), of({ retry_count: 1, ...update(TOO_LONG) })],
  expect: {
    tasks: { t1: { retry_count: 1, updates_applied: 1, updates_rejected: 1 } },
    events: [{ offset: 1, index: 1, kind: 'reject', reason: 'id_too_long', form: 'copy', internal_task_id: 't1' }],
    outcomes: { applied: 1, rejected: 1 },
    rejected_by_reason: { id_too_long: 1 },
  },
}));

const instance = (engine_instance_id: string) => ({ ...by('w1', { retry_count: 1 }), engine_instance_id });

ids.push({
  name: 'so may the header engine_instance_id; an empty one, and one with a line feed, count as none',
  records: ['', 'a\nb', LONG, TOO_LONG].map(instance),
  expect: {
    tasks: { t1: { retry_count: 3, reporters: { w1: {}, [`w1\n${LONG}`]: {} }, updates_rejected: 1 } },
    events: [{ offset: 3, index: 1, kind: 'reject', reason: 'id_too_long', form: 'copy' }],
    outcomes: { applied: 3, rejected: 1 },
  },
});

const numbered = (count: number): VectorUpdate => ({
  create_jobs_action: Array.from({ length: count }, (_, i) => ({ base_internal_job_id: `job ${i}` })),
});

function created(offset: number, count: number, from = 0): VectorEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ offset, index: i + 1, kind: 'job_creation' as const, action: from + i, repeat: 0 },
  }));
}

const jobs: FoldVector[] = [
  {
    name: 'the posts on one prior may bring 10,000 job creations; one more is rejected, so that none is ever made twice',
    records: [post(0, 5, 1, numbered(10_000)), post(0, 10, 2, numbered(10_001)), post(0, 15, 3, numbered(10_000))],
    expect: {
      tasks: {
        t1: {
          processed_stats: { processed_bytes: 3 },
          job_creations: 10_000,
          updates_applied: 2,
          updates_rejected: 1,
          marks: { supersede: 1 },
        },
      },
      events: [
        ...created(0, 10_000),
        { offset: 1, index: 1, kind: 'reject', reason: 'too_many_job_creations', form: 'copy', internal_task_id: 't1' },
      ],
      outcomes: { applied: 2, rejected: 1 },
      rejected_by_reason: { too_many_job_creations: 1 },
    },
  },
  {
    name: 'the next prior may bring as many again',
    records: [post(0, 5, 1, numbered(10_000)), post(5, 10, 2, numbered(2))],
    expect: {
      tasks: { t1: { job_creations: 10_002 } },
      events: [...created(0, 10_000), ...created(1, 2)],
    },
  },
];

const errors = (...names: string[]): VectorUpdate => ({
  error_details: JSON.stringify(names.map((id) => ({ id }))),
});

const others: FoldVector[] = [
  {
    name: 'of one prior errors_kept errors are remembered, those of the latest post first: an older one told again is listed again',
    settings: { errors_kept: 2 },
    records: [
      post(0, 5, 1, errors('a')),
      post(0, 10, 2, errors('b')),
      post(0, 15, 3, errors('a', 'c')),
      post(0, 20, 4, errors('b')),
    ],
    // Remembered after each: a; b a; a c; b a. So the second b is listed again.
    expect: {
      tasks: {
        t1: { processed_stats: { processed_bytes: 4 }, errors: [{ id: 'c' }, { id: 'b' }], updates_applied: 4 },
      },
    },
  },
  {
    name: 'IOs without room are no part of a post: two that differ in nothing else say the same',
    settings: { ios_kept: 1 },
    records: [
      post(0, 5, 1, { inputs: [{ id: 'a', processed_count: 1 }] }),
      post(5, 10, 1, { inputs: [{ id: 'b', processed_count: 1 }] }),
      post(5, 10, 1, { inputs: [{ id: 'c', processed_count: 7 }] }),
    ],
    expect: {
      outcomes: { applied: 2, duplicate: 1 },
      tasks: { t1: { inputs: { a: { processed_count: 1 } }, ios_dropped: 1, updates_duplicate: 1, marks: {} } },
    },
  },
  {
    name: 'a superseding update drops the IOs without room once more, and counts them',
    settings: { ios_kept: 1 },
    records: [
      post(0, 5, 1, { inputs: [{ id: 'a', processed_count: 1 }, { id: 'b' }] }),
      post(0, 10, 2, { inputs: [{ id: 'b' }, { id: 'a', processed_count: 3 }, { id: 'c', processed_count: 1 }] }),
    ],
    expect: {
      tasks: { t1: { inputs: { a: { processed_count: 3 } }, ios_dropped: 3, marks: { supersede: 1 } } },
    },
  },
  {
    name: 'IOs without room that pass 2^53−2 together leave nothing behind',
    settings: { ios_kept: 1 },
    records: [
      post(0, 5, 1, {
        inputs: [{ id: 'a' }, { id: 'b', processed_count: NUMBER_MAX }, { id: 'b', processed_count: NUMBER_MAX }],
      }),
      post(0, 10, 2, { inputs: [{ id: 'a', processed_count: 1 }] }),
    ],
    expect: { tasks: { t1: { inputs: { a: { processed_count: 1 } }, ios_dropped: 2, marks: { supersede: 1 } } } },
  },
  {
    name: 'a failure_reason is remembered up to 64 bytes: one that differs behind them is the same to the ledger',
    records: [
      post(0, 5, 1, { failure_reason: `${'x'.repeat(64)}1` }),
      by('w2', { failure_reason: 'none' }),
      post(0, 10, 2, { failure_reason: `${'x'.repeat(64)}2` }),
    ],
    expect: {
      tasks: { t1: { error_episode_open: false } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
];

const total = (work_request_id: string, prior: number, timestamp: number, count: number, sum: number): VectorRecord =>
  by(work_request_id, {
    ...{ prior_timestamp: prior, timestamp },
    inputs: [{ id: 'in', processed_count: count, processed_total_count: sum }],
  });
const over = (record: VectorRecord): VectorRecord => ({ ...record, work_request_status: 'complete' });
const inputs = (count: number, sum: number) => ({ in: { processed_count: count, processed_total_count: sum } });

/** Idle after 10 s, silent after 4 s: the clock takes steps of up to 2 s. */
const idle = { reporter_idle_s: 10, silence_after_s: 4 };
const ticking = (from: number, to: number) => {
  const seconds: number[] = [];
  for (let second = from; second <= to; second += 2) seconds.push(second);
  return ticks(...seconds);
};

const reporters: FoldVector[] = [
  {
    name: 'a reporter that has ended is let go reporter_idle_s after its last update, when another one reports: the totals stay',
    settings: idle,
    records: [at(0, over(total('w1', 100, 105, 5, 5))), ...ticking(2, 10), at(10.001, total('w2', 110, 115, 2, 2))],
    expect: {
      tasks: {
        t1: { inputs: inputs(7, 7), reporters: { w2: { 'inputs.in': 2 } }, reporters_base: { 'inputs.in': 5 } },
      },
    },
  },
  {
    name: 'at that very time it is not',
    settings: idle,
    records: [at(0, over(total('w1', 100, 105, 5, 5))), ...ticking(2, 8), at(10, total('w2', 110, 115, 2, 2))],
    expect: {
      tasks: { t1: { reporters: { w1: { 'inputs.in': 5 }, w2: { 'inputs.in': 2 } }, reporters_base: {} } },
    },
  },
  {
    name: 'so is one that is lost: its silence was told, and nobody waits for it',
    settings: idle,
    records: [at(0, total('w1', 100, 105, 5, 5)), ...ticking(2, 10), at(10.001, by('w2', { retry_count: 1 }))],
    expect: {
      tasks: { t1: { liveness: 'reporting', reporters: { w2: {} }, reporters_base: { 'inputs.in': 5 } } },
      events: [
        { offset: 3, index: 1, kind: 'failure', failure: 'silent', work_request_id: 'w1' },
        { offset: 6, index: 1, kind: 'failure', failure: 'recovered', work_request_id: 'w2' },
      ],
    },
  },
  {
    name: 'one that is open stays, and forgets its priors: what is posted again for one of them is too old, its silence is told',
    settings: { reporter_idle_s: 4, silence_after_s: 10 },
    records: [
      ...[at(0, total('w1', 100, 105, 5, 5)), at(0, total('w1', 105, 110, 1, 6))],
      ...[at(4, by('w2', { retry_count: 1 })), at(4.001, over(by('w2', { retry_count: 1 })))],
      at(4.001, total('w1', 100, 105, 5, 5)),
      ...ticks(9, 14, 14.001, 14.002),
    ],
    expect: {
      outcomes: { applied: 4, stale: 1 },
      tasks: {
        t1: {
          inputs: inputs(6, 6),
          reporters: { w1: { 'inputs.in': 6 }, w2: {} },
          marks: { unverified: 2, too_old: 1 },
          liveness: 'silent',
        },
      },
      events: [{ offset: 8, index: 1, kind: 'failure', failure: 'silent', work_request_id: 'w1' }],
    },
  },
  {
    name: 'the only reporter of a task keeps its priors, however long it says nothing',
    settings: idle,
    records: [at(0, over(post(100, 105, 5))), ...ticking(2, 20), at(22, over(post(100, 105, 5)))],
    expect: {
      outcomes: { applied: 1, duplicate: 1 },
      tasks: { t1: { processed_stats: { processed_bytes: 5 }, marks: {} } },
    },
  },
  {
    name: 'of four times reporters_kept that were let go the task knows the end: what one of them repeats is too old',
    settings: { reporters_kept: 1 },
    records: [total('w1', 100, 105, 5, 5), ...['a', 'b', 'c', 'd'].map((w) => by(w)), total('w1', 100, 105, 5, 5)],
    expect: {
      outcomes: { applied: 5, stale: 1 },
      tasks: { t1: { inputs: inputs(5, 5), marks: { unverified: 4, too_old: 1 } } },
    },
  },
  {
    name: 'the first of them that is one too many is forgotten: if it reports again it is a new one, and counts whole',
    settings: { reporters_kept: 1 },
    records: [total('w1', 100, 105, 5, 5), ...['a', 'b', 'c', 'd', 'e'].map((w) => by(w)), total('w1', 100, 105, 5, 5)],
    expect: { tasks: { t1: { inputs: inputs(10, 10), marks: { unverified: 5 } } } },
  },
  {
    name: 'work requests that were let go lead to the task, the last reporters_kept of them, until one of their reporters is back',
    settings: { reporters_kept: 2 },
    records: ['w1', 'w2', 'w3', 'w4', 'w5', 'w4', 'w3', 'w1'].map((w) => by(w)),
    // w1; w1 w2; w2 w3; then w3 is back and w5 goes; w1, which was forgotten, comes and w4 goes.
    expect: { tasks: { t1: { work_requests_let_go: ['w5', 'w4'] } } },
  },
  {
    name: 'a work request of two instances is let go with the second of them, and none is none',
    settings: { reporters_kept: 2 },
    records: [
      ...[
        { ...by('w1'), engine_instance_id: 'i1' },
        { ...by('w1'), engine_instance_id: 'i2' },
      ],
      ...[of({ retry_count: 1 }), by('w2'), by('w3')],
    ],
    expect: { tasks: { t1: { work_requests_let_go: ['w1'] } } },
  },
  {
    name: 'one that was let go, came back and is let go again is the last of them',
    settings: { reporters_kept: 1 },
    records: [
      ...[total('w1', 100, 105, 5, 5), by('a'), by('b'), total('w1', 105, 110, 1, 6)],
      ...[...['c', 'd', 'e', 'f'].map((w) => by(w)), total('w1', 105, 110, 1, 6)],
    ],
    expect: {
      outcomes: { applied: 8, stale: 1 },
      tasks: { t1: { inputs: inputs(6, 6), marks: { unverified: 6, too_old: 1 } } },
    },
  },
];

const priors: FoldVector[] = [
  {
    name: 'of open priors the latest priors_kept are known; one that was opened before stays open for ever',
    settings: { priors_kept: 2 },
    records: [post(0, 5, 1), post(10, 15, 1), post(20, 25, 1), post(30, 35, 1), post(25, 30, 1), post(5, 10, 1)],
    // Open: 10, then 10 and 20, then 20 and 30. The fifth post closes 30; the last one is too old, and could close nothing.
    expect: {
      outcomes: { applied: 5, stale: 1 },
      tasks: {
        t1: { processed_stats: { processed_bytes: 5 }, open_gaps: 2, marks: { gap: 3, fill: 1, too_old: 1 } },
      },
    },
  },
  {
    name: 'of one prior 4 other posts are known again; the first of more than these counts once more when it is repeated',
    records: [
      ...[1, 2, 3, 4, 5, 6].map((retries) => post(5, 5, 7 - retries, { retry_count: retries })),
      post(5, 5, 5, { retry_count: 2 }),
      post(5, 5, 6, { retry_count: 1 }),
    ],
    expect: {
      outcomes: { applied: 7, duplicate: 1 },
      tasks: { t1: { processed_stats: { processed_bytes: 27 }, retry_count: 22, marks: { ambiguous: 6 } } },
    },
  },
];

/** The same deltas, posted again at each of these seconds. */
const again = (...seconds: number[]) => seconds.map((second) => post(0, second, 1));

const ends: FoldVector[] = [
  {
    name: 'a prior may end at 4 other seconds than its latest: a post that goes on at the first of them is the next one',
    records: [...again(5, 6, 7, 8, 9), post(5, 14, 2)],
    // After the fifth: it ends at 9, and at 5, 6, 7 and 8.
    expect: {
      tasks: { t1: { processed_stats: { processed_bytes: 3 }, open_gaps: 0, marks: { supersede: 4 } } },
    },
  },
  {
    name: 'with one more the first of them is forgotten: a post that goes on there is counted, and leaves a gap that nothing closes',
    records: [...again(5, 6, 7, 8, 9, 10), post(5, 15, 2), post(6, 16, 4)],
    // After the sixth: it ends at 10, and at 6, 7, 8 and 9. So the last one is no gap; it is not the next, since 15 is later than 10.
    expect: {
      tasks: {
        t1: { processed_stats: { processed_bytes: 7 }, open_gaps: 1, marks: { supersede: 5, gap: 1, fill: 1 } },
      },
    },
  },
  {
    name: 'one of them that is told again pushes none out',
    records: [...again(5, 6, 7, 8, 9, 8, 9), post(5, 14, 2)],
    expect: {
      outcomes: { applied: 6, stale: 1, duplicate: 1 },
      tasks: { t1: { processed_stats: { processed_bytes: 3 }, open_gaps: 0, marks: { supersede: 4 } } },
    },
  },
];

export const BOUND_VECTORS: readonly FoldVector[] = [...ids, ...jobs, ...others, ...reporters, ...priors, ...ends];
