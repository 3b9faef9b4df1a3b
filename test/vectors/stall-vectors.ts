// Hand-worked vectors: tasks that report and process nothing. Seconds are log time after the start; silence after 10 s of
// the clock, stall 20 s of it after the first update without progress.

import {
  at,
  by,
  type FoldVector,
  logTime,
  post,
  ticks,
  type VectorEvent,
  type VectorRecord,
  type VectorUpdate,
} from './fold-vector.ts';

const settings = { silence_after_s: 10, stalled_after_s: 20 };

const failure = (kind: 'silent' | 'recovered', offset: number, index: number, facts: object = {}) =>
  ({ offset, index, kind: 'failure', failure: kind, ...facts }) as VectorEvent;

const bytes = (processed_bytes: number): VectorUpdate => ({ processed_stats: { processed_bytes } });
const input = (processed_count: number | null, processed_total_count: number | null): VectorUpdate => ({
  inputs: [{ id: 'in', processed_count, processed_total_count }],
});

/** Updates of w1 that say nothing, 4 s apart: as a healthy engine does that has nothing to do. */
const idle = (from: number, to: number): VectorRecord[] => {
  const records: VectorRecord[] = [];
  for (let second = from; second <= to; second += 4) records.push(at(second, by('w1')));
  return records;
};

/** Progress at 0, none since 4: stalled after 24. The last one is offset 6. */
const UP_TO_24 = [at(0, by('w1', bytes(1))), ...idle(4, 24)];
/** Stalled at 24.001, offset 7. */
const STALLED = [...UP_TO_24, ...ticks(24.001)];

const stall: FoldVector[] = [
  {
    name: 'a task that reports and processes nothing is not stalled at the very deadline, 20 s after the first such update',
    settings,
    records: UP_TO_24,
    expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(0) } } },
  },
  {
    name: 'a task that reports and processes nothing is stalled a millisecond after the deadline; that makes no event',
    settings,
    records: STALLED,
    expect: {
      tasks: { t1: { liveness: 'stalled', liveness_at: logTime(24.001), last_update_at: logTime(24) } },
      fleet: { tasks_by_liveness: { stalled: 1 } },
    },
  },
  {
    name: 'one that never processed anything is stalled 20 s after its first update',
    settings,
    records: [...idle(0, 20), ...ticks(20.001)],
    expect: { tasks: { t1: { liveness: 'stalled', liveness_at: logTime(20.001) } } },
  },
  {
    name: 'a hole in the log puts the stall off as it does with the silence',
    settings,
    // The clock: 0, 4, 8, 12, 16, 16 (a hole: alarms after 26), 20, 24, 26, then 26.001. Without alarms after: stalled at 24.
    records: [...idle(0, 16), at(26, by('w1')), at(30, by('w1')), at(34, by('w1')), ...ticks(36)],
    expect: { tasks: { t1: { liveness: 'reporting' } } },
  },
  {
    name: 'a hole puts the stall off by silence_after_s of the clock, and no further',
    settings,
    records: [...idle(0, 16), at(26, by('w1')), at(30, by('w1')), at(34, by('w1')), ...ticks(36, 36.001)],
    expect: { tasks: { t1: { liveness: 'stalled', liveness_at: logTime(36.001) } } },
  },
  {
    name: 'updates without progress leave it stalled',
    settings,
    records: [...STALLED, ...idle(28, 52)],
    expect: { tasks: { t1: { liveness: 'stalled', liveness_at: logTime(24.001) } } },
  },
  {
    name: 'progress takes it back, and the next stall is counted from the first update without any',
    settings,
    records: [...STALLED, at(26, by('w1', bytes(1))), ...idle(30, 50)],
    expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(26) } } },
  },
  {
    name: 'progress of any work request of the task will do',
    settings,
    records: [...STALLED, at(26, by('w2', bytes(1)))],
    expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(26) } } },
  },
  ...(['scheduled', 'pending', 'queued'] as const).flatMap((status): FoldVector[] => [
    {
      name: `a task that is ${status} is not stalled: none of its engines has to process anything`,
      settings,
      records: [at(0, by('w1', { task_status: status })), ...idle(4, 40)],
      expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(0) } } },
    },
    {
      name: `${status} takes a stalled task back`,
      settings,
      records: [...STALLED, at(26, by('w1', { task_status: status })), ...idle(30, 54)],
      expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(26), attempts: 1 } } },
    },
  ]),
  {
    name: 'of a task that is queued no longer the stall is counted from there',
    settings,
    records: [
      at(0, by('w1', { task_status: 'queued' })),
      ...idle(4, 8),
      at(12, by('w1', { task_status: 'running' })),
      ...idle(16, 32),
      ...ticks(32.001),
    ],
    expect: { tasks: { t1: { liveness: 'stalled', liveness_at: logTime(32.001) } } },
  },
  {
    name: 'a new attempt has time from its beginning on',
    settings,
    records: [
      ...idle(0, 8),
      at(12, by('w1', { task_status: 'complete' })),
      at(16, by('w1', { task_status: 'reprocessing' })),
      // The first update without progress after the new attempt: stalled after 40.
      ...idle(20, 40),
    ],
    expect: { tasks: { t1: { attempts: 2, liveness: 'reporting', liveness_at: logTime(16) } } },
  },
  {
    name: 'a task that was stalled is stalled in its new attempt as any other, and not before',
    settings,
    records: [
      ...STALLED,
      at(26, by('w1', { task_status: 'complete' })),
      at(28, by('w1', { task_status: 'reprocessing' })),
      ...idle(32, 52),
      ...ticks(52.001),
    ],
    expect: { tasks: { t1: { attempts: 2, liveness: 'stalled', liveness_at: logTime(52.001) } } },
  },
];

/** What an update at 22 s is to a task that last made progress at 0 (total of the input: 7) and stalls after 24. */
const PROGRESS: readonly [string, VectorUpdate, boolean][] = [
  ...['bytes', 'cpu_milliseconds', 'cpu_seconds', 'chunks', 'media_seconds'].map(
    (stat): [string, VectorUpdate, boolean] => [
      `processed_${stat} 1`,
      { processed_stats: { [`processed_${stat}`]: 1 } },
      true,
    ],
  ),
  ['processed_bytes 0', bytes(0), false],
  ['processed_count 1 of an input', input(1, null), true],
  ['processed_count 1 of an output', { outputs: [{ id: 'out', processed_count: 1 }] }, true],
  ['processed_count 0', input(0, null), false],
  ['a total above the highest', input(null, 8), true],
  ['a total as high as the highest', input(null, 7), false],
  ['a total below the highest', input(null, 6), false],
  ['a first total of 0', { outputs: [{ id: 'out', processed_total_count: 0 }] }, false],
  ['a first total of 1', { outputs: [{ id: 'out', processed_total_count: 1 }] }, true],
  ['an input without figures', { inputs: [{ id: 'new' }] }, false],
  ['errors and retries', { error_count: 0, retry_count: 3 }, false],
  ['a status, an action, a job', { task_status: 'running', task_action: 'createJobs', internal_job_id: 'j' }, false],
];

const progress: FoldVector[] = PROGRESS.map(([what, update, isProgress]) => ({
  name: `${what} is ${isProgress ? '' : 'no '}progress`,
  settings,
  records: [at(0, by('w1', input(7, 7))), ...idle(4, 20), at(22, by('w1', update)), ...ticks(24, 24.001)],
  expect: {
    tasks: {
      t1: isProgress
        ? { liveness: 'reporting', liveness_at: logTime(0) }
        : { liveness: 'stalled', liveness_at: logTime(24.001) },
    },
  },
}));

const posts: FoldVector[] = [
  {
    name: 'duplicates are no progress, whatever they say',
    settings,
    records: [...[0, 4, 8, 12, 16, 20, 24].map((second) => at(second, post(100, 105, 5))), ...ticks(24.001)],
    expect: {
      tasks: { t1: { liveness: 'stalled', liveness_at: logTime(24.001) } },
      outcomes: { applied: 1, duplicate: 6 },
    },
  },
  {
    name: 'a post that contains another one, and nothing beyond it, is no progress',
    settings,
    records: [at(0, post(100, 105, 5)), at(4, post(100, 106, 5)), ...idle(8, 24), ...ticks(24.001)],
    expect: { tasks: { t1: { liveness: 'stalled', liveness_at: logTime(24.001) } } },
  },
  {
    name: 'what a post has beyond the one that it contains is progress',
    settings,
    records: [at(0, post(100, 105, 5)), at(4, post(100, 106, 6)), ...idle(8, 24), ...ticks(24.001)],
    expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(0) } } },
  },
  {
    name: 'a stale post that brings a higher total is none: only what is applied is',
    settings,
    records: [
      at(0, post(100, 105, 1, input(7, 7))),
      at(4, post(105, 110, 5)),
      // The first one without progress: stalled after 28.
      at(8, post(105, 108, 3, input(null, 9))),
      ...idle(12, 28),
      ...ticks(28.001),
    ],
    expect: {
      tasks: {
        t1: {
          liveness: 'stalled',
          liveness_at: logTime(28.001),
          inputs: { in: { processed_count: 7, processed_total_count: 9 } },
        },
      },
      outcomes: { applied: 7, stale: 1 },
    },
  },
];

const silenceOfStalled: FoldVector[] = [
  {
    name: 'a stalled task that reports no more is silent',
    settings,
    records: [...STALLED, ...ticks(29, 34, 34.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(34.001) } },
      events: [failure('silent', 10, 1, { last_update_at: logTime(24) })],
      fleet: { tasks_by_liveness: { silent: 1 } },
    },
  },
  {
    name: 'a silent task that was stalled recovers as reporting',
    settings,
    records: [...STALLED, ...ticks(29, 34, 34.001), at(35, by('w1'))],
    expect: {
      tasks: { t1: { liveness: 'reporting', liveness_at: logTime(35) } },
      events: [failure('silent', 10, 1), failure('recovered', 11, 1)],
    },
  },
  {
    name: 'a task that recovers without progress is stalled at the next record: it has processed nothing since',
    settings,
    records: [...STALLED, ...ticks(29, 34, 34.001), at(35, by('w1')), ...ticks(35)],
    expect: {
      tasks: { t1: { liveness: 'stalled', liveness_at: logTime(35) } },
      events: [failure('silent', 10, 1), failure('recovered', 11, 1)],
    },
  },
  {
    name: 'where silence and stall are due at one record, it is silent',
    settings: { silence_after_s: 10, stalled_after_s: 10 },
    records: [at(0, by('w1')), ...ticks(5, 10, 10.001, 11)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001) } },
      events: [failure('silent', 3, 1)],
    },
  },
];

export const STALL_VECTORS: readonly FoldVector[] = [...stall, ...progress, ...posts, ...silenceOfStalled];
