// Taking a partition over, in the only order that is sound: fence Kafka, claim Redis, read C; then hold the three
// against the log. Whatever does not fit halts the partition before anything is written.

import { newHead, type PinnedGrowth, type SlotHead, type SlotPins } from '../domain/head.ts';
import type { PipelineContext } from './context.ts';
import { away, Fault } from './errors.ts';
import { matches } from './fingerprint.ts';
import {
  type EmittedMark,
  type EventClaim,
  LOAD_MARK,
  type RecordFingerprint,
  type RecordPlace,
  type SchemaVerdict,
} from './ports.ts';
import { slotHeld } from './save-when-free.ts';

/** A partition that is ours until somebody fences it: W, C, the head as of W, and the recorded verdicts. */
export interface Claimed {
  readonly events: EventClaim;
  readonly head: SlotHead;
  readonly watermark: number;
  readonly emitted: EmittedMark;
  readonly verdicts: Map<number, SchemaVerdict>;
}

/** How often, and how far apart, the log's end is looked at before it counts as too low: it may trail a new leader. */
const END_LOOKS = 6;
const END_LOOK_MS = 1_000;
const RECORD_LOOKS = 20;

/** @throws Fault with the reason: to claim again, to wait, or to halt */
export async function claimPartition(context: PipelineContext, partition: number): Promise<Claimed> {
  const { eventLog, slotStore } = context.ports;
  // Whoever holds the slot may have fenced us, and is not to be fenced each time that we look.
  if (await slotStore.isHeld(partition)) throw slotHeld(partition);
  const events = await eventLog.claim(partition);
  try {
    const slot = await slotStore.claim(partition, context.settings.owner);
    if (slot.saving !== null) {
      if (await slotStore.isHeld(partition)) throw slotHeld(partition);
      throw unfinished(partition, slot.saving);
    }
    const { head, watermark } = slot;
    const found = await events.readEmitted();
    checkGrowth(context, partition, found, head);
    // Both say which version may fold: an operator who has one fold anew changes C's first.
    for (const pins of [found?.pins, head?.pins]) {
      if (pins !== undefined) await checkPins(context, partition, pins, found);
    }
    if (found !== null) await checkLog(context, partition, 'emitted', found.offset, found.fingerprint);
    let position: Position;
    if (head === null || watermark === null) {
      position = await beginSlot(context, partition, events, found);
    } else {
      await checkLog(context, partition, 'folded', watermark, slot.fingerprint);
      const emitted = found ?? (await recoverEmitted(context, partition, events, head.pins, watermark));
      position = { head, watermark, emitted };
    }
    const verdicts = new Map(await events.readVerdicts(position.head.pins.incarnation));
    return { events, ...position, verdicts };
  } catch (error) {
    void events.close().catch(() => {});
    throw error;
  }
}

type Position = Pick<Claimed, 'head' | 'watermark' | 'emitted'>;

/** @param mark of the save, clearing or loading that did not end */
function unfinished(partition: number, mark: string): Fault {
  if (mark.startsWith(LOAD_MARK)) {
    return new Fault('load_unfinished', `A snapshot was put into partition ${partition} only in part (${mark}).`);
  }
  return new Fault('torn_save', `A save up to offset ${mark} stopped half-way in partition ${partition}.`);
}

/** A growth cuts a partition in Kafka before it moves anything, and begins a new life there before it puts the tasks in. */
function checkGrowth(
  { settings }: PipelineContext,
  partition: number,
  found: EmittedMark | null,
  head: SlotHead | null,
): void {
  if (found?.growing !== undefined && found.growing !== settings.growing) {
    const what = `Partition ${partition} stands still at offset ${found.offset} while the input topic grows`;
    throw new Fault('growth_unfinished', `${what} (growth ${found.growing}).`);
  }
  const { growth, incarnation } = found?.pins ?? {};
  // A later life, of whoever accepted the loss, begins with nothing.
  const isSeeded = growth !== undefined && growth.id === incarnation;
  if (isSeeded && head?.pins.incarnation !== incarnation) throw seedMissing(partition, growth);
}

function seedMissing(partition: number, { id, partition_count }: PinnedGrowth): Fault {
  const growth = `the growth ${id} from ${partition_count} partitions`;
  return new Fault('seed_missing', `Redis does not hold what partition ${partition} began with after ${growth}.`);
}

/** The slot is empty: a first start, or Redis lost it and the log is folded again from its origin. */
async function beginSlot(
  context: PipelineContext,
  partition: number,
  events: EventClaim,
  found: EmittedMark | null,
): Promise<Position> {
  const emitted = found ?? (await firstMark(context, partition, events));
  const { origin } = emitted.pins;
  const { start } = await context.ports.inputLog.bounds(partition);
  if (start > origin) {
    throw new Fault(
      'history_gone',
      `Redis holds nothing of partition ${partition}, and its log starts at ${start}, above the fold's origin ${origin}.`,
    );
  }
  const head = newHead(emitted.pins);
  if (!(await context.ports.slotStore.begin(partition, origin, head))) {
    throw new Fault('watermark_moved', `Somebody else began the slot of partition ${partition}.`);
  }
  return { head, watermark: origin, emitted };
}

/** No C and no head: a first start, unless the outgoing topics know better. C is committed before the head is written. */
async function firstMark(context: PipelineContext, partition: number, events: EventClaim): Promise<EmittedMark> {
  const { start } = await context.ports.inputLog.bounds(partition);
  const partition_count = await context.ports.inputLog.partitionCount({ fresh: true });
  const peers = await events.readPeers();
  for (const peer of peers) {
    if (peer.pins.partition_count !== partition_count) throw countChanged(peer.pins.partition_count, partition_count);
  }
  const grown = peers.find(({ pins }) => pins.growth !== undefined)?.pins.growth;
  if (grown !== undefined) throw seedMissing(partition, grown);
  const highest = await events.highestSource();
  if (highest !== null && start > 0) {
    throw new Fault(
      'emitted_mark_lost',
      `Partition ${partition} has sent events up to offset ${highest.offset}, but neither its C nor its state is left.`,
    );
  }
  const pins: SlotPins = {
    origin: start,
    incarnation: newIncarnation(context),
    partition_count,
    fold_version: context.settings.fold_version,
    // Every partition begins with the same ones; what has changed since lies in the log of each.
    settings: peers[0]?.pins.settings ?? context.settings.fold,
  };
  const mark: EmittedMark = { offset: highest === null ? start : highest.offset + 1, pins };
  // Events of an earlier log's records tell nothing about those that lie in their places now.
  if (highest !== null) await checkLog(context, partition, 'emitted', mark.offset, highest);
  await events.transact({ emitted: mark, messages: [] });
  return mark;
}

/** C is missing beside a state: offsets of a group without members expire. A missing C is never 0. */
async function recoverEmitted(
  context: PipelineContext,
  partition: number,
  events: EventClaim,
  pins: SlotPins,
  watermark: number,
): Promise<EmittedMark> {
  const highest = await events.highestSource();
  if (highest === null) {
    const pending = await context.ports.slotStore.readNotices(partition, 0, 1);
    if (pending.watermark !== watermark) throw moved(partition, watermark, pending.watermark);
    if (pending.notices.length > 0) {
      throw new Fault(
        'emitted_mark_lost',
        `Partition ${partition} has pending events from offset ${pending.notices[0]!.offset}, and no C tells which have left.`,
      );
    }
  }
  const mark: EmittedMark = { offset: highest === null ? watermark : highest.offset + 1, pins };
  if (highest !== null) await checkLog(context, partition, 'emitted', mark.offset, highest);
  await events.transact({ emitted: mark, messages: [] });
  return mark;
}

async function checkPins(context: PipelineContext, partition: number, pins: SlotPins, emitted: EmittedMark | null) {
  if (emitted !== null && pins.incarnation !== emitted.pins.incarnation) {
    throw new Fault(
      'incarnation_differs',
      `Redis holds incarnation ${pins.incarnation} of partition ${partition}, Kafka ${emitted.pins.incarnation}.`,
    );
  }
  await checkPartitionCount(context, pins);
  const { fold_version } = context.settings;
  if (pins.fold_version !== fold_version) {
    const versions = `fold version ${pins.fold_version}, this process has ${fold_version}`;
    throw new Fault('fold_differs', `Partition ${partition} is folded by ${versions}.`);
  }
  const { start } = await context.ports.inputLog.bounds(partition);
  // The log of before a growth is older than what was folded since.
  if (start < pins.origin && pins.growth === undefined) {
    throw new Fault(
      'fingerprint_differs',
      `The log of partition ${partition} starts at ${start}, below the fold's origin ${pins.origin}.`,
    );
  }
}

/** @throws Fault partition_count_changed */
export async function checkPartitionCount(context: PipelineContext, pins: SlotPins): Promise<void> {
  const { inputLog } = context.ports;
  if ((await inputLog.partitionCount()) === pins.partition_count) return;
  // What we know may be of before the topic grew.
  const now = await inputLog.partitionCount({ fresh: true });
  if (now !== pins.partition_count) throw countChanged(pins.partition_count, now);
}

/**
 * Holds a position against the log: the log reaches it, W has not been overtaken by retention, and the record known
 * from below the position is still the one in its place. Without that last look a topic that was deleted, made again
 * and filled beyond the position would be taken for the old one, and the records below the position never folded.
 * @param known `null`: there was no record below the position; undefined: nothing is known
 */
async function checkLog(
  context: PipelineContext,
  partition: number,
  position: 'folded' | 'emitted',
  offset: number,
  known: RecordPlace | RecordFingerprint | null | undefined,
): Promise<void> {
  const what = position === 'folded' ? `Partition ${partition} is folded` : `Events of partition ${partition} left`;
  const start = await untilLogReaches(context, partition, offset, (end) => {
    const code = position === 'folded' ? 'watermark_above_log_end' : 'emitted_above_log_end';
    return new Fault(code, `${what} up to ${offset}, its log ends at ${end}.`);
  });
  if (position === 'folded' && offset < start) {
    throw new Fault('history_gone', `${what} up to ${offset}, its log starts at ${start}.`);
  }
  // What retention has removed can be compared no more.
  if (known === undefined || (known !== null && known.offset < start)) return;
  const found = await firstRecord(context, partition, known?.offset ?? start, offset);
  if (known === null ? found === null : found !== null && matches(known, found)) return;
  const place = known?.offset ?? found?.offset;
  throw new Fault(
    'fingerprint_differs',
    `The record at offset ${place} of partition ${partition} is not the one that was folded.`,
  );
}

/** @returns the log's start */
async function untilLogReaches(
  context: PipelineContext,
  partition: number,
  offset: number,
  fault: (end: number) => Fault,
): Promise<number> {
  for (let look = 1; ; look++) {
    const { start, end } = await context.ports.inputLog.bounds(partition);
    if (end >= offset) return start;
    if (look === END_LOOKS) throw fault(end);
    await context.ports.surroundings.sleep(END_LOOK_MS);
  }
}

/** The first record in [from, to), or null. */
async function firstRecord(context: PipelineContext, partition: number, from: number, to: number) {
  const { fetch_wait_ms: wait_ms } = context.settings;
  let position = from;
  for (let look = 0; position < to; look++) {
    if (look === RECORD_LOOKS) {
      throw away('kafka', `Kafka does not show offset ${position} of partition ${partition}.`);
    }
    const batch = await context.ports.inputLog.fetch(partition, position, { records_max: 1, wait_ms });
    const record = batch.records[0];
    if (record !== undefined) return record.offset < to ? record : null;
    if (batch.to > position) look = 0;
    position = batch.to;
  }
  return null;
}

/** @returns the fault of a read or a save that met another W than ours */
export function moved(partition: number, ours: number, found: number | null): Fault {
  return new Fault('watermark_moved', `W of partition ${partition} is ${found ?? 'gone'}, expected ${ours}.`);
}

function countChanged(pinned: number, now: number): Fault {
  return new Fault(
    'partition_count_changed',
    `The state was folded over ${pinned} partitions, the input topic has ${now}.`,
  );
}

function newIncarnation(context: PipelineContext): string {
  const { surroundings } = context.ports;
  const chance = Math.floor(surroundings.random() * 2 ** 32).toString(16);
  return `${surroundings.now().toString(16)}-${chance.padStart(8, '0')}`;
}
