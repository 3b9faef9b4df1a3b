// The first look of `why` and `task --at`: the task as Redis has it now, by which rules its partition is folded, and
// whether the log still reaches back to where the task begins. What is folded meanwhile lies behind `last_offset`.

import { FOLD_VERSION } from '../../domain/fold-settings.ts';
import type { SlotPins } from '../../domain/head.ts';
import { homeOf } from '../../domain/home.ts';
import { settingsAt } from '../../domain/settings-change.ts';
import { ClusterLink } from '../../kafka/cluster-link.ts';
import { createKafka } from '../../kafka/connection.ts';
import { createLiveReads } from '../../read/live-reads.ts';
import type { TaskDocument } from '../../read/task-document.ts';
import { defineScripts } from '../../redis/scripts.ts';
import { groupKeys } from '../../redis/slot-keys.ts';
import { readSlot } from '../../redis/slot-reads.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { findTask } from '../find-task.ts';
import { openRedis } from '../open-redis.ts';
import { kafkaConnection, kafkaLog, openTopicAdmin } from '../topic-admin.ts';

export interface TaskLook {
  readonly task: TaskDocument;
  /** of the task's home partition; the settings are those that its first update was folded by */
  readonly pins: SlotPins;
  /** the task is folded from all records of its partition below this offset */
  readonly watermark: number;
  /** the first offset that the home partition's log still has */
  readonly logStart: number;
}

/** @throws CommandFailure (exit 1): no such task, or the log cannot be the one it was folded from; Fault */
export async function lookAtTask(context: CommandContext, id: string): Promise<TaskLook> {
  const { redis_prefix: prefix, group, input_topic: topic } = context.config;
  const { client: redis } = await openRedis(context);
  const reads = createLiveReads({ redis, prefix, group, topic });
  // Time alone may change it, too: so it is the task as it was at some W, read in one step with it.
  const { task, watermark } = await findTask(context, reads, id);
  const { partition } = task.source;
  const { head, damage } = await readSlot(defineScripts(redis), groupKeys(prefix, group)(partition));
  if (head === null) {
    throw new CommandFailure(damage ?? `partition ${partition} was emptied meanwhile`, EXIT.failed, 'try again');
  }
  const { first_offset, last_offset } = task.source;
  const settings = settingsAt(head, first_offset);
  if (settings === null) {
    const what = `the settings of partition ${partition} were changed ${head.controls.obeyed} times, too often since the task began at offset ${first_offset}`;
    throw new CommandFailure(`${what}: nobody knows any more by which ones it was folded`, EXIT.failed);
  }
  const pins = { ...head.pins, settings };
  if (pins.fold_version !== FOLD_VERSION) {
    const ours = `this is version ${FOLD_VERSION}`;
    throw new CommandFailure(`the task was folded by version ${pins.fold_version} of the fold; ${ours}`, EXIT.failed);
  }
  const shape = await (await openTopicAdmin(context)).look(topic);
  if (shape?.partitions !== pins.partition_count || homeOf(id, pins.partition_count) !== partition) {
    const now = shape === null ? 'there is none now' : `now it has ${shape.partitions}`;
    const what = `the task was folded from a topic ${topic} of ${pins.partition_count} partitions; ${now}`;
    throw new CommandFailure(what, EXIT.failed, 'check the names');
  }
  const link = new ClusterLink(createKafka(kafkaConnection(context.config), 'read', kafkaLog(context)), topic);
  try {
    const logStart = (await link.offsets([partition], 'start')).get(partition)!;
    const logEnd = (await link.offsets([partition], 'end')).get(partition)!;
    if (logEnd <= last_offset) {
      const what = `the log of partition ${partition} ends at offset ${logEnd}, and the task was folded up to offset ${last_offset}`;
      throw new CommandFailure(`${what}: it is not the log that the task was folded from`, EXIT.failed);
    }
    // Below the cut of a growth lie other homes' records.
    const from = pins.growth === undefined ? logStart : Math.max(logStart, pins.origin);
    return { task, pins, watermark, logStart: from };
  } finally {
    await link.close();
  }
}

/** What is gone of the task's updates, in a sentence; null: nothing is. */
export function historyGone({ task, pins, logStart }: TaskLook): string | null {
  const { partition, first_offset } = task.source;
  if (pins.growth !== undefined && first_offset < pins.origin) {
    const grew = `the topic grew from ${pins.growth.partition_count} partitions, at offset ${pins.origin} of partition ${partition}`;
    return `the task is older than that ${grew}: its updates before that are not replayed, so nobody can tell the classes and sums of later ones`;
  }
  if (logStart <= first_offset) return null;
  const began = `the task begins at offset ${first_offset} of partition ${partition}, and the log at ${logStart}`;
  return `${began}: its updates before that are gone, so nobody can tell the classes and sums of those that are left`;
}
