// `taskfold job <id>` and `taskfold engine <id>`: what the tasks of one job or engine come to, over all partitions.

import type { Command } from 'commander';
import type { RollUpDocument } from '../read/roll-up-document.ts';
import { type CommandContext, defineCommand } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { breakdown, count, named, sumOf } from './figures-text.ts';
import { openReads } from './open-redis.ts';
import { table } from './output.ts';

const FIGURES =
  'tasks by status and by liveness, failures by reason, job creations, errors, retries, processed stats, updates by outcome, first and last update';
const AS_OF =
  'Each figure is the sum of the partitions’ shares, each exact at its own W, which is shown. Retired tasks count in the sums until the ' +
  'last task of a partition’s share has gone.';

export function jobCommand(): Command {
  return defineCommand({
    name: 'job',
    summary: 'show one job: what its tasks come to',
    description: `Shows the figures of one job: ${FIGURES}. ${AS_OF}`,
    examples: [
      ['job 9b1c3d52-55f2-4a2d-9d0f-3f3f6f1c0a11', 'how does this job do?'],
      ['job IJ1 --json | jq .tasks_by_status', 'one part of it, for scripts'],
      ['tasks --job IJ1', 'its tasks, one line each'],
    ],
    arguments: [['<internal_job_id>', 'the id that the engines report']],
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context, _options, [id = '']) {
      const job = await (await openReads(context)).readJob(id);
      if (job === null) throw nothing(context, 'job', id);
      await context.output.result(job, () => rollUpText(`job ${id}`, job));
      return EXIT.done;
    },
  });
}

export function engineCommand(): Command {
  return defineCommand({
    name: 'engine',
    summary: 'show one engine: what its tasks come to, and whether it keys its records right',
    description:
      `Shows the figures of one engine: ${FIGURES}. Of its updates it is told how many came re-routed: engines that key their ` +
      `records right have none. ${AS_OF}`,
    examples: [
      ['engine 2f8c0c5e-8d58-4c4e-a3f1-6a1f0f1f2b7d', 'how does this engine do?'],
      ['engine E7 --json | jq .updates.came_rerouted', 'how many of its updates lay in a wrong partition at first'],
    ],
    arguments: [['<engine_id>', 'the id that the engine reports']],
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context, _options, [id = '']) {
      const engine = await (await openReads(context)).readEngine(id);
      if (engine === null) throw nothing(context, 'engine', id);
      await context.output.result(engine, () => rollUpText(`engine ${id}`, engine));
      return EXIT.done;
    },
  });
}

function nothing({ config }: CommandContext, what: 'job' | 'engine', id: string): CommandFailure {
  return new CommandFailure(
    `no task has the ${what} "${id}" in group ${config.group} (Redis prefix ${config.redis_prefix})`,
    EXIT.failed,
    `"taskfold ${what}s" lists those that there are; all of its tasks may be retired, or not folded yet ("taskfold status" shows the lag)`,
  );
}

function rollUpText(title: string, rollUp: RollUpDocument): string {
  const { retired, updates, marks, failures_by_reason, processed_stats, as_of } = rollUp;
  const { came_rerouted, ...outcomes } = updates;
  const rerouted = came_rerouted === 0 ? '' : `; ${count(came_rerouted)} of them came re-routed`;
  const rows: [string, string][] = [
    ['tasks', `${count(rollUp.tasks)}${breakdown(rollUp.tasks_by_status)}`],
    ['liveness', named(rollUp.tasks_by_liveness)],
    ['retired', `${count(retired.tasks)} tasks`],
    ['completion', `requested by ${count(rollUp.completion_requested)} tasks`],
    ['failures', `${count(String(sumOf(failures_by_reason)))}${breakdown(failures_by_reason)}`],
    ['jobs', `${count(rollUp.job_creations)} created`],
    ['errors', `${count(rollUp.error_count)}, retries ${count(rollUp.retry_count)}`],
    ...Object.entries(processed_stats).map(([stat, sum]): [string, string] => [stat, count(sum)]),
    ['updates', `${count(String(sumOf(outcomes)))}${breakdown(outcomes)}${rerouted}`],
    ['marks', `${count(String(sumOf(marks)))}${breakdown(marks)}`],
    ['first update', timeText(rollUp.first_update_at)],
    ['last update', timeText(rollUp.last_update_at)],
  ];
  const heads = ['as of partition', 'W', 'log time'];
  const places = as_of.map(({ partition, watermark, log_time }) => [
    String(partition),
    watermark ?? 'empty',
    log_time === undefined ? '-' : timeText(log_time),
  ]);
  return [title, table(rows), '', table([heads, ...places])].join('\n');
}

export function timeText(log_time: number): string {
  return new Date(log_time).toISOString();
}
