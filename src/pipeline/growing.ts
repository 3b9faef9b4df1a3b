// What a growth of the input topic does to a partition in Kafka: the cut, and the life that begins there. Both stand beside C, so
// they are as final as C is, whatever Redis forgets (docs/decisions/growing.md).

import type { SlotPins } from '../domain/head.ts';
import { claimPartition } from './claim.ts';
import type { PipelineContext } from './context.ts';
import { drain } from './drain.ts';
import { Emitter } from './emitter.ts';
import type { EmittedMark, EventClaim, RecordFingerprint } from './ports.ts';

/**
 * Cuts a partition: its owner is fenced, what it has decided leaves, and C stands at W with the growth beside it. A zombie may
 * still save; so what is copied afterwards has to be of this W.
 * @param context of the number of partitions before, with the growth that may be beside C already
 * @returns W; null: the slot is behind its C, and has to be folded on first
 * @throws Fault as a claim and a drain do
 */
export async function cutPartition(
  context: PipelineContext,
  partition: number,
  growth: string,
): Promise<number | null> {
  const claimed = await claimPartition(context, partition);
  try {
    const { watermark, emitted, events, head } = claimed;
    if (watermark < emitted.offset) return null;
    const emitter = new Emitter(events, emitted, { begun() {}, emitted() {} });
    await drain(context, partition, claimed, emitter);
    const { fingerprint } = emitter.mark;
    const mark = { offset: watermark, pins: head.pins, ...(fingerprint === undefined ? {} : { fingerprint }) };
    await events.transact({ emitted: { ...mark, growing: growth }, messages: [] });
    return watermark;
  } finally {
    void claimed.events.close().catch(() => {});
  }
}

/** Takes the growth from beside C again, so that the partition goes on as before. */
export async function takeCutBack(events: EventClaim, growth: string): Promise<void> {
  const found = await events.readEmitted();
  if (found?.growing !== growth) return;
  const { growing: _growing, ...emitted } = found;
  await events.transact({ emitted, messages: [] });
}

/** Where a partition goes on after a growth. */
export interface GrownLife {
  /** the cut; of a new partition the start of its log */
  readonly offset: number;
  readonly pins: SlotPins;
  readonly fingerprint: RecordFingerprint | null;
  readonly isNew: boolean;
}

/**
 * Begins the life of a partition after the growth: from here on nobody folds it as it was before. Does nothing where it has begun.
 * @returns what was found in place of the cut, where somebody went on or began anew; undefined: all is well
 */
export async function beginGrownLife(
  events: EventClaim,
  { offset, pins, fingerprint, isNew }: GrownLife,
): Promise<{ readonly found: EmittedMark | null } | undefined> {
  const found = await events.readEmitted();
  if (found?.pins.incarnation === pins.incarnation) return undefined;
  const isCut = found?.growing === pins.incarnation && found.offset === offset;
  if (isNew ? found !== null : !isCut) return { found };
  const emitted = { offset, pins, ...(fingerprint === null ? {} : { fingerprint }) };
  await events.transact({ emitted, messages: [] });
  return undefined;
}
