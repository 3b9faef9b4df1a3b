// Hand-worked vectors: fields that hold the latest value in log order, and what counts as absent.

import { type FoldVector, NUMBER_MAX, of } from './fold-vector.ts';

const latest: FoldVector[] = [
  {
    name: 'latest values are taken in log order, whatever their timestamps say',
    records: [
      of({
        internal_job_id: 'j1',
        engine_id: 'e1',
        work_request_id: 'w1',
        task_route_id: 'r1',
        timestamp: 500,
        prior_timestamp: 400,
        task_action: 'updateStatus',
        failure_reason: 'none',
      }),
      of({
        internal_job_id: 'j2',
        engine_id: 'e2',
        work_request_id: 'w2',
        task_route_id: 'r2',
        timestamp: 300,
        prior_timestamp: 0,
        task_action: 'createJobs',
      }),
    ],
    expect: {
      tasks: {
        t1: {
          internal_job_id: 'j2',
          engine_id: 'e2',
          work_request_id: 'w2',
          task_route_id: 'r2',
          timestamp: 300,
          prior_timestamp: 0,
          task_action: 'createJobs',
          failure_reason: 'none',
          completion_requested: false,
        },
      },
    },
  },
  {
    name: 'an absent value and an empty string change nothing',
    records: [
      of({ internal_job_id: 'j1', engine_id: 'e1', work_request_id: 'w1', task_route_id: 'r1', timestamp: 5 }),
      of({ internal_job_id: '', engine_id: null, work_request_id: '', task_route_id: '', timestamp: null }),
      of({ failure_reason: '', task_action: '', task_status: '' }),
    ],
    expect: {
      tasks: {
        t1: {
          internal_job_id: 'j1',
          engine_id: 'e1',
          work_request_id: 'w1',
          task_route_id: 'r1',
          timestamp: 5,
          failure_reason: null,
          task_action: null,
          task_status: null,
          unrecognized_failure_reason: null,
          unrecognized_task_action: null,
          unrecognized_task_status: null,
          reporters: { w1: {}, '': {} },
        },
      },
    },
  },
  {
    name: 'completion_requested stays true once completeJob was asked for',
    records: [of({ task_action: 'completeJob' }), of({ task_action: 'updateStatus' })],
    expect: { tasks: { t1: { completion_requested: true, task_action: 'updateStatus', task_status: null } } },
  },
  {
    name: 'completeAndCreateJobs asks for completion too, and changes no status',
    records: [of({ task_status: 'running', task_action: 'completeAndCreateJobs' })],
    expect: { tasks: { t1: { completion_requested: true, task_status: 'running' } } },
  },
  {
    name: 'task_output is the latest text, unparsed; absent changes nothing',
    records: [of({ task_output: '{"a":1}' }), of({ task_output: 'not json' }), of({ task_output: null })],
    expect: { tasks: { t1: { task_output: 'not json' } } },
  },
  {
    name: 'an empty task_output is absent',
    records: [of({ task_output: '{"a":1}' }), of({ task_output: '' })],
    expect: { tasks: { t1: { task_output: '{"a":1}' } } },
  },
  {
    name: 'the largest timestamp is taken as it is',
    records: [of({ timestamp: NUMBER_MAX, prior_timestamp: NUMBER_MAX })],
    expect: { tasks: { t1: { timestamp: NUMBER_MAX, prior_timestamp: NUMBER_MAX } } },
  },
];

export const LATEST_VECTORS: readonly FoldVector[] = latest;
