// What makes an update unfit to be folded, as far as the update alone tells (docs/fold.md, "One record", rule 2).

import type { TaskIOStatus, TaskStatusDetail } from './messages.generated.ts';
import type { RejectReason } from './outcome.ts';
import { PROCESSED_STATS } from './task-state.ts';
import { isLongerThan } from './text.ts';

/** Numbers and sums are exact up to here: 2^53−2, the largest that every reader of Avro's long in JavaScript takes. */
export const NUMBER_MAX = 2 ** 53 - 2;

type Numeric = number | null | undefined;
type Rule = (value: number) => boolean;

const isNegative: Rule = (value) => value < 0;
const isBeyond: Rule = (value) => value > NUMBER_MAX;
const isUnfit: Rule = (value) => isNegative(value) || isBeyond(value);

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
  if (firstField(update, isUnfit) !== null) {
    const negative = firstField(update, isNegative);
    if (negative !== null) return { reason: 'negative_number', detail: `${negative} is negative.` };
    const beyond = firstField(update, isBeyond);
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

/** The name of the first number that the rule hits. */
function firstField(update: TaskStatusDetail, rule: Rule): string | null {
  const hit = (value: Numeric) => value !== null && value !== undefined && rule(value);
  if (hit(update.error_count)) return 'error_count';
  if (hit(update.retry_count)) return 'retry_count';
  if (hit(update.timestamp)) return 'timestamp';
  if (hit(update.prior_timestamp)) return 'prior_timestamp';
  const stats = update.processed_stats;
  if (stats) for (const stat of PROCESSED_STATS) if (hit(stats[stat])) return `processed_stats.${stat}`;
  return firstIoField('inputs', update.inputs, hit) ?? firstIoField('outputs', update.outputs, hit);
}

function firstIoField(
  side: string,
  ios: readonly TaskIOStatus[] | null | undefined,
  hit: (value: Numeric) => boolean,
): string | null {
  if (!ios) return null;
  for (const io of ios) {
    if (hit(io.processed_count)) return `${side}.processed_count`;
    if (hit(io.processed_total_count)) return `${side}.processed_total_count`;
  }
  return null;
}
