// Hand-worked vectors: retirement, what is left in the roll-up, and tombstones. Seconds are log time after the start, and
// the partition's clock as well: silence after 10 s, finished tasks are kept for 15 s, others for 20 s, tombstones for 40 s.

import {
  at,
  by,
  type FoldVector,
  logTime,
  of,
  post,
  ticks,
  type VectorEvent,
  type VectorRecord,
} from './fold-vector.ts';

const settings = { silence_after_s: 10, retain_finished_s: 15, retain_silent_s: 20, tombstones_kept_s: 40 };

const failure = (kind: 'silent' | 'recovered' | 'failed', offset: number, facts: object = {}) =>
  ({ offset, index: 1, kind: 'failure', failure: kind, ...facts }) as VectorEvent;
const retiredAt = (offset: number, facts: object = {}) =>
  ({ offset, index: 1, kind: 'reject', reason: 'task_retired', ...facts }) as VectorEvent;

const done = by('w1', { task_status: 'complete' });
/** A task that finished at 0 and is retired at 15.001; offsets 0 to 4. */
const RETIRED: readonly VectorRecord[] = [at(0, done), ...ticks(5, 10, 15, 15.001)];

/** Ticks every five seconds, both ends included. */
function every5(from: number, to: number): VectorRecord[] {
  const seconds: number[] = [];
  for (let second = from; second <= to; second += 5) seconds.push(second);
  return ticks(...seconds);
}

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
    name: 'one millisecond later it is retired, without an event',
    settings,
    records: RETIRED,
    expect: {
      tasks: { t1: null },
      fleet: { tasks: 0, tasks_by_status: {}, tasks_by_liveness: {}, retired: { tasks: 1 } },
    },
  },
  {
    name: 'a silent task is kept for longer, and retired silently',
    settings,
    records: [at(0, by('w1')), ...every5(5, 20)],
    expect: {
      tasks: { t1: { liveness: 'silent' } },
      events: [failure('silent', 3)],
      fleet: { tasks: 1, tasks_by_liveness: { silent: 1 } },
    },
  },
  {
    name: 'until then',
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
    name: 'its deadline is the same',
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
    name: 'and a rejected update does not count',
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
    // The clock: 0, 5, 5 (a hole: alarms after 15), 10, 15, 15.001.
    records: [at(0, done), ...ticks(5, 60, 65, 70, 70.001)],
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
    name: 'and after it: the sums stay, the retired task’s part of them is told, and the task is in none of the counts',
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

const rejects: FoldVector[] = [
  {
    name: 'an update of a retired task is rejected and begins nothing',
    settings,
    records: [...RETIRED, at(16, by('w1', { retry_count: 1 }))],
    expect: {
      tasks: { t1: null },
      events: [retiredAt(5, { form: 'copy', internal_task_id: 't1' })],
      outcomes: { applied: 1, rejected: 1 },
      rejected_by_reason: { task_retired: 1 },
      fleet: { tasks: 0, retry_count: '0' },
    },
  },
  {
    name: 'its own record may bring the time that retires it',
    settings,
    records: [at(0, done), ...ticks(5, 10, 15), at(15.001, by('w1'))],
    expect: { tasks: { t1: null }, events: [retiredAt(4)], outcomes: { applied: 1, rejected: 1 } },
  },
  {
    name: 'a retired task that was silent does not recover',
    settings,
    records: [at(0, by('w1')), ...every5(5, 20), ...ticks(20.001), at(21, by('w1'))],
    expect: {
      tasks: { t1: null },
      events: [failure('silent', 3), retiredAt(6)],
      outcomes: { applied: 1, rejected: 1 },
    },
  },
  {
    name: 'an update with a token is rejected by a pointer, so the token goes nowhere',
    settings,
    records: [...RETIRED, at(16, by('w1', { create_jobs_action: [{ token: 'secret' }] }))],
    expect: {
      tasks: { t1: null },
      events: [retiredAt(5, { form: 'pointer' })],
      outcomes: { applied: 1, rejected: 1 },
      fleet: { job_creations: 0 },
    },
  },
  {
    name: 'one that is too large to be copied, too',
    settings: { ...settings, copy_bytes_max: 1_000 },
    records: [...RETIRED, { ...at(16, by('w1')), size: 1_001 }],
    expect: { tasks: { t1: null }, events: [retiredAt(5, { form: 'pointer' })], outcomes: { applied: 1, rejected: 1 } },
  },
  {
    name: 'that the task is retired comes before its numbers, and before what could not be copied',
    settings: { ...settings, copy_bytes_max: 1_000 },
    records: [
      ...RETIRED,
      at(16, by('w1', { error_count: -1 })),
      { ...at(17, by('w1', { create_jobs_action: [{ payload_json: '{}' }] })), size: 1_001 },
    ],
    expect: {
      tasks: { t1: null },
      events: [retiredAt(5, { form: 'copy' }), retiredAt(6, { form: 'pointer' })],
      outcomes: { applied: 1, rejected: 2 },
      rejected_by_reason: { task_retired: 2 },
    },
  },
  {
    name: 'a re-routed update of a retired task is taken from its source all the same: its second copy is a duplicate',
    settings,
    partition_count: 4,
    partition: 2,
    records: [
      at(0, of({ internal_task_id: 'foobar', work_request_id: 'w1', task_status: 'complete' })),
      ...ticks(5, 10, 15, 15.001),
      ...[16, 17].map((second) =>
        at(second, { ...of({ internal_task_id: 'foobar' }), source: { partition: 1, offset: 7 } }),
      ),
    ],
    expect: {
      tasks: { foobar: null },
      events: [retiredAt(5, { source: { partition: 1, offset: 7 } })],
      outcomes: { applied: 1, rejected: 1, duplicate: 1 },
      rerouted_from: { 1: 7 },
    },
  },
];

const NEW = (second: number) => ({
  attempts: 1,
  retry_count: 1,
  task_status: null,
  liveness: 'reporting',
  liveness_at: logTime(second),
  first_update_at: logTime(second),
  updates_applied: 1,
});

/** Generations are 40 s long: retired at 15.001 in generation 0, known in generations 0 and 1, which end before 80. */
const tombstones: FoldVector[] = [
  {
    name: 'a tombstone is known to the end of the generation after its own',
    settings,
    records: [...RETIRED, ...every5(20, 75), at(79.999, by('w1', { retry_count: 1 }))],
    expect: { tasks: { t1: null }, events: [retiredAt(17)], outcomes: { applied: 1, rejected: 1 } },
  },
  {
    name: 'later than that the id begins a new task, with nothing of the old one but what is retired',
    settings,
    records: [...RETIRED, ...every5(20, 75), at(80, by('w1', { retry_count: 1 }))],
    expect: {
      tasks: { t1: { ...NEW(80), first_offset: 17, reporters: { w1: {} } } },
      fleet: {
        tasks: 1,
        tasks_by_status: { unreported: 1 },
        tasks_by_liveness: { reporting: 1 },
        retired: { tasks: 1 },
      },
    },
  },
  {
    name: 'a late update moves the tombstone to the present generation',
    settings,
    // Moved at 60 to generation 1, at 100 to generation 2: known before 160.
    records: [
      ...RETIRED,
      ...every5(20, 60),
      at(60, by('w1')),
      ...every5(65, 100),
      at(100, by('w1')),
      ...every5(105, 155),
      at(159.999, by('w1')),
    ],
    expect: {
      tasks: { t1: null },
      events: [retiredAt(14), retiredAt(23), retiredAt(35)],
      outcomes: { applied: 1, rejected: 3 },
    },
  },
  {
    name: 'and it is forgotten from there',
    settings,
    records: [
      ...RETIRED,
      ...every5(20, 60),
      at(60, by('w1')),
      ...every5(65, 115),
      at(120, by('w1', { retry_count: 1 })),
    ],
    expect: {
      tasks: { t1: NEW(120) },
      events: [retiredAt(14)],
      outcomes: { applied: 2, rejected: 1 },
      fleet: { tasks: 1, retired: { tasks: 1 } },
    },
  },
  {
    name: 'an id that was retired, begun anew and retired again counts twice among the retired',
    settings: { ...settings, tombstones_kept_s: 10 },
    // Retired at 15.001 in generation 1, known before 30; retired again at 45.001.
    records: [...RETIRED, ...every5(20, 25), at(30, done), ...ticks(35, 40, 45, 45.001), at(46, by('w1'))],
    expect: {
      tasks: { t1: null },
      events: [retiredAt(12)],
      outcomes: { applied: 2, rejected: 1 },
      fleet: { tasks: 0, retired: { tasks: 2 } },
    },
  },
  {
    name: 'what is retired is a task, not its id in another one: others go on',
    settings,
    records: [...RETIRED, at(16, of({ internal_task_id: 't2', work_request_id: 'w1', retry_count: 1 }))],
    expect: { tasks: { t1: null, t2: NEW(16) }, fleet: { tasks: 1, retired: { tasks: 1 } } },
  },
];

export const RETIREMENT_VECTORS: readonly FoldVector[] = [...deadlines, ...rollUps, ...rejects, ...tombstones];
