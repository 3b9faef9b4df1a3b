// `taskfold task <id>`: one task as it stands in Redis, or as it was at an earlier point of the log.

import type { Command } from 'commander';
import { z } from 'zod';
import type { IoDocument, TaskDocument } from '../read/task-document.ts';
import { defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { named } from './figures-text.ts';
import { findTask } from './find-task.ts';
import { openReads } from './open-redis.ts';
import { table } from './output.ts';
import { pointInLog, taskAt } from './why/task-at.ts';

export function taskCommand(): Command {
  return defineCommand({
    name: 'task',
    summary: 'show one task',
    description:
      'Shows the folded state of one task: sums in place of deltas; what was never reported is left out. With --at it is ' +
      'folded again from its own updates in Kafka, which must reach back to its first offset.',
    examples: [
      ['task 6a2f41a3-c54c-fce8-32d2-0324e1c32e22', 'everything that is known of this task'],
      ['task IJ1 --json | jq .processed_stats', 'one part of it, for scripts'],
      ['task IJ1 --at 2026-03-01T12:00:00Z', 'as it was at noon, folded again from its own updates'],
      ['task IJ1 --at 4711', 'as it was after offset 4711 of its partition; "taskfold why" lists the offsets'],
    ],
    arguments: [['<internal_task_id>', 'the id that the engines report under']],
    options: [
      [
        '--at <time|offset>',
        'as it was after this log time (RFC 3339, or epoch milliseconds of 12 digits and more) or this offset of its partition',
      ],
    ],
    parse: z.object({ at: pointInLog.optional() }),
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context, { at }, [id = '']) {
      const task =
        at === undefined ? (await findTask(context, await openReads(context), id)).task : await taskAt(context, id, at);
      await context.output.result(task, () => taskText(task));
      return EXIT.done;
    },
  });
}

const NESTED = [
  'processed_stats',
  'inputs',
  'outputs',
  'errors',
  'updates',
  'failures_by_reason',
  'source',
  'task_output',
];
const TASK_OUTPUT_SHOWN = 2_000;

function taskText(task: TaskDocument): string {
  const flat = Object.entries(task).filter(([name]) => !NESTED.includes(name));
  const rows: [string, string][] = flat.map(([name, value]) => [name, readable(name, value)]);
  for (const [name, value] of Object.entries(task.processed_stats ?? {}))
    rows.push([name, value.toLocaleString('en-US')]);
  if (task.failures_by_reason) rows.push(['failures', named(task.failures_by_reason)]);
  rows.push([
    'updates',
    Object.entries(task.updates)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', '),
  ]);
  const { topic, partition, first_offset, last_offset } = task.source;
  rows.push(['source', `${topic}, partition ${partition}, offsets ${first_offset} to ${last_offset}`]);
  const lines = [table(rows)];
  for (const side of ['inputs', 'outputs'] as const) lines.push(...ioLines(side, task[side] ?? []));
  if (task.errors)
    lines.push('', 'newest errors:', ...task.errors.map(({ id, msg }) => `  ${id ?? '-'}: ${msg ?? '-'}`));
  if (task.task_output !== undefined) lines.push('', 'task_output:', `  ${cut(task.task_output)}`);
  return lines.join('\n');
}

function readable(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('_at')) return new Date(value).toISOString();
  // The contract's own times are seconds, and a sender may put anything in.
  if (name.endsWith('timestamp'))
    return value < 8_640_000_000_000 ? `${value} (${new Date(value * 1_000).toISOString()})` : `${value}`;
  return value.toLocaleString('en-US');
}

function ioLines(side: string, ios: readonly IoDocument[]): string[] {
  if (ios.length === 0) return [];
  const rows = ios.map(({ id, processed_count, processed_total_count }) => [
    `  ${id || '(no id)'}`,
    processed_count ?? '-',
    processed_total_count ?? '-',
  ]);
  return ['', table([[side, 'processed_count', 'processed_total_count'], ...rows])];
}

function cut(text: string): string {
  return text.length <= TASK_OUTPUT_SHOWN
    ? text
    : `${text.slice(0, TASK_OUTPUT_SHOWN)}… (${text.length} characters; --json shows all)`;
}
