// What a cure will do to a partition, and what it will lose, in sentences: said before anything is done.

import type { Cure } from './partition-cures.ts';
import type { PartitionStatus } from './partition-status.ts';

/** @returns whole lines, the first names the partition and how it stands */
export function curePreview(cure: Cure, status: PartitionStatus, acceptHistoryLoss: boolean): string[] {
  const { partition, condition, watermark, emitted, log_start: start = 0, log_end: end = 0 } = status;
  const at = `W ${offset(watermark)}, C ${offset(emitted)}, log ${offset(start)} to ${offset(end)}`;
  const lines = [`partition ${partition}: ${condition}${status.halt ? ` (${status.halt.code})` : ''}, ${at}`];
  if (cure === 'resume') {
    lines.push('  does:  asks the owner to claim the partition again. If the reason still holds, it halts again.');
    lines.push('  loses: nothing.');
    return lines;
  }
  const records = Math.max(0, end - start).toLocaleString('en-US');
  if (cure === 'rebuild') {
    lines.push(
      `  does:  deletes the state of the partition in Redis and folds up to ${records} records of its log again.`,
    );
    lines.push(`         Readers of Redis see its tasks come back as that goes on. No event below C leaves again.`);
    lines.push(`  loses: ${lostByRebuild(status, start, acceptHistoryLoss)}`);
    return lines;
  }
  lines.push(
    '  does:  deletes the state of the partition in Redis, forgets how far its events have left, and begins a new life',
  );
  lines.push(
    `         at offset ${offset(start)}: up to ${records} records are folded as new, with the settings in force.`,
  );
  if (status.growth) {
    lines.push(
      `         If it is still the topic that grew, it begins at offset ${offset(status.origin)} instead: what lies below was moved.`,
    );
  }
  lines.push(`  repeats: ${repeatedByReset(emitted, start, end)}`);
  lines.push(`  loses: ${lostByReset(status, start)}`);
  return lines;
}

function lostByRebuild(status: PartitionStatus, start: number, accepted: boolean): string {
  const { origin, emitted, growth } = status;
  if (growth) {
    const given = `what it was given when the topic grew from ${growth.partition_count} partitions`;
    return accepted
      ? `all that it counted before offset ${offset(origin)}: ${given}.`
      : `nothing: it refuses, because its log does not hold ${given}.`;
  }
  if (origin !== undefined && start <= origin) return 'nothing: the log reaches back to where the fold began.';
  if (!accepted) return 'nothing: it refuses if the log no longer reaches back to where the fold began.';
  const began = origin === undefined ? 'before' : `at ${offset(origin)}, before`;
  const events =
    emitted !== undefined && emitted < start
      ? ` Events of records from ${offset(emitted)} to ${offset(start)} that have not left are lost.`
      : '';
  return `if the fold began ${began} ${offset(start)}: what those records added to sums, statuses and errors.${events}`;
}

function repeatedByReset(emitted: number | undefined, start: number, end: number): string {
  if (emitted === undefined) return 'events of records in the log that have left before, with the same ce_id.';
  const last = Math.min(emitted, end);
  if (last <= start) return 'no event, as far as C tells.';
  return `if it is still the same topic: the events of offsets ${offset(start)} to ${offset(last)} leave once more, with the same ce_id.`;
}

function lostByReset({ origin, emitted }: PartitionStatus, start: number): string {
  if (start === 0) return 'nothing that is in the log.';
  if (origin !== undefined && start <= origin) return 'nothing: the log reaches back to where the fold began.';
  const pending =
    emitted !== undefined && emitted < start ? ' Events of such records that have not left are lost.' : '';
  return `what records below offset ${offset(start)} added to sums, statuses and errors.${pending}`;
}

function offset(value: number | undefined): string {
  return value === undefined ? '-' : String(value);
}
