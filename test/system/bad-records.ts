// A table of bad input: records that a foreign producer may write, and what must become of each: applied, re-routed to its
// home, or rejected by name.

import { homeOf } from '../../src/domain/home.ts';
import type { RejectReason } from '../../src/domain/outcome.ts';
import type { TaskDocument } from '../../src/read/task-document.ts';
import type { BadWriters } from './bad-writers.ts';
import type { RawRecord } from './raw-records.ts';

export type Verdict =
  /** what its task holds in the end */
  | { readonly kind: 'applied' | 'rerouted'; readonly holds: Partial<TaskDocument> }
  /** `atHome`: only after it was re-routed */
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly form: 'copy' | 'pointer'; atHome?: true };

export interface BadRecord {
  readonly what: string;
  /** the task that it tells of, if it can be decoded */
  readonly task: string;
  readonly record: RawRecord;
  readonly verdict: Verdict;
}

type Make = (id: string) => Buffer | null;
/** `task`: its own id, where the row is not the only one of its task. */
type Options = Partial<RawRecord> & { readonly task?: string };
type Row = readonly [what: string, make: Make, verdict: Verdict, options?: Options];

const LARGE = JSON.stringify({ text: 'x'.repeat(900_000) });
/** Above the default of copy_bytes_max, below what the input topic takes. */
const TOO_LARGE = JSON.stringify({ text: 'x'.repeat(1_000_000) });
const LIMIT = 2n ** 53n - 2n;
const BROKEN = '[{"id":';
const HEADERS = { 'sent-by': 'an engine' };
/** Names and values that kafkajs cannot send. */
const ODD_HEADERS = { constructor: Buffer.from('1'), ['__proto__']: Buffer.from('2'), nothing: null };

/** A task id that is at home in this partition. */
export function idAt(partition: number, partitions: number, name: string): string {
  for (let n = 0; ; n++) {
    const id = `${name.replaceAll(' ', '-')}-${n}`;
    if (homeOf(id, partitions) === partition) return id;
  }
}

/**
 * All of them, spread over the partitions.
 * @param token of the jobs that they ask for
 */
export function badRecords(writers: BadWriters, partitions: number, token: string): BadRecord[] {
  const { update, count } = writers;
  const jobs = [{ base_internal_job_id: 'base', payload_json: '{not json', token }];
  const sound = (id: string) => update({ internal_task_id: id, retry_count: 1 });
  const withJobs = (id: string) => update({ internal_task_id: id, create_jobs_action: jobs });
  const full = idAt(0, partitions, 'a full sum');

  // biome-ignore format: a table
  const atHome: Row[] = [
    ['shorter than five bytes', (id) => sound(id).subarray(0, 4), rejected('too_short')],
    ['wrong magic byte', (id) => Buffer.from([0x7b, ...sound(id).subarray(1)]), rejected('wrong_magic_byte')],
    ['unknown schema id', (id) => writers.unknown({ internal_task_id: id }), rejected('unknown_schema')],
    ['unknown schema id and a token', (id) => writers.unknown({ internal_task_id: id, create_jobs_action: jobs }), rejected('unknown_schema')],
    ['truncated', (id) => sound(id).subarray(0, -2), rejected('truncated')],
    ['truncated behind a token', (id) => withJobs(id).subarray(0, -1), rejected('truncated')],
    ['trailing bytes', (id) => Buffer.concat([sound(id), Buffer.from('more')]), rejected('trailing_bytes')],
    ['trailing bytes behind a token', (id) => Buffer.concat([withJobs(id), Buffer.from('more')]), rejected('trailing_bytes')],
    ['incompatible schema', writers.wrong, rejected('incompatible_schema')],
    ['tombstone', () => null, rejected('tombstone')],
    ['tombstone with odd headers', () => null, rejected('tombstone'), { oddHeaders: ODD_HEADERS }],
    ['no task id', () => update({ retry_count: 1 }), rejected('internal_task_id_missing')],
    ['empty task id', () => sound(''), rejected('internal_task_id_missing')],
    ['task id of 1,025 bytes', () => sound(`${'ä'.repeat(512)}x`), rejected('internal_task_id_too_long')],
    ['number above the limit', (id) => count(id, LIMIT + 1n), rejected('number_out_of_range')],
    ['number below the limit', (id) => count(id, -LIMIT - 1n), rejected('number_out_of_range')],
    ['number at the limit', (id) => count(id, LIMIT), applied({ error_count: Number(LIMIT), updates: { applied: 1, duplicate: 0, stale: 0, rejected: 1 } }), { task: full, partition: 0 }],
    ['work request of 1,025 bytes', (id) => update({ internal_task_id: id, work_request_id: 'x'.repeat(1_025) }), rejected('id_too_long')],
    ['sum beyond the limit', (id) => count(id, 1n), rejected('sum_out_of_range'), { task: full, partition: 0 }],
    ['negative delta', (id) => update({ internal_task_id: id, retry_count: -1 }), rejected('negative_number')],
    ['negative delta beside a token', (id) => update({ internal_task_id: id, retry_count: -1, create_jobs_action: jobs }), rejected('negative_number', 'pointer')],
    ['too large for its events', (id) => update({ internal_task_id: id, task_output: TOO_LARGE, create_jobs_action: jobs }), rejected('too_large_to_copy', 'pointer')],
    ['unparseable error_details', (id) => update({ internal_task_id: id, error_details: BROKEN }), applied({ errors: [{ msg: BROKEN }] })],
    ['unparseable task_output', (id) => update({ internal_task_id: id, task_output: BROKEN }), applied({ task_output: BROKEN })],
    ['unparseable payload_json', withJobs, applied({ job_creations: 1 })],
    ['unknown symbols of a foreign enum', (id) => writers.symbols({ internal_task_id: id, task_status: 'waiting', failure_reason: 'Internal' }), applied({ unrecognized_task_status: 'waiting', unrecognized_failure_reason: 'Internal' })],
    ['unknown symbols as texts', (id) => writers.texts({ internal_task_id: id, task_status: 'waiting', failure_reason: 'Internal', task_action: 'rest' }), applied({ unrecognized_task_status: 'waiting', unrecognized_failure_reason: 'Internal', unrecognized_task_action: 'rest' })],
    ['task_output of 900 KB', (id) => update({ internal_task_id: id, task_output: LARGE }), applied({ task_output: LARGE })],
    ['no key at home', sound, applied({ retry_count: 1 }), { key: null }],
    ['another key at home', sound, applied({ retry_count: 1 }), { key: Buffer.from([0xff, 0x00]) }],
  ];
  // biome-ignore format: a table
  const astray: Row[] = [
    ['its key in a wrong partition', sound, rerouted({ retry_count: 1 })],
    ['no key', sound, rerouted({ retry_count: 1 }), { key: null }],
    ['another key', sound, rerouted({ retry_count: 1 }), { key: Buffer.from([0xff, 0x00]) }],
    ['odd headers', sound, rerouted({ retry_count: 1 }), { oddHeaders: ODD_HEADERS }],
    ['a token in a wrong partition', withJobs, rerouted({ job_creations: 1 })],
    ['900 KB in a wrong partition', (id) => update({ internal_task_id: id, task_output: LARGE }), rerouted({ task_output: LARGE })],
    ['negative delta, another key', (id) => update({ internal_task_id: id, retry_count: -1 }), rejectedAtHome('negative_number'), { key: Buffer.from([0xff, 0x00]) }],
    ['negative delta, no key', (id) => update({ internal_task_id: id, retry_count: -1 }), rejectedAtHome('negative_number'), { key: null }],
    ['negative delta beside a token, another key', (id) => update({ internal_task_id: id, retry_count: -1, create_jobs_action: jobs }), rejectedAtHome('negative_number', 'pointer'), { key: 'other' }],
    ['too large to be moved', (id) => update({ internal_task_id: id, task_output: TOO_LARGE }), rejected('too_large_to_copy', 'pointer')],
  ];
  const rows = [...atHome.map((row) => ({ row, beside: 0 })), ...astray.map((row) => ({ row, beside: 1 }))];
  return rows.map(({ row, beside }, i) => {
    const [what, make, verdict, { task, ...options } = {}] = row;
    const partition = options.partition ?? i % partitions;
    const id = task ?? idAt((partition + beside) % partitions, partitions, what);
    return {
      what,
      task: id,
      record: { partition, key: id, value: make(id), headers: HEADERS, ...options },
      verdict,
    };
  });
}

function rejected(reason: RejectReason, form: 'copy' | 'pointer' = 'copy'): Verdict {
  return { kind: 'rejected', reason, form };
}

function rejectedAtHome(reason: RejectReason, form: 'copy' | 'pointer' = 'copy'): Verdict {
  return { kind: 'rejected', reason, form, atHome: true };
}

function applied(holds: Partial<TaskDocument>): Verdict {
  return { kind: 'applied', holds };
}

function rerouted(holds: Partial<TaskDocument>): Verdict {
  return { kind: 'rerouted', holds };
}
