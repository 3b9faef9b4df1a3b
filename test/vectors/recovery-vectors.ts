// Hand-worked vectors: what is heard, what ends a silence, and what its two events say. Seconds are log time after the
// start; a task falls silent 10 s of the clock after it was heard last (clock-vectors.ts has the clock).

import { at, by, type FoldVector, logTime, post, ticks, type VectorEvent, type VectorRecord } from './fold-vector.ts';

const settings = { silence_after_s: 10 };

const failure = (
  kind: 'silent' | 'recovered' | 'failed' | 'error',
  offset: number,
  index: number,
  facts: object = {},
) => ({ offset, index, kind: 'failure', failure: kind, ...facts }) as VectorEvent;

/** w1 reports bytes of (100, 105] at 0 and is silent at 10.001, offset 3. */
const SILENT_AT_3: readonly VectorRecord[] = [at(0, post(100, 105, 5)), ...ticks(5, 10, 10.001)];

const facts: FoldVector[] = [
  {
    name: 'silent tells what is known of the task, and nothing of the last update but when it came',
    settings,
    records: [
      at(
        0,
        post(100, 105, 5, {
          internal_job_id: 'j1',
          engine_id: 'e1',
          task_route_id: 'r1',
          task_status: 'running',
          error_count: 2,
          retry_count: 1,
          failure_reason: 'api',
          error_details: '[{"id":"E","msg":"m"}]',
        }),
      ),
      ...ticks(5, 10),
      at(10.001, { update: {}, tick: true, traceparent: 'of a record that is none of the task’s' }),
    ],
    expect: {
      tasks: {
        t1: { liveness: 'silent', timestamp: 105, failure_reason: 'api', error_episode_open: true, attempts: 1 },
      },
      events: [
        failure('error', 0, 1),
        failure('silent', 3, 1, {
          internal_task_id: 't1',
          internal_job_id: 'j1',
          engine_id: 'e1',
          task_route_id: 'r1',
          work_request_id: 'w1',
          task_status: 'running',
          attempt: 1,
          error_count: 2,
          retry_count: 1,
          processed_stats: { processed_bytes: 5 },
          timestamp: null,
          prior_timestamp: null,
          failure_reason: null,
          errors: [],
          log_time: logTime(10.001),
          last_update_at: logTime(0),
          traceparent: null,
        }),
      ],
      fleet: { failures_by_reason: {}, tasks_by_status: { running: 1 } },
    },
  },
  {
    name: 'recovered tells of its update, whose errors are told apart, and when the last one before the silence came',
    settings,
    records: [
      ...SILENT_AT_3,
      at(11, {
        ...post(105, 110, 6, { failure_reason: 'api', error_details: '[{"id":"E"}]', error_count: 1 }),
        traceparent: 'its own',
      }),
    ],
    expect: {
      tasks: { t1: { liveness: 'reporting', liveness_at: logTime(11), last_update_at: logTime(11) } },
      events: [
        failure('silent', 3, 1),
        failure('recovered', 4, 1, {
          internal_task_id: 't1',
          work_request_id: 'w1',
          timestamp: 110,
          prior_timestamp: 105,
          failure_reason: 'api',
          errors: [],
          error_count: 1,
          processed_stats: { processed_bytes: 11 },
          attempt: 1,
          log_time: logTime(11),
          last_update_at: logTime(0),
          traceparent: 'its own',
        }),
        failure('error', 4, 2, { errors: [{ id: 'E' }], last_update_at: null }),
      ],
      fleet: { failures_by_reason: {}, tasks_by_liveness: { reporting: 1 } },
    },
  },
  {
    name: 'another work request ends the silence, too, and is named',
    settings,
    records: [...SILENT_AT_3, at(11, by('w2'))],
    expect: {
      tasks: { t1: { liveness: 'reporting', attempts: 1 } },
      events: [
        failure('silent', 3, 1, { work_request_id: 'w1' }),
        failure('recovered', 4, 1, { work_request_id: 'w2', timestamp: null, prior_timestamp: null }),
      ],
    },
  },
];

/** A later update of each class; the silence ends whatever becomes of it. */
const CLASSES: readonly [string, VectorRecord, 'applied' | 'duplicate' | 'stale'][] = [
  ['the next post', post(105, 110, 1), 'applied'],
  ['a post behind a gap', post(200, 205, 1), 'applied'],
  ['an update without an interval', by('w1'), 'applied'],
  ['the same post again, grown', post(100, 106, 7), 'applied'],
  ['the same post again, a duplicate', post(100, 105, 5), 'duplicate'],
  ['a post that is contained (stale)', post(100, 103, 3), 'stale'],
];

const heard: FoldVector[] = [
  ...CLASSES.map(
    ([what, record, outcome]): FoldVector => ({
      name: `${what} ends the silence`,
      settings,
      records: [...SILENT_AT_3, at(11, record)],
      expect: {
        tasks: { t1: { liveness: 'reporting', liveness_at: logTime(11), last_update_at: logTime(11) } },
        events: [failure('silent', 3, 1), failure('recovered', 4, 1, { last_update_at: logTime(0) })],
        outcomes: { applied: 1, [outcome]: outcome === 'applied' ? 2 : 1 },
      },
    }),
  ),
  ...CLASSES.map(
    ([what, record, outcome]): FoldVector => ({
      name: `${what} is heard: the silence is counted from there`,
      settings,
      records: [at(0, post(100, 105, 5)), at(4, record), ...ticks(9, 14, 14.001)],
      expect: {
        tasks: { t1: { liveness: 'silent', liveness_at: logTime(14.001) } },
        events: [failure('silent', 4, 1, { last_update_at: logTime(4) })],
        outcomes: { applied: 1, [outcome]: outcome === 'applied' ? 2 : 1 },
      },
    }),
  ),
  {
    name: 'a post that is too old ends the silence as well',
    settings: { ...settings, priors_kept: 1 },
    records: [at(0, post(100, 105, 5)), at(0, post(105, 110, 5)), ...ticks(5, 10, 10.001), at(11, post(99, 104, 1))],
    expect: {
      tasks: { t1: { liveness: 'reporting', marks: { too_old: 1 } } },
      events: [failure('silent', 4, 1), failure('recovered', 5, 1, { timestamp: 104 })],
      outcomes: { applied: 2, stale: 1 },
    },
  },
  {
    name: 'a rejected update is not heard: it puts off no alarm',
    settings,
    records: [at(0, post(100, 105, 5)), at(4, post(105, 110, -1)), ...ticks(9, 10, 10.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001), last_update_at: logTime(0), last_offset: 1 } },
      events: [
        { offset: 1, index: 1, kind: 'reject', reason: 'negative_number' },
        failure('silent', 4, 1, { last_update_at: logTime(0) }),
      ],
      outcomes: { applied: 1, rejected: 1 },
    },
  },
  {
    name: 'a rejected update ends no silence; the next sound one does',
    settings,
    records: [...SILENT_AT_3, at(11, post(105, 110, -1)), at(12, post(105, 110, 1))],
    expect: {
      tasks: { t1: { liveness: 'reporting', liveness_at: logTime(12), updates_rejected: 1 } },
      events: [
        failure('silent', 3, 1),
        { offset: 4, index: 1, kind: 'reject', reason: 'negative_number' },
        failure('recovered', 5, 1, { last_update_at: logTime(0) }),
      ],
      outcomes: { applied: 2, rejected: 1 },
    },
  },
];

const order: FoldVector[] = [
  {
    name: 'recovered comes before the failure of the same record, and knows of it',
    settings,
    records: [...SILENT_AT_3, at(11, post(105, 110, 1, { task_status: 'failed', failure_reason: 'api' }))],
    expect: {
      tasks: { t1: { task_status: 'failed', liveness: 'ended', liveness_at: logTime(11) } },
      events: [
        failure('silent', 3, 1),
        failure('recovered', 4, 1, { task_status: 'failed', failure_reason: 'api' }),
        failure('failed', 4, 2, { task_status: 'failed' }),
      ],
      fleet: { tasks_by_liveness: { ended: 1 }, failures_by_reason: { api: 1 } },
    },
  },
  {
    name: 'silent, recovered, error and job creation by one record: its own update brings the time that passed',
    settings,
    records: [
      at(0, post(100, 105, 5)),
      ...ticks(5, 10),
      at(10.001, post(105, 110, 1, { error_count: 1, create_jobs_action: [{ payload_json: '{}' }] })),
    ],
    expect: {
      tasks: { t1: { liveness: 'reporting', liveness_at: logTime(10.001), job_creations: 1 } },
      events: [
        failure('silent', 3, 1, { last_update_at: logTime(0), log_time: logTime(10.001), error_count: null }),
        failure('recovered', 3, 2, { last_update_at: logTime(0), log_time: logTime(10.001), error_count: 1 }),
        failure('error', 3, 3),
        { offset: 3, index: 4, kind: 'job_creation', action: 0, repeat: 0 },
      ],
    },
  },
  {
    name: 'silence, recovery, silence again: three events',
    settings,
    records: [...SILENT_AT_3, at(12, post(105, 110, 1)), ...ticks(17, 22, 22.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(22.001) } },
      events: [
        failure('silent', 3, 1, { last_update_at: logTime(0) }),
        failure('recovered', 4, 1, { last_update_at: logTime(0) }),
        failure('silent', 7, 1, { last_update_at: logTime(12) }),
      ],
    },
  },
  {
    name: 'a silence is told once, however long it lasts',
    settings,
    records: [...SILENT_AT_3, ...ticks(15, 20, 25, 30, 35, 40)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001) } }, events: [failure('silent', 3, 1)] },
  },
  {
    name: 'the last word that ends the work request ends the silence, and no other one follows',
    settings,
    records: [...SILENT_AT_3, at(11, { ...post(105, 110, 1), work_request_status: 'complete' }), ...ticks(16, 21, 26)],
    expect: {
      tasks: { t1: { liveness: 'ended', liveness_at: logTime(11) } },
      events: [failure('silent', 3, 1), failure('recovered', 4, 1)],
    },
  },
];

export const RECOVERY_VECTORS: readonly FoldVector[] = [...facts, ...heard, ...order];
