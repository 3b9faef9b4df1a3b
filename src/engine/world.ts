// A whole world of the simulated fleet at once, without Kafka: every record in the order of the log, and the truth. For
// tests that hold a ledger against thousands of such worlds.

import { homeOf } from '../domain/home.ts';
import type { FleetRecord } from './deed.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import type { TaskLine } from './task-truth.ts';
import { Truth, type TruthSummary } from './truth.ts';

export interface WorldRecord extends FleetRecord {
  readonly partition: number;
  readonly offset: number;
}

export interface World {
  /** in the order of the log: log times never fall, and offsets of a partition have no holes */
  readonly records: readonly WorldRecord[];
  /** what the engines really did, as the truth file says it (docs/truth.md) */
  readonly tasks: readonly TaskLine[];
  readonly summary: TruthSummary;
}

/**
 * Makes the world of a fleet: the same options make the same world, on every machine.
 * @throws RangeError where the shares of faults make no sense
 */
export function makeWorld(options: FleetOptions): World {
  const fleet = new Fleet(options);
  const truth = new Truth();
  const ends = Array.from({ length: options.partitions }, () => 0);
  const records: WorldRecord[] = [];
  for (let record = fleet.next(); record; record = fleet.next()) {
    truth.acknowledged(record);
    const partition = record.partition ?? homeOf(record.key!, options.partitions);
    records.push({ ...record, partition, offset: ends[partition]!++ });
  }
  return { records, tasks: truth.tasks(), summary: truth.summary(0) };
}
