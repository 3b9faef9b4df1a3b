// Hand-worked vectors: how a task begins, sums of deltas, bounds of sums, roll-up.

import { type FoldVector, NUMBER_MAX, of } from './fold-vector.ts';

const beginnings: FoldVector[] = [
  {
    name: 'a task begins with its first applied update, and what was never reported is absent',
    records: [of({}, { offset: 7, log_time: 1_234 })],
    expect: {
      tasks: {
        t1: {
          attempts: 1,
          first_offset: 7,
          last_offset: 7,
          first_update_at: 1_234,
          last_update_at: 1_234,
          updates_applied: 1,
          updates_rejected: 0,
          job_creations: 0,
          ios_dropped: 0,
          completion_requested: false,
          error_episode_open: false,
          error_episode_reason: null,
          internal_job_id: null,
          engine_id: null,
          work_request_id: null,
          task_route_id: null,
          timestamp: null,
          prior_timestamp: null,
          failure_reason: null,
          task_action: null,
          task_status: null,
          error_count: null,
          retry_count: null,
          processed_stats: {},
          inputs: {},
          outputs: {},
          errors: [],
          task_output: null,
          reporters: { '': {} },
          reporters_base: {},
        },
      },
      fleet: {
        tasks: 1,
        tasks_by_status: { unreported: 1 },
        failures_by_reason: {},
        job_creations: 0,
        error_count: '0',
        retry_count: '0',
        processed_stats: {},
      },
    },
  },
  {
    name: 'first coordinates stay, last ones move with each applied update',
    records: [of({}, { offset: 3, log_time: 50 }), of({}, { offset: 9, log_time: 40 })],
    expect: {
      tasks: {
        t1: {
          first_offset: 3,
          last_offset: 9,
          first_update_at: 50,
          last_update_at: 40,
          updates_applied: 2,
          attempts: 1,
        },
      },
    },
  },
  {
    name: 'two tasks of one partition do not touch each other',
    records: [of({ error_count: 2 }), of({ internal_task_id: 't2', retry_count: 5 })],
    expect: {
      tasks: {
        t1: { error_count: 2, retry_count: null, last_offset: 0 },
        t2: { error_count: null, retry_count: 5, first_offset: 1 },
      },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', internal_task_id: 't1' }],
      fleet: { tasks: 2, tasks_by_status: { unreported: 2 }, error_count: '2', retry_count: '5' },
    },
  },
  {
    name: 'an id of exactly 1,024 bytes is a task',
    records: [of({ internal_task_id: 'é'.repeat(512) })],
    expect: { tasks: { ['é'.repeat(512)]: { updates_applied: 1 } } },
  },
];

const sums: FoldVector[] = [
  {
    name: 'error_count and retry_count are sums of deltas; an update without them adds nothing',
    records: [of({ error_count: 2, retry_count: 1 }), of({}), of({ error_count: 3, retry_count: 4 })],
    expect: {
      tasks: { t1: { error_count: 5, retry_count: 5 } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', error_count: 2, retry_count: 1 },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', error_count: 5, retry_count: 5 },
      ],
      fleet: { error_count: '5', retry_count: '5' },
    },
  },
  {
    name: 'a reported 0 makes 0, and null makes nothing',
    records: [
      of({ error_count: 0, retry_count: null, processed_stats: { processed_chunks: 0, processed_bytes: null } }),
    ],
    expect: { tasks: { t1: { error_count: 0, retry_count: null, processed_stats: { processed_chunks: 0 } } } },
  },
  {
    name: 'each processed stat is a sum of its own: seconds are never added to milliseconds',
    records: [
      of({ processed_stats: { processed_cpu_milliseconds: 1_500, processed_bytes: 10 } }),
      of({ processed_stats: { processed_cpu_seconds: 2, processed_bytes: 5, processed_chunks: 1 } }),
      of({ processed_stats: { processed_cpu_milliseconds: 500, processed_media_seconds: 30 } }),
      of({ processed_stats: null }),
    ],
    expect: {
      tasks: {
        t1: {
          processed_stats: {
            processed_bytes: 15,
            processed_cpu_milliseconds: 2_000,
            processed_cpu_seconds: 2,
            processed_chunks: 1,
            processed_media_seconds: 30,
          },
        },
      },
      fleet: {
        processed_stats: {
          processed_bytes: '15',
          processed_cpu_milliseconds: '2000',
          processed_cpu_seconds: '2',
          processed_chunks: '1',
          processed_media_seconds: '30',
        },
      },
    },
  },
  {
    name: 'a sum may reach 2^53−2 exactly',
    records: [of({ retry_count: NUMBER_MAX - 1 }), of({ retry_count: 1 })],
    expect: { tasks: { t1: { retry_count: NUMBER_MAX } } },
  },
  {
    name: 'a sum beyond 2^53−2 rejects the record: nothing of it is taken, only counted on the task',
    records: [
      of({ retry_count: NUMBER_MAX, task_status: 'running', work_request_id: 'w1' }, { log_time: 100 }),
      of(
        {
          retry_count: 1,
          error_count: 4,
          task_status: 'failed',
          failure_reason: 'api',
          work_request_id: 'w2',
          task_output: '{}',
          error_details: '[{"id":"x"}]',
        },
        { log_time: 200 },
      ),
    ],
    expect: {
      tasks: {
        t1: {
          retry_count: NUMBER_MAX,
          error_count: null,
          task_status: 'running',
          failure_reason: null,
          work_request_id: 'w1',
          task_output: null,
          errors: [],
          reporters: { w1: {} },
          updates_applied: 1,
          updates_rejected: 1,
          last_offset: 1,
          last_update_at: 100,
        },
      },
      events: [
        { offset: 1, index: 1, kind: 'reject', reason: 'sum_out_of_range', form: 'copy', internal_task_id: 't1' },
      ],
      outcomes: { applied: 1, rejected: 1 },
      rejected_by_reason: { sum_out_of_range: 1 },
      fleet: { retry_count: String(NUMBER_MAX), error_count: '0', tasks_by_status: { running: 1 } },
    },
  },
  {
    name: 'a rejected sum leaves room: a later update that fits is applied',
    records: [of({ retry_count: NUMBER_MAX - 5 }), of({ retry_count: 6 }), of({ retry_count: 5 })],
    expect: {
      tasks: { t1: { retry_count: NUMBER_MAX, updates_applied: 2, updates_rejected: 1, last_offset: 2 } },
      events: [{ offset: 1, index: 1, kind: 'reject', reason: 'sum_out_of_range' }],
      outcomes: { applied: 2, rejected: 1 },
    },
  },
  {
    name: 'the sum of a processed stat is bounded too',
    records: [
      of({ processed_stats: { processed_bytes: NUMBER_MAX } }),
      of({ processed_stats: { processed_chunks: 1, processed_bytes: 1 } }),
    ],
    expect: {
      tasks: { t1: { processed_stats: { processed_bytes: NUMBER_MAX }, updates_rejected: 1 } },
      events: [{ offset: 1, index: 1, kind: 'reject', reason: 'sum_out_of_range' }],
      outcomes: { applied: 1, rejected: 1 },
    },
  },
  {
    name: 'the bound is the task’s: the roll-up over tasks goes on exactly beyond 2^53',
    records: [
      of({ retry_count: NUMBER_MAX }),
      of({ internal_task_id: 't2', retry_count: NUMBER_MAX }),
      of({ internal_task_id: 't3', retry_count: 3 }),
    ],
    expect: {
      tasks: { t1: {}, t2: {}, t3: {} },
      fleet: { tasks: 3, retry_count: '18014398509481983' },
    },
  },
];

export const SUMS_VECTORS: readonly FoldVector[] = [...beginnings, ...sums];
