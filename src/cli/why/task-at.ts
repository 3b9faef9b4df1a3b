// `taskfold task <id> --at`: the task as it was after an offset or at a log time, by folding its own records again
// along the time of its partition.

import { z } from 'zod';
import type { InputRecord } from '../../pipeline/ports.ts';
import type { TaskDocument } from '../../read/task-document.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { reachAll } from '../reach.ts';
import { replayTask } from './replay-task.ts';
import { historyGone, lookAtTask } from './task-look.ts';
import { requireSameTask, TaskReplay } from './task-replay.ts';

/** A record at this offset or log time (epoch ms) is the last one that counts. */
export type PointInLog = { readonly offset: number } | { readonly time: number };

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const WANTED = 'must be an offset, a time such as 2026-03-01T12:00:00Z, or epoch milliseconds (12 digits and more)';

/** `4711` is an offset; a number of 12 digits and more is epoch ms (from 1973 on). */
export const pointInLog = z.string().transform((text, context): PointInLog => {
  if (/^\d{1,11}$/.test(text)) return { offset: Number(text) };
  const time = /^\d{12,15}$/.test(text) ? Number(text) : RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) context.addIssue({ code: 'custom', message: WANTED });
  return { time };
});

/** @throws CommandFailure (exit 1) where there was no such task yet, or its history is gone; Fault */
export async function taskAt(context: CommandContext, id: string, at: PointInLog): Promise<TaskDocument> {
  await reachAll(context.config, ['kafka', 'registry']);
  const look = await lookAtTask(context, id);
  const gone = historyGone(look);
  if (gone !== null) throw new CommandFailure(gone, EXIT.failed);
  const replay = new TaskReplay(look.task, look.pins);
  let stopped = false;
  // What was state then is a beginning of the log, so the first later record ends it.
  const isBeyond = ({ offset, timestamp }: InputRecord) => {
    stopped = 'offset' in at ? offset > at.offset : timestamp > at.time;
    return stopped;
  };
  for await (const _ of replayTask(context, look, replay, { isBeyond }));
  if (!stopped) requireSameTask(look.task, replay.document);
  const task = replay.document;
  if (task !== null) return task;
  const { first_offset, partition } = look.task.source;
  const began = `its first update lies at offset ${first_offset} of partition ${partition}`;
  const when = new Date(look.task.first_update_at).toISOString();
  throw new CommandFailure(`there was no task "${id}" then: ${began}, log time ${when}`, EXIT.failed);
}
