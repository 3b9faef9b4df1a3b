// What makes an update unfit to be folded, as far as the update alone tells (docs/fold.md, "One record", rule 2).

import type { TaskIOStatus, TaskStatusDetail } from './messages.generated.ts';
import type { RejectReason } from './outcome.ts';
import { PROCESSED_STATS } from './task-state.ts';
import { isLongerThan } from './text.ts';

/** Numbers and sums are exact up to here: 2^53−2, the largest that every reader of Avro's long in JavaScript takes. */
export const NUMBER_MAX = 2 ** 53 - 2;

type Numeric = number | null | undefined;

/** Ids other than internal_task_id above this are rejected (`id_too_long`). Bytes of UTF-8. */
const ID_BYTES_MAX = 1_024;

export interface Problem {
  readonly reason: RejectReason;
  /** one sentence for people */
  readonly detail: string;
}

/** The first negative number of the update, else the first beyond the bound, else the first long id, or null: all are fit. */
export function problemOf(update: TaskStatusDetail, engine_instance_id: string | undefined): Problem | null {
  // Nearly all are fit: one look tells it, and only of others it is asked what is wrong with them.
  if (firstField(update, 0, NUMBER_MAX) !== null) {
    const negative = firstField(update, 0, Infinity);
    if (negative !== null) return { reason: 'negative_number', detail: `${negative} is negative.` };
    const beyond = firstField(update, -Infinity, NUMBER_MAX);
    if (beyond !== null) return { reason: 'number_out_of_range', detail: `${beyond} is beyond 2^53-2.` };
  }
  const long = isLong(engine_instance_id) ? 'engine_instance_id' : firstLongId(update);
  return long === null ? null : { reason: 'id_too_long', detail: `${long} is above 1,024 bytes.` };
}

const IDS = ['internal_job_id', 'engine_id', 'work_request_id', 'task_route_id'] as const;

const isLong = (id: string | null | undefined) => !!id && isLongerThan(id, ID_BYTES_MAX);

function firstLongId(update: TaskStatusDetail): string | null {
  for (const field of IDS) if (isLong(update[field])) return field;
  if (update.inputs?.some(({ id }) => isLong(id))) return 'inputs.id';
  return update.outputs?.some(({ id }) => isLong(id)) ? 'outputs.id' : null;
}

/** The name of the first number that is outside of the bounds. */
function firstField(update: TaskStatusDetail, min: number, max: number): string | null {
  if (isOutside(update.error_count, min, max)) return 'error_count';
  if (isOutside(update.retry_count, min, max)) return 'retry_count';
  if (isOutside(update.timestamp, min, max)) return 'timestamp';
  if (isOutside(update.prior_timestamp, min, max)) return 'prior_timestamp';
  const stats = update.processed_stats;
  if (stats) for (const stat of PROCESSED_STATS) if (isOutside(stats[stat], min, max)) return `processed_stats.${stat}`;
  return firstIoField('inputs', update.inputs, min, max) ?? firstIoField('outputs', update.outputs, min, max);
}

function firstIoField(
  side: string,
  ios: readonly TaskIOStatus[] | null | undefined,
  min: number,
  max: number,
): string | null {
  if (!ios) return null;
  for (const io of ios) {
    if (isOutside(io.processed_count, min, max)) return `${side}.processed_count`;
    if (isOutside(io.processed_total_count, min, max)) return `${side}.processed_total_count`;
  }
  return null;
}

function isOutside(value: Numeric, min: number, max: number): boolean {
  return value !== null && value !== undefined && (value < min || value > max);
}
