// Hand-worked vectors: what is rejected and why, and the order of the checks.

import type { RejectReason } from '../../src/domain/outcome.ts';
import { type FoldVector, NUMBER_MAX, of, type VectorUpdate } from './fold-vector.ts';

/** One figure of each kind that must not be negative or too large, with `value` in it. */
const FIGURES: { readonly [field: string]: (value: number) => VectorUpdate } = {
  error_count: (value) => ({ error_count: value }),
  retry_count: (value) => ({ retry_count: value }),
  'processed_stats.processed_bytes': (value) => ({ processed_stats: { processed_bytes: value } }),
  'processed_stats.processed_cpu_milliseconds': (value) => ({ processed_stats: { processed_cpu_milliseconds: value } }),
  'processed_stats.processed_cpu_seconds': (value) => ({ processed_stats: { processed_cpu_seconds: value } }),
  'processed_stats.processed_chunks': (value) => ({ processed_stats: { processed_chunks: value } }),
  'processed_stats.processed_media_seconds': (value) => ({ processed_stats: { processed_media_seconds: value } }),
  'inputs.processed_count': (value) => ({ inputs: [{ id: 'b' }, { id: 'a', processed_count: value }] }),
  'inputs.processed_total_count': (value) => ({ inputs: [{ id: 'a', processed_total_count: value }] }),
  'outputs.processed_count': (value) => ({ outputs: [{ id: 'a', processed_count: value }] }),
  'outputs.processed_total_count': (value) => ({ outputs: [{ id: 'a', processed_total_count: value }] }),
  timestamp: (value) => ({ timestamp: value }),
  prior_timestamp: (value) => ({ prior_timestamp: value }),
};

const numbers: FoldVector[] = Object.entries(FIGURES).flatMap(([field, update]) => [
  {
    name: `${field} below zero rejects the record, which is counted on its task and changes nothing else`,
    records: [of({ retry_count: 1 }), of({ task_status: 'failed', task_route_id: 'r', ...update(-1) })],
    expect: {
      tasks: {
        t1: {
          retry_count: 1,
          task_status: null,
          task_route_id: null,
          inputs: {},
          outputs: {},
          processed_stats: {},
          updates_applied: 1,
          updates_rejected: 1,
          last_offset: 1,
        },
      },
      events: [
        { offset: 1, index: 1, kind: 'reject', reason: 'negative_number', form: 'copy', internal_task_id: 't1' },
      ],
      outcomes: { applied: 1, rejected: 1 },
      rejected_by_reason: { negative_number: 1 },
      fleet: { tasks: 1, tasks_by_status: { unreported: 1 }, failures_by_reason: {} },
    },
  },
  {
    name: `${field} beyond 2^53−2 rejects the record`,
    records: [of(update(NUMBER_MAX + 1))],
    expect: {
      tasks: { t1: null },
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'number_out_of_range', form: 'copy' }],
      outcomes: { rejected: 1 },
      rejected_by_reason: { number_out_of_range: 1 },
    },
  },
]);

const rejects: FoldVector[] = [
  ...(['tombstone', 'too_short', 'malformed', 'unknown_schema'] as const satisfies RejectReason[]).map(
    (reason): FoldVector => ({
      name: `undecodable bytes are rejected with the decoder’s reason ${reason}, as a copy, and name no task`,
      records: [{ undecodable: reason }, of({})],
      expect: {
        tasks: { t1: { first_offset: 1 } },
        events: [{ offset: 0, index: 1, kind: 'reject', reason, form: 'copy', internal_task_id: null }],
        outcomes: { applied: 1, rejected: 1 },
        rejected_by_reason: { [reason]: 1 },
      },
    }),
  ),
  {
    name: 'no internal_task_id, null and the empty string are missing',
    records: [undefined, null, ''].map((id) => ({
      update: { ...(id === undefined ? {} : { internal_task_id: id }), error_count: 1 },
    })),
    expect: {
      tasks: {},
      events: [0, 1, 2].map((offset) => ({
        offset,
        index: 1,
        kind: 'reject' as const,
        reason: 'internal_task_id_missing' as const,
        form: 'copy',
        internal_task_id: null,
      })),
      outcomes: { rejected: 3 },
      rejected_by_reason: { internal_task_id_missing: 3 },
      fleet: { tasks: 0, error_count: '0' },
    },
  },
  {
    name: 'an internal_task_id above 1,024 bytes of UTF-8 is too long',
    records: [of({ internal_task_id: `${'é'.repeat(512)}x` })],
    expect: {
      tasks: {},
      events: [
        {
          offset: 0,
          index: 1,
          kind: 'reject',
          reason: 'internal_task_id_too_long',
          form: 'copy',
          internal_task_id: null,
        },
      ],
      outcomes: { rejected: 1 },
    },
  },
  {
    name: 'a rejected first update makes no task',
    records: [of({ error_count: -1 })],
    expect: {
      tasks: { t1: null },
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'negative_number', internal_task_id: 't1' }],
      outcomes: { rejected: 1 },
      fleet: { tasks: 0 },
    },
  },
  {
    name: 'negative is said before out of range, in whatever order the fields stand',
    records: [of({ error_count: NUMBER_MAX + 1, processed_stats: { processed_media_seconds: -1 } })],
    expect: {
      tasks: {},
      events: [{ offset: 0, index: 1, kind: 'reject', reason: 'negative_number' }],
      outcomes: { rejected: 1 },
    },
  },
  {
    name: 'a rejected record with a token is a pointer; without one, or with only an empty one, a copy',
    records: [
      of({ error_count: -1, create_jobs_action: [{ no_tdo: true }, { token: 'secret' }] }),
      of({ error_count: -1, create_jobs_action: [{ base_internal_job_id: 'b' }] }),
      of({ error_count: -1, create_jobs_action: [{ token: '' }] }),
      { update: { create_jobs_action: [{ token: 'secret' }] } },
    ],
    expect: {
      tasks: {},
      events: [
        { offset: 0, index: 1, kind: 'reject', reason: 'negative_number', form: 'pointer' },
        { offset: 1, index: 1, kind: 'reject', reason: 'negative_number', form: 'copy' },
        { offset: 2, index: 1, kind: 'reject', reason: 'negative_number', form: 'copy' },
        { offset: 3, index: 1, kind: 'reject', reason: 'internal_task_id_missing', form: 'pointer' },
      ],
      outcomes: { rejected: 4 },
      rejected_by_reason: { negative_number: 3, internal_task_id_missing: 1 },
    },
  },
  {
    name: 'a rejected record above copy_bytes_max is a pointer, one of exactly that size a copy',
    settings: { copy_bytes_max: 1_000 },
    records: [
      of({ error_count: -1 }, { size: 1_001 }),
      of({ error_count: -1 }, { size: 1_000 }),
      { undecodable: 'malformed', size: 1_001 },
    ],
    expect: {
      tasks: {},
      events: [
        { offset: 0, index: 1, kind: 'reject', reason: 'negative_number', form: 'pointer' },
        { offset: 1, index: 1, kind: 'reject', reason: 'negative_number', form: 'copy' },
        { offset: 2, index: 1, kind: 'reject', reason: 'malformed', form: 'pointer' },
      ],
      outcomes: { rejected: 3 },
    },
  },
  {
    name: 'a record above copy_bytes_max without actions is applied; with actions it is too large for its events',
    settings: { copy_bytes_max: 1_000 },
    records: [
      of({ retry_count: 1 }, { size: 5_000 }),
      of({ retry_count: 1, create_jobs_action: [] }, { size: 5_000 }),
      of({ retry_count: 1, create_jobs_action: [{ no_tdo: true }] }, { size: 1_000 }),
      of({ retry_count: 1, create_jobs_action: [{ no_tdo: true }] }, { size: 1_001 }),
    ],
    expect: {
      tasks: { t1: { retry_count: 3, job_creations: 1, updates_applied: 3, updates_rejected: 1, last_offset: 3 } },
      events: [
        { offset: 2, index: 1, kind: 'job_creation', action: 0 },
        { offset: 3, index: 1, kind: 'reject', reason: 'too_large_to_copy', form: 'pointer', internal_task_id: 't1' },
      ],
      outcomes: { applied: 3, rejected: 1 },
      rejected_by_reason: { too_large_to_copy: 1 },
    },
  },
  {
    name: 'a bad number is said before too large, and too large before a sum out of range',
    settings: { copy_bytes_max: 1_000 },
    records: [
      of({ retry_count: NUMBER_MAX }),
      of({ retry_count: -1, create_jobs_action: [{}] }, { size: 2_000 }),
      of({ retry_count: 1, create_jobs_action: [{}] }, { size: 2_000 }),
      of({ retry_count: 1, create_jobs_action: [{}] }),
    ],
    expect: {
      tasks: { t1: { updates_rejected: 3, job_creations: 0 } },
      events: [
        { offset: 1, index: 1, kind: 'reject', reason: 'negative_number', form: 'pointer' },
        { offset: 2, index: 1, kind: 'reject', reason: 'too_large_to_copy', form: 'pointer' },
        { offset: 3, index: 1, kind: 'reject', reason: 'sum_out_of_range', form: 'copy' },
      ],
      outcomes: { applied: 1, rejected: 3 },
    },
  },
];

export const REJECT_VECTORS: readonly FoldVector[] = [...rejects, ...numbers];
