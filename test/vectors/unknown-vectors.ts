// Hand-worked vectors: tasks whose updates come re-routed, so their silence would tell nothing. Seconds are
// log time after the start; silence after 10 s of the clock, stall after 20 s of it.

import { at, type FoldVector, logTime, ticks, type VectorEvent, type VectorRecord } from './fold-vector.ts';

const settings = { silence_after_s: 10, stalled_after_s: 20 };

const failure = (kind: 'silent' | 'recovered', offset: number, index: number, facts: object = {}) =>
  ({ offset, index, kind: 'failure', failure: kind, ...facts }) as VectorEvent;

/** An update of `foobar`, which is at home in partition 2 of 4: direct, or re-routed from an offset of partition 1. */
const direct = (work_request_id: string): VectorRecord => ({ update: { internal_task_id: 'foobar', work_request_id } });
const rerouted = (work_request_id: string, offset: number): VectorRecord => ({
  ...direct(work_request_id),
  source: { partition: 1, offset },
});
const atHome = { settings, partition_count: 4, partition: 2 };

export const UNKNOWN_VECTORS: readonly FoldVector[] = [
  {
    ...atHome,
    name: 'a task whose last update came re-routed is unknown: its silence would tell nothing, so there is no alarm',
    records: [at(0, direct('w1')), at(1, rerouted('w1', 7)), ...ticks(6, 11, 16, 21, 26)],
    expect: {
      tasks: { foobar: { liveness: 'unknown', liveness_at: logTime(1) } },
      fleet: { tasks_by_liveness: { unknown: 1 } },
    },
  },
  {
    ...atHome,
    name: 'direct again, it is reporting, and its silence is told',
    records: [at(0, rerouted('w1', 7)), at(1, direct('w1')), ...ticks(6, 11, 11.001)],
    expect: {
      tasks: { foobar: { liveness: 'silent', liveness_at: logTime(11.001) } },
      events: [failure('silent', 4, 1, { last_update_at: logTime(1) })],
    },
  },
  {
    ...atHome,
    name: 'one reporter that comes re-routed and has not ended is enough',
    records: [at(0, rerouted('w1', 7)), at(1, direct('w2')), ...ticks(6, 11, 16)],
    expect: { tasks: { foobar: { liveness: 'unknown', liveness_at: logTime(0) } } },
  },
  {
    ...atHome,
    name: 'one that has ended is none: the others are watched again',
    records: [
      at(0, direct('w1')),
      at(1, rerouted('w2', 7)),
      at(2, { ...rerouted('w2', 8), work_request_status: 'complete' }),
      ...ticks(7, 10, 10.001),
    ],
    expect: {
      tasks: { foobar: { liveness: 'silent' } },
      events: [failure('silent', 5, 1, { work_request_id: 'w1', last_update_at: logTime(2) })],
    },
  },
  {
    ...atHome,
    name: 'a silent task that is heard of by another way recovers, and is unknown',
    records: [at(0, direct('w1')), ...ticks(5, 10, 10.001), at(11, rerouted('w1', 7)), ...ticks(16, 21, 26)],
    expect: {
      tasks: { foobar: { liveness: 'unknown', liveness_at: logTime(11) } },
      events: [
        failure('silent', 3, 1),
        failure('recovered', 4, 1, { source: { partition: 1, offset: 7 }, last_update_at: logTime(0) }),
      ],
    },
  },
  {
    ...atHome,
    name: 'a second copy of a re-routed record is no update: it ends no silence',
    records: [at(0, rerouted('w1', 7)), at(1, direct('w1')), ...ticks(6, 11, 11.001), at(12, rerouted('w1', 7))],
    expect: {
      tasks: { foobar: { liveness: 'silent', last_update_at: logTime(1) } },
      events: [failure('silent', 4, 1)],
      outcomes: { applied: 2, duplicate: 1 },
    },
  },
  {
    name: 'a task that is unknown does not stall; direct again, the time begins anew',
    settings,
    partition_count: 4,
    partition: 2,
    // Without progress since 0, 4 and 8; the direct one at 12 is the first since it was unknown: stalled after 32.
    records: [
      at(0, direct('w1')),
      at(4, rerouted('w1', 7)),
      at(8, rerouted('w1', 8)),
      ...[12, 16, 20, 24, 28, 32].map((second) => at(second, direct('w1'))),
    ],
    expect: { tasks: { foobar: { liveness: 'reporting', liveness_at: logTime(12) } } },
  },
];
