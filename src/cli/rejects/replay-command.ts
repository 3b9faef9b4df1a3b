// `taskfold rejects replay`: after a schema or a producer was mended, what was rejected goes into the fold, each record once.

import type { Command } from 'commander';
import { z } from 'zod';
import type { ReplayRow } from '../../kafka/replay-log.ts';
import { ask } from '../ask.ts';
import { type CommandContext, defineCommand } from '../command-context.ts';
import { EXIT, type ExitCode } from '../command-failure.ts';
import { decimalNumber, wholeNumber } from '../option-values.ts';
import { openRejects } from './open-rejects.ts';
import { FILTER_OPTIONS, filterShape } from './reject-filter.ts';
import { planReplay, REPLAYS_A_RUN_MAX, type ReplayPlan } from './replay-plan.ts';
import { runReplay } from './run-replay.ts';

const options = z.object({
  ...filterShape,
  rate: decimalNumber(0.1, 100_000),
  limit: wholeNumber(1, REPLAYS_A_RUN_MAX).optional(),
  replaysMax: wholeNumber(1, 1_000),
  dryRun: z.boolean().default(false),
  yes: z.boolean().default(false),
});
type Options = z.infer<typeof options>;

export function replayCommand(): Command {
  return defineCommand({
    name: 'replay',
    summary: 'put rejected records back into the input, each once, after their reason was mended',
    description:
      'Counts first what would become of each reject now, by reason, and asks. Then puts those that are sound now into the home partitions of ' +
      'their tasks, in the order of their log. Each goes in one Kafka transaction with a row in the topic <group>.replays, so a replay that was ' +
      'killed goes on where it ended, and no record is replayed twice. One line a record tells what was replayed whither; the topic keeps it, ' +
      'with who did it and when. What would be rejected again stays; so does what was replayed and rejected --replays-max times. Reasons that depend on the state ' +
      'of the task (task_retired, sum_out_of_range) are tried only if --reason names them.',
    examples: [
      ['rejects replay --dry-run', 'what would become of all rejects?'],
      ['rejects replay --reason unknown_schema --yes', 'after the missing schema was registered'],
      ['rejects replay --partition 3 --since 2026-03-01T08:00:00Z --rate 50', 'slowly, a part of them'],
      ['rejects replay --yes --json > replayed.jsonl', 'with the audit lines kept in a file'],
    ],
    options: [
      ...FILTER_OPTIONS,
      ['--rate <n>', 'records a second, at most', '500'],
      ['--limit <n>', 'replay no more than this many'],
      ['--replays-max <n>', 'leave what was replayed and rejected again so often', '3'],
      ['--dry-run', 'only count'],
      ['--yes', 'do not ask'],
    ],
    parse: options,
    settings: ['services', 'names'],
    needs: ['kafka', 'registry', 'redis'],
    stops: 'drains',
    run: replay,
  });
}

async function replay(context: CommandContext, given: Options): Promise<ExitCode> {
  const { output, signal } = context;
  const { rate, limit = REPLAYS_A_RUN_MAX, replaysMax: replays_max, dryRun, yes, ...filter } = given;
  const terms = { filter, limit, replays_max };
  const rejects = await openRejects(context);
  let at = 'reading the rejects';
  const looking = output.progress(() => at);
  const plan = await planReplay(rejects, terms, ({ done, total }) => {
    at = `reading the rejects: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} offsets`;
  }).finally(() => looking.stop());
  const dry = {
    rejects: plan.rejects,
    to_replay: plan.replays.length,
    beyond_limit: plan.beyond_limit,
    by_reason: plan.by_reason,
  };
  if (dryRun) {
    await output.result({ dry_run: dry }, () => planText(plan));
    return EXIT.done;
  }
  output.note(planText(plan));
  if (plan.replays.length === 0) {
    await output.result({ ...dry, replayed: 0, left: 0 }, () => 'nothing to replay');
    return EXIT.done;
  }
  if (!yes) await ask(output, `replay ${plan.replays.length.toLocaleString('en-US')} records?`);
  if (signal.aborted) return EXIT.interrupted;
  let replayed = 0;
  const going = output.progress(() => `replayed ${replayed} of ${plan.replays.length}`);
  const outcome = await runReplay(context, rejects, plan, terms, {
    rate,
    async onReplayed(rows) {
      for (const row of rows) await output.result({ replay: row }, () => auditText(row));
      replayed += rows.length;
    },
  }).finally(() => going.stop());
  const { left, ended } = outcome;
  await output.result({ ...dry, replayed: outcome.replayed, left, ended }, () =>
    endText(outcome.replayed, left, ended),
  );
  return ended ? EXIT.done : EXIT.interrupted;
}

const FATES: Readonly<Record<string, string>> = {
  replayable: 'sound now',
  state_decides: 'sound, and its task decides: only if --reason names it',
  replayed: 'replayed before',
  replayed_too_often: 'replayed and rejected too often (--replays-max)',
  gone: 'not copied, and its record is gone from the input',
  too_large: 'too large for the input topic with its headers',
};

/** For people: by reason, what would become of how many. */
function planText({ rejects, replays, beyond_limit, by_reason }: ReplayPlan): string {
  const lines = [`${count(rejects)} rejected records, ${count(replays.length)} to replay now`];
  if (beyond_limit > 0) lines[0] += `, ${count(beyond_limit)} more beyond the limit`;
  for (const [reason, fates] of Object.entries(by_reason).sort()) {
    for (const [fate, number] of Object.entries(fates).sort()) {
      const again = /^rejected_again:(.+)$/.exec(fate)?.[1];
      const said = again === undefined ? (FATES[fate] ?? fate) : `would be rejected again: ${again}`;
      lines.push(`  ${reason.padEnd(24)} ${count(number).padStart(9)}  ${said}`);
    }
  }
  return lines.join('\n');
}

function auditText({ source, reject, reason, internal_task_id, to, replays }: ReplayRow): string {
  const from = `${source.topic}/${source.partition}/${source.offset}`;
  return `replayed ${reject} (${reason}, of ${from}) into partition ${to}: task ${internal_task_id}, replay ${replays}`;
}

function endText(replayed: number, left: number, ended: boolean): string {
  const rest = left > 0 ? `, ${count(left)} left: no longer replayable, or replayed meanwhile` : '';
  const stopped = ended ? '' : '; stopped: run it again to go on';
  return `replayed ${count(replayed)} records${rest}${stopped}`;
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
