// `taskfold snapshot load`: looks at the files, says what will be done and lost, asks, and puts each slot back behind a hold
// and a fence. Its owner then folds on from the snapshot's W, and sends nothing below C again.

import type { Kafka } from 'kafkajs';
import { createKafka } from '../../kafka/connection.ts';
import { holdSlot } from '../../redis/hold-slot.ts';
import { loadSlot } from '../../redis/load-slot.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import { defineScripts, type RunScript } from '../../redis/scripts.ts';
import { groupKeys } from '../../redis/slot-keys.ts';
import { ask } from '../ask.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type CureSession, type Outcome, openCureSession } from '../cure-session.ts';
import { openRedis } from '../open-redis.ts';
import { withClaim } from '../partition-cures.ts';
import type { PartitionStatus } from '../partition-status.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import { examine, type FoundSnapshot, requireFit } from './check-snapshot.ts';
import { findSnapshots, piecesOf } from './snapshot-file.ts';

export interface LoadOptions {
  /** put it in the place of a state that is there */
  readonly replace: boolean;
  readonly yes: boolean;
}

/** @param partitions none: all that the folder has */
export async function loadSnapshot(
  context: CommandContext,
  folder: string,
  partitions: readonly number[],
  { replace, yes }: LoadOptions,
): Promise<Outcome[]> {
  const { output } = context;
  const files = await findSnapshots(folder);
  const missing = partitions.find((partition) => !files.has(partition));
  if (missing !== undefined) {
    throw new CommandFailure(`${folder} has no snapshot of partition ${missing}`, EXIT.usage);
  }
  const chosen = partitions.length > 0 ? partitions : [...files.keys()];
  const found: FoundSnapshot[] = [];
  const reading = output.progress(() => `reading snapshots: ${found.length} of ${chosen.length}`);
  try {
    for (const partition of chosen) found.push(await examine(context, files.get(partition)!, partition));
  } finally {
    reading.stop();
  }
  const session = await openCureSession(context);
  const { client: redis } = await openRedis(context);
  const loading: Loading = {
    context,
    session,
    run: defineScripts(redis),
    redis,
    kafka: createKafka(kafkaConnection(context.config), 'read', kafkaLog(context)),
    replace,
  };
  const statuses = await session.look(chosen);
  for (const [at, snapshot] of found.entries()) {
    for (const line of preview(snapshot, statuses[at]!, replace)) output.note(line);
  }
  if (!yes) await ask(output, `put back ${found.length} partition(s)?`);
  const watched: Promise<Outcome>[] = [];
  const putting = output.progress(() => `${watched.length} of ${found.length} partitions are put back`);
  try {
    for (const snapshot of found) {
      const { outcome } = await loadOne(loading, snapshot);
      // A failure of the watching is met below.
      outcome.catch(() => {});
      watched.push(outcome);
    }
    return await Promise.all(watched);
  } finally {
    putting.stop();
  }
}

interface Loading {
  readonly context: CommandContext;
  readonly session: CureSession;
  readonly run: RunScript;
  readonly redis: RedisClient;
  readonly kafka: Kafka;
  readonly replace: boolean;
}

/** Done when the slot is there again; answers a promise of what its owner makes of it, in a box so that nobody waits for it here. */
async function loadOne(loading: Loading, snapshot: FoundSnapshot): Promise<{ outcome: Promise<Outcome> }> {
  const { session } = loading;
  const { partition } = snapshot.header;
  const before = await session.lastSeen(partition);
  try {
    await putBack(loading, snapshot);
  } catch (error) {
    // The others may still be put back; this one's reason stands beside their outcomes.
    if (!(error instanceof CommandFailure) || error.exitCode !== EXIT.failed) throw error;
    const refused = { partition, condition: 'refused', reason: error.message };
    return { outcome: Promise.resolve(error.cure ? { ...refused, cure: error.cure } : refused) };
  }
  return { outcome: session.outcome(partition, before) };
}

async function putBack({ context, session, run, redis, kafka, replace }: Loading, snapshot: FoundSnapshot) {
  const { ports } = session;
  const { partition } = snapshot.header;
  const { redis_prefix: prefix, group, input_topic: topic } = context.config;
  const keys = groupKeys(prefix, group)(partition);
  const hold = await holdSlot(redis, keys);
  try {
    const mark = await withClaim(ports, partition, (events) => events.readEmitted());
    const [bounds, partitionCount] = await Promise.all([ports.bounds(partition), ports.partitionCount()]);
    await requireFit(snapshot, mark, { kafka, topic, partitionCount, ...bounds });
    if (!replace && (await redis.exists(keys.head, keys.fleet, keys.looks, keys.outbox)) > 0) {
      throw new CommandFailure(
        `partition ${partition} is left as it is: Redis holds a state of it`,
        EXIT.failed,
        `to put the snapshot in its place: taskfold snapshot load DIR ${partition} --replace`,
      );
    }
    async function* pieces() {
      for await (const piece of piecesOf(snapshot.file)) {
        await hold.keep();
        yield piece;
      }
    }
    await loadSlot(redis, run, keys, pieces());
  } finally {
    await hold.release().catch(() => {});
  }
  await ports.slotStore.requestResume(partition);
}

function preview({ header }: FoundSnapshot, status: PartitionStatus, replace: boolean): string[] {
  const { watermark, emitted, log_start: start = 0, log_end: end = 0, condition, halt } = status;
  const at = `W ${watermark ?? '-'}, C ${emitted ?? '-'}, log ${start} to ${end}`;
  const tasks = header.tasks.toLocaleString('en-US');
  const records = Math.max(0, end - header.watermark).toLocaleString('en-US');
  const lines = [
    `partition ${header.partition}: ${condition}${halt ? ` (${halt.code})` : ''}, ${at}`,
    `  does:  puts back ${tasks} tasks as they were at offset ${header.watermark} (taken ${header.taken_at}), and folds up to ${records}`,
    '         records of the log again from there. No event below C leaves again.',
  ];
  if (watermark === undefined) lines.push('  loses: nothing: Redis holds no state of it.');
  else if (!replace) lines.push(`  loses: nothing: it refuses, because Redis holds a state of it (W ${watermark}).`);
  else if (watermark >= header.watermark) {
    lines.push(`  loses: nothing: what Redis holds beyond offset ${header.watermark} is folded again from the log.`);
  } else lines.push(`  loses: nothing: the snapshot is newer than what Redis holds (W ${watermark}).`);
  return lines;
}
