// The first half of a growth: each partition of before is cut, and what its slot holds then is copied to a file.

import { join } from 'node:path';
import { Fault } from '../../pipeline/errors.ts';
import { cutPartition, takeCutBack } from '../../pipeline/growing.ts';
import type { EmittedMark } from '../../pipeline/ports.ts';
import { copySlot } from '../../redis/copy-slot.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { withClaim } from '../partition-cures.ts';
import { headerOf } from '../snapshot/save-snapshot.ts';
import { checkSnapshot, snapshotName, writeSnapshot } from '../snapshot/snapshot-file.ts';
import type { GrowSession } from './grow-session.ts';
import { beforeFolder, type GrowthFile } from './growth-file.ts';

/** An owner that was fenced may still save what it had at hand; then the copy begins again. */
const TRIES_MAX = 5;

/**
 * Cuts one partition and copies it; does nothing where that was done before.
 * @param mark C as it stands, with what may be beside it
 * @returns the W of the cut
 * @throws CommandFailure where the partition cannot be cut as it stands, Fault
 */
export async function cutAndCopy(
  session: GrowSession,
  { id, from }: GrowthFile,
  folder: string,
  partition: number,
  mark: EmittedMark | undefined,
): Promise<number> {
  const { redis, run, keysOf, holds, slotStore, context } = session;
  await holds.take(partition);
  const file = join(beforeFolder(folder), snapshotName(partition));
  // Nobody moves a C that is cut, so the copy is good whatever has become of Redis since.
  if (mark?.growing === id && (await isCopy(file, mark))) return mark.offset;
  for (let tries = 1; ; tries++) {
    try {
      if ((await slotStore.readTasks(partition, [], null)).watermark === null) {
        throw refusal(partition, 'Redis holds no state of it', 'let the processors fold all partitions first');
      }
      const watermark = await cutPartition(await session.pipeline(from, mark?.growing), partition, id);
      if (watermark === null) {
        throw refusal(partition, 'it is not folded up to its C', 'let the processors fold it on first');
      }
      const { input_topic: topic, group } = context.config;
      const about = { topic, group, partition, emitted: watermark };
      const { header } = await writeSnapshot(file, copySlot(redis, run, keysOf(partition)), (first) =>
        headerOf(first, about),
      );
      if (header.watermark === watermark) return watermark;
      throw new Fault('watermark_moved', `W of partition ${partition} moves while it is held`);
    } catch (error) {
      if (!(error instanceof Fault) || error.remedy === 'wait') throw error;
      if (error.remedy !== 'claim' || tries >= TRIES_MAX) throw refusal(partition, error.message);
    }
  }
}

async function isCopy(file: string, { offset, pins }: EmittedMark): Promise<boolean> {
  const copy = await checkSnapshot(file).catch(() => null);
  return copy?.header.watermark === offset && copy.header.incarnation === pins.incarnation;
}

/** Takes the cut back, so that the owner goes on. */
export async function letGoOn(session: GrowSession, id: string, partition: number): Promise<void> {
  const { eventLog, slotStore, holds } = session;
  await withClaim({ eventLog }, partition, (events) => takeCutBack(events, id));
  await holds.release(partition);
  if ((await slotStore.readLive(partition))?.halt) await slotStore.requestResume(partition);
}

function refusal(partition: number, why: string, cure?: string): CommandFailure {
  return new CommandFailure(`partition ${partition} cannot be cut: ${why}`, EXIT.failed, cure);
}
