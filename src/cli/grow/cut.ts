// The first half of a growth: each partition of before is cut. Its owner is fenced, what it had decided and not sent leaves, C
// stands at W and says in Kafka that nobody goes on from here, and what the slot holds is copied to a file.

import { join } from 'node:path';
import { claimPartition } from '../../pipeline/claim.ts';
import { drain } from '../../pipeline/drain.ts';
import { Emitter } from '../../pipeline/emitter.ts';
import { Fault } from '../../pipeline/errors.ts';
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
 * @param growing what stands beside C now
 * @returns the W of the cut
 * @throws CommandFailure where the partition cannot be cut as it stands, Fault
 */
export async function cutPartition(
  session: GrowSession,
  { id, from }: Pick<GrowthFile, 'id' | 'from'>,
  folder: string,
  partition: number,
  growing: string | undefined,
): Promise<number> {
  const { redis, run, keysOf, holds, slotStore, context } = session;
  await holds.take(partition);
  const file = join(beforeFolder(folder), snapshotName(partition));
  for (let tries = 1; ; tries++) {
    try {
      const watermark = await stop(session, { id, from }, partition, growing);
      if (await isCopied(file, watermark, slotStore, partition)) return watermark;
      const { input_topic: topic, group } = context.config;
      const about = { topic, group, partition, emitted: watermark };
      await writeSnapshot(file, copySlot(redis, run, keysOf(partition)), (first) => headerOf(first, about));
      const { header } = await checkSnapshot(file);
      if (header.watermark === watermark) return watermark;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const passes = error.remedy === 'claim';
      if (!passes) throw refusal(partition, error.message);
      if (tries >= TRIES_MAX) throw error;
    }
    if (tries >= TRIES_MAX) throw refusal(partition, 'it is folded on and on: its W moves while it is held');
  }
}

/** Answers W, where C stands now, with the growth beside it. */
async function stop(
  session: GrowSession,
  { id, from }: Pick<GrowthFile, 'id' | 'from'>,
  partition: number,
  growing: string | undefined,
): Promise<number> {
  const { slotStore } = session;
  const { watermark: found } = await slotStore.readTasks(partition, [], null);
  if (found === null) {
    throw refusal(partition, 'Redis holds no state of it', 'let the processors fold all partitions first');
  }
  const context = await session.pipeline(from, growing);
  const claimed = await claimPartition(context, partition);
  try {
    const { watermark, emitted, events, head } = claimed;
    if (watermark < emitted.offset) {
      const behind = `it is folded up to ${watermark}, and its events have left up to ${emitted.offset}`;
      throw refusal(partition, behind, 'let the processors fold it up to there first');
    }
    const emitter = new Emitter(events, emitted, { begun() {}, emitted() {} });
    await drain(context, partition, claimed, emitter);
    const { fingerprint } = emitter.mark;
    const mark = { offset: watermark, pins: head.pins, ...(fingerprint === undefined ? {} : { fingerprint }) };
    await events.transact({ emitted: { ...mark, growing: id }, messages: [] });
    return watermark;
  } finally {
    await claimed.events.close();
  }
}

async function isCopied(file: string, watermark: number, slotStore: GrowSession['slotStore'], partition: number) {
  const copied = await checkSnapshot(file).catch(() => null);
  if (copied?.header.watermark !== watermark) return false;
  return (await slotStore.readTasks(partition, [], null)).watermark === watermark;
}

/** Takes the growth from beside C again, so that the owner goes on. */
export async function letGoOn({ eventLog }: GrowSession, id: string, partition: number): Promise<void> {
  await withClaim({ eventLog }, partition, async (events) => {
    const found = await events.readEmitted();
    if (found?.growing !== id) return;
    const { growing: _growing, ...emitted } = found;
    await events.transact({ emitted, messages: [] });
  });
}

function refusal(partition: number, why: string, cure?: string): CommandFailure {
  return new CommandFailure(`partition ${partition} cannot be cut: ${why}`, EXIT.failed, cure);
}
