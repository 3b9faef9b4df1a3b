// A simulated fleet folded in memory: its records lie in arrays instead of a topic, re-routed ones are moved home after
// all that the engines sent (any order between partitions is a possible one), and the real fold of src/domain reads them.

import type { FoldInput } from '../../src/domain/fold-input.ts';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { newHead, type SlotHead } from '../../src/domain/head.ts';
import { homeOf } from '../../src/domain/home.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import type { FleetRecord } from '../../src/engine/deed.ts';

export interface Folded {
  readonly tasks: ReadonlyMap<string, TaskState>;
  readonly heads: readonly SlotHead[];
  /** in the order of each partition's log */
  readonly notices: readonly Notice[];
}

type Lying = Pick<FoldInput, 'decoded' | 'source'>;

/** @param records in the order of sending; @param partitions of the imagined topic */
export function fold(records: readonly FleetRecord[], partitions: number): Folded {
  const logs: Lying[][] = Array.from({ length: partitions }, () => []);
  for (const record of records) logs[placeOf(record, partitions)]!.push({ decoded: decodedOf(record), source: null });
  const tasks = new Map<string, TaskState>();
  const notices: Notice[] = [];
  const slots = logs.map((_, partition) => {
    const head = newHead({
      origin: 0,
      incarnation: 'test',
      partition_count: partitions,
      fold_version: FOLD_VERSION,
      settings: DEFAULT_FOLD_SETTINGS,
    });
    return { head, fold: new PartitionFold(partition, head, (id) => tasks.get(id) ?? null), offset: 0 };
  });
  const moved: { to: number; lying: Lying }[] = [];
  const read = (partition: number, lying: Lying) => {
    const slot = slots[partition]!;
    const offset = slot.offset++;
    const id = lying.decoded.kind === 'update' ? lying.decoded.update.internal_task_id : null;
    const home = id ? homeOf(id, partitions) : -1;
    for (const notice of slot.fold.fold({ ...lying, offset, timestamp: offset, size: 200, home })) {
      if (notice.body.kind === 'reroute') {
        moved.push({ to: notice.body.to, lying: { ...lying, source: { partition, offset } } });
      } else notices.push(notice);
    }
    for (const { task } of slot.fold.takeChanges()) tasks.set(task.internal_task_id, task);
  };
  logs.forEach((log, partition) => {
    for (const lying of log) read(partition, lying);
  });
  for (const { to, lying } of moved) read(to, lying);
  return { tasks, heads: slots.map(({ head }) => head), notices };
}

function placeOf(record: FleetRecord, partitions: number): number {
  return record.partition ?? homeOf(record.key!, partitions);
}

/** What the decoder says: a flaw of the bytes is a verdict; a flaw in the update is for the fold to find. */
function decodedOf({ flaw, update }: FleetRecord): FoldInput['decoded'] {
  if (flaw === null || flaw === 'negative_number' || flaw === 'internal_task_id_missing') {
    return { kind: 'update', update };
  }
  return { kind: 'reject', reason: flaw, detail: '' };
}
