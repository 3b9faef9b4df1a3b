// Hand-worked vectors: who has ended, who is heard, and the events of a silence. Seconds are log time after the start; a
// task falls silent 10 s of the clock after a work request that has not ended was heard last (clock-vectors.ts has the clock).

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

const settings = { silence_after_s: 10 };

const silent = (offset: number, index = 1, facts: object = {}): VectorEvent => ({
  offset,
  index,
  kind: 'failure',
  failure: 'silent',
  ...facts,
});

const recovered = (offset: number, work_request_id: string): VectorEvent => ({
  ...{ offset, index: 1, kind: 'failure', failure: 'recovered', work_request_id },
});
const ends = (work_request_id: string): VectorRecord => ({ ...by(work_request_id), work_request_status: 'complete' });

/** The deadline of what was heard at 0, and a millisecond more. */
const BEYOND_10 = ticks(5, 10, 10.001);

const reporters: FoldVector[] = [
  {
    name: 'of two reporters one is silent: the task is not, as long as the other one reports',
    settings,
    records: [at(0, by('w1')), ...[4, 8, 12, 16].map((second) => at(second, by('w2')))],
    expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(0) } } },
  },
  {
    name: 'both are silent: one event, 10 s after the one that was heard last, which it names',
    settings,
    records: [at(0, by('w1')), at(3, by('w2')), ...ticks(8, 13, 13.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(13.001) } },
      events: [silent(4, 1, { work_request_id: 'w2', last_update_at: logTime(3), log_time: logTime(13.001) })],
    },
  },
  {
    name: 'who was heard last is told by the latest update, not by the first',
    settings,
    records: [at(0, by('w1')), at(1, by('w2')), at(2, by('w1')), ...ticks(7, 12, 12.001)],
    expect: {
      tasks: { t1: { liveness: 'silent' } },
      events: [silent(5, 1, { work_request_id: 'w1', last_update_at: logTime(2) })],
    },
  },
  {
    name: 'the one that reported ends, and the other one died long ago: that shows at the very next record',
    settings,
    records: [
      at(0, by('w1')),
      ...[4, 8].map((second) => at(second, by('w2'))),
      at(12, { ...by('w2'), work_request_status: 'complete' }),
      ...ticks(12),
    ],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(12) } },
      events: [silent(4, 1, { work_request_id: 'w1', last_update_at: logTime(12), log_time: logTime(12) })],
    },
  },
  {
    name: 'the one that reported ends, and the other one may still report',
    settings,
    records: [at(0, by('w1')), at(4, { ...by('w2'), work_request_status: 'complete' }), ...ticks(9, 10)],
    expect: { tasks: { t1: { liveness: 'reporting' } } },
  },
  {
    name: 'the silence of a reporter counts from its own last update, not from that of the one that ended',
    settings,
    records: [at(0, by('w1')), at(4, { ...by('w2'), work_request_status: 'complete' }), ...ticks(9, 10.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(10.001) } },
      events: [silent(3, 1, { work_request_id: 'w1', last_update_at: logTime(4) })],
    },
  },
  {
    name: 'both have ended: nobody has to report, and the task is not silent, whatever its status',
    settings,
    records: [
      at(0, { ...by('w1', { task_status: 'running' }), work_request_status: 'complete' }),
      at(1, { ...by('w2'), work_request_status: 'timeout' }),
      ...ticks(6, 11, 16),
    ],
    expect: {
      tasks: { t1: { task_status: 'running', liveness: 'ended', liveness_at: logTime(0) } },
      fleet: { tasks_by_status: { running: 1 }, tasks_by_liveness: { ended: 1 } },
    },
  },
  {
    name: 'updates without a work request are one reporter, whose silence names none',
    settings,
    records: [at(0, of({ retry_count: 1 })), ...BEYOND_10],
    expect: { tasks: { t1: { liveness: 'silent' } }, events: [silent(3, 1, { work_request_id: null })] },
  },
  ...lost(),
  {
    name: 'a reporter that was let go is not waited for',
    settings: { ...settings, reporters_kept: 1 },
    records: [at(0, by('w1')), at(1, { ...by('w2'), work_request_status: 'complete' }), ...ticks(6, 11, 16)],
    expect: { tasks: { t1: { liveness: 'ended', liveness_at: logTime(1) } } },
  },
];

/** A work request that a silence told of, and that may never report again. */
function lost(): FoldVector[] {
  const w1Dies = [at(0, by('w1')), ...ticks(5, 10, 10.001)];
  const silentOfW1 = silent(3, 1, { work_request_id: 'w1' });
  return [
    {
      name: 'w1 is silent, and that was told: it is lost, and the work requests that come and end after it alarm no more',
      settings,
      records: [
        ...w1Dies,
        ...[at(12, by('w2')), at(16, ends('w2')), ...ticks(21, 26, 27)],
        ...[at(30, by('w3')), at(34, ends('w3')), ...ticks(39, 44, 49)],
      ],
      expect: {
        tasks: { t1: { liveness: 'ended', liveness_at: logTime(34), lost_before: 10_001 } },
        events: [silentOfW1, recovered(4, 'w2')],
        fleet: { tasks_by_liveness: { ended: 1 } },
      },
    },
    {
      name: 'while one is lost, the death of another one is told, and names it',
      settings,
      records: [...w1Dies, at(12, by('w2')), at(16, by('w2')), ...ticks(21, 26, 26.001)],
      expect: {
        tasks: { t1: { liveness: 'silent', lost_before: 26_001 } },
        events: [silentOfW1, recovered(4, 'w2'), silent(8, 1, { work_request_id: 'w2' })],
      },
    },
    {
      name: 'all that are open when a task falls silent are lost with it',
      settings,
      records: [
        ...[at(0, by('w1')), at(2, by('w2')), ...ticks(7, 12, 12.001)],
        ...[at(13, ends('w3')), ...ticks(18, 23, 28)],
      ],
      expect: {
        tasks: { t1: { liveness: 'ended', liveness_at: logTime(13) } },
        events: [silent(4, 1, { work_request_id: 'w2' }), recovered(5, 'w3')],
      },
    },
    {
      name: 'one that is lost and reports again is waited for again: its next silence is told',
      settings,
      records: [...w1Dies, at(12, ends('w2')), at(15, by('w1')), ...ticks(20, 25, 25.001)],
      expect: {
        tasks: { t1: { liveness: 'silent', liveness_at: logTime(25.001) } },
        events: [silentOfW1, recovered(4, 'w2'), silent(8, 1, { work_request_id: 'w1' })],
      },
    },
    {
      name: 'one that reports in the very record that tells its silence is not lost',
      settings,
      records: [
        at(0, by('w1')),
        ...ticks(5, 10),
        at(10.001, by('w1')),
        at(12, ends('w2')),
        ...ticks(17, 20.001, 20.002),
      ],
      expect: {
        tasks: { t1: { liveness: 'silent', liveness_at: logTime(20.002) } },
        events: [
          silent(3, 1, { work_request_id: 'w1' }),
          { ...recovered(3, 'w1'), index: 2 },
          silent(7, 1, { work_request_id: 'w1' }),
        ],
      },
    },
  ];
}

/** What ends a work request, and what it does beside. */
const ENDS: readonly [string, VectorRecord, readonly VectorEvent[]][] = [
  ['task_status complete', by('w1', { task_status: 'complete' }), []],
  ...(['failed', 'aborted', 'rejected'] as const).map((status): [string, VectorRecord, VectorEvent[]] => [
    `task_status ${status}`,
    by('w1', { task_status: status }),
    [{ offset: 0, index: 1, kind: 'failure', failure: status }],
  ]),
  ['a task_output', by('w1', { task_output: 'null' }), []],
  ['task_action completeJob', by('w1', { task_action: 'completeJob' }), []],
  ['task_action completeAndCreateJobs', by('w1', { task_action: 'completeAndCreateJobs' }), []],
  ...['complete', 'failed', 'timeout'].map((status): [string, VectorRecord, VectorEvent[]] => [
    `the header work_request_status ${status}`,
    { ...by('w1'), work_request_status: status },
    [],
  ]),
];

/** What looks like an end and is none. */
const GOES_ON: readonly [string, VectorRecord][] = [
  ...['running', 'pending', 'finished', 'Complete', ''].map((status): [string, VectorRecord] => [
    `the header work_request_status ${JSON.stringify(status)}`,
    { ...by('w1'), work_request_status: status },
  ]),
  ['an empty task_output', by('w1', { task_output: '' })],
  ['task_action updateStatus', by('w1', { task_action: 'updateStatus' })],
  ['task_action createJobs', by('w1', { task_action: 'createJobs' })],
  ['a task_status that is not in the contract', by('w1', { task_status: 'completed' })],
];

const ended: FoldVector[] = [
  ...ENDS.map(
    ([what, record, events]): FoldVector => ({
      name: `${what} ends the work request: the task is not waited for`,
      settings,
      records: [at(0, record), ...BEYOND_10],
      expect: {
        tasks: { t1: { liveness: 'ended', liveness_at: logTime(0) } },
        events,
        fleet: { tasks_by_liveness: { ended: 1 } },
      },
    }),
  ),
  ...GOES_ON.map(
    ([what, record]): FoldVector => ({
      name: `${what} ends nothing: the task falls silent`,
      settings,
      records: [at(0, record), ...BEYOND_10],
      expect: { tasks: { t1: { liveness: 'silent' } }, events: [silent(3, 1, { work_request_id: 'w1' })] },
    }),
  ),
  {
    name: 'a terminal status ends the task, whoever goes on to report',
    settings,
    records: [at(0, by('w1')), at(1, by('w2', { task_status: 'complete' })), at(2, by('w1')), ...ticks(7, 12, 17)],
    expect: { tasks: { t1: { liveness: 'ended', liveness_at: logTime(1) } } },
  },
  {
    name: 'who told the end stays ended when another one re-opens the task: the silence is that of the other one',
    settings,
    records: [
      at(0, by('w1', { task_status: 'complete' })),
      at(1, by('w2', { task_status: 'pending' })),
      ...ticks(6, 11, 11.001),
    ],
    expect: {
      tasks: { t1: { task_status: 'pending', attempts: 2, liveness: 'silent' } },
      events: [silent(4, 1, { work_request_id: 'w2', task_status: 'pending', attempt: 2 })],
    },
  },
  {
    name: 'a duplicate of an earlier post does not open a work request that has ended',
    settings,
    records: [
      at(0, post(100, 105, 5)),
      at(1, post(105, 110, 5, { task_output: '1' })),
      at(2, post(100, 105, 5)),
      ...ticks(7, 12, 17),
    ],
    expect: {
      tasks: { t1: { liveness: 'ended', liveness_at: logTime(1), updates_duplicate: 1 } },
      outcomes: { applied: 2, duplicate: 1 },
    },
  },
  {
    name: 'a late post does not, whether it counts (fill) or not (stale)',
    settings,
    records: [
      at(0, post(100, 105, 5)),
      at(1, post(110, 115, 5, { task_output: '1' })),
      at(2, post(105, 110, 5)),
      at(3, post(100, 103, 3)),
      ...ticks(8, 13, 18),
    ],
    expect: {
      tasks: { t1: { liveness: 'ended', liveness_at: logTime(1), marks: { gap: 1, fill: 1 }, updates_stale: 1 } },
      outcomes: { applied: 3, stale: 1 },
    },
  },
  {
    name: 'a late post that told an end does not end a work request that has gone on',
    settings,
    records: [
      at(0, post(100, 105, 5)),
      at(1, post(110, 115, 5)),
      at(2, post(105, 110, 5, { task_output: '1' })),
      ...ticks(7, 12, 12.001),
    ],
    expect: {
      tasks: { t1: { liveness: 'silent' } },
      events: [silent(5, 1, { work_request_id: 'w1', last_update_at: logTime(2) })],
    },
  },
  {
    name: 'a newer post opens it again',
    settings,
    records: [at(0, post(100, 105, 5, { task_output: '1' })), at(1, post(105, 110, 5)), ...ticks(6, 11, 11.001)],
    expect: {
      tasks: { t1: { liveness: 'silent', liveness_at: logTime(11.001) } },
      events: [silent(4, 1, { work_request_id: 'w1' })],
    },
  },
  {
    name: 'the end posted again with more is the newest post still, and an end',
    settings,
    records: [at(0, post(100, 105, 5, { task_output: '1' })), at(1, post(100, 106, 6, { task_output: '1' }))],
    expect: { tasks: { t1: { liveness: 'ended', liveness_at: logTime(0), marks: { supersede: 1 } } } },
  },
  {
    name: 'posted again with more and without the end, it opens the work request',
    settings,
    records: [at(0, post(100, 105, 5, { task_output: '1' })), at(1, post(100, 106, 6))],
    expect: { tasks: { t1: { liveness: 'reporting', liveness_at: logTime(1), marks: { supersede: 1 } } } },
  },
];

export const SILENCE_VECTORS: readonly FoldVector[] = [...reporters, ...ended];
