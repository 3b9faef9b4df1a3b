// Single records of a topic by their coordinates, in few requests: what lies near one that was asked for is looked
// through for the others.

import type { InputRecord, LogBatch } from '../pipeline/ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { fetchRounds } from './fetch-rounds.ts';
import { RecordSetReader } from './record-set-reader.ts';

export interface RecordCoordinates {
  readonly partition: number;
  readonly offset: number;
}

/** ms; longer than a dead owner's open transaction can last */
const STALL_MS_MAX = 60_000;

/** `<partition>/<offset>`, the key of what `readRecordsAt` answers. */
export function coordinatesKey({ partition, offset }: RecordCoordinates): string {
  return `${partition}/${offset}`;
}

/**
 * The committed records at these coordinates; those that the log does not hold (gone, aborted, not there yet, no such
 * partition) are left out.
 * @throws Fault service_unavailable
 */
export async function readRecordsAt(
  link: ClusterLink,
  places: readonly RecordCoordinates[],
): Promise<ReadonlyMap<string, InputRecord>> {
  const count = await link.partitionCount();
  const wanted = Map.groupBy(
    places.filter(({ partition }) => partition < count),
    ({ partition }) => partition,
  );
  if (wanted.size === 0) return new Map();
  const partitions = [...wanted.keys()];
  const ends = await link.offsets(partitions, 'end');
  const found = new Map<string, InputRecord>();
  await Promise.all(
    [...wanted].map(async ([partition, asked]) => {
      const end = ends.get(partition)!;
      const offsets = new Set(asked.map(({ offset }) => offset).filter((offset) => offset < end));
      let passed = -1;
      for (const offset of [...offsets].sort((a, b) => a - b)) {
        if (offset < passed) continue;
        const near = await recordsFrom(link, partition, offset);
        passed = near.to;
        for (const record of near.records) {
          if (offsets.has(record.offset)) found.set(coordinatesKey({ partition, offset: record.offset }), record);
        }
      }
    }),
  );
  return found;
}

/** What one request brings from `offset` on. */
async function recordsFrom(
  link: ClusterLink,
  partition: number,
  offset: number,
): Promise<Pick<LogBatch, 'records' | 'to'>> {
  const stretch = {
    from: new Map([[partition, offset]]),
    to: new Map([[partition, offset + 1]]),
    isolation: 'committed',
    gone: 'skip',
    stallMsMax: STALL_MS_MAX,
  } as const;
  const records: InputRecord[] = [];
  let to = offset + 1;
  for await (const sets of fetchRounds(link, stretch)) {
    for (const set of sets) {
      const reader = new RecordSetReader(set.bytes, partition, set.from, set.aborted);
      reader.read(records, Number.POSITIVE_INFINITY);
      to = Math.max(to, set.to);
    }
  }
  return { records, to };
}
