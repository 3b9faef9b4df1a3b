// `taskfold why <task>`: a task's updates from Kafka, in order, each with what the ledger made of it. They are found by
// the task's first and last offset in its home partition and folded again from there.

import type { Command } from 'commander';
import { z } from 'zod';
import { type CommandContext, defineCommand } from './command-context.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { nearest } from './nearest.ts';
import { CoveringPosts } from './why/covering-posts.ts';
import { type ExplainedUpdate, explain, explainTime, narrowed, placeOfUpdate } from './why/explained-update.ts';
import { FIELDS, type FigureChange, figuresOf, isField } from './why/task-figures.ts';
import { historyGone, lookAtTask } from './why/task-look.ts';
import { readTaskRecords } from './why/task-records.ts';
import { hasLivenessOf, requireSameTask, TaskReplay } from './why/task-replay.ts';
import { sumTexts, updateText } from './why/update-text.ts';

const field = z.string().refine(isField, { error: (issue) => unknownField(String(issue.input)) });

export function whyCommand(): Command {
  return defineCommand({
    name: 'why',
    summary: 'explain a task: its updates in order, and what each one changed',
    description:
      "Reads the task's updates from its home partition, from its first to its last offset, and folds them again. For each: where " +
      'it lies, its class (docs/fold.md, "The ledger") or why it was rejected, what it changed, what it emitted, and for a dropped ' +
      'one the offset that had counted it already. In the end the task must be the one that Redis has: then every figure comes ' +
      'from the offsets that are listed. An update that could not be decoded is listed if it is keyed by the task.',
    examples: [
      ['why IJ1', 'all updates of the task'],
      ['why IJ1 --field error_count', 'those that moved one figure, and their sum'],
      ['why IJ1 --field inputs.camera-1', 'both counts of one input; "inputs" takes all of them'],
      ['why IJ1 --field task_status', 'how it got its status'],
      ['why IJ1 --json | jq -c "select(.covered_by)"', 'what was dropped, and what had counted it'],
    ],
    arguments: [['<internal_task_id>', 'the id that the engines report under']],
    options: [['--field <name>', 'only the updates that moved this figure, by its name in "taskfold task --json"']],
    parse: z.object({ field: field.optional() }),
    settings: ['services', 'names'],
    needs: ['kafka', 'registry', 'redis'],
    run: (context, options, [id = '']) => explainTask(context, id, options.field),
  });
}

async function explainTask(context: CommandContext, id: string, field: string | undefined): Promise<ExitCode> {
  const look = await lookAtTask(context, id);
  const { output } = context;
  const gone = historyGone(look);
  if (gone !== null) {
    if (field !== undefined) throw new CommandFailure(gone, EXIT.failed);
    output.note(`taskfold: ${gone}`);
  }
  const { partition, first_offset, last_offset, topic } = look.task.source;
  let at = { done: 0, total: look.watermark - first_offset };
  const progress = process.stdout.isTTY
    ? null
    : output.progress(() => `read ${at.done.toLocaleString('en-US')} of ${at.total.toLocaleString('en-US')} offsets`);
  const replay = new TaskReplay(look.task, look.pins);
  const covering = new CoveringPosts();
  const changes: FigureChange[] = [];
  const classes = new Map<string, number>();
  try {
    const tell = async (update: ExplainedUpdate) => {
      const told = field === undefined ? update : narrowed(update, field);
      if (told === null) return;
      classes.set(told.class, (classes.get(told.class) ?? 0) + 1);
      if (field !== undefined) changes.push(...told.changed);
      await output.result(told, () => updateText(told, field));
    };
    const records = readTaskRecords(context, look, [Math.max(first_offset, look.logStart), look.watermark], (now) => {
      at = now;
    });
    for await (const taken of records) {
      // Behind its last update only time can change a task.
      if (taken.record.offset > last_offset && (gone !== null || hasLivenessOf(look.task, replay.document))) break;
      if (gone !== null) {
        if (taken.input !== null && taken.own) await tell({ ...placeOfUpdate(taken), class: 'unknown' });
        continue;
      }
      const passed = replay.pass(taken);
      if (passed !== null) await tell(explainTime(taken, passed, topic));
      const replayed = taken.input === null ? null : replay.fold(taken);
      if (taken.input !== null && replayed !== null) await tell(explain(taken, replayed, covering, topic));
    }
  } finally {
    progress?.stop();
  }
  if (gone !== null) return EXIT.failed;
  requireSameTask(look.task, replay.document);
  if (!output.json) {
    const sums = field === undefined ? [] : sumTexts(field, changes, figuresOf(look.task));
    const place = `partition ${partition} of ${topic}, offsets ${first_offset} to ${last_offset}`;
    await output.result(null, () => ['', ...sums, endText(classes, place, field)].join('\n'));
  }
  return EXIT.done;
}

function endText(classes: ReadonlyMap<string, number>, place: string, field: string | undefined): string {
  const count = [...classes.values()].reduce((sum, one) => sum + one, 0);
  const of = [...classes].map(([name, times]) => `${times} ${name}`).join(', ');
  const which = field === undefined ? '' : ` that moved ${field}`;
  const listed = `${count} ${count === 1 ? 'update' : 'updates'}${which}${of === '' ? '' : ` (${of})`}`;
  return `${listed}, ${place}; folded again they make the task that Redis has`;
}

function unknownField(name: string): string {
  const ending = FIELDS.find((one) => one.endsWith(`.${name}`));
  const meant = ending ?? nearest(name, FIELDS);
  const hint = meant === null ? 'the names are those of "taskfold task --json"' : `did you mean ${meant}?`;
  return `a task has no figure ${JSON.stringify(name)} (${hint})`;
}
