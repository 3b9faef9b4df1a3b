// `taskfold partitions grow`: more input partitions.

import type { Command } from 'commander';
import { z } from 'zod';
import { defineCommand } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { type GrowAnswer, grow } from './grow/grow.ts';
import { outcomeText } from './outcome-text.ts';

const PARTITIONS_MAX = 100_000;

export function growCommand(): Command {
  return defineCommand({
    name: 'grow',
    summary: 'give the input topic more partitions, and move each task to its new home',
    description:
      'A task lives in the partition that its id leads to, so with more partitions most tasks have another home. Lets what is ' +
      'decided leave, holds all partitions still, copies each to DIR, gives the topic its partitions unless it has them already, ' +
      'and puts each task into its new home with all that it has counted. Processors may run meanwhile, and go on by themselves; ' +
      'records wait in the log. A command that was cut off, by whatever, is run again with the same N and the same DIR, and goes ' +
      'on where it was. Keep DIR until the next "taskfold snapshot save": the log alone does not make the state after a growth. ' +
      'Says what it will do, and asks first.',
    examples: [
      ['partitions grow 18 /backups/growth-18', 'from as many as there are to 18'],
      ['partitions grow 18 /backups/growth-18 --dry-run', 'only look whether it could be done, and say what'],
      [
        'partitions grow 18 /backups/growth-18 --yes --json',
        'in a script; the same line once more where it was cut off',
      ],
    ],
    arguments: [
      ['<n>', 'how many partitions there are afterwards'],
      ['<dir>', 'folder for the copies, made where it is missing; empty, or that of the growth that was cut off'],
    ],
    options: [
      ['--dry-run', 'do nothing'],
      ['--yes', 'do not ask'],
    ],
    parse: z.object({ dryRun: z.boolean().default(false), yes: z.boolean().default(false) }),
    settings: ['services', 'names', 'fold'],
    needs: ['kafka', 'registry', 'redis'],
    async run(context, options, [n, folder]) {
      const to = /^\d{1,6}$/.test(n!) ? Number(n) : 0;
      if (to < 2 || to > PARTITIONS_MAX) {
        throw new CommandFailure(`"${n}" is no number of partitions: 2 to ${PARTITIONS_MAX}`, EXIT.usage);
      }
      let doing = 'looking at the partitions';
      const progress = context.output.progress(() => doing);
      const answer = await grow(context, to, folder!, options, (text) => {
        doing = text;
      }).finally(() => progress.stop());
      await context.output.result({ growth: answer }, () => growthText(answer));
      return answer.partitions.some(({ condition }) => condition === 'halted') ? EXIT.failed : EXIT.done;
    },
  });
}

function growthText({ state, from, to, tasks, held_ms, folder, partitions }: GrowAnswer): string {
  if (state === 'planned') return `nothing was done: ${from} to ${to} partitions can be`;
  if (held_ms === undefined) return `the topic has its ${to} partitions`;
  const moved = `${from} to ${to} partitions, ${tasks.toLocaleString('en-US')} tasks, stood still for ${held_ms} ms`;
  const next = `set TASKFOLD_PARTITIONS=${to} wherever it is set`;
  return [moved, ...partitions.map(outcomeText), next, `keep ${folder} until the next "taskfold snapshot save"`].join(
    '\n',
  );
}
