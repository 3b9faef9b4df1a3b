// `taskfold why <task>`: a task's updates from Kafka, in order, each with what the ledger made of it, and between them what
// time alone did. They are found by the task's offsets in its home partition and folded again from there.

import type { Command } from 'commander';
import { z } from 'zod';
import { type CommandContext, defineCommand } from './command-context.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { nearest } from './nearest.ts';
import { CoveringPosts } from './why/covering-posts.ts';
import { type ExplainedUpdate, explain, explainNow, explainTime, placeOfUpdate } from './why/explained-update.ts';
import { Explanation } from './why/explanation.ts';
import { replayTask } from './why/replay-task.ts';
import { FIELDS, isField } from './why/task-figures.ts';
import { historyGone, lookAtTask, type TaskLook } from './why/task-look.ts';
import { readTaskRecords } from './why/task-records.ts';
import { lateLook, requireSameTask, TaskReplay } from './why/task-replay.ts';
import { passingText, updateText } from './why/update-text.ts';

const field = z.string().refine(isField, { error: (issue) => unknownField(String(issue.input)) });

export function whyCommand(): Command {
  return defineCommand({
    name: 'why',
    summary: 'explain a task: its updates in order, and what each one changed',
    description:
      "Reads the task's updates from its home partition, from its first offset on, and folds them again. For each: where it " +
      'lies, its class (docs/fold.md, "The ledger") or why it was rejected, what it changed, what it emitted, and for a dropped one ' +
      'the offset that had counted it already. Between them, and behind the last one up to what Redis has folded: when the task ' +
      'fell silent or stalled because no update came. In the end the task must be the one that Redis has: then every figure comes ' +
      'from the offsets that are listed. An update that could not be decoded is listed if it is keyed by the task.',
    examples: [
      ['why IJ1', 'all updates of the task'],
      ['why IJ1 --field error_count', 'those that moved one figure, and their sum'],
      ['why IJ1 --field inputs.camera-1', 'both counts of one input; "inputs" takes all of them'],
      ['why IJ1 --field task_status', 'how it got its status'],
      ['why IJ1 --field liveness', 'when its engines fell silent, and came back'],
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
  const gone = historyGone(look);
  if (gone === null) return explainAll(context, look, field);
  if (field !== undefined) throw new CommandFailure(gone, EXIT.failed);
  context.output.note(`taskfold: ${gone}`);
  await listWhatIsLeft(context, look);
  return EXIT.failed;
}

async function explainAll(context: CommandContext, look: TaskLook, field: string | undefined): Promise<ExitCode> {
  const { output } = context;
  const { topic } = look.task.source;
  const replay = new TaskReplay(look.task, look.pins);
  const covering = new CoveringPosts();
  const explanation = new Explanation(field);
  const progress = progressOf(context);
  try {
    for await (const { record, time, update } of replayTask(context, look, replay, progress)) {
      const passing = time && explanation.takeTime(explainTime(record, time, topic));
      if (passing) await output.result(passing, () => passingText(passing));
      const told = update && explanation.takeUpdate(explain(update.taken, update.replayed, covering, topic));
      if (told) await output.result(told, () => updateText(told, field));
    }
  } finally {
    progress.stop();
  }
  requireSameTask(look.task, replay.document);
  const late = lateLook(look.task, replay.document);
  if (late !== null) output.note(`taskfold: ${late}`);
  const now = explainNow(look);
  if (!output.json || explanation.tellsNow) await output.result(now, () => explanation.endText(look, now));
  return EXIT.done;
}

/** Without what came before, nobody can tell more of an update than where it lies. */
async function listWhatIsLeft(context: CommandContext, look: TaskLook): Promise<void> {
  const progress = progressOf(context);
  try {
    const range = [look.logStart, look.task.source.last_offset + 1] as const;
    for await (const step of readTaskRecords(context, look, range, progress.onProgress)) {
      if ('passed' in step || !step.own) continue;
      const left: ExplainedUpdate = { ...placeOfUpdate(step), class: 'unknown' };
      await context.output.result(left, () => updateText(left));
    }
  } finally {
    progress.stop();
  }
}

function progressOf({ output }: CommandContext) {
  let at = { done: 0, total: 0 };
  const text = () => `read ${at.done.toLocaleString('en-US')} of ${at.total.toLocaleString('en-US')} offsets`;
  const shown = output.progress(text);
  return {
    onProgress(now: typeof at) {
      at = now;
    },
    stop() {
      shown.stop();
    },
  };
}

function unknownField(name: string): string {
  const ending = FIELDS.find((one) => one.endsWith(`.${name}`));
  const meant = ending ?? nearest(name, FIELDS);
  const hint = meant === null ? 'the names are those of "taskfold task --json"' : `did you mean ${meant}?`;
  return `a task has no figure ${JSON.stringify(name)} (${hint})`;
}
