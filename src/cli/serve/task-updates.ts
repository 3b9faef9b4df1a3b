// The updates of a task for the API: `taskfold why`, in bounded time and number.

import { notFound } from '../../serve/problems.ts';
import type { ExplainedUpdates, UpdatesSource } from '../../serve/sources.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure } from '../command-failure.ts';
import { CoveringPosts } from '../why/covering-posts.ts';
import {
  type ExplainedTime,
  type ExplainedUpdate,
  explain,
  explainNow,
  explainTime,
  placeOfUpdate,
} from '../why/explained-update.ts';
import { replayTask } from '../why/replay-task.ts';
import { historyGone, lookAtTask, type TaskLook } from '../why/task-look.ts';
import { readTaskRecords } from '../why/task-records.ts';
import { lateLook, requireSameTask, TaskReplay } from '../why/task-replay.ts';
import type { RequestRunner } from './request-context.ts';

/** How long the log is read for one answer, ms. */
const READ_MS_MAX = 10_000;

type Told = ExplainedUpdate | ExplainedTime;

export function createUpdatesSource(runner: RequestRunner): UpdatesSource {
  return (id, range) =>
    runner.run(async (context) => {
      const look = await lookAtTask(context, id).catch((error: unknown) => {
        if (!(error instanceof CommandFailure)) throw error;
        throw notFound(error.message, error.cure ?? '/api/partitions tells how the partitions stand');
      });
      const gone = historyGone(look);
      return gone === null ? explainAll(context, look, range) : listWhatIsLeft(context, look, gone, range);
    });
}

interface Range {
  readonly after: number;
  readonly limit: number;
}

async function explainAll(context: CommandContext, look: TaskLook, { after, limit }: Range): Promise<ExplainedUpdates> {
  const { topic } = look.task.source;
  const replay = new TaskReplay(look.task, look.pins);
  const covering = new CoveringPosts();
  const updates: Told[] = [];
  const deadline = performance.now() + READ_MS_MAX;
  for await (const { record, time, update } of replayTask(context, look, replay)) {
    const told: Told[] = [];
    if (time) told.push(explainTime(record, time, topic));
    // What the updates before have counted has to be known, also where they are not asked for.
    if (update) told.push(explain(update.taken, update.replayed, covering, topic));
    if (record.offset <= after) continue;
    if (updates.length + told.length > limit) return { updates, complete: false, next_after: lastOf(updates, after) };
    updates.push(...told);
    if (performance.now() > deadline) {
      const note = `reading the log took longer than ${READ_MS_MAX / 1_000} s; "taskfold why ${look.task.internal_task_id}" has no such limit`;
      return { updates, complete: false, next_after: record.offset, note };
    }
  }
  const note = differenceOf(look, replay) ?? lateLook(look.task, replay.document);
  return { updates: [...updates, explainNow(look)], complete: true, ...(note === null ? {} : { note }) };
}

/** Without what came before, nobody can tell more of an update than where it lies. */
async function listWhatIsLeft(context: CommandContext, look: TaskLook, note: string, { after, limit }: Range) {
  const updates: Told[] = [];
  const deadline = performance.now() + READ_MS_MAX;
  for await (const step of readTaskRecords(context, look, [look.logStart, look.task.source.last_offset + 1])) {
    if (performance.now() > deadline) break;
    if ('passed' in step || !step.own || step.record.offset <= after) continue;
    if (updates.length === limit) return { updates, complete: false, next_after: lastOf(updates, after), note };
    updates.push({ ...placeOfUpdate(step), class: 'unknown' });
  }
  return { updates, complete: false, note };
}

function lastOf(updates: readonly Told[], after: number): number {
  return updates.at(-1)?.offset ?? after;
}

/** In a sentence; null: the updates make the task that Redis has. */
function differenceOf(look: TaskLook, replay: TaskReplay): string | null {
  try {
    requireSameTask(look.task, replay.document);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
