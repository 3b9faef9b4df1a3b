// `taskfold partitions`: the list, `grow`, and `resume|rebuild|reset`, the cures that halts name. Each of these says what it will do and lose
// for every partition named, asks, does it, and waits to see what the owner makes of it.

import type { Command } from 'commander';
import { z } from 'zod';
import { ask } from './ask.ts';
import { type CommandContext, defineCommand, defineGroup } from './command-context.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { curePreview } from './cure-preview.ts';
import { type CureSession, isCured, type Outcome, openCureSession } from './cure-session.ts';
import { growCommand } from './grow.ts';
import { outcomeText } from './outcome-text.ts';
import { type Cure, rebuild, reset, resume } from './partition-cures.ts';
import { partitionsListCommand } from './partitions-list.ts';

export function partitionsCommand(): Command {
  return defineGroup('partitions', 'list the partitions, cure halted ones, make more of them', [
    partitionsListCommand(),
    cureCommand('resume', {
      summary: 'ask the owner of a halted partition to claim it again',
      description: 'Changes nothing itself. Use it when the reason of the halt is gone.',
      example: ['partitions resume all', 'after Redis was restored'],
    }),
    cureCommand('rebuild', {
      summary: 'empty the state of a partition and fold its log again, silently below C',
      description:
        'Deletes the state of the partition in Redis. Its owner folds the log again from where the fold began, and sends no event ' +
        'below C again. Refuses if retention has moved the start of the log past that point, unless the loss is accepted. State of ' +
        'another fold version is folded again by the rules of this one: first stop every processor of the other version.',
      example: ['partitions rebuild 3', 'after a torn save'],
      options: [['--accept-history-loss', 'fold from the start of the log, although earlier records are missing']],
    }),
    cureCommand('reset', {
      summary: 'begin a partition anew: everything in its log is folded and sent as new',
      description:
        'For a topic that was made again, or an emitted mark that is lost. Forgets the state and how far events have left. If the topic ' +
        'was made again, reset all partitions: they know of each other. Each begins with the settings that are in force, and with those ' +
        'that are given to this command; control records that are still in the log are folded again, too.',
      example: ['partitions reset all --yes', 'in a script, after the input topic was made again'],
    }),
    growCommand(),
  ]);
}

interface CureText {
  readonly summary: string;
  readonly description: string;
  readonly example: readonly [string, string];
  readonly options?: readonly (readonly [string, string])[];
}

const parse = z.object({ yes: z.boolean().default(false), acceptHistoryLoss: z.boolean().default(false) });

function cureCommand(cure: Cure, { summary, description, example, options = [] }: CureText): Command {
  return defineCommand({
    name: cure,
    summary,
    description: `${description} Says what it will do and lose, and asks first.`,
    examples: [example, [`partitions ${cure} 0 7 --yes`, 'these two, without a question']],
    arguments: [['<partition...>', 'numbers of partitions, or `all`']],
    options: [...options, ['--yes', 'do not ask']],
    parse,
    settings: ['services', 'names', 'fold'],
    needs: ['kafka', 'redis'],
    run: (context, given, args) => applyCure(context, cure, given, args),
  });
}

async function applyCure(
  context: CommandContext,
  cure: Cure,
  { yes, acceptHistoryLoss }: z.infer<typeof parse>,
  args: readonly string[],
): Promise<ExitCode> {
  const { output } = context;
  const session = await openCureSession(context);
  const statuses = await session.look(partitionsOf(args, await session.ports.partitionCount()));
  // A resume means nothing to a partition that works; it is said and left alone.
  const chosen = cure === 'resume' ? statuses.filter(({ condition }) => condition === 'halted') : statuses;
  for (const status of statuses) {
    if (chosen.includes(status)) for (const line of curePreview(cure, status, acceptHistoryLoss)) output.note(line);
    else output.note(`partition ${status.partition}: ${status.condition}, not halted: left alone`);
  }
  if (chosen.length > 0 && !yes) await ask(output, `${cure} ${chosen.length} partition(s)?`);
  let done = 0;
  const progress = output.progress(() => `${cure}: ${done} of ${chosen.length} partitions done`);
  const watched: Promise<Outcome>[] = [];
  try {
    // One after the other, so that an error leaves the rest untouched; what owners make of it is watched side by side.
    for (const { partition } of chosen) {
      const { outcome } = await cureOne(session, cure, partition, acceptHistoryLoss);
      // A failure of the watching is met below.
      outcome.catch(() => {});
      watched.push(outcome);
      done++;
    }
  } finally {
    progress.stop();
  }
  const watchProgress = output.progress(() => 'waiting for the owners');
  const outcomes = await Promise.all(watched).finally(() => watchProgress.stop());
  await output.result({ [cure]: outcomes }, () => outcomes.map(outcomeText).join('\n') || 'nothing to do');
  return outcomes.every((outcome) => isCured(cure, outcome)) ? EXIT.done : EXIT.failed;
}

/** Done when the cure is; answers a promise of what becomes of it, in a box so that nobody waits for it here. */
async function cureOne(
  session: CureSession,
  cure: Cure,
  partition: number,
  acceptHistoryLoss: boolean,
): Promise<{ readonly outcome: Promise<Outcome> }> {
  const { ports } = session;
  const before = await session.lastSeen(partition);
  try {
    if (cure === 'resume') await resume(ports, partition);
    else if (cure === 'rebuild') await rebuild(ports, partition, acceptHistoryLoss);
    else await reset(ports, partition);
  } catch (error) {
    // The others may still be cured; this one's reason stands beside their outcomes.
    if (!(error instanceof CommandFailure) || error.exitCode !== EXIT.failed) throw error;
    const refused = { partition, condition: 'refused', reason: error.message };
    return { outcome: Promise.resolve(error.cure ? { ...refused, cure: error.cure } : refused) };
  }
  return { outcome: session.outcome(partition, before) };
}

function partitionsOf(args: readonly string[], count: number): number[] {
  if (args.includes('all')) return Array.from({ length: count }, (_, partition) => partition);
  const partitions = args.map((argument) => {
    const partition = /^\d{1,6}$/.test(argument) ? Number(argument) : count;
    if (partition < count) return partition;
    throw new CommandFailure(`"${argument}" is no partition: there are 0 to ${count - 1}, or "all"`, EXIT.usage);
  });
  return [...new Set(partitions)];
}
