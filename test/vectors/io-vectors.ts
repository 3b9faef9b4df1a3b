// Hand-worked vectors: IO counters per side and id, totals per reporter, reporters that are let go, bounds of IOs.

import { by, type FoldVector, NUMBER_MAX, of } from './fold-vector.ts';

const counters: FoldVector[] = [
  {
    name: 'processed_count sums deltas per side and id; one id on both sides is two IOs',
    records: [
      of({ inputs: [{ id: 'a', processed_count: 2 }], outputs: [{ id: 'a', processed_count: 10 }] }),
      of({
        inputs: [
          { id: 'a', processed_count: 3 },
          { id: 'b', processed_count: 0 },
        ],
      }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_count: 5 }, b: { processed_count: 0 } },
          outputs: { a: { processed_count: 10 } },
          reporters: { '': {} },
        },
      },
    },
  },
  {
    name: 'an absent IO id counts as the empty string',
    records: [
      of({ inputs: [{ processed_count: 1 }, { id: '', processed_count: 2 }, { id: null, processed_count: 4 }] }),
    ],
    expect: { tasks: { t1: { inputs: { '': { processed_count: 7 } } } } },
  },
  {
    name: 'an IO that names neither count exists, without figures',
    records: [of({ inputs: [{ id: 'a' }] })],
    expect: { tasks: { t1: { inputs: { a: {} }, outputs: {} } } },
  },
  {
    name: 'deltas and totals are figures of their own: one is never derived from the other',
    records: [
      of({ inputs: [{ id: 'a', processed_total_count: 9 }] }),
      of({ inputs: [{ id: 'a', processed_count: 2 }] }),
    ],
    expect: { tasks: { t1: { inputs: { a: { processed_count: 2, processed_total_count: 9 } } } } },
  },
  {
    name: 'two entries with one id in one update are taken one after the other',
    records: [
      by('w1', {
        outputs: [
          { id: 'a', processed_count: 1, processed_total_count: 4 },
          { id: 'a', processed_count: 2, processed_total_count: 3 },
        ],
      }),
    ],
    expect: {
      tasks: {
        t1: { outputs: { a: { processed_count: 3, processed_total_count: 4 } }, reporters: { w1: { 'outputs.a': 4 } } },
      },
    },
  },
  {
    name: 'the sum of an IO’s deltas is bounded, also within one update, and a first one makes no task',
    records: [
      of({
        inputs: [
          { id: 'a', processed_count: NUMBER_MAX },
          { id: 'a', processed_count: 1 },
        ],
      }),
    ],
    expect: {
      tasks: { t1: null },
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'sum_out_of_range', internal_task_id: 't1' }],
      outcomes: { rejected: 1 },
      rejected_by_reason: { sum_out_of_range: 1 },
      fleet: { tasks: 0, tasks_by_status: {} },
    },
  },
  {
    name: 'the same amounts on two IOs, or on two sides, pass no bound',
    records: [
      of({
        inputs: [
          { id: 'a', processed_count: NUMBER_MAX },
          { id: 'b', processed_count: NUMBER_MAX },
        ],
        outputs: [{ id: 'a', processed_count: NUMBER_MAX }],
      }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_count: NUMBER_MAX }, b: { processed_count: NUMBER_MAX } },
          outputs: { a: { processed_count: NUMBER_MAX } },
        },
      },
    },
  },
];

const totals: FoldVector[] = [
  {
    name: 'one reporter’s totals are never added: its highest is its figure',
    records: [5, 9, 7].map((processed_total_count) => by('w1', { inputs: [{ id: 'a', processed_total_count }] })),
    expect: {
      tasks: { t1: { inputs: { a: { processed_total_count: 9 } }, reporters: { w1: { 'inputs.a': 9 } } } },
    },
  },
  {
    name: 'a task’s total is the sum over its reporters of each one’s highest',
    records: [
      by('w1', { inputs: [{ id: 'a', processed_total_count: 5 }] }),
      by('w2', { inputs: [{ id: 'a', processed_total_count: 3 }] }),
      by('w1', { inputs: [{ id: 'a', processed_total_count: 6 }] }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_total_count: 9 } },
          reporters: { w1: { 'inputs.a': 6 }, w2: { 'inputs.a': 3 } },
        },
      },
    },
  },
  {
    name: 'an update without a work request reports as the empty string, also after one with',
    records: [
      by('w1', { inputs: [{ id: 'a', processed_total_count: 5 }] }),
      of({ inputs: [{ id: 'a', processed_total_count: 4 }] }),
    ],
    expect: {
      tasks: {
        t1: {
          work_request_id: 'w1',
          inputs: { a: { processed_total_count: 9 } },
          reporters: { w1: { 'inputs.a': 5 }, '': { 'inputs.a': 4 } },
        },
      },
    },
  },
  {
    name: 'a reported total of 0 makes 0',
    records: [by('w1', { outputs: [{ id: 'a', processed_total_count: 0 }] })],
    expect: { tasks: { t1: { outputs: { a: { processed_total_count: 0 } }, reporters: { w1: { 'outputs.a': 0 } } } } },
  },
  {
    name: 'totals of two reporters whose sum would pass 2^53−2 reject the second, which stays unknown',
    records: [
      by('w1', { inputs: [{ id: 'a', processed_total_count: NUMBER_MAX }] }),
      by('w2', { inputs: [{ id: 'a', processed_total_count: 1 }] }),
      by('w1', { inputs: [{ id: 'a', processed_total_count: NUMBER_MAX }] }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_total_count: NUMBER_MAX } },
          reporters: { w1: { 'inputs.a': NUMBER_MAX } },
          work_request_id: 'w1',
          updates_applied: 2,
          updates_rejected: 1,
        },
      },
      events: [{ offset: 1, index: 1, kind: 'reject', reason: 'sum_out_of_range' }],
      outcomes: { applied: 2, rejected: 1 },
    },
  },
];

const reporters: FoldVector[] = [
  {
    name: 'reporters are remembered in the order of their latest update, with or without totals',
    records: [by('w2'), by('w1', { inputs: [{ id: 'a', processed_total_count: 1 }] }), by('w2'), by('w3')],
    settings: { reporters_kept: 2 },
    expect: { tasks: { t1: { reporters: { w2: {}, w3: {} }, reporters_base: { 'inputs.a': 1 } } } },
  },
  {
    name: 'beyond reporters_kept the totals of the one without an update for longest go to the base, and the task’s total stays',
    settings: { reporters_kept: 2 },
    records: [
      by('w1', { inputs: [{ id: 'a', processed_total_count: 5 }], outputs: [{ id: 'a', processed_total_count: 50 }] }),
      by('w2', { inputs: [{ id: 'a', processed_total_count: 3 }] }),
      by('w1', { inputs: [{ id: 'a', processed_total_count: 6 }] }),
      by('w3', { inputs: [{ id: 'a', processed_total_count: 1 }] }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_total_count: 10 } },
          outputs: { a: { processed_total_count: 50 } },
          reporters: { w1: { 'inputs.a': 6, 'outputs.a': 50 }, w3: { 'inputs.a': 1 } },
          reporters_base: { 'inputs.a': 3 },
        },
      },
    },
  },
  {
    name: 'the base sums the totals of all that were let go; one that returns begins anew on top of it',
    settings: { reporters_kept: 1 },
    records: [
      by('w1', { inputs: [{ id: 'a', processed_total_count: 5 }] }),
      by('w2', { inputs: [{ id: 'a', processed_total_count: 3 }] }),
      by('w1', { inputs: [{ id: 'a', processed_total_count: 7 }] }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_total_count: 15 } },
          reporters: { w1: { 'inputs.a': 7 } },
          reporters_base: { 'inputs.a': 8 },
        },
      },
    },
  },
  {
    name: 'reporters without totals push the oldest out too',
    settings: { reporters_kept: 1 },
    records: [by('w1', { inputs: [{ id: 'a', processed_total_count: 5 }] }), of({})],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_total_count: 5 } },
          reporters: { '': {} },
          reporters_base: { 'inputs.a': 5 },
          work_request_id: 'w1',
        },
      },
    },
  },
];

const bounds: FoldVector[] = [
  {
    name: 'a side that holds ios_kept ids takes no new one, and counts each dropped entry; the rest is applied',
    settings: { ios_kept: 1 },
    records: [
      by('w1', { inputs: [{ id: 'a', processed_count: 1 }], outputs: [{ id: 'x', processed_count: 1 }] }),
      by('w1', {
        retry_count: 1,
        inputs: [
          { id: 'b', processed_count: 1, processed_total_count: 8 },
          { id: 'a', processed_count: 1 },
          { id: 'b', processed_count: 1 },
        ],
      }),
    ],
    expect: {
      tasks: {
        t1: {
          inputs: { a: { processed_count: 2 } },
          outputs: { x: { processed_count: 1 } },
          ios_dropped: 2,
          retry_count: 1,
          reporters: { w1: {} },
        },
      },
    },
  },
  {
    name: 'the bound holds within one update, first come first kept',
    settings: { ios_kept: 2 },
    records: [of({ outputs: ['a', 'b', 'c'].map((id) => ({ id, processed_count: 1 })) })],
    expect: {
      tasks: { t1: { outputs: { a: { processed_count: 1 }, b: { processed_count: 1 } }, ios_dropped: 1 } },
    },
  },
  {
    name: 'a dropped entry adds to no sum, so it passes no bound',
    settings: { ios_kept: 1 },
    records: [
      of({
        inputs: [
          { id: 'a', processed_count: 1 },
          { id: 'b', processed_count: NUMBER_MAX },
          { id: 'b', processed_count: NUMBER_MAX },
        ],
      }),
    ],
    expect: { tasks: { t1: { inputs: { a: { processed_count: 1 } }, ios_dropped: 2 } } },
  },
];

export const IO_VECTORS: readonly FoldVector[] = [...counters, ...totals, ...reporters, ...bounds];
