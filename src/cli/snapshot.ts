// `taskfold snapshot save|load`: the way back from a Redis that was lost, where the log no longer reaches back to where the
// fold began.

import type { Command } from 'commander';
import { z } from 'zod';
import { defineCommand, defineGroup } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { outcomeText } from './outcome-text.ts';
import { loadSnapshot } from './snapshot/load-snapshot.ts';
import { type SavedSlot, saveSnapshot } from './snapshot/save-snapshot.ts';

export function snapshotCommand(): Command {
  return defineGroup('snapshot', 'save the state to files, and put it back', [saveCommand(), loadCommand()]);
}

function saveCommand(): Command {
  return defineCommand({
    name: 'save',
    summary: 'write the state of each partition to a file',
    description:
      'Copies the state of each partition in Redis, one after the other, to DIR/partition-<n>.jsonl.gz: all of it as of one W. ' +
      'Processors go on; the partition that is being copied stands still meanwhile (its records wait in the log), and goes on ' +
      'by itself after 15 s should this command die. A file takes the place of an older one only when it is whole. It holds ' +
      'no job token. docs/snapshots.md describes the format.',
    examples: [
      ['snapshot save /backups/$(date +%F)', 'all partitions, once a day'],
      ['snapshot save /backups/now 3 4 --json', 'these two; how long each stood still is in the answer'],
    ],
    arguments: [
      ['<dir>', 'folder, made where it is missing'],
      ['[partition...]', 'numbers of partitions; all unless told'],
    ],
    settings: ['services', 'names'],
    needs: ['kafka', 'redis'],
    async run(context, _options, [folder, ...partitions]) {
      let doing = 'looking at the partitions';
      const progress = context.output.progress(() => doing);
      const saved = await saveSnapshot(context, folder!, partitionsOf(partitions), (text) => {
        doing = text;
      }).finally(() => progress.stop());
      await context.output.result({ snapshot: saved }, () => saved.map(savedText).join('\n'));
      return saved.some(({ condition }) => condition === 'failed') ? EXIT.failed : EXIT.done;
    },
  });
}

function loadCommand(): Command {
  return defineCommand({
    name: 'load',
    summary: 'put saved partitions back into Redis',
    description:
      'Puts the state of DIR/partition-<n>.jsonl.gz back, for a partition of which Redis holds nothing. Its owner goes on from ' +
      'there: the log is folded again from the W of the file, and no event below C leaves again. Refuses, and touches nothing, ' +
      'where the file is damaged, of another life of the partition, or of another log, and where the log no longer reaches ' +
      'back to its W. Says what it will do and lose, and asks first.',
    examples: [
      ['snapshot load /backups/2026-03-01', 'after Redis was lost'],
      ['snapshot load /backups/2026-03-01 3 --replace --yes', 'this one, also where Redis holds a state of it'],
    ],
    arguments: [
      ['<dir>', 'folder of "taskfold snapshot save"'],
      ['[partition...]', 'numbers of partitions; all that the folder has unless told'],
    ],
    options: [
      ['--replace', 'put it in the place of what Redis holds'],
      ['--yes', 'do not ask'],
    ],
    parse: z.object({ replace: z.boolean().default(false), yes: z.boolean().default(false) }),
    settings: ['services', 'names', 'fold'],
    needs: ['kafka', 'redis'],
    async run(context, options, [folder, ...partitions]) {
      const outcomes = await loadSnapshot(context, folder!, partitionsOf(partitions), options);
      await context.output.result({ load: outcomes }, () => outcomes.map(outcomeText).join('\n'));
      return outcomes.some(({ condition }) => condition === 'halted' || condition === 'refused')
        ? EXIT.failed
        : EXIT.done;
    },
  });
}

function partitionsOf(texts: readonly string[]): number[] {
  const partitions = texts.map((text) => {
    if (/^\d{1,6}$/.test(text)) return Number(text);
    throw new CommandFailure(`"${text}" is no partition: give numbers, or none for all`, EXIT.usage);
  });
  return [...new Set(partitions)];
}

function savedText({ partition, condition, watermark, tasks, bytes, held_ms, file, reason }: SavedSlot): string {
  if (condition === 'empty') return `partition ${partition}: Redis holds no state of it`;
  if (condition === 'failed') return `partition ${partition}: failed: ${reason}`;
  const amounts = `${tasks!.toLocaleString('en-US')} tasks, ${bytes!.toLocaleString('en-US')} bytes`;
  return `partition ${partition}: W ${watermark}, ${amounts}, stood still for ${held_ms} ms: ${file}`;
}
