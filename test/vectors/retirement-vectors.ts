// Hand-worked vectors: when a task is retired, and what is left of it in the roll-up. Seconds are log time after the start, and
// the partition's clock as well: silence after 10 s, finished tasks are kept for 15 s, others for 20 s.

import {
  at,
  by,
  every5,
  type FoldVector,
  of,
  post,
  ticks,
  type VectorEvent,
  type VectorRecord,
} from './fold-vector.ts';

const settings = { silence_after_s: 10, retain_finished_s: 15, retain_silent_s: 20 };

const failure = (kind: 'silent' | 'failed', offset: number, facts: object = {}) =>
  ({ offset, index: 1, kind: 'failure', failure: kind, ...facts }) as VectorEvent;

const done = by('w1', { task_status: 'complete' });
/** A task that finished at 0 and is retired at 15.001; offsets 0 to 4. */
const RETIRED: readonly VectorRecord[] = [at(0, done), ...ticks(5, 10, 15, 15.001)];

const deadlines: FoldVector[] = [
  {
    name: 'a finished task is there at the very deadline',
    settings,
    records: RETIRED.slice(0, 4),
    expect: {
      tasks: { t1: { task_status: 'complete', liveness: 'ended' } },
      fleet: { tasks: 1, retired: { tasks: 0 } },
    },
  },
  {
    name: 'a finished task is retired one millisecond after the deadline, without an event',
    settings,
    records: RETIRED,
    expect: {
      tasks: { t1: null },
      fleet: { tasks: 0, tasks_by_status: {}, tasks_by_liveness: {}, retired: { tasks: 1 } },
    },
  },
  {
    name: 'a silent task is kept for longer than a finished one',
    settings,
    records: [at(0, by('w1')), ...every5(5, 20)],
    expect: {
      tasks: { t1: { liveness: 'silent' } },
      events: [failure('silent', 3)],
      fleet: { tasks: 1, tasks_by_liveness: { silent: 1 } },
    },
  },
  {
    name: 'a silent task is retired a millisecond after its own deadline',
    settings,
    records: [at(0, by('w1')), ...every5(5, 20), ...ticks(20.001)],
    expect: {
      tasks: { t1: null },
      events: [failure('silent', 3)],
      fleet: { tasks: 0, tasks_by_status: {}, tasks_by_liveness: {}, retired: { tasks: 1 } },
    },
  },
  {
    name: 'a task whose work requests have ended without a terminal status is kept as long as a silent one',
    settings,
    records: [at(0, by('w1', { task_output: '1' })), ...every5(5, 20)],
    expect: { tasks: { t1: { liveness: 'ended' } } },
  },
  {
    name: 'a task whose work requests have ended is retired when a silent one is',
    settings,
    records: [at(0, by('w1', { task_output: '1' })), ...every5(5, 20), ...ticks(20.001)],
    expect: { tasks: { t1: null }, fleet: { tasks: 0, retired: { tasks: 1 } } },
  },
  {
    name: 'the time counts from the last update of any reporter, whatever its class',
    settings,
    records: [
      at(0, by('w2', { task_status: 'complete' })),
      at(5, post(100, 105, 5)),
      at(10, post(100, 105, 5)),
      ...every5(15, 25),
    ],
    expect: { tasks: { t1: { updates_duplicate: 1 } }, outcomes: { applied: 2, duplicate: 1 } },
  },
  {
    name: 'a rejected update does not put the retirement off',
    settings,
    records: [at(0, done), at(5, by('w1', { retry_count: -1 })), ...ticks(10, 15, 15.001)],
    expect: {
      tasks: { t1: null },
      events: [{ offset: 1, index: 1, kind: 'reject', reason: 'negative_number' }],
      outcomes: { applied: 1, rejected: 1 },
      fleet: { retired: { tasks: 1 } },
    },
  },
  {
    name: 'a task that is re-opened has the time of one that is not finished',
    settings,
    records: [at(0, done), at(5, by('w1', { task_status: 'pending' })), ...every5(10, 25)],
    expect: { tasks: { t1: { liveness: 'silent', attempts: 2 } }, events: [failure('silent', 4)] },
  },
  {
    name: 'a hole in the log puts no retirement off, but its own length does not count',
    settings,
    // The clock: 0, 5, 10, 10 (a hole: alarms after 20), 15, 15.001.
    records: [at(0, done), ...ticks(5, 10, 60, 65, 65.001)],
    expect: { tasks: { t1: null }, fleet: { retired: { tasks: 1 } } },
  },
  {
    name: 'silence and retirement due at one record: the silence is told, and the task is gone',
    settings: { ...settings, retain_silent_s: 10 },
    records: [at(0, by('w1')), ...ticks(5, 10, 10.001)],
    expect: { tasks: { t1: null }, events: [failure('silent', 3)], fleet: { tasks: 0, tasks_by_liveness: {} } },
  },
  {
    name: 'a task with an open gap is retired as any other',
    settings,
    records: [
      at(0, post(100, 105, 5)),
      at(0, post(110, 115, 5, { task_status: 'complete' })),
      ...ticks(5, 10, 15, 15.001),
    ],
    expect: {
      tasks: { t1: null },
      fleet: {
        processed_stats: { processed_bytes: '10' },
        retired: { tasks: 1, processed_stats: { processed_bytes: '10' } },
      },
    },
  },
];

/** Two tasks: t1 failed at 0 and is retired at 15.001, t2 goes on reporting. Offsets 0 to 5. */
const work = (internal_task_id: string, processed_bytes: number): VectorRecord =>
  of({
    internal_task_id,
    work_request_id: 'w1',
    task_status: internal_task_id === 't1' ? 'failed' : 'running',
    error_count: 1,
    retry_count: 2,
    processed_stats: { processed_bytes, processed_chunks: 1 },
    create_jobs_action: [{ payload_json: '{}' }],
  });
const TWO = [at(0, work('t1', 5)), at(0, work('t2', 7)), ...[5, 10, 15].map((second) => at(second, by2()))];
const EVENTS_OF_TWO: VectorEvent[] = [
  failure('failed', 0),
  { offset: 0, index: 2, kind: 'job_creation', action: 0 },
  { offset: 1, index: 1, kind: 'failure', failure: 'error' },
  { offset: 1, index: 2, kind: 'job_creation', action: 0 },
];
const SUMS_OF_TWO = {
  job_creations: 2,
  error_count: '2',
  retry_count: '7',
  processed_stats: { processed_bytes: '12', processed_chunks: '2' },
  failures_by_reason: { unreported: 1 },
};

function by2(): VectorRecord {
  return of({ internal_task_id: 't2', work_request_id: 'w1', retry_count: 1 });
}

const rollUps: FoldVector[] = [
  {
    name: 'the roll-up before a retirement',
    settings,
    records: TWO,
    expect: {
      tasks: { t1: { task_status: 'failed' }, t2: { task_status: 'running', retry_count: 5 } },
      events: EVENTS_OF_TWO,
      fleet: {
        ...SUMS_OF_TWO,
        tasks: 2,
        tasks_by_status: { failed: 1, running: 1 },
        tasks_by_liveness: { ended: 1, reporting: 1 },
        retired: { tasks: 0, job_creations: 0, error_count: '0', retry_count: '0', processed_stats: {} },
      },
    },
  },
  {
    name: 'the roll-up after a retirement: the sums stay, the retired task’s part of them is told, and the task is in none of the counts',
    settings,
    records: [...TWO, ...ticks(15.001)],
    expect: {
      tasks: { t1: null, t2: { task_status: 'running', retry_count: 5 } },
      events: EVENTS_OF_TWO,
      fleet: {
        ...SUMS_OF_TWO,
        tasks: 1,
        tasks_by_status: { running: 1 },
        tasks_by_liveness: { reporting: 1 },
        retired: {
          tasks: 1,
          job_creations: 1,
          error_count: '1',
          retry_count: '2',
          processed_stats: { processed_bytes: '5', processed_chunks: '1' },
        },
      },
    },
  },
];

export const RETIREMENT_VECTORS: readonly FoldVector[] = [...deadlines, ...rollUps];
