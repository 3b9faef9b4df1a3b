// `taskfold rejects list`: the rejects topic, one line a rejected record, streamed.

import type { Command } from 'commander';
import { z } from 'zod';
import { defineCommand } from '../command-context.ts';
import { EXIT } from '../command-failure.ts';
import { wholeNumber } from '../option-values.ts';
import { openRejects } from './open-rejects.ts';
import { type RejectLine, rejectLine } from './reject-document.ts';
import { FILTER_OPTIONS, filterShape, isChosen } from './reject-filter.ts';

export function listCommand(): Command {
  return defineCommand({
    name: 'list',
    summary: 'list rejected records: where, why, which task, and whether they were replayed',
    description:
      'Reads the rejects topic (committed messages only) and lists each rejected record, in the order of each partition of that topic. ' +
      'Shows no bytes of a record. The counts by reason come last, on standard error.',
    examples: [
      ['rejects list', 'everything that the topic still holds'],
      ['rejects list --reason unknown_schema --since 2026-03-01', 'of one reason, since that day (UTC)'],
      ['rejects list --task 5f2c… --json', 'of one task, as JSON lines'],
      ['rejects list --pending', 'only what was never replayed'],
    ],
    options: [
      ...FILTER_OPTIONS,
      ['--pending', 'only what was never replayed'],
      ['--limit <n>', 'stop after this many'],
    ],
    parse: z.object({ ...filterShape, pending: z.boolean().default(false), limit: wholeNumber(1).optional() }),
    settings: ['services', 'names'],
    needs: ['kafka'],
    async run(context, { pending, limit = Number.POSITIVE_INFINITY, ...filter }) {
      const { output } = context;
      const rejects = await openRejects(context);
      const counts = new Map<string, number>();
      let listed = 0;
      let at = '';
      const toTerminal = process.stdout.isTTY;
      const progress = toTerminal ? null : output.progress(() => `${at}, ${listed} listed`);
      const onProgress = (read: { done: number; total: number }) => {
        at = `${read.done.toLocaleString('en-US')} of ${read.total.toLocaleString('en-US')} offsets read`;
      };
      reading: for await (const chunk of rejects.stream(onProgress)) {
        for (const { reject, message } of chunk) {
          if (listed >= limit) break reading;
          if (!isChosen(filter, reject, message.key)) continue;
          const line = rejectLine(reject, rejects.replayLog.replayedAt(reject.source));
          if (pending && line.replayed_at !== undefined) continue;
          await output.result(line, () => lineText(line));
          counts.set(reject.reason, (counts.get(reject.reason) ?? 0) + 1);
          listed++;
        }
      }
      progress?.stop();
      const parts = [...counts]
        .sort(([, a], [, b]) => b - a)
        .map(([reason, n]) => `${n.toLocaleString('en-US')} ${reason}`);
      output.note(`${listed.toLocaleString('en-US')} rejects${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`);
      return EXIT.done;
    },
  });
}

function lineText({ reject, source, log_time, reason, internal_task_id = '-', replayed_at }: RejectLine): string {
  const when = isoTime(log_time);
  const replayed = replayed_at === undefined ? '' : `  replayed ${isoTime(replayed_at)}`;
  return `${when.padEnd(24)}  ${reason.padEnd(24)}  ${reject}  from ${source}  ${internal_task_id}${replayed}`;
}

/** RFC 3339; the number itself where a producer's clock wrote what no calendar holds. */
export function isoTime(epochMs: number): string {
  const time = new Date(epochMs);
  return Number.isNaN(time.getTime()) ? String(epochMs) : time.toISOString();
}
