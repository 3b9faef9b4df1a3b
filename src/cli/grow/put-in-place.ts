// The second half of a growth: the topic gets its partitions, C of each begins a new life at the cut, and Redis gets what the
// slots hold afterwards. Each step can be done again.

import { setTimeout as sleep } from 'node:timers/promises';
import { beginGrownLife } from '../../pipeline/growing.ts';
import type { EmittedMark } from '../../pipeline/ports.ts';
import { loadSlot } from '../../redis/load-slot.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { withClaim } from '../partition-cures.ts';
import { piecesOf } from '../snapshot/snapshot-file.ts';
import { openTopicAdmin } from '../topic-admin.ts';
import type { GrowSession } from './grow-session.ts';
import type { GrowthFile } from './growth-file.ts';
import { headOfSeed, type Seed } from './seeds.ts';

const LEADERS_MS_MAX = 15_000;
const LOOK_MS = 100;

/** Gives the input topic its partitions, and waits until each of them can be read. */
export async function growTopic({ context, log }: GrowSession, to: number): Promise<void> {
  const admin = await openTopicAdmin(context);
  if ((await log.partitionCount({ fresh: true })) < to) await admin.grow(context.config.input_topic, to, false);
  for (const until = Date.now() + LEADERS_MS_MAX; ; await sleep(LOOK_MS)) {
    if ((await log.partitionCount({ fresh: true })) >= to) break;
    if (Date.now() > until)
      throw new CommandFailure('the new partitions do not show', EXIT.unavailable, 'run it again');
  }
  await log.bounds(to - 1);
}

/**
 * C begins a new life at the cut: from here on nobody folds the partition as it was before.
 * @throws CommandFailure where somebody went on behind the cut
 */
export async function moveMark({ eventLog }: GrowSession, growth: GrowthFile, seed: Seed): Promise<void> {
  const { partition, watermark: offset } = seed;
  const { head, fingerprint } = await headOfSeed(seed);
  const life = { offset, pins: head.pins, fingerprint, isNew: partition >= growth.from };
  const met = await withClaim({ eventLog }, partition, (events) => beginGrownLife(events, life));
  if (met !== undefined) throw wentOn(partition, offset, met.found);
}

function wentOn(partition: number, cut: number, found: EmittedMark | null): CommandFailure {
  const at = found === null ? 'its C is gone' : `its C is ${found.offset}, of incarnation ${found.pins.incarnation}`;
  return new CommandFailure(
    `partition ${partition} is not as it was cut at offset ${cut}: ${at}`,
    EXIT.failed,
    'somebody has reset it, or deleted the group of C, since; the copies of before lie in DIR/before',
  );
}

/** Puts the slot into Redis, unless it is there already, and lets its owner go on. */
export async function putSeed(session: GrowSession, growth: GrowthFile, seed: Seed): Promise<void> {
  const { redis, run, keysOf, holds, headOf } = session;
  const { partition, file } = seed;
  await holds.take(partition);
  const { head, saving } = await headOf(partition);
  const isThere = saving === null && head?.pins.incarnation === growth.id;
  if (!isThere) await loadSlot(redis, run, keysOf(partition), piecesOf(file));
  await holds.release(partition);
}
