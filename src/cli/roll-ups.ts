// `taskfold jobs` and `taskfold engines`: all of them in the order of their ids, streamed, in bounded memory.

import type { Command } from 'commander';
import { z } from 'zod';
import { TASK_STATUSES } from '../domain/task-state.ts';
import type { LiveReads } from '../read/live-reads.ts';
import type { RollUpDocument } from '../read/roll-up-document.ts';
import { defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { count, sumOf } from './figures-text.ts';
import { openReads } from './open-redis.ts';
import { wholeNumber } from './option-values.ts';
import { timeText } from './roll-up.ts';

const STATUSES = [...TASK_STATUSES, 'unreported'] as const;

export function jobsCommand(): Command {
  return listCommand('job', 'internal_job_id', (reads, after) => reads.streamJobs(after), [
    ['jobs', 'one line a job'],
    ['jobs --status failed --limit 20', 'some of those that have a failed task'],
    ['jobs --after 9b1c3d52-55f2-4a2d-9d0f-3f3f6f1c0a11 --limit 100', 'the next hundred behind this one'],
    ['jobs --json > jobs.jsonl', 'everything about every job, one JSON document a line'],
  ]);
}

export function enginesCommand(): Command {
  return listCommand('engine', 'engine_id', (reads, after) => reads.streamEngines(after), [
    ['engines', 'one line an engine'],
    ['engines --status failed', 'only those that have a failed task'],
    ['engines --json | jq "select(.updates.came_rerouted > 0)"', 'engines that key their records wrong'],
  ]);
}

function listCommand<Field extends 'internal_job_id' | 'engine_id'>(
  what: 'job' | 'engine',
  field: Field,
  stream: (reads: LiveReads, after?: string) => AsyncGenerator<{ [name in Field]: string } & RollUpDocument>,
  examples: readonly (readonly [string, string])[],
): Command {
  return defineCommand({
    name: `${what}s`,
    summary: `list all ${what}s, streamed`,
    description:
      `Lists every ${what} that a task has, in the order of the ids’ bytes, so that --after goes on where a list ended. Figures are sums of ` +
      `the partitions’ shares, each as of its own reading; "taskfold ${what} <id>" shows all of one.`,
    examples,
    options: [
      ['--status <status>', `only with a task in this status: ${STATUSES.join(', ')}`],
      ['--after <id>', 'begin behind this id'],
      ['--limit <n>', 'stop after this many'],
    ],
    parse: z.object({
      status: z.enum(STATUSES, { error: `must be one of ${STATUSES.join(', ')}` }).optional(),
      after: z.string().optional(),
      limit: wholeNumber(1).optional(),
    }),
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context, { status, after, limit = Number.POSITIVE_INFINITY }) {
      const { output } = context;
      const reads = await openReads(context);
      let [read, shown] = [0, 0];
      const toTerminal = process.stdout.isTTY;
      const progress = toTerminal ? null : output.progress(() => `${read} ${what}s read, ${shown} listed`);
      if (!output.json && toTerminal) output.note(HEADLINE.replace('id', what));
      for await (const document of stream(reads, after)) {
        read += 1;
        if (status !== undefined && !document.tasks_by_status[status]) continue;
        await output.result(document, () => rollUpLine(document[field], document));
        shown += 1;
        if (shown >= limit) break;
      }
      progress?.stop();
      return EXIT.done;
    },
  });
}

const HEADLINE = line('id', 'tasks', 'ended', 'silent', 'failures', 'errors', 'retries', 're-routed', 'last update');

function rollUpLine(id: string, rollUp: RollUpDocument): string {
  const { ended = 0, silent = 0 } = rollUp.tasks_by_liveness;
  const failures = String(sumOf(rollUp.failures_by_reason));
  const figures = [rollUp.tasks, ended, silent, failures, rollUp.error_count, rollUp.retry_count];
  const [tasks, over, lost, failed, errors, retries] = figures.map(count);
  const rerouted = count(rollUp.updates.came_rerouted);
  return line(id, tasks!, over!, lost!, failed!, errors!, retries!, rerouted, timeText(rollUp.last_update_at));
}

function line(id: string, ...figures: string[]): string {
  const last = figures.at(-1)!;
  return `${id.padEnd(36)}  ${figures
    .slice(0, -1)
    .map((figure) => figure.padStart(9))
    .join(' ')}  ${last}`;
}
