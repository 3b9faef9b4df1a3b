// The cures of a halted partition: what `taskfold partitions resume|rebuild|reset` do, in the order that leaves every
// crash between two steps in a state that halts with the same cure again.

import { randomUUID } from 'node:crypto';
import { FOLD_VERSION, type FoldSettings } from '../domain/fold-settings.ts';
import { Fault } from '../pipeline/errors.ts';
import type { EmittedMark, EventClaim, EventLog, RecordFingerprint, SlotStore } from '../pipeline/ports.ts';
import { CommandFailure } from './command-failure.ts';

export const CURES = ['resume', 'rebuild', 'reset'] as const;
export type Cure = (typeof CURES)[number];

export interface CurePorts {
  readonly eventLog: EventLog;
  readonly slotStore: SlotStore;
  bounds(partition: number): Promise<{ start: number; end: number }>;
  partitionCount(): Promise<number>;
  /** whether the record that was folded is still in its place */
  holdsRecord(partition: number, fingerprint: RecordFingerprint): Promise<boolean>;
  /** the settings that a new life begins with: in force now, or given to this process */
  settings(partition: number): Promise<FoldSettings>;
}

/** Asks the owner to claim again. Nothing else changes. */
export async function resume({ slotStore }: CurePorts, partition: number): Promise<void> {
  await slotStore.requestResume(partition);
}

/**
 * Empties the slot, so that the owner folds the log again from where the fold began and sends nothing below C.
 * @param acceptHistoryLoss fold from the log's start, although the fold began before it
 * @throws CommandFailure if the log does not reach back to the beginning of the fold, or C is missing or above the log
 */
export async function rebuild(ports: CurePorts, partition: number, acceptHistoryLoss: boolean): Promise<void> {
  await withClaim(ports, partition, async (events) => {
    const mark = await events.readEmitted();
    const { start, end } = await ports.bounds(partition);
    if (mark === null) {
      // With the whole log there the owner finds C in the outgoing topics; without it nobody can tell what has left.
      if (start > 0) {
        throw refusal(partition, 'no C is committed, and its log does not begin at 0', `partitions reset ${partition}`);
      }
      return;
    }
    if (mark.offset > end) {
      throw refusal(
        partition,
        `its events left up to ${mark.offset}, its log ends at ${end}: the topic was made again`,
        `partitions reset ${partition}`,
      );
    }
    const { growth } = mark.pins;
    const isSeeded = growth !== undefined && growth.id === mark.pins.incarnation;
    const isWhole = start <= mark.pins.origin && !isSeeded;
    if (isWhole && mark.pins.fold_version === FOLD_VERSION) return;
    if (isSeeded && !acceptHistoryLoss) {
      throw refusal(
        partition,
        `it began with tasks of other partitions when the topic grew from ${growth.partition_count}, and its log does not hold them`,
        `snapshot load DIR ${partition} --replace, with the newest snapshot or the folder of the growth; or partitions rebuild ${partition} --accept-history-loss`,
      );
    }
    if (!isWhole && !acceptHistoryLoss) {
      throw refusal(
        partition,
        `its fold began at offset ${mark.pins.origin}, and the log now starts at ${start}: the sums of what is gone would be missing`,
        `partitions rebuild ${partition} --accept-history-loss, or put back an older copy of Redis and partitions resume ${partition}`,
      );
    }
    // Another beginning, and other rules, make other sums, so it is another life: neither a copy of Redis from before nor a
    // late save must be taken for it. What the registry denied is the same in both.
    const incarnation = newIncarnation();
    // Below the cut of a growth lie records that were folded into what other partitions hold now.
    const origin = growth === undefined ? start : Math.max(start, mark.pins.origin);
    const beginning = isWhole ? {} : { origin, settings: await ports.settings(partition) };
    const pins = { ...mark.pins, ...beginning, fold_version: FOLD_VERSION, incarnation };
    const before = await events.readVerdicts(mark.pins.incarnation);
    const verdicts = [...before.values()].map((verdict) => ({ ...verdict, incarnation }));
    const emitted = { ...mark, offset: Math.max(mark.offset, origin), pins };
    await events.transact({ emitted, messages: [], verdicts });
  });
  await ports.slotStore.clear(partition);
  await ports.slotStore.requestResume(partition);
}

/**
 * Begins the partition anew: C at the log's start, an empty slot; all that is in the log is folded and sent as new. In a log that
 * is still the one of before a growth, only what lies behind the cut: the rest was folded into what other partitions hold now.
 */
export async function reset(ports: CurePorts, partition: number): Promise<void> {
  const [bounds, partition_count, settings] = await Promise.all([
    ports.bounds(partition),
    ports.partitionCount(),
    ports.settings(partition),
  ]);
  await withClaim(ports, partition, async (events) => {
    const pins = { incarnation: newIncarnation(), partition_count, fold_version: FOLD_VERSION, settings };
    const found = await events.readEmitted().catch(orLost);
    const grown = found !== null && (await isStillGrown(ports, partition, found, bounds));
    const origin = grown ? Math.max(bounds.start, found.pins.origin) : bounds.start;
    const growth = grown ? { growth: found.pins.growth! } : {};
    await events.transact({ emitted: { offset: origin, pins: { origin, ...pins, ...growth } }, messages: [] });
  });
  await ports.slotStore.clear(partition);
  await ports.slotStore.requestResume(partition);
}

/** C that nobody can read is one of the reasons for a reset. */
function orLost(error: unknown): null {
  if (error instanceof Fault && error.code === 'emitted_mark_lost') return null;
  throw error;
}

async function isStillGrown(
  ports: CurePorts,
  partition: number,
  { pins, fingerprint }: EmittedMark,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<boolean> {
  if (pins.growth === undefined || end < pins.origin) return false;
  if (fingerprint === undefined || fingerprint.offset < start) return true;
  return fingerprint.offset < end && ports.holdsRecord(partition, fingerprint);
}

const CLAIMS_MAX = 5;

/** An owner that is not halted claims again as soon as it is fenced, and fences us: then it is tried again. */
export async function withClaim<Result>(
  ports: Pick<CurePorts, 'eventLog'>,
  partition: number,
  work: (events: EventClaim) => Promise<Result>,
): Promise<Result> {
  for (let claims = 1; ; claims++) {
    const events = await ports.eventLog.claim(partition);
    try {
      return await work(events);
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'fenced')) throw error;
      if (claims >= CLAIMS_MAX) {
        throw new CommandFailure(
          `the owner of partition ${partition} takes it back each time`,
          1,
          'stop the processors of this group and try again',
          error,
        );
      }
    } finally {
      await events.close();
    }
  }
}

function refusal(partition: number, why: string, cure: string): CommandFailure {
  return new CommandFailure(`partition ${partition} is left as it is: ${why}`, 1, `taskfold ${cure}`);
}

function newIncarnation(): string {
  return `${Date.now().toString(16)}-${randomUUID().slice(0, 8)}`;
}
