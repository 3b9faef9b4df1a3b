// Replays one task along its partition's log: its own records are folded, all others only pass the time, and whatever that
// does to the task is given out in order. `why` and `task --at` both read the log through here.

import type { InputRecord } from '../../pipeline/ports.ts';
import type { CommandContext } from '../command-context.ts';
import type { TaskLook } from './task-look.ts';
import { readTaskRecords, type TaskRecord } from './task-records.ts';
import type { ReplayedTime, ReplayedUpdate, TaskReplay } from './task-replay.ts';

/** A record at which something happened to the task: first what the time did, then the update, if it is one of the task. */
export interface ReplayedRecord {
  readonly record: InputRecord;
  readonly time: ReplayedTime | null;
  readonly update: { readonly taken: TaskRecord; readonly replayed: ReplayedUpdate } | null;
}

export interface ReplayOptions {
  /** The first record that it holds for ends the replay, and is not folded. */
  isBeyond?(record: InputRecord): boolean;
  /** offsets passed and to pass */
  onProgress?(progress: { done: number; total: number }): void;
}

/**
 * From the task's first offset to W, as it was at the first look; or, behind its last offset, to where the time can do
 * nothing to it any more: the look has found it, so it was not retired.
 * @throws CommandFailure where the registry has forgotten a schema; Fault history_gone, service_unavailable
 */
export async function* replayTask(
  context: CommandContext,
  look: TaskLook,
  replay: TaskReplay,
  { isBeyond = () => false, onProgress }: ReplayOptions = {},
): AsyncGenerator<ReplayedRecord, void, undefined> {
  const { first_offset, last_offset } = look.task.source;
  const isOver = (record: InputRecord) => (record.offset > last_offset && !replay.isWatched) || isBeyond(record);
  for await (const step of readTaskRecords(context, look, [first_offset, look.watermark], onProgress)) {
    if ('passed' in step) {
      for (const record of step.passed) {
        if (isOver(record)) return;
        const time = replay.pass({ offset: record.offset, timestamp: record.timestamp, source: null });
        if (time !== null) yield { record, time, update: null };
      }
      continue;
    }
    const { record, input } = step;
    if (isOver(record)) return;
    const time = replay.pass(input);
    const replayed = replay.fold(step, time?.notices.length ?? 0);
    // Behind its last offset lies nothing of the task but what changed nothing: second copies, bytes that are no update.
    const update = replayed === null || record.offset > last_offset ? null : { taken: step, replayed };
    if (time !== null || update !== null) yield { record, time, update };
  }
}
