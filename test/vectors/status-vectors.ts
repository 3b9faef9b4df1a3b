// Hand-worked vectors: the status rules, the terminal latch, re-opening, attempts.

import { by, type FoldVector, of } from './fold-vector.ts';

const TERMINAL = ['complete', 'failed', 'aborted', 'rejected'] as const;
const REOPENING = ['reprocessing', 'pending', 'queued', 'scheduled'] as const;

const open: FoldVector[] = [
  {
    name: 'a task that is not terminal takes every status, also one that looks like a step back',
    records: ['scheduled', 'pending', 'queued', 'running', 'queued', 'reprocessing'].map((task_status) =>
      of({ task_status }),
    ),
    expect: {
      tasks: { t1: { task_status: 'reprocessing', attempts: 1 } },
      fleet: { tasks_by_status: { reprocessing: 1 } },
    },
  },
  {
    name: 'an update without a status leaves it',
    records: [of({ task_status: 'running' }), of({ error_count: 0 })],
    expect: { tasks: { t1: { task_status: 'running' } } },
  },
  {
    name: 'the roll-up counts each task under its status of now',
    records: [
      of({ task_status: 'running' }),
      of({ internal_task_id: 't2', task_status: 'running' }),
      of({ internal_task_id: 't3' }),
      of({ task_status: 'complete' }),
    ],
    expect: {
      tasks: { t1: { task_status: 'complete' }, t2: {}, t3: {} },
      fleet: { tasks: 3, tasks_by_status: { running: 1, complete: 1, unreported: 1 } },
    },
  },
];

/** A failure's event is there only for failed, aborted, rejected. */
const failureAt = (offset: number, status: (typeof TERMINAL)[number], attempt: number) =>
  status === 'complete'
    ? []
    : [{ offset, index: 1, kind: 'failure' as const, failure: status, task_status: status, attempt }];

const latch: FoldVector[] = [
  ...TERMINAL.map(
    (status): FoldVector => ({
      name: `${status} is terminal: running by the same work request does not leave it`,
      records: [by('w1', { task_status: status }), by('w1', { task_status: 'running', retry_count: 1 })],
      expect: {
        tasks: { t1: { task_status: status, attempts: 1, retry_count: 1, updates_applied: 2 } },
        events: failureAt(0, status, 1),
        fleet: { tasks_by_status: { [status]: 1 } },
      },
    }),
  ),
  {
    name: 'complete is not overruled by failed, and no failure is told',
    records: [by('w1', { task_status: 'complete' }), by('w2', { task_status: 'failed' })],
    expect: { tasks: { t1: { task_status: 'complete', attempts: 1 } }, fleet: { failures_by_reason: {} } },
  },
  {
    name: 'failed that comes with a reason behind complete is an error, not a failure',
    records: [by('w1', { task_status: 'complete' }), by('w1', { task_status: 'failed', failure_reason: 'api' })],
    expect: {
      tasks: { t1: { task_status: 'complete', failure_reason: 'api', error_episode_open: true } },
      events: [
        { offset: 1, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api', task_status: 'complete' },
      ],
      fleet: { failures_by_reason: {} },
    },
  },
  ...(['complete', 'aborted', 'rejected'] as const).map(
    (status): FoldVector => ({
      name: `${status} is not left by an unknown work request: only failed is`,
      records: [by('w1', { task_status: status }), by('w2', { task_status: 'running' })],
      expect: { tasks: { t1: { task_status: status, attempts: 1 } }, events: failureAt(0, status, 1) },
    }),
  ),
  {
    name: 'failed, then aborted in the same attempt: the first terminal status stays',
    records: [by('w1', { task_status: 'failed' }), by('w1', { task_status: 'aborted' })],
    expect: {
      tasks: { t1: { task_status: 'failed' } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed', attempt: 1 }],
    },
  },
];

const reopening: FoldVector[] = [
  ...TERMINAL.flatMap((status) =>
    REOPENING.map(
      (again): FoldVector => ({
        name: `${status} is re-opened by ${again}: a new attempt`,
        records: [by('w1', { task_status: status }), by('w1', { task_status: again })],
        expect: {
          tasks: { t1: { task_status: again, attempts: 2 } },
          events: failureAt(0, status, 1),
          fleet: { tasks_by_status: { [again]: 1 } },
        },
      }),
    ),
  ),
  {
    name: 'a re-opening status on a task that is not terminal is no new attempt',
    records: [of({ task_status: 'running' }), of({ task_status: 'reprocessing' }), of({ task_status: 'queued' })],
    expect: { tasks: { t1: { task_status: 'queued', attempts: 1 } } },
  },
  {
    name: 'a re-opening status by an unknown work request on a failed task is one new attempt, not two',
    records: [by('w1', { task_status: 'failed' }), by('w2', { task_status: 'pending' })],
    expect: {
      tasks: { t1: { task_status: 'pending', attempts: 2 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
];

const failedReopening: FoldVector[] = [
  {
    name: 'failed is re-opened by an unknown work request, with its status',
    records: [by('w1', { task_status: 'failed' }), by('w2', { task_status: 'complete' })],
    expect: {
      tasks: { t1: { task_status: 'complete', attempts: 2, work_request_id: 'w2' } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed', attempt: 1 }],
    },
  },
  {
    name: 'failed is re-opened by an unknown work request without a status as running',
    records: [by('w1', { task_status: 'failed' }), by('w2', { retry_count: 1 })],
    expect: {
      tasks: { t1: { task_status: 'running', attempts: 2 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
      fleet: { tasks_by_status: { running: 1 } },
    },
  },
  {
    name: 'failed is re-opened by an unknown work request with an unrecognized status as running',
    records: [by('w1', { task_status: 'failed' }), by('w2', { task_status: 'waiting' })],
    expect: {
      tasks: { t1: { task_status: 'running', unrecognized_task_status: 'waiting', attempts: 2 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'failed by an unknown work request on a failed task is a second attempt and a second failure',
    records: [
      by('w1', { task_status: 'failed', failure_reason: 'api' }),
      by('w2', { task_status: 'failed', failure_reason: 'connection' }),
    ],
    expect: {
      tasks: { t1: { task_status: 'failed', attempts: 2 } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'failed', failure_reason: 'api', attempt: 1 },
        { offset: 1, index: 1, kind: 'failure', failure: 'failed', failure_reason: 'connection', attempt: 2 },
      ],
      fleet: { tasks_by_status: { failed: 1 }, failures_by_reason: { api: 1, connection: 1 } },
    },
  },
  {
    name: 'failed stays failed for a work request that is known, whoever reported the failure',
    records: [by('w1'), by('w2', { task_status: 'failed' }), by('w1', { task_status: 'running' })],
    expect: {
      tasks: { t1: { task_status: 'failed', attempts: 1 } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'failed stays failed for an update without a work request',
    records: [by('w1', { task_status: 'failed' }), of({ task_status: 'running' }), of({ work_request_id: '' })],
    expect: {
      tasks: { t1: { task_status: 'failed', attempts: 1 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'a failure told without a work request: the first one with a work request re-opens',
    records: [of({ task_status: 'failed' }), by('w1', { task_status: 'running' })],
    expect: {
      tasks: { t1: { task_status: 'running', attempts: 2 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
  {
    name: 'a work request that was let go is known as such, and does not re-open a failed task',
    settings: { reporters_kept: 1 },
    records: [by('w1'), by('w2', { task_status: 'failed' }), by('w1', { task_status: 'running' })],
    expect: {
      tasks: { t1: { task_status: 'failed', attempts: 1, reporters: { w1: {} } } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'failed' }],
    },
  },
];

export const STATUS_VECTORS: readonly FoldVector[] = [...open, ...latch, ...reopening, ...failedReopening];
