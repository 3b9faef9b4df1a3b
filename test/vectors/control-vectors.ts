// Hand-worked vectors: control records, which change the settings from the next record on. Seconds are log time after the
// start, and mostly the partition's clock as well.

import {
  at,
  by,
  control,
  type FoldVector,
  logTime,
  of,
  ticks,
  type VectorEvent,
  type VectorRecord,
} from './fold-vector.ts';

const SHORT = { silence_after_s: 10 };
const LONG = { silence_after_s: 20 };

const silent = (offset: number, facts: object = {}): VectorEvent => ({
  offset,
  index: 1,
  kind: 'failure',
  failure: 'silent',
  ...facts,
});

/** A control record with this text in its header. */
const said = (text: string | null): VectorRecord => ({ update: {}, control: text });
const json = (value: unknown) => said(JSON.stringify(value));
const good = { group: 'vectors', change: 'c1', settings: { errors_kept: 1 } };
const errors = (...ids: string[]) => ({ error_details: JSON.stringify(ids.map((id) => ({ id }))) });

const reading: FoldVector[] = [
  {
    name: 'a control record is not received, has no outcome, and changes the settings that it names',
    settings: SHORT,
    records: [of({}), control(1, { errors_kept: 1, looks_max: 7 })],
    expect: {
      tasks: { t1: { last_offset: 0 } },
      outcomes: { applied: 1 },
      settings: { errors_kept: 1, looks_max: 7, silence_after_s: 10 },
    },
  },
  {
    name: 'a control record tells the time, by the settings before it, and what that brings about comes of it',
    settings: SHORT,
    records: [at(0, by('w1')), ...ticks(5, 10), control(10.001, { silence_after_s: 60 }), ...ticks(11)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001) } },
      events: [silent(3, { log_time: logTime(10.001) })],
    },
  },
  {
    name: 'a record with both headers, that of a control and that of a tick, is a control record',
    records: [{ ...control(0, { errors_kept: 1 }), tick: true }],
    expect: { tasks: {}, settings: { errors_kept: 1 } },
  },
  {
    name: 'an update that names a task is an update, whatever its headers say',
    records: [of({}, { control: JSON.stringify(good) })],
    expect: { tasks: { t1: {} }, outcomes: { applied: 1 }, controls: {}, settings: { errors_kept: 10 } },
  },
  {
    name: 'bytes that do not decode are rejected, whatever their headers say',
    records: [{ undecodable: 'malformed', control: JSON.stringify(good) }],
    expect: {
      tasks: {},
      outcomes: { rejected: 1 },
      controls: {},
      settings: { errors_kept: 10 },
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'malformed' }],
    },
  },
  {
    name: 'the same change once more is repeated; another one in between makes it new',
    records: [
      control(0, { errors_kept: 1 }, 'a'),
      control(1, { errors_kept: 2 }, 'a'),
      control(2, { errors_kept: 3 }, 'b'),
      control(3, { errors_kept: 4 }, 'a'),
    ],
    expect: { tasks: {}, controls: { obeyed: 3, repeated: 1 }, settings: { errors_kept: 4 } },
  },
  {
    name: 'an ignored one in between does not make it new',
    records: [control(0, { errors_kept: 1 }, 'a'), said('{}'), control(2, { errors_kept: 2 }, 'a')],
    expect: { tasks: {}, controls: { obeyed: 1, repeated: 1, ignored: 1 }, settings: { errors_kept: 1 } },
  },
  {
    name: 'what is of another form, of another group, unknown or out of bounds is ignored as a whole',
    records: [
      said(null),
      said(''),
      said('nonsense'),
      json(null),
      json([good]),
      json({ ...good, group: 'others' }),
      json({ ...good, group: undefined }),
      json({ ...good, change: '' }),
      json({ ...good, change: 7 }),
      json({ ...good, change: 'a b' }),
      json({ ...good, change: 'x'.repeat(65) }),
      json({ ...good, settings: undefined }),
      json({ ...good, settings: {} }),
      json({ ...good, settings: [5] }),
      json({ ...good, settings: { errors_kept: 1, no_such: 1 } }),
      json({ ...good, settings: { errors_kept: 1, constructor: 1 } }),
      json({ ...good, settings: { errors_kept: '1' } }),
      json({ ...good, settings: { errors_kept: null } }),
      json({ ...good, settings: { errors_kept: 1.5 } }),
      json({ ...good, settings: { errors_kept: -1 } }),
      json({ ...good, settings: { errors_kept: 1, looks_max: 10_001 } }),
      said('{"group":"vectors","change":"c1","settings":{"errors_kept":1,"__proto__":1}}'),
    ],
    expect: { tasks: {}, controls: { ignored: 22 }, settings: { errors_kept: 10, looks_max: 500 } },
  },
  {
    name: 'fields that mean nothing and both ends of the bounds are taken',
    records: [
      json({ ...good, at: 'noon', change: `A-z_0.${'x'.repeat(58)}`, settings: { errors_kept: 0, looks_max: 10_000 } }),
    ],
    expect: { tasks: {}, settings: { errors_kept: 0, looks_max: 10_000 } },
  },
];

const times: FoldVector[] = [
  {
    name: 'a longer time raises no false alarm: at the look that was fixed before nothing is due',
    settings: SHORT,
    records: [at(0, by('w1')), control(5, LONG), ...ticks(10, 10.001, 20)],
    expect: { tasks: { t1: { liveness: 'reporting', look_at: 20_000 } } },
  },
  {
    name: 'a longer time is kept to',
    settings: SHORT,
    records: [at(0, by('w1')), control(5, LONG), ...ticks(10, 10.001, 20, 20.001)],
    expect: { tasks: { t1: { liveness: 'silent' } }, events: [silent(5)] },
  },
  {
    name: 'a shorter time holds from the next update of a task on',
    settings: LONG,
    records: [at(0, by('w1')), control(5, SHORT), at(6, by('w1')), ...ticks(11, 16, 16.001)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(16.001) } }, events: [silent(5)] },
  },
  {
    name: 'a shorter time for a task without an update: it is found silent when the longer one is over, not later',
    settings: LONG,
    records: [at(0, by('w1')), control(5, SHORT), ...ticks(10, 15, 20, 20.001)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(20.001) } }, events: [silent(5)] },
  },
  {
    name: 'a step that was a hole by the longest one of before is none by the new one, and the other way round',
    settings: SHORT,
    records: [at(0, by('w1')), control(1, LONG), ...ticks(11), control(12, SHORT), ...ticks(17.001)],
    // 1 + 10 + 1, and the last step counts nothing: alarms wait for 10 s more.
    expect: { tasks: { t1: { liveness: 'reporting' } }, clock: { now: 12_000, alarms_after: 22_000 } },
  },
  {
    name: 'alarms that are held back wait no longer than one silence of the new settings',
    settings: { silence_after_s: 100 },
    records: [at(0, by('w1')), ...ticks(60), control(61, SHORT)],
    expect: { tasks: { t1: { liveness: 'reporting' } }, clock: { now: 1_000, alarms_after: 11_000 } },
  },
  {
    name: 'a longer silence does not hold back alarms for longer',
    settings: SHORT,
    records: [at(0, by('w1')), ...ticks(60), control(61, LONG)],
    expect: { tasks: { t1: { liveness: 'reporting' } }, clock: { now: 1_000, alarms_after: 10_000 } },
  },
  {
    name: 'who is silent stays so when the time is made longer, until it reports',
    settings: SHORT,
    records: [at(0, by('w1')), ...ticks(5, 10, 10.001), control(11, LONG), ...ticks(12)],
    expect: { tasks: { t1: { liveness: 'silent' } }, events: [silent(3)] },
  },
  {
    name: 'stall and retirement go by the new times at the next update, too',
    settings: { silence_after_s: 100, stalled_after_s: 50, retain_silent_s: 1_000 },
    records: [at(0, by('w1')), control(1, { stalled_after_s: 10, retain_silent_s: 30 }), at(2, by('w1')), ...ticks(12)],
    expect: { tasks: { t1: { liveness: 'stalled', look_at: 32_000 } } },
  },
];

const done = by('w1', { task_status: 'complete' });
const GENERATIONS = { silence_after_s: 100, retain_finished_s: 15, tombstones_kept_s: 40 };
const retiredAgain = (offset: number): VectorEvent => ({ offset, index: 1, kind: 'reject', reason: 'task_retired' });

const kept: FoldVector[] = [
  {
    name: 'fewer errors: the kept ones stay until one is added',
    records: [of(errors('a', 'b', 'c')), control(1, { errors_kept: 1 }), of({ timestamp: 9 })],
    expect: { tasks: { t1: { errors: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] } }, outcomes: { applied: 2 } },
  },
  {
    name: 'fewer errors: when one is added, only so many stay',
    records: [of(errors('a', 'b', 'c')), control(1, { errors_kept: 2 }), of(errors('d'))],
    expect: {
      tasks: { t1: { errors: [{ id: 'c' }, { id: 'd' }] } },
      outcomes: { applied: 2 },
    },
  },
  {
    name: 'more errors: those that are gone do not come back',
    settings: { errors_kept: 1 },
    records: [of(errors('a', 'b')), control(1, { errors_kept: 3 }), of(errors('c'))],
    expect: { tasks: { t1: { errors: [{ id: 'b' }, { id: 'c' }] } }, outcomes: { applied: 2 } },
  },
  {
    name: 'no errors any more: those that are kept stay, as none is added',
    records: [of(errors('a')), control(1, { errors_kept: 0 }), of(errors('b'))],
    expect: { tasks: { t1: { errors: [{ id: 'a' }] } }, outcomes: { applied: 2 } },
  },
  {
    name: 'fewer reporters: with the next update all that are too many are let go',
    records: [...['w1', 'w2', 'w3', 'w4'].map((name) => by(name)), control(4, { reporters_kept: 2 }), by('w4')],
    expect: { tasks: { t1: { reporters: { w3: {}, w4: {} } } }, outcomes: { applied: 5 } },
  },
  {
    name: 'fewer IOs: the task keeps what it has and takes no further id',
    records: [
      of({
        inputs: [
          { id: 'a', processed_count: 1 },
          { id: 'b', processed_count: 1 },
        ],
      }),
      control(1, { ios_kept: 1 }),
      of({
        inputs: [
          { id: 'b', processed_count: 2 },
          { id: 'c', processed_count: 5 },
        ],
      }),
    ],
    expect: {
      tasks: { t1: { inputs: { a: { processed_count: 1 }, b: { processed_count: 3 } }, ios_dropped: 1 } },
      outcomes: { applied: 2 },
    },
  },
  {
    name: 'a shorter generation: what is remembered stays so for the new time, and is forgotten after two generations',
    settings: GENERATIONS,
    records: [
      at(0, done),
      ...ticks(15.001),
      control(16, { tombstones_kept_s: 10 }),
      at(25, by('w1')),
      ...ticks(46),
      at(47, by('w1')),
    ],
    // Generation 0 begins anew at 16 and ends at 26; the rejected update left a tombstone of it, good until 36.
    expect: {
      tasks: { t1: { first_offset: 5 } },
      events: [retiredAgain(3)],
      outcomes: { applied: 2, rejected: 1 },
      fleet: { tasks: 1, retired: { tasks: 1 } },
    },
  },
  {
    name: 'a longer generation: what is remembered stays so for the new time',
    settings: { ...GENERATIONS, tombstones_kept_s: 10 },
    records: [
      at(0, done),
      ...ticks(15.001),
      control(16, { tombstones_kept_s: 40 }),
      at(60, by('w1')),
      ...ticks(95.999),
    ],
    // Generation 1 begins anew at 16 and ends at 56; the update at 60 finds it in the one before.
    expect: { tasks: { t1: null }, events: [retiredAgain(3)], outcomes: { applied: 1, rejected: 1 } },
  },
];

export const CONTROL_VECTORS: readonly FoldVector[] = [...reading, ...times, ...kept];
