// Hand-worked vectors: what the ledger may take of memory, each bound met and passed.

import { by, type FoldVector, NUMBER_MAX, of, post, type VectorEvent, type VectorUpdate } from './fold-vector.ts';

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

export const BOUND_VECTORS: readonly FoldVector[] = [...ids, ...jobs, ...others];
