// Hand-worked vectors: job creations, and the order of one record's events.

import { type FoldVector, of } from './fold-vector.ts';

const jobs: FoldVector[] = [
  {
    name: 'one event a create_jobs_action element, in order, whatever task_action says',
    records: [
      of({
        internal_job_id: 'j1',
        engine_id: 'e1',
        task_action: 'updateStatus',
        create_jobs_action: [{ base_internal_job_id: 'b1' }, { base_internal_job_id: 'b2' }],
      }),
    ],
    expect: {
      tasks: { t1: { job_creations: 2, completion_requested: false } },
      events: [
        {
          offset: 0,
          index: 1,
          kind: 'job_creation',
          action: 0,
          repeat: 0,
          internal_task_id: 't1',
          internal_job_id: 'j1',
          engine_id: 'e1',
        },
        { offset: 0, index: 2, kind: 'job_creation', action: 1, repeat: 0 },
      ],
      fleet: { job_creations: 2 },
    },
  },
  {
    name: 'createJobs without an element, or with an empty list, creates none',
    records: [of({ task_action: 'createJobs' }), of({ task_action: 'createJobs', create_jobs_action: [] })],
    expect: { tasks: { t1: { job_creations: 0, task_action: 'createJobs' } } },
  },
  {
    name: 'equal actions of one record are told apart by how many stand before; the token is left out of it',
    records: [
      of({
        create_jobs_action: [
          { base_internal_job_id: 'b', token: 'one' },
          { base_internal_job_id: 'c' },
          { base_internal_job_id: 'b', token: 'two' },
          { base_internal_job_id: 'b' },
        ],
      }),
    ],
    expect: {
      tasks: { t1: { job_creations: 4 } },
      events: [
        { offset: 0, index: 1, kind: 'job_creation', action: 0, repeat: 0 },
        { offset: 0, index: 2, kind: 'job_creation', action: 1, repeat: 0 },
        { offset: 0, index: 3, kind: 'job_creation', action: 2, repeat: 1 },
        { offset: 0, index: 4, kind: 'job_creation', action: 3, repeat: 2 },
      ],
    },
  },
  {
    name: 'actions that differ in the TDO or the payload are not equal',
    records: [
      of({
        create_jobs_action: [
          { no_tdo: true },
          { no_tdo: false },
          { payload_json: '{"a":1}' },
          { payload_json: '{"a":2}' },
          { create_tdo_detail: { name: 'x' } },
          { create_tdo_detail: { name: 'y' } },
        ],
      }),
    ],
    expect: {
      tasks: { t1: { job_creations: 6 } },
      events: [0, 1, 2, 3, 4, 5].map((action) => ({
        offset: 0,
        index: action + 1,
        kind: 'job_creation' as const,
        action,
        repeat: 0,
      })),
    },
  },
  {
    name: 'a job creation names the job and engine that the task was last known by, after this update',
    records: [
      of({ internal_job_id: 'j1', engine_id: 'e1' }),
      of({ internal_job_id: 'j2', create_jobs_action: [{ base_internal_job_id: 'b' }] }),
      of({ internal_task_id: 't2', create_jobs_action: [{}] }),
    ],
    expect: {
      tasks: { t1: { job_creations: 1 }, t2: { job_creations: 1 } },
      events: [
        { offset: 1, index: 1, kind: 'job_creation', action: 0, internal_job_id: 'j2', engine_id: 'e1' },
        { offset: 2, index: 1, kind: 'job_creation', action: 0, internal_job_id: null, engine_id: null },
      ],
    },
  },
  {
    name: 'the failure or error of a record comes before its job creations',
    records: [
      of({ task_status: 'failed', create_jobs_action: [{ base_internal_job_id: 'b' }] }),
      of({ internal_task_id: 't2', error_count: 1, create_jobs_action: [{}, { no_tdo: true }] }),
    ],
    expect: {
      tasks: { t1: {}, t2: {} },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'failed' },
        { offset: 0, index: 2, kind: 'job_creation', action: 0 },
        { offset: 1, index: 1, kind: 'failure', failure: 'error' },
        { offset: 1, index: 2, kind: 'job_creation', action: 0 },
        { offset: 1, index: 3, kind: 'job_creation', action: 1 },
      ],
    },
  },
];

export const JOB_VECTORS: readonly FoldVector[] = jobs;
