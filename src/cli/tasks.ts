// `taskfold tasks`: all tasks, streamed, in bounded memory.

import type { Command } from 'commander';
import { z } from 'zod';
import { TASK_STATUSES } from '../domain/task-state.ts';
import type { TaskDocument } from '../read/task-document.ts';
import { defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { openReads } from './open-redis.ts';
import { wholeNumber } from './option-values.ts';

const STATUSES = [...TASK_STATUSES, 'unreported'] as const;

export function tasksCommand(): Command {
  return defineCommand({
    name: 'tasks',
    summary: 'list all tasks, streamed',
    description:
      'Lists every task, in no order. While tasks are folded, each is as of its own reading, and one that is deleted or ' +
      'moved by Redis meanwhile may come twice.',
    examples: [
      ['tasks', 'one line a task'],
      ['tasks --status failed --limit 20', 'some of the failed ones'],
      ['tasks --job IJ1', 'the tasks of one job'],
      ['tasks --json > tasks.jsonl', 'everything about every task, one JSON document a line'],
    ],
    options: [
      ['--status <status>', `only tasks with this status: ${STATUSES.join(', ')}`],
      ['--job <internal_job_id>', 'only the tasks that have this job'],
      ['--engine <engine_id>', 'only the tasks that have this engine; without --job it takes reading all of them'],
      ['--limit <n>', 'stop after this many'],
    ],
    parse: z.object({
      status: z.enum(STATUSES, { error: `must be one of ${STATUSES.join(', ')}` }).optional(),
      job: z.string().min(1, { error: 'must be an id' }).optional(),
      engine: z.string().min(1, { error: 'must be an id' }).optional(),
      limit: wholeNumber(1).optional(),
    }),
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context, { status, job, engine, limit = Number.POSITIVE_INFINITY }) {
      const { output } = context;
      const reads = await openReads(context);
      let shown = 0;
      let read = 0;
      const progress = output.progress(() => `${read} tasks read, ${shown} listed`);
      if (!output.json && process.stdout.isTTY) output.note(HEADLINE);
      for await (const task of job === undefined ? reads.streamTasks() : reads.streamTasksOfJob(job)) {
        read += 1;
        if (engine !== undefined && task.engine_id !== engine) continue;
        if (status && (task.task_status ?? 'unreported') !== status) continue;
        await output.result(task, () => taskLine(task));
        shown += 1;
        if (shown >= limit) break;
      }
      progress.stop();
      return EXIT.done;
    },
  });
}

const HEADLINE = line('task', 'status', 'liveness', 'errors', 'applied', 'last update', 'engine');

function taskLine(task: TaskDocument): string {
  return line(
    task.internal_task_id,
    task.task_status ?? 'unreported',
    task.liveness,
    String(task.error_count ?? 0),
    String(task.updates.applied),
    new Date(task.last_update_at).toISOString(),
    task.engine_id ?? '-',
  );
}

function line(
  id: string,
  status: string,
  liveness: string,
  errors: string,
  applied: string,
  at: string,
  engine: string,
): string {
  return `${id.padEnd(36)}  ${status.padEnd(12)} ${liveness.padEnd(9)} ${errors.padStart(7)} ${applied.padStart(8)}  ${at.padEnd(24)}  ${engine}`;
}
