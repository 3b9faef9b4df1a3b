// Hand-worked vectors: what makes a failure, how often it is told, and what its event says.

import { by, type FoldVector, of } from './fold-vector.ts';

const FAILURES = ['failed', 'aborted', 'rejected'] as const;

const failures: FoldVector[] = [
  ...FAILURES.map(
    (status): FoldVector => ({
      name: `the update that makes a task ${status} tells a failure with its own reason`,
      records: [
        of({ task_status: 'running', failure_reason: 'none', internal_job_id: 'j1', engine_id: 'e1' }),
        of({ task_status: status, failure_reason: 'bad_data' }, { log_time: 777 }),
      ],
      expect: {
        tasks: { t1: { task_status: status, failure_reason: 'bad_data', error_episode_open: false } },
        events: [
          {
            offset: 1,
            index: 1,
            kind: 'failure',
            failure: status,
            internal_task_id: 't1',
            internal_job_id: 'j1',
            engine_id: 'e1',
            task_status: status,
            failure_reason: 'bad_data',
            attempt: 1,
            errors: [],
            error_count: null,
            log_time: 777,
          },
        ],
        fleet: { failures_by_reason: { bad_data: 1 } },
      },
    }),
  ),
  {
    name: 'a failure without a reason counts as unreported, though an earlier update brought one',
    records: [of({ failure_reason: 'none' }), of({ task_status: 'failed' })],
    expect: {
      tasks: { t1: { failure_reason: 'none' } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'failed', failure_reason: null }],
      fleet: { failures_by_reason: { unreported: 1 } },
    },
  },
  {
    name: 'a failure by reason none or by an unknown one counts under that name',
    records: [
      of({ task_status: 'failed', failure_reason: 'none' }),
      of({ internal_task_id: 't2', task_status: 'aborted', failure_reason: 'Boom' }),
    ],
    expect: {
      tasks: { t1: {}, t2: {} },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'failed', failure_reason: 'none' },
        { offset: 1, index: 1, kind: 'failure', failure: 'aborted', failure_reason: 'unrecognized' },
      ],
      fleet: { failures_by_reason: { none: 1, unrecognized: 1 } },
    },
  },
  {
    name: 'a failure is told once an attempt, and again in the next one',
    records: [
      by('w1', { task_status: 'failed' }),
      by('w1', { task_status: 'failed' }),
      by('w1', { task_status: 'reprocessing' }),
      by('w1', { task_status: 'failed' }),
    ],
    expect: {
      tasks: { t1: { task_status: 'failed', attempts: 2 } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'failed', attempt: 1 },
        { offset: 3, index: 1, kind: 'failure', failure: 'failed', attempt: 2 },
      ],
      fleet: { failures_by_reason: { unreported: 2 } },
    },
  },
  {
    name: 'failed repeated with its reason in one attempt is told once, and is no error',
    records: [1, 2, 3].map(() => by('w1', { task_status: 'failed', failure_reason: 'api' })),
    expect: {
      tasks: { t1: { task_status: 'failed', error_episode_open: false, error_episode_reason: null } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
      fleet: { failures_by_reason: { api: 1 } },
    },
  },
  {
    name: 'a failure event holds the folded sums after the update and of the update its own times and trace',
    records: [
      of({
        error_count: 1,
        retry_count: 2,
        processed_stats: { processed_bytes: 10 },
        timestamp: 5,
        task_route_id: 'r',
      }),
      of(
        { error_count: 2, processed_stats: { processed_bytes: 5 }, task_status: 'failed', prior_timestamp: 5 },
        { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      ),
    ],
    expect: {
      tasks: { t1: {} },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', error_count: 1, traceparent: null },
        {
          offset: 1,
          index: 1,
          kind: 'failure',
          failure: 'failed',
          error_count: 3,
          retry_count: 2,
          processed_stats: { processed_bytes: 15 },
          timestamp: null,
          prior_timestamp: 5,
          task_route_id: 'r',
          work_request_id: null,
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      ],
    },
  },
];

export const FAILURE_VECTORS: readonly FoldVector[] = failures;
