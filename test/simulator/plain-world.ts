// The fold over the whole visible log of a world in one go, without cache, batches or protocol, through a growth if there was one.

import { newHead, type SlotHead, type SlotPins } from '../../src/domain/head.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import type { TaskError, TaskState } from '../../src/domain/task-state.ts';
import { generationOf, type KnownTask, Tombstone } from '../../src/domain/tombstone.ts';
import { decodeRecords } from '../../src/pipeline/fold-batch.ts';
import type { InputRecord, OutgoingMessage, SchemaVerdict } from '../../src/pipeline/ports.ts';
import { GROUP } from './controls.ts';
import { copyOf } from './copy-of.ts';
import { growSlots } from './growth.ts';
import { LATE_SCHEMA, memoryDecoder, memoryEncoder } from './memory-codec.ts';
import { writeRollUp } from './memory-indexes.ts';
import { callNow } from './memory-kafka.ts';
import { EMPTY, keptErrors, noRollUps, type Slot } from './memory-slot-store.ts';
import type { World } from './world.ts';

/** What a slot must hold, and what must have left. */
export interface PlainSlot extends Pick<Slot, 'rollUps' | 'jobTasks'> {
  readonly head: SlotHead;
  readonly tasks: Map<string, { task: TaskState; errors: TaskError[]; task_output?: string | undefined }>;
  /** id → generation */
  readonly tombstones: Map<string, number>;
  readonly messages: OutgoingMessage[];
  readonly reroutes: OutgoingMessage[];
}

/** @param head as it is: it says whether the slot has grown, and of what */
export async function plainFold(
  world: World,
  partition: number,
  head: SlotHead | null,
  pins: SlotPins,
): Promise<PlainSlot> {
  const grownFrom = head?.grown_from ?? null;
  if (grownFrom === null) return foldOn(world, partition, plainSlot(newHead(pins)), 0, Number.POSITIVE_INFINITY);
  const { cuts } = grownFrom;
  const before: PlainSlot[] = [];
  for (const [from, cut] of cuts.entries()) {
    const life = world.slots.slot(from).head?.grown_from?.before;
    if (!life) throw new Error(`partition ${from} has no life before the growth`);
    before.push(await foldOn(world, from, plainSlot(newHead(life.pins)), 0, cut));
  }
  const { partition_count: to, growth } = pins;
  const starts = Array.from({ length: to }, (_, p) => cuts[p] ?? world.growth!.cuts![p]!);
  const grown = growSlots(before.map(slotOf), { id: growth!.id, to, cuts: starts })[partition]!;
  const slot = { ...plainSlot(grown.head!), tasks: grown.tasks, rollUps: grown.rollUps, jobTasks: grown.jobTasks };
  for (const generation of [...grown.tombstones.keys()].sort((a, b) => a - b)) {
    for (const id of grown.tombstones.get(generation)!) slot.tombstones.set(id, generation);
  }
  slot.messages.push(...(before[partition]?.messages ?? []));
  slot.reroutes.push(...(before[partition]?.reroutes ?? []));
  return foldOn(world, partition, slot, starts[partition]!, Number.POSITIVE_INFINITY);
}

function plainSlot(head: SlotHead): PlainSlot {
  const shares = { rollUps: noRollUps(), jobTasks: new Map<string, Set<string>>() };
  return { head, tasks: new Map(), tombstones: new Map(), ...shares, messages: [], reroutes: [] };
}

function slotOf({ head, tasks, tombstones, rollUps, jobTasks }: PlainSlot): Slot {
  const byGeneration = new Map<number, Set<string>>();
  for (const [id, generation] of tombstones) {
    byGeneration.set(generation, (byGeneration.get(generation) ?? new Set()).add(id));
  }
  return { ...copyOf(EMPTY), head, tasks, rollUps, jobTasks, tombstones: byGeneration };
}

/** The ids that must still be known as retired. */
export function remembered({ head, tasks, tombstones }: PlainSlot): string[] {
  const oldest = generationOf(head) - 1;
  return [...tombstones].flatMap(([id, generation]) => (generation >= oldest && !tasks.has(id) ? [id] : []));
}

/** Folds [from, to) into the slot. */
async function foldOn(world: World, partition: number, slot: PlainSlot, from: number, to: number): Promise<PlainSlot> {
  const { head, tasks, tombstones, messages, reroutes } = slot;
  const known = new Map<string, KnownTask>();
  for (const [id, generation] of tombstones) known.set(id, new Tombstone(generation));
  for (const [id, { task }] of tasks) known.set(id, task);
  const fold = new PartitionFold(
    partition,
    head,
    (id) => known.get(id) ?? null,
    (kind, id) => slot.rollUps[kind].get(id) ?? null,
  );
  const looks = [...tasks.values()].map(({ task }) => ({ at: task.look_at, internal_task_id: task.internal_task_id }));
  fold.beginStretch(looks, Number.POSITIVE_INFINITY);
  const decoder = memoryDecoder({ away: false, knowsLate: true }, callNow);
  await decoder.load(new Set([LATE_SCHEMA]));
  const verdicts = new Map<number, SchemaVerdict>();
  for (const verdict of world.kafka.verdicts)
    if (verdict.partition === partition && verdict.incarnation === head.pins.incarnation)
      verdicts.set(verdict.offset, verdict);
  const context = { ports: { decoder }, settings: { topic: world.kafka.topic, group: GROUP } } as never;
  const encoder = memoryEncoder(world.kafka.topic);
  for (const record of world.kafka.visible(partition) as InputRecord[]) {
    if (record.offset < from || record.offset >= to) continue;
    const [input] = decodeRecords(context, partition, { head, verdicts } as never, [record]);
    for (const notice of fold.fold(input!)) {
      const update = input!.decoded.kind === 'update' ? input!.decoded.update : null;
      (notice.body.kind === 'reroute' ? reroutes : messages).push(encoder.encode(partition, notice, record, update));
    }
    for (const change of fold.takeRollUps()) writeRollUp(slot, change);
    for (const [id, generation] of fold.takeTombstones()) {
      known.set(id, new Tombstone(generation));
      tombstones.set(id, generation);
    }
    for (const { task, errors, task_output, retired, begins_anew } of fold.takeChanges()) {
      if (retired || begins_anew) tasks.delete(task.internal_task_id);
      if (retired) continue;
      known.set(task.internal_task_id, task);
      const before = tasks.get(task.internal_task_id);
      tasks.set(task.internal_task_id, {
        task,
        errors: keptErrors(before?.errors ?? [], errors, head.settings.errors_kept),
        task_output: task_output ?? before?.task_output,
      });
    }
  }
  return slot;
}
