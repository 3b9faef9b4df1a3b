// What a slot knows of records that came re-routed from other partitions.

import type { SlotHead } from './head.ts';
import type { SourceCoordinates } from './notice.ts';

/** Takes a re-routed record unless it was taken before: they arrive in order for each source partition. */
export function takeRerouted({ rerouted_from }: SlotHead, { partition, offset }: SourceCoordinates): boolean {
  if (offset <= (rerouted_from.get(partition) ?? -1)) return false;
  rerouted_from.set(partition, offset);
  return true;
}

/** Whether the record was re-routed by the homes of before the growth. */
export function isFromBeforeGrowth({ grown_from }: SlotHead, { partition, offset }: SourceCoordinates): boolean {
  return offset < (grown_from?.cuts[partition] ?? 0);
}
