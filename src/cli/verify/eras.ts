// The times between growths: in each the input is folded over one number of partitions. What a growth made of the slots comes of
// all slots of the time before, so either all of them can be folded again from their beginnings, or none.

import type { Era, ReplayedPartition } from './replay-input.ts';
import type { SlotGrowth, SlotPin } from './slot-pins.ts';

/**
 * The eras before the present one, the oldest first, each with all its partitions; empty: nothing has grown.
 * @param pins of all partitions as they are
 * @returns a text: why they are not known
 */
function erasBefore(pins: readonly SlotPin[]): readonly Era[] | string {
  const grown = pins.flatMap((pin, partition) => (pin.growth === null ? [] : [[partition, pin.growth] as const]));
  return grown.length === 0 ? [] : erasOf(new Map(grown), pins.length);
}

function erasOf(growths: ReadonlyMap<number, SlotGrowth>, partitionCount: number): readonly Era[] | string {
  const [first] = growths.values();
  if (first === undefined) return [];
  const count = first.cuts.length;
  const partitions = new Map<number, ReplayedPartition>();
  const earlier = new Map<number, SlotGrowth>();
  for (let partition = 0; partition < count; partition++) {
    const growth = growths.get(partition);
    if (growth?.id !== first.id || !growth.before) {
      return `the tasks of all ${partitionCount} partitions come of ${count} earlier ones, and partition ${partition} was begun anew`;
    }
    const { pins, grown_from } = growth.before;
    const { origin, incarnation, settings } = pins;
    partitions.set(partition, { origin, incarnation, settings, grown: grown_from !== null });
    if (grown_from !== null) earlier.set(partition, { ...grown_from, id: pins.growth?.id ?? '' });
  }
  const before = erasOf(earlier, count);
  return typeof before === 'string' ? before : [...before, { partitionCount: count, partitions }];
}

/** The same, where the log reaches back to their beginnings. */
export function erasToReplay(
  pins: readonly SlotPin[],
  positions: ReadonlyMap<number, { readonly start: number }>,
): readonly Era[] | string {
  const eras = erasBefore(pins);
  if (typeof eras === 'string') return eras;
  const cuts = pins.flatMap(({ growth, origin }, partition) =>
    growth === null ? [] : [[partition, { origin: origin! }] as const],
  );
  for (const [partition, { origin }] of [...(eras[0]?.partitions ?? []), ...cuts]) {
    const { start } = positions.get(partition)!;
    if (start > origin) {
      return `its tasks come of earlier partitions, and the log of partition ${partition} begins at ${start}, above their beginning ${origin}`;
    }
  }
  return eras;
}
