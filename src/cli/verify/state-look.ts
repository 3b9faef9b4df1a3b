// The first half of a verification: Redis against the plain fold, each piece of it at the W that it was read with. So
// processors may work meanwhile; W only moves on, and the plain fold with it.

import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { compareRollUps } from './compare-roll-ups.ts';
import { compareSlot, compareTasks, compareTombstones } from './compare-state.ts';
import { compareWorkRequests } from './compare-work-requests.ts';
import type { JudgedRange } from './event-ledger.ts';
import { type FoundSlot, findSlots } from './found-state.ts';
import type { InputPosition, KafkaLook } from './look-at-kafka.ts';
import { Mismatches } from './mismatches.ts';
import type { InputReplay } from './replay-input.ts';
import { type SlotPin, slotPin } from './slot-pins.ts';

export interface StateLook {
  readonly redis: RedisClient;
  readonly kafka: KafkaLook;
  readonly replay: InputReplay;
  readonly prefix: string;
  readonly group: string;
  readonly keys: readonly SlotKeys[];
  /** by partition */
  readonly pins: readonly { readonly pin: SlotPin }[];
  readonly mismatchesKept: number;
  onProgress(text: string): void;
}

export interface SeenState {
  /** by partition: from its origin to the W at which it was compared last */
  readonly ranges: Map<number, JudgedRange>;
  readonly mismatches: Mismatches;
  /** C by partition, read before the input */
  readonly emittedBefore: ReadonlyMap<number, number>;
}

/** Heads of all partitions, with what they say of the fold. @throws CommandFailure as slotPin does */
export async function readPins(
  redis: RedisClient,
  keys: readonly SlotKeys[],
): Promise<{ slot: FoundSlot; pin: SlotPin }[]> {
  const slots = await findSlots(redis, keys);
  return slots.map((slot, partition) => ({ slot, pin: slotPin(partition, slot, keys.length) }));
}

/** @throws CommandFailure where a slot is set back meanwhile */
export async function compareState(look: StateLook): Promise<SeenState> {
  const { redis, keys, replay } = look;
  const mismatches = new Mismatches(look.mismatchesKept);
  const before = await look.kafka.positions();
  const folded = new Map<number, number>();
  const onRead = (done: number, total: number) =>
    look.onProgress(`reading the input: ${count(done)} of ${count(total)} offsets`);
  await replay.passEras(onRead);
  const partitions = [...replay.folds.keys()];
  for (const partition of partitions) {
    const { watermark } = look.pins[partition]!.pin;
    // A W beyond the log is told below; nothing is there to be folded up to it.
    if (watermark !== null) folded.set(partition, Math.min(watermark, before.get(partition)!.end));
  }
  await replay.advance(folded, onRead);
  const incarnations = new Map(partitions.map((partition) => [partition, look.pins[partition]!.pin.incarnation]));
  const onProgress = (tasks: number) => look.onProgress(`comparing tasks: ${count(tasks)}`);
  const state = { ...look, incarnations, onProgress };
  await compareTasks(state, mismatches);
  await compareTombstones(state, mismatches);
  await compareRollUps(state, mismatches);
  await compareWorkRequests(state, mismatches);

  const slots = await readPins(redis, keys);
  const after = await look.kafka.positions();
  for (const partition of partitions) {
    const { pin, slot } = slots[partition]!;
    compareBounds(partition, pin, after.get(partition), mismatches);
    if (pin.watermark === null) continue;
    await replay.advance(new Map([[partition, pin.watermark]]));
    compareSlot(partition, replay.folds.get(partition)!, slot, mismatches);
  }
  const ranges = new Map(
    partitions.map((partition) => {
      const range = { origin: replay.begins.get(partition)!, watermark: replay.position(partition) };
      return [partition, range];
    }),
  );
  const emittedBefore = new Map([...before].map(([partition, { emitted }]) => [partition, emitted]));
  return { ranges, mismatches, emittedBefore };
}

function compareBounds(
  partition: number,
  pin: SlotPin,
  position: InputPosition | undefined,
  mismatches: Mismatches,
): void {
  const about = { about: 'partition', partition } as const;
  if (pin.saving !== null) mismatches.add({ ...about, field: 'saving', problem: 'unexpected', found: pin.saving });
  const { start = 0, end = 0 } = position ?? {};
  if (pin.watermark === null) {
    if (end > start) mismatches.add({ ...about, field: 'watermark', problem: 'missing', expected: `up to ${end}` });
  } else if (pin.watermark > end) {
    const found = String(pin.watermark);
    mismatches.add({
      ...about,
      field: 'watermark',
      problem: 'differs',
      expected: `at most ${end}, the log's end`,
      found,
    });
  }
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}
