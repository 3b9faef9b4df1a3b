// The first half of a verification: the plain fold at each partition's own W, held against Redis. While processors work,
// W moves under the reading; such a partition gets another look, and nothing that was seen of it counts before.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { compareSlot, compareTasks } from './compare-state.ts';
import { type FoundSlot, findSlots } from './found-state.ts';
import type { KafkaLook } from './look-at-kafka.ts';
import { Mismatches } from './mismatches.ts';
import type { InputReplay } from './replay-input.ts';
import { type SlotPin, slotPin } from './slot-pins.ts';

export interface StateLook {
  readonly redis: Redis;
  readonly kafka: KafkaLook;
  readonly replay: InputReplay;
  readonly prefix: string;
  readonly group: string;
  readonly keys: readonly SlotKeys[];
  readonly mismatchesKept: number;
  onProgress(text: string): void;
}

export interface SeenState {
  /** partition → the W at which it was compared */
  readonly watermarks: Map<number, number>;
  readonly mismatches: Mismatches;
  /** C by partition, read before the input was read to its end the last time */
  readonly emittedBefore: ReadonlyMap<number, number>;
}

const LOOKS_MAX = 6;

/** Heads of all partitions, with what they say of the fold. @throws CommandFailure as slotPin does */
export async function readPins(redis: Redis, keys: readonly SlotKeys[]): Promise<{ slot: FoundSlot; pin: SlotPin }[]> {
  const slots = await findSlots(redis, keys);
  return slots.map((slot, partition) => ({ slot, pin: slotPin(partition, slot, keys.length) }));
}

/** @throws CommandFailure where partitions do not stand still for long enough */
export async function compareState(look: StateLook): Promise<SeenState> {
  const watermarks = new Map<number, number>();
  const mismatches = new Mismatches(look.mismatchesKept);
  const open = new Set(look.replay.folds.keys());
  let before = await readPins(look.redis, look.keys);
  for (let looks = 1; ; looks++) {
    const positions = await look.kafka.positions();
    const emittedBefore = new Map([...positions].map(([partition, { emitted }]) => [partition, emitted]));
    const targets = new Map<number, number>();
    for (const partition of look.replay.folds.keys()) {
      targets.set(partition, watermarks.get(partition) ?? before[partition]!.pin.watermark ?? 0);
    }
    await look.replay.advance(targets, (done, total) =>
      look.onProgress(`reading the input: ${count(done)} of ${count(total)} offsets`),
    );
    const folds = new Map([...look.replay.folds].filter(([partition]) => open.has(partition)));
    const differences = await compareTasks({
      ...look,
      folds,
      onProgress: (tasks) => look.onProgress(`comparing tasks: ${count(tasks)}`),
    });
    const after = await readPins(look.redis, look.keys);
    for (const [partition, fold] of folds) {
      const { pin, slot } = after[partition]!;
      const { watermark, incarnation } = before[partition]!.pin;
      if (pin.watermark !== watermark || pin.incarnation !== incarnation) continue;
      open.delete(partition);
      watermarks.set(partition, targets.get(partition)!);
      const found = differences.get(partition);
      if (found) mismatches.addAll(found);
      compareBounds(partition, pin, positions.get(partition), mismatches);
      if (pin.watermark !== null) compareSlot(partition, fold, slot, mismatches);
    }
    if (open.size === 0) {
      const strays = differences.get(-1);
      if (strays) mismatches.addAll(strays);
      return { watermarks, mismatches, emittedBefore };
    }
    if (looks === LOOKS_MAX) {
      const moving = `W of partition ${[...open].join(', ')} moves while it is compared`;
      throw new CommandFailure(moving, EXIT.failed, 'wait until the processors have caught up: --wait');
    }
    for (const partition of open) {
      if (after[partition]!.pin.incarnation !== before[partition]!.pin.incarnation) {
        throw new CommandFailure(`partition ${partition} was begun anew while it was compared`, EXIT.failed);
      }
    }
    before = after;
    await sleep(200 * looks);
  }
}

function compareBounds(
  partition: number,
  pin: SlotPin,
  position: { start: number; end: number } | undefined,
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
