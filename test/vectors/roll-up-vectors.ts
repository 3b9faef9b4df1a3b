// Hand-worked vectors: the shares of jobs and engines. Seconds are log time after the start, and the partition's clock as well:
// silence after 10 s, finished tasks are kept for 15 s, others for 20 s.

import { at, by, type FoldVector, logTime, NUMBER_MAX, of, post, ticks, type VectorUpdate } from './fold-vector.ts';

const settings = { silence_after_s: 10, retain_finished_s: 15, retain_silent_s: 20 };
const job = (internal_job_id: string, more: VectorUpdate = {}) => ({ internal_job_id, ...more });

const figures: FoldVector[] = [
  {
    name: 'a task without job and engine belongs to no share',
    records: [by('w1', { retry_count: 1 })],
    expect: { tasks: { t1: {} }, jobs: {}, engines: {} },
  },
  {
    name: 'an empty id is absent: there is no share of it',
    records: [by('w1', { internal_job_id: '', engine_id: '' })],
    expect: { tasks: { t1: {} }, jobs: {}, engines: {} },
  },
  {
    name: 'a share has all figures of its tasks, and first and last update',
    records: [
      at(
        0,
        by('w1', { internal_job_id: 'j', engine_id: 'e', error_count: 2, processed_stats: { processed_bytes: 5 } }),
      ),
      at(1, {
        update: {
          internal_task_id: 't2',
          internal_job_id: 'j',
          work_request_id: 'w2',
          engine_id: 'e',
          retry_count: 3,
          task_status: 'running',
          processed_stats: { processed_bytes: 6, processed_chunks: 1 },
          create_jobs_action: [{ payload_json: '1' }, { payload_json: '2' }],
        },
      }),
      at(2, by('w1', { task_status: 'failed', failure_reason: 'api', task_action: 'completeJob' })),
    ],
    expect: {
      tasks: { t1: { failures_by_reason: { api: 1 } }, t2: { failures_by_reason: null } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error' },
        { offset: 1, index: 1, kind: 'job_creation', action: 0 },
        { offset: 1, index: 2, kind: 'job_creation', action: 1 },
        { offset: 2, index: 1, kind: 'failure', failure: 'failed' },
      ],
      jobs: {
        j: {
          tasks: '2',
          'tasks_by_status.failed': '1',
          'tasks_by_status.running': '1',
          'tasks_by_liveness.ended': '1',
          'tasks_by_liveness.reporting': '1',
          completion_requested: '1',
          job_creations: '2',
          error_count: '2',
          retry_count: '3',
          'processed_stats.processed_bytes': '11',
          'processed_stats.processed_chunks': '1',
          'failures_by_reason.api': '1',
          'updates.applied': '3',
          first_update_at: String(logTime(0)),
          last_update_at: String(logTime(2)),
        },
      },
      engines: { e: { tasks: '2', error_count: '2', 'failures_by_reason.api': '1', completion_requested: '1' } },
    },
  },
  {
    name: 'updates count by class; a rejected one of a task counts and is no last update, a re-routed one is told',
    records: [
      at(0, post(100, 105, 5, job('j'))),
      at(1, post(100, 105, 5, job('j'))),
      at(2, post(100, 104, 3)),
      at(3, { ...post(105, 110, 1), source: { partition: 0, offset: 7 } }),
      at(4, by('w1', { retry_count: -1 })),
    ],
    partition_count: 2,
    partition: 1,
    expect: {
      tasks: { t1: { updates_came_rerouted: 1 } },
      events: [{ offset: 4, index: 1, kind: 'reject', reason: 'negative_number' }],
      outcomes: { applied: 2, duplicate: 1, stale: 1, rejected: 1 },
      jobs: {
        j: {
          'updates.applied': '2',
          'updates.duplicate': '1',
          'updates.stale': '1',
          'updates.rejected': '1',
          'updates.came_rerouted': '1',
          last_update_at: String(logTime(3)),
        },
      },
    },
  },
  {
    name: 'marks are sums of a share: a gap, the late post that fills it, and an update that names no interval',
    records: [
      at(0, post(100, 105, 5, { engine_id: 'e' })),
      at(1, post(110, 115, 1)),
      at(2, post(105, 110, 2)),
      at(3, { update: { internal_task_id: 't2', engine_id: 'e', retry_count: 1 } }),
    ],
    expect: {
      tasks: { t1: { marks: { gap: 1, fill: 1 } }, t2: { marks: { unverified: 1 } } },
      engines: { e: { 'updates.applied': '4', 'marks.gap': '1', 'marks.fill': '1', 'marks.unverified': '1' } },
    },
  },
  {
    name: 'sums of a share are exact beyond what one task may reach',
    records: [
      by('w1', { engine_id: 'e', retry_count: NUMBER_MAX }),
      { update: { internal_task_id: 't2', engine_id: 'e', retry_count: NUMBER_MAX } },
      { update: { internal_task_id: 't3', engine_id: 'e', retry_count: 3 } },
    ],
    expect: { tasks: { t1: {}, t2: {}, t3: {} }, engines: { e: { retry_count: '18014398509481983' } } },
  },
  {
    name: 'sums that were beyond it come down exactly where the tasks go',
    records: [
      by('w1', { engine_id: 'e', retry_count: NUMBER_MAX }),
      { update: { internal_task_id: 't2', engine_id: 'e', retry_count: NUMBER_MAX } },
      by('w1', { engine_id: 'f' }),
    ],
    expect: {
      tasks: { t1: {}, t2: {} },
      engines: { e: { tasks: '1', retry_count: String(NUMBER_MAX) }, f: { retry_count: String(NUMBER_MAX) } },
    },
  },
];

const moves: FoldVector[] = [
  {
    name: 'a task that learns its job late brings all that it has counted, and its first update',
    records: [
      at(0, by('w1', { error_count: 1, task_status: 'failed', failure_reason: 'api' })),
      at(1, by('w1', { retry_count: 4, internal_job_id: 'j' })),
    ],
    expect: {
      tasks: { t1: {} },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
      jobs: {
        j: {
          tasks: '1',
          error_count: '1',
          retry_count: '4',
          'failures_by_reason.api': '1',
          'updates.applied': '2',
          first_update_at: String(logTime(0)),
          last_update_at: String(logTime(1)),
        },
      },
    },
  },
  {
    name: 'a task that changes its engine leaves nothing in the old share, and its job stays',
    records: [
      at(0, by('w1', { internal_job_id: 'j', engine_id: 'e', error_count: 1, failure_reason: 'api' })),
      at(1, { update: { internal_task_id: 't2', engine_id: 'e', work_request_id: 'w9', retry_count: 2 } }),
      at(2, by('w2', { engine_id: 'f', task_status: 'aborted' })),
    ],
    expect: {
      tasks: { t1: {}, t2: {} },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error' },
        { offset: 2, index: 1, kind: 'failure', failure: 'aborted' },
      ],
      jobs: { j: { tasks: '1', 'tasks_by_status.aborted': '1', 'updates.applied': '2' } },
      engines: {
        e: {
          tasks: '1',
          'tasks_by_status.unreported': '1',
          'tasks_by_status.aborted': null,
          error_count: null,
          retry_count: '2',
          'failures_by_reason.unreported': null,
          'updates.applied': '1',
          // The lowest of all that ever belonged to it.
          first_update_at: String(logTime(0)),
          last_update_at: String(logTime(1)),
        },
        f: { tasks: '1', error_count: '1', 'failures_by_reason.unreported': '1', first_update_at: String(logTime(0)) },
      },
    },
  },
  {
    name: 'an update that is not the newest of its reporter does not move the task',
    records: [at(0, post(105, 110, 5, job('j'))), at(1, post(100, 105, 5, job('k')))],
    expect: { tasks: { t1: {} }, jobs: { j: { tasks: '1', 'updates.applied': '2' } } },
  },
  {
    name: 'a job that its last task has left is dropped; one that comes back to it begins a new share',
    records: [at(0, by('w1', job('j', { error_count: 1 }))), at(1, by('w1', job('k'))), at(2, by('w1', job('j')))],
    expect: {
      tasks: { t1: {} },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
      jobs: { j: { tasks: '1', error_count: '1', 'updates.applied': '3', first_update_at: String(logTime(0)) } },
    },
  },
];

const other = (update: VectorUpdate) => ({ update: { internal_task_id: 't2', work_request_id: 'w9', ...update } });
const done = (update: VectorUpdate) => by('w1', { task_status: 'complete', ...update });

const retirement: FoldVector[] = [
  {
    name: 'what a retired task has counted stays in the shares that it belonged to, apart',
    settings,
    records: [
      at(0, done(job('j', { engine_id: 'e', error_count: 3, create_jobs_action: [{ payload_json: '1' }] }))),
      at(5, other(job('j', { engine_id: 'e', error_count: 4 }))),
      ...ticks(10, 15, 15.001),
    ],
    expect: {
      tasks: { t1: null, t2: { liveness: 'silent' } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error' },
        { offset: 0, index: 2, kind: 'job_creation', action: 0 },
        { offset: 1, index: 1, kind: 'failure', failure: 'error' },
        { offset: 4, index: 1, kind: 'failure', failure: 'silent' },
      ],
      jobs: {
        j: {
          tasks: '1',
          'tasks_by_status.complete': null,
          'tasks_by_status.unreported': '1',
          'tasks_by_liveness.ended': null,
          'tasks_by_liveness.silent': '1',
          error_count: '7',
          job_creations: '1',
          'updates.applied': '2',
          'retired.tasks': '1',
          'retired.error_count': '3',
          'retired.job_creations': '1',
          'retired.updates.applied': '1',
          last_update_at: String(logTime(5)),
        },
      },
      engines: { e: { tasks: '1', error_count: '7', 'retired.error_count': '3' } },
    },
  },
  {
    name: 'with its last task a share goes, and what was retired from it before',
    settings,
    records: [
      at(0, done(job('j', { error_count: 3 }))),
      at(5, other(job('j', { task_status: 'complete' }))),
      ...ticks(10, 15, 20, 20.001),
    ],
    expect: {
      tasks: { t1: null, t2: null },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
      jobs: {},
      fleet: { error_count: '3', retired: { tasks: 2, error_count: '3' } },
    },
  },
  {
    name: 'a task that moves away as the last one takes nothing that was retired along',
    settings,
    records: [
      at(0, done(job('j', { error_count: 3 }))),
      at(5, other(job('j'))),
      ...ticks(10, 15),
      at(15, other(job('k'))),
      ...ticks(15.001),
    ],
    expect: {
      tasks: { t1: null, t2: {} },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
      jobs: { k: { tasks: '1', error_count: null, 'retired.tasks': null } },
    },
  },
  {
    name: 'a share that begins with the very record whose time took its last task knows nothing of the old one',
    settings,
    records: [at(0, done(job('j', { error_count: 3 }))), ...ticks(5, 10, 15), at(15.001, other(job('j')))],
    expect: {
      tasks: { t1: null, t2: {} },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
      jobs: {
        j: {
          tasks: '1',
          error_count: null,
          'retired.tasks': null,
          'updates.applied': '1',
          first_update_at: String(logTime(15.001)),
        },
      },
    },
  },
  {
    name: 'silence and stall move a task within its shares, without an update',
    settings: { silence_after_s: 10, stalled_after_s: 4 },
    records: [at(0, of({ work_request_id: 'w1', engine_id: 'e', task_status: 'running' })), ...ticks(4.001, 8, 10.001)],
    expect: {
      tasks: { t1: { liveness: 'silent' } },
      events: [{ offset: 3, index: 1, kind: 'failure', failure: 'silent' }],
      engines: {
        e: { 'tasks_by_liveness.silent': '1', 'tasks_by_liveness.stalled': null, last_update_at: String(logTime(0)) },
      },
    },
  },
];

export const ROLL_UP_VECTORS: readonly FoldVector[] = [...figures, ...moves, ...retirement];
