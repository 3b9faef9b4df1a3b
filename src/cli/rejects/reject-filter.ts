// Which rejects a command is about: the options that `list` and `replay` share.

import { z } from 'zod';
import type { Reject } from '../../avro/reject-message.ts';
import { REJECT_REASONS } from '../../domain/outcome.ts';
import { wholeNumber } from '../option-values.ts';

const REASONS: ReadonlySet<string> = new Set(REJECT_REASONS);

export const FILTER_OPTIONS = [
  ['--reason <reasons>', 'only these reasons, separated by commas'],
  ['--partition <n>', 'only records of this partition of the input topic'],
  ['--task <id>', 'only records of this internal_task_id, or keyed by it'],
  ['--since <time>', 'only records that the log has since this time (RFC 3339, or epoch milliseconds)'],
  ['--until <time>', 'only records that the log had before this time'],
] as const;

const reasons = z.string().transform((text, context): ReadonlySet<string> => {
  const named = text.split(',').map((name) => name.trim());
  const unknown = named.filter((name) => !REASONS.has(name));
  if (unknown.length > 0) {
    const message = `"${unknown[0]}" is no reason: there are ${REJECT_REASONS.join(', ')}`;
    context.addIssue({ code: 'custom', message });
  }
  return new Set(named);
});

const RFC_3339 = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d))?$/;
const time = z.string().transform((text, context): number => {
  const epochMs = /^\d{10,15}$/.test(text) ? Number(text) : RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(epochMs)) {
    const message = 'must be a day or a time such as 2026-03-01T12:00:00Z, or epoch milliseconds';
    context.addIssue({ code: 'custom', message });
  }
  return epochMs;
});

export const filterShape = {
  reason: reasons.optional(),
  partition: wholeNumber(0, 100_000).optional(),
  task: z.string().min(1, { error: 'must not be empty' }).optional(),
  since: time.optional(),
  until: time.optional(),
};
const filter = z.object(filterShape);
export type RejectFilter = z.infer<typeof filter>;

/** Whether the reject is one of those. @param key of its message: that of the record, as the engine wrote it */
export function isChosen(
  { reason, partition, task, since, until }: RejectFilter,
  reject: Reject,
  key: Buffer | null,
): boolean {
  const { source } = reject;
  if (reason !== undefined && !reason.has(reject.reason)) return false;
  if (partition !== undefined && source.partition !== partition) return false;
  if (since !== undefined && source.log_time < since) return false;
  if (until !== undefined && source.log_time >= until) return false;
  return task === undefined || reject.internal_task_id === task || key?.toString('utf8') === task;
}
