// What makes an update unfit to be folded, as far as the update alone tells (docs/fold.md, "One record", rule 2).

import type { TaskIOStatus, TaskStatusDetail } from './messages.generated.ts';
import type { RejectReason } from './outcome.ts';

/** Numbers and sums are exact up to here: 2^53−2, the largest that every reader of Avro's long in JavaScript takes. */
export const NUMBER_MAX = 2 ** 53 - 2;

type Numeric = number | null | undefined;

/** The first number of the update that breaks a rule, or null where all are fit. */
export function numberProblem(update: TaskStatusDetail): { reason: RejectReason; field: string } | null {
  const stats = update.processed_stats;
  return (
    problem('error_count', update.error_count) ??
    problem('retry_count', update.retry_count) ??
    problem('timestamp', update.timestamp) ??
    problem('prior_timestamp', update.prior_timestamp) ??
    (stats
      ? (problem('processed_stats.processed_bytes', stats.processed_bytes) ??
        problem('processed_stats.processed_cpu_milliseconds', stats.processed_cpu_milliseconds) ??
        problem('processed_stats.processed_cpu_seconds', stats.processed_cpu_seconds) ??
        problem('processed_stats.processed_chunks', stats.processed_chunks) ??
        problem('processed_stats.processed_media_seconds', stats.processed_media_seconds))
      : null) ??
    ioProblem('inputs', update.inputs) ??
    ioProblem('outputs', update.outputs)
  );
}

function ioProblem(side: string, ios: readonly TaskIOStatus[] | null | undefined) {
  if (!ios) return null;
  for (const io of ios) {
    const found =
      problem(`${side}.processed_count`, io.processed_count) ??
      problem(`${side}.processed_total_count`, io.processed_total_count);
    if (found) return found;
  }
  return null;
}

function problem(field: string, value: Numeric): { reason: RejectReason; field: string } | null {
  if (value === null || value === undefined || (value >= 0 && value <= NUMBER_MAX)) return null;
  return { reason: value < 0 ? 'negative_number' : 'number_out_of_range', field };
}
