// Hand-worked vectors: updates of a retired task, and for how long it is known as such. Seconds are log time after the start,
// and the partition's clock as well: silence after 10 s, retired 15 s after the last update, generations of 40 s.

import {
  at,
  by,
  every5,
  type FoldVector,
  logTime,
  of,
  ticks,
  type VectorEvent,
  type VectorRecord,
} from './fold-vector.ts';

const settings = { silence_after_s: 10, retain_finished_s: 15, retain_silent_s: 20, tombstones_kept_s: 40 };

const retiredAt = (offset: number, facts: object = {}) =>
  ({ offset, index: 1, kind: 'reject', reason: 'task_retired', ...facts }) as VectorEvent;

const done = by('w1', { task_status: 'complete' });
/** A task that finished at 0 and is retired at 15.001; offsets 0 to 4. */
const RETIRED: readonly VectorRecord[] = [at(0, done), ...ticks(5, 10, 15, 15.001)];

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
    name: 'the time that retires a task may come with its own update, which is rejected',
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
      events: [{ offset: 3, index: 1, kind: 'failure', failure: 'silent' }, retiredAt(6)],
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
    name: 'an update that is too large to be copied is rejected by a pointer',
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
    name: 'when the tombstone is forgotten the id begins a new task, with nothing of the old one but what is retired',
    settings,
    records: [
      at(0, by('w0', { task_status: 'complete', error_details: '[{"id":"E"}]', task_output: '1', retry_count: 9 })),
      ...RETIRED.slice(1),
      ...every5(20, 75),
      at(80, by('w1', { retry_count: 1 })),
    ],
    expect: {
      tasks: { t1: { ...NEW(80), first_offset: 17, reporters: { w1: {} }, errors: [], task_output: null } },
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
    name: 'a tombstone that was moved is forgotten after the generation behind its new one',
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

export const TOMBSTONE_VECTORS: readonly FoldVector[] = [...rejects, ...tombstones];
