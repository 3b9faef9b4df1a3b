// Hand-worked vectors: the partition's clock, ticks, and in which order tasks are looked at. Seconds are log time after the
// start; a task falls silent 10 s of the clock after it was heard last, and no step above 5 s (half of that) counts.

import { at, type FoldVector, logTime, of, ticks, type VectorEvent, type VectorRecord } from './fold-vector.ts';

const settings = { silence_after_s: 10 };

/** An update of the task that names no interval. */
const heard = (internal_task_id = 't1'): VectorRecord => of({ internal_task_id, work_request_id: 'w1' });

const silent = (offset: number, internal_task_id = 't1', index = 1): VectorEvent => ({
  offset,
  index,
  kind: 'failure',
  failure: 'silent',
  internal_task_id,
});

const REPORTING = { liveness: 'reporting', liveness_at: logTime(0) };

const clock: FoldVector[] = [
  {
    name: 'at the very deadline nothing happens: another record of that time may follow',
    settings,
    records: [at(0, heard()), ...ticks(5, 10, 10)],
    expect: { tasks: { t1: REPORTING }, fleet: { tasks_by_liveness: { reporting: 1 } } },
  },
  {
    name: 'one millisecond after the deadline the task is silent',
    settings,
    records: [at(0, heard()), ...ticks(5, 10, 10.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001), last_offset: 0, last_update_at: logTime(0) } },
      events: [silent(3)],
      fleet: { tasks: 1, tasks_by_liveness: { silent: 1 } },
    },
  },
  {
    name: 'a step of half of silence_after_s counts; of one millisecond more nothing counts, and the deadline moves on by all of it',
    settings,
    // The clock: 0, 0, 5, 10, then 10.001.
    records: [at(0, heard()), ...ticks(5.001, 10.001, 15.001, 15.002)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(15.002) } }, events: [silent(4)] },
  },
  {
    name: 'after a hole in the log no alarm is made until silence_after_s of the clock have passed',
    settings,
    // The clock: 0, 5, 5 (a hole: alarms after 15), 10, 15. Without the hole 10.001 would have been enough.
    records: [at(0, heard()), ...ticks(5, 11, 16, 21)],
    expect: { tasks: { t1: REPORTING } },
  },
  {
    name: 'after a hole the alarm is made as soon as silence_after_s of the clock have passed since it',
    settings,
    records: [at(0, heard()), ...ticks(5, 11, 16, 21, 21.001)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(21.001) } }, events: [silent(5)] },
  },
  {
    name: 'a second hole puts the alarms off once more',
    settings,
    // The clock: 0, 5, 5 (alarms after 15), 10, 10 (alarms after 20), 15, 20, 20.001.
    records: [at(0, heard()), ...ticks(5, 11, 16, 22, 27, 32, 32.001)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(32.001) } }, events: [silent(7)] },
  },
  {
    name: 'a hole takes back no alarm that was made',
    settings,
    records: [at(0, heard()), ...ticks(5, 10, 10.001, 20)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001) } }, events: [silent(3)] },
  },
  {
    name: 'a hole before the first update of a task is none of its business',
    settings,
    // The clock: 0, 0 (alarms after 10), 0, 5, 10, 10.001.
    records: [...ticks(0, 60), at(60, heard()), ...ticks(65, 70, 70.001)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(70.001) } }, events: [silent(5)] },
  },
  {
    name: 'where the log time goes back the clock stands still, and goes on from there',
    settings,
    // The clock: 0, 5, 5, 10, 10.001.
    records: [at(0, heard()), ...ticks(5, 3, 8, 8.001)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(8.001) } }, events: [silent(4)] },
  },
  {
    name: 'a step back of any size is no hole',
    settings,
    // The clock: 0, 5, 5, 10, 10.001.
    records: [at(0, heard()), ...ticks(5, -1_000, -995, -994.999)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(-994.999) } }, events: [silent(4)] },
  },
  {
    name: 'the half of an odd silence_after_s is half a second',
    settings: { silence_after_s: 1 },
    // The clock: 0, 0.5, 1, 1.001 for t1; a step of 0.501 counts nothing.
    records: [at(0, heard()), ...ticks(0.5, 1, 1.001, 1.502)],
    expect: { tasks: { t1: { liveness: 'silent', liveness_at: logTime(1.001) } }, events: [silent(3)] },
  },
];

/** Records of any kind that say nothing of the task `foobar`, whose home is partition 2 of 4. */
const OTHERS: { readonly [kind: string]: { record: VectorRecord; outcome: string; own: VectorEvent | null } } = {
  'a tick': { record: { update: {}, tick: true }, outcome: 'tick', own: null },
  'a record that does not decode': {
    record: { undecodable: 'truncated' },
    outcome: 'rejected',
    own: { offset: 3, index: 2, kind: 'reject', reason: 'truncated' },
  },
  'a record that is re-routed': {
    record: of({ internal_task_id: 'abc' }),
    outcome: 'rerouted',
    own: { offset: 3, index: 2, kind: 'reroute', to: 3 },
  },
};

const moved: FoldVector[] = [
  ...Object.entries(OTHERS).map(([kind, { record, outcome, own }]): FoldVector => {
    const own3 = own === null ? [] : [own];
    return {
      name: `${kind} moves the clock, and the alarm comes before its own event`,
      settings,
      partition_count: 4,
      partition: 2,
      records: [at(0, heard('foobar')), at(5, record), at(10, record), at(10.001, record)],
      expect: {
        tasks: { foobar: { liveness: 'silent', updates_applied: 1 } },
        events: [
          ...own3.flatMap((event) => [1, 2].map((offset) => ({ ...event, offset, index: 1 }))),
          silent(3, 'foobar'),
          ...own3,
        ],
        outcomes: { applied: 1, ...(outcome === 'tick' ? {} : { [outcome]: 3 }) },
      },
    };
  }),
  {
    name: 'a record of another task moves the clock',
    settings,
    records: [at(0, heard('t1')), at(5, heard('t2')), at(10, heard('t2')), at(10.001, heard('t2'))],
    expect: {
      tasks: { t1: { liveness: 'silent' }, t2: { liveness: 'reporting', liveness_at: logTime(5) } },
      events: [silent(3, 't1')],
      fleet: { tasks_by_liveness: { silent: 1, reporting: 1 } },
    },
  },
  {
    name: 'the second and third copy of a re-routed record move the clock, though nothing else happens',
    settings,
    partition_count: 4,
    partition: 2,
    // The home of both tasks is partition 2.
    records: [
      at(0, heard('foobar')),
      ...[5, 10, 10.001].map((second) => at(second, { ...heard('x'), source: { partition: 1, offset: 7 } })),
    ],
    expect: {
      tasks: { foobar: { liveness: 'silent' }, x: { updates_applied: 1 } },
      // What a record causes carries the coordinates that it had first.
      events: [{ ...silent(3, 'foobar'), source: { partition: 1, offset: 7 } }],
      outcomes: { applied: 2, duplicate: 2 },
    },
  },
];

const tickRecords: FoldVector[] = [
  {
    name: 'a tick has no outcome and is not received; the first record may be one',
    settings,
    records: ticks(0, 1, 2),
    expect: { tasks: {}, outcomes: {}, ticks: 3 },
  },
  {
    name: 'an empty update without the header of a tick is an update that names no task',
    settings,
    records: [{ update: {} }],
    expect: {
      tasks: {},
      outcomes: { rejected: 1 },
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'internal_task_id_missing' }],
    },
  },
  {
    name: 'an update with the header of a tick is an update all the same',
    settings,
    records: [{ ...of({ work_request_id: 'w1', retry_count: 1 }), tick: true }],
    expect: { tasks: { t1: { retry_count: 1, liveness: 'reporting' } }, ticks: 0 },
  },
  {
    name: 'a record with the header of a tick that does not decode is rejected',
    settings,
    records: [{ undecodable: 'wrong_magic_byte', tick: true }],
    expect: {
      tasks: {},
      ticks: 0,
      outcomes: { rejected: 1 },
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'wrong_magic_byte' }],
    },
  },
];

/** U+FFFD and U+1F600: the second is the smaller one by UTF-16, and the larger one by UTF-8. */
const [REPLACEMENT, SMILE] = ['\u{fffd}', '\u{1f600}'];
const MANY = Array.from({ length: 502 }, (_, n) => `t${String(n).padStart(3, '0')}`);

const order: FoldVector[] = [
  {
    name: 'each task has a deadline of its own',
    settings,
    records: [at(0, heard('b')), at(1, heard('a')), ...ticks(6, 11, 15)],
    // At 11 only b is due: the deadline of a is 11.
    expect: {
      tasks: { a: { liveness: 'silent' }, b: { liveness: 'silent' } },
      events: [silent(3, 'b'), silent(4, 'a')],
    },
  },
  {
    name: 'of two tasks due at one record the one with the earlier deadline comes first, whatever the ids',
    settings,
    records: [at(0, heard('b')), at(1, heard('a')), ...ticks(5, 10, 15)],
    expect: {
      tasks: { a: { liveness: 'silent' }, b: { liveness: 'silent' } },
      events: [silent(4, 'b', 1), silent(4, 'a', 2)],
    },
  },
  {
    name: 'of one deadline: in the order of the ids’ bytes of UTF-8',
    settings,
    records: [SMILE, 'b', REPLACEMENT, 'ba', 'a'].map((id) => at(0, heard(id))).concat(ticks(5, 10, 10.001)),
    expect: {
      tasks: Object.fromEntries([SMILE, 'b', REPLACEMENT, 'ba', 'a'].map((id) => [id, { liveness: 'silent' }])),
      events: ['a', 'b', 'ba', REPLACEMENT, SMILE].map((id, i) => silent(7, id, i + 1)),
    },
  },
  {
    name: '500 tasks are looked at before one record; the others wait for the next one, which need not be later',
    settings,
    records: [...MANY.map((id) => at(0, heard(id))), ...ticks(5, 10, 10.001, 10.001)],
    expect: {
      tasks: Object.fromEntries(MANY.map((id) => [id, { liveness: 'silent', liveness_at: logTime(10.001) }])),
      events: [
        ...MANY.slice(0, 500).map((id, i) => silent(504, id, i + 1)),
        ...MANY.slice(500).map((id, i) => silent(505, id, i + 1)),
      ],
      fleet: { tasks_by_liveness: { silent: 502 } },
    },
  },
  {
    name: 'of more than 500 due tasks the last ones are reporting still, until a record comes',
    settings,
    records: [...MANY.map((id) => at(0, heard(id))), ...ticks(5, 10, 10.001)],
    expect: {
      tasks: Object.fromEntries(MANY.map((id, n) => [id, { liveness: n < 500 ? 'silent' : 'reporting' }])),
      events: MANY.slice(0, 500).map((id, i) => silent(504, id, i + 1)),
      fleet: { tasks_by_liveness: { silent: 500, reporting: 2 } },
    },
  },
  {
    name: 'of the 500 are only tasks whose time has come, not those that had an earlier time which an update has moved',
    settings: { ...settings, retain_silent_s: 12 },
    // Each of the 500 is due at 12 (to be retired) at first, open again at 11, and heard once more; the other one at 12.001.
    records: [
      ...MANY.slice(0, 500).map((id) => at(0, { ...heard(id), work_request_status: 'complete' })),
      ...MANY.slice(0, 500).map((id) => at(1, heard(id))),
      at(2.001, heard('z')),
      ...MANY.slice(0, 500).map((id) => at(6, heard(id))),
      ...ticks(11, 11.001, 12.002),
    ],
    expect: {
      tasks: {
        ...Object.fromEntries(MANY.slice(0, 500).map((id) => [id, { liveness: 'reporting', liveness_at: logTime(1) }])),
        z: { liveness: 'silent', liveness_at: logTime(12.002) },
      },
      events: [silent(1_503, 'z')],
    },
  },
];

export const CLOCK_VECTORS: readonly FoldVector[] = [...clock, ...moved, ...tickRecords, ...order];
