// A task's IO counters: sums of deltas, and for IOs with totals the sum over reporters of each one's highest total.
// Two totals of one reporter are never added (contract, TaskIOStatus).

import type { FoldSettings } from './fold-settings.ts';
import type { TaskIOStatus } from './messages.generated.ts';
import type { IoState, ReporterTotals, TaskState } from './task-state.ts';
import { NUMBER_MAX } from './validate.ts';

export type Side = 'inputs' | 'outputs';

/** Below these an addition cannot pass the bound, whatever the order; anything else is tried on a copy first. */
const SMALL_NUMBER = 2 ** 40;
const SMALL_SUM = 2 ** 51;
const FEW_ENTRIES = 1_024;

/** The part of a task that IO entries change. */
interface Counters {
  readonly inputs: Map<string, IoState>;
  readonly outputs: Map<string, IoState>;
}

/** An IO that no update has counted yet. @param name `inputs.<id>` or `outputs.<id>` */
export function newIo(name: string): IoState {
  return { name, processed_count: undefined, processed_total_count: undefined };
}

/** The name of an IO: the text that the task has of it, where it has one, because that was hashed before. */
export function ioName(side: Side, id: string, kept: ReadonlyMap<string, IoState>): string {
  return kept.get(id)?.name ?? `${side}.${id}`;
}

/** Adds one side of an update; answers how many entries were dropped because the side is full. @param changed gets what is counted */
export function addIos(
  counters: Counters,
  reporter: ReporterTotals,
  side: Side,
  entries: readonly TaskIOStatus[],
  settings: FoldSettings,
  changed: Set<IoState>,
): number {
  const ios = counters[side];
  let dropped = 0;
  for (const entry of entries) {
    const id = entry.id ?? '';
    let io = ios.get(id);
    if (io === undefined) {
      if (ios.size >= settings.ios_kept) {
        dropped++;
        continue;
      }
      io = newIo(`${side}.${id}`);
      ios.set(id, io);
    }
    changed.add(io);
    const delta = entry.processed_count;
    if (delta !== null && delta !== undefined) io.processed_count = (io.processed_count ?? 0) + delta;
    const total = entry.processed_total_count;
    if (total !== null && total !== undefined) {
      const highest = reporter.get(io.name);
      if (highest === undefined || total > highest) {
        reporter.set(io.name, total);
        // The growth first: the sum of both would pass 2^53 where the result does not.
        io.processed_total_count = (io.processed_total_count ?? 0) + (total - (highest ?? 0));
      }
    }
  }
  return dropped;
}

/** Whether adding the update's IOs would take a sum beyond 2^53−2. Changes nothing. */
export function iosPassTheBound(
  task: TaskState,
  reporter: ReporterTotals,
  update: Readonly<Record<Side, readonly TaskIOStatus[] | null | undefined>>,
  settings: FoldSettings,
): boolean {
  for (const side of ['inputs', 'outputs'] as const) {
    const entries = update[side];
    if (!entries || entries.length === 0 || cannotPass(task[side], entries)) continue;
    const copy = new Map([...task[side]].map(([id, io]) => [id, { ...io }]));
    addIos({ inputs: copy, outputs: copy }, new Map(reporter), side, entries, settings, new Set());
    for (const io of copy.values()) {
      if ((io.processed_count ?? 0) > NUMBER_MAX || (io.processed_total_count ?? 0) > NUMBER_MAX) return true;
    }
  }
  return false;
}

function cannotPass(ios: ReadonlyMap<string, IoState>, entries: readonly TaskIOStatus[]): boolean {
  if (entries.length > FEW_ENTRIES) return false;
  for (const entry of entries) {
    if ((entry.processed_count ?? 0) > SMALL_NUMBER || (entry.processed_total_count ?? 0) > SMALL_NUMBER) return false;
    const io = ios.get(entry.id ?? '');
    if (io && ((io.processed_count ?? 0) > SMALL_SUM || (io.processed_total_count ?? 0) > SMALL_SUM)) return false;
  }
  return true;
}
