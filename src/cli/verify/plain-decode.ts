// Bytes of the input topic → the update, or why they are none: Confluent's wire format, the writer's schema, and then
// field by field what the contract names. Symbols stay the text that the writer has for them.

import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { RejectReason } from '../../domain/outcome.ts';
import { PROCESSED_STATS } from '../../domain/task-state.ts';
import { PlainProblem, PlainReader, type PlainSchema, type PlainValue } from './plain-avro.ts';
import { PLAIN_NUMBER_MAX } from './plain-checks.ts';

/** What can be wrong with an Avro body. Damaged bytes often have several of these, and a decoder names the one it meets. */
const BODY_PROBLEMS: ReadonlySet<string> = new Set(['truncated', 'trailing_bytes', 'malformed', 'number_out_of_range']);

/** The reason as verify compares it: those of a damaged body are one. */
export function comparedReason(reason: string): string {
  return BODY_PROBLEMS.has(reason) ? [...BODY_PROBLEMS].join(' or ') : reason;
}

/** A writer schema; `incompatible`: it cannot be read as ours; `denied`: the registry knows no such id. */
export type PlainWriter = PlainSchema | 'incompatible' | 'denied';

/** What our schema wants of a field: how it is read from the writer's value, and from which types it can be. */
interface Wanted {
  readonly from: readonly PlainSchema['type'][];
  readonly items?: Wanted;
  readonly fields?: { readonly [name: string]: Wanted };
}

const TEXT: Wanted = { from: ['string', 'bytes'] };
const SYMBOL: Wanted = { from: ['enum', 'string', 'bytes'] };
const NUMBER: Wanted = { from: ['int', 'long'] };
const FLAG: Wanted = { from: ['boolean'] };
const record = (fields: { readonly [name: string]: Wanted }): Wanted => ({ from: ['record'], fields });
const array = (items: Wanted): Wanted => ({ from: ['array'], items });
const all = (names: readonly string[], wanted: Wanted) => Object.fromEntries(names.map((name) => [name, wanted]));

const IO = record({ id: TEXT, processed_count: NUMBER, processed_total_count: NUMBER });
const TDO = record({
  ...all(['name', 'description', 'start_date_time', 'stop_date_time'], TEXT),
  is_public: FLAG,
});
const UPDATE = record({
  ...all(['internal_task_id', 'internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'], TEXT),
  ...all(['timestamp', 'prior_timestamp', 'error_count', 'retry_count'], NUMBER),
  ...all(['error_details', 'task_output'], TEXT),
  ...all(['failure_reason', 'task_status', 'task_action'], SYMBOL),
  create_jobs_action: array(
    record({ ...all(['base_internal_job_id', 'payload_json', 'token'], TEXT), no_tdo: FLAG, create_tdo_detail: TDO }),
  ),
  inputs: array(IO),
  outputs: array(IO),
  processed_stats: record(all(PROCESSED_STATS, NUMBER)),
});

/** Whether every value that the writer may write can be read as an update. */
export function isReadable(writer: PlainSchema): boolean {
  return writer.type === 'record' && canRead(UPDATE, writer);
}

function canRead(wanted: Wanted, writer: PlainSchema): boolean {
  if (writer.type === 'union')
    return writer.branches.every((branch) => branch.type === 'null' || canRead(wanted, branch));
  // Each of our fields may be null.
  if (writer.type === 'null') return true;
  if (!wanted.from.includes(writer.type)) return false;
  if (writer.type === 'array') return canRead(wanted.items!, writer.items);
  if (writer.type !== 'record') return true;
  return writer.fields.every(({ name, schema }) => {
    const field = Object.hasOwn(wanted.fields!, name) ? wanted.fields![name] : undefined;
    return field === undefined || canRead(field, schema);
  });
}

/** The writer schema's id, or why there is none. */
export function plainSchemaId(value: Buffer | null): number | RejectReason {
  if (value === null) return 'tombstone';
  if (value.length < 5) return 'too_short';
  return value[0] === 0 ? value.readUInt32BE(1) : 'wrong_magic_byte';
}

/** @param value bytes whose schema id is that of `writer` */
export function decodePlainly(
  value: Buffer,
  writer: PlainWriter,
): { update: TaskStatusDetail } | { undecodable: RejectReason } {
  if (writer === 'denied') return { undecodable: 'unknown_schema' };
  if (writer === 'incompatible') return { undecodable: 'incompatible_schema' };
  try {
    const reader = new PlainReader(value, 5);
    const update = project(UPDATE, reader.read(writer));
    if (reader.left > 0) return { undecodable: 'trailing_bytes' };
    return { update: update as TaskStatusDetail };
  } catch (error) {
    if (error instanceof PlainProblem) return { undecodable: error.reason };
    throw error;
  }
}

/** Of what was read, the fields that we know; everything else of the writer is left out. */
function project(wanted: Wanted, value: PlainValue): unknown {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (typeof value === 'bigint') throw new PlainProblem('number_out_of_range');
  if (typeof value === 'number') {
    if (Math.abs(value) > PLAIN_NUMBER_MAX) throw new PlainProblem('number_out_of_range');
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => project(wanted.items!, item));
  if (typeof value !== 'object') return value;
  const known = Object.entries(wanted.fields!).filter(([name]) => Object.hasOwn(value, name));
  return Object.fromEntries(known.map(([name, field]) => [name, project(field, value[name]!)]));
}
