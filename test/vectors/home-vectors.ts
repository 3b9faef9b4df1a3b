// Hand-worked vectors: the home of a task, re-routed records, and the sums of outcomes.
// The homes are Kafka's own: murmur2("foobar") = −790332482, murmur2("abc") = 479470107, murmur2("21") = −973932308,
// each & 0x7fffffff and mod 4: 2, 3 and 0.

import { type FoldVector, of } from './fold-vector.ts';

const homes: FoldVector[] = [
  {
    name: 'a record away from its home is re-routed there, and touches no task here',
    partition_count: 4,
    partition: 1,
    records: [
      of({ internal_task_id: 'foobar', error_count: 1 }),
      of({ internal_task_id: 'abc' }),
      of({ internal_task_id: '21' }),
    ],
    expect: {
      tasks: {},
      events: [
        { offset: 0, index: 1, kind: 'reroute', to: 2 },
        { offset: 1, index: 1, kind: 'reroute', to: 3 },
        { offset: 2, index: 1, kind: 'reroute', to: 0 },
      ],
      outcomes: { rerouted: 3 },
      fleet: { tasks: 0, error_count: '0' },
    },
  },
  {
    name: 'a record at home stays',
    partition_count: 4,
    partition: 2,
    records: [of({ internal_task_id: 'foobar' })],
    expect: { tasks: { foobar: { updates_applied: 1 } } },
  },
  {
    name: 'the home comes before the numbers: a bad record away from home is re-routed',
    partition_count: 4,
    partition: 0,
    records: [of({ internal_task_id: 'foobar', error_count: -1 })],
    expect: { tasks: {}, events: [{ offset: 0, index: 1, kind: 'reroute', to: 2 }], outcomes: { rerouted: 1 } },
  },
  {
    name: 'a record away from home above copy_bytes_max is rejected as a pointer',
    partition_count: 4,
    partition: 0,
    settings: { copy_bytes_max: 1_000 },
    records: [of({ internal_task_id: 'foobar' }, { size: 1_001 }), of({ internal_task_id: 'foobar' }, { size: 1_000 })],
    expect: {
      tasks: {},
      events: [
        {
          offset: 0,
          index: 1,
          kind: 'reject',
          reason: 'too_large_to_copy',
          form: 'pointer',
          internal_task_id: 'foobar',
        },
        { offset: 1, index: 1, kind: 'reroute', to: 2 },
      ],
      outcomes: { rejected: 1, rerouted: 1 },
      rejected_by_reason: { too_large_to_copy: 1 },
    },
  },
  {
    name: 'a re-routed record that is still not at home is rejected, and nothing counts as taken',
    partition_count: 4,
    partition: 1,
    records: [of({ internal_task_id: 'foobar' }, { source: { partition: 3, offset: 55 } })],
    expect: {
      tasks: {},
      events: [
        {
          offset: 0,
          index: 1,
          kind: 'reject',
          reason: 'rerouted_not_at_home',
          form: 'copy',
          source: { partition: 3, offset: 55 },
        },
      ],
      outcomes: { rejected: 1 },
      rerouted_from: {},
    },
  },
  {
    name: 'a re-routed record at home is applied, and its events name where it came from',
    partition_count: 4,
    partition: 2,
    records: [
      of(
        { internal_task_id: 'foobar', error_count: 1, create_jobs_action: [{}] },
        { offset: 10, source: { partition: 1, offset: 55 } },
      ),
      of({ internal_task_id: 'foobar', task_status: 'failed' }),
    ],
    expect: {
      tasks: { foobar: { error_count: 1, first_offset: 10, last_offset: 11 } },
      events: [
        { offset: 10, index: 1, kind: 'failure', failure: 'error', source: { partition: 1, offset: 55 } },
        { offset: 10, index: 2, kind: 'job_creation', action: 0, source: { partition: 1, offset: 55 } },
        { offset: 11, index: 1, kind: 'failure', failure: 'failed', source: null },
      ],
      rerouted_from: { 1: 55 },
    },
  },
  {
    name: 'a re-routed record at or below the highest source offset taken is a duplicate, and changes nothing',
    partition_count: 4,
    partition: 2,
    records: [
      of({ internal_task_id: 'foobar', retry_count: 1 }, { source: { partition: 1, offset: 55 } }),
      of({ internal_task_id: 'foobar', retry_count: 1, error_count: 9 }, { source: { partition: 1, offset: 55 } }),
      of({ internal_task_id: 'foobar', retry_count: 1 }, { source: { partition: 1, offset: 54 } }),
      of({ internal_task_id: 'foobar', retry_count: 1 }, { source: { partition: 1, offset: 56 } }),
    ],
    expect: {
      tasks: { foobar: { retry_count: 2, error_count: null, updates_applied: 2, last_offset: 3 } },
      outcomes: { applied: 2, duplicate: 2 },
      rerouted_from: { 1: 56 },
    },
  },
  {
    name: 'each source partition has its own highest offset, also offset 0',
    partition_count: 4,
    partition: 2,
    records: [
      of({ internal_task_id: 'foobar' }, { source: { partition: 1, offset: 9 } }),
      of({ internal_task_id: 'foobar' }, { source: { partition: 3, offset: 0 } }),
      of({ internal_task_id: 'foobar' }, { source: { partition: 3, offset: 0 } }),
    ],
    expect: {
      tasks: { foobar: { updates_applied: 2, last_offset: 1 } },
      outcomes: { applied: 2, duplicate: 1 },
      rerouted_from: { 1: 9, 3: 0 },
    },
  },
  {
    name: 'a re-routed record counts as taken whatever its outcome: a rejected one is not judged twice',
    partition_count: 4,
    partition: 2,
    records: [
      of({ internal_task_id: 'foobar', retry_count: -1 }, { source: { partition: 1, offset: 9 } }),
      of({ internal_task_id: 'foobar', retry_count: -1 }, { source: { partition: 1, offset: 9 } }),
    ],
    expect: {
      tasks: {},
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'negative_number', source: { partition: 1, offset: 9 } }],
      outcomes: { rejected: 1, duplicate: 1 },
      rerouted_from: { 1: 9 },
    },
  },
  {
    name: 'a re-routed record without an id is rejected before its home is asked for',
    partition_count: 4,
    partition: 2,
    records: [{ update: { error_count: 1 }, source: { partition: 1, offset: 9 } }],
    expect: {
      tasks: {},
      events: [
        {
          offset: 0,
          index: 1,
          kind: 'reject',
          reason: 'internal_task_id_missing',
          source: { partition: 1, offset: 9 },
        },
      ],
      outcomes: { rejected: 1 },
      rerouted_from: {},
    },
  },
  {
    name: 'records of every outcome: received is their sum, and rejected the sum over its reasons',
    partition_count: 4,
    partition: 2,
    records: [
      of({ internal_task_id: 'foobar' }),
      of({ internal_task_id: 'abc' }),
      { undecodable: 'wrong_magic_byte' },
      of({ internal_task_id: 'foobar' }, { source: { partition: 0, offset: 1 } }),
      of({ internal_task_id: 'foobar' }, { source: { partition: 0, offset: 1 } }),
      of({ internal_task_id: 'foobar', timestamp: -1 }),
    ],
    expect: {
      tasks: { foobar: { updates_applied: 2, updates_rejected: 1, last_offset: 5 } },
      events: [
        { offset: 1, index: 1, kind: 'reroute', to: 3 },
        { offset: 2, index: 1, kind: 'reject', reason: 'wrong_magic_byte' },
        { offset: 5, index: 1, kind: 'reject', reason: 'negative_number' },
      ],
      outcomes: { applied: 2, duplicate: 1, rejected: 2, rerouted: 1 },
      rejected_by_reason: { wrong_magic_byte: 1, negative_number: 1 },
    },
  },
];

export const HOME_VECTORS: readonly FoldVector[] = homes;
