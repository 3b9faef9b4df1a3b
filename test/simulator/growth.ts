// `partitions grow` in a simulated world: the steps of src/cli/grow over the ports, what it writes to files in memory. Like any
// process it can die at each of its calls; whoever runs it again goes on from the files.

import { canMove, GrownSlot, type Growth, generationAfter } from '../../src/domain/growth.ts';
import { ROLL_UP_KINDS } from '../../src/domain/roll-up.ts';
import type { PipelineContext } from '../../src/pipeline/context.ts';
import { beginGrownLife, cutPartition, takeCutBack } from '../../src/pipeline/growing.ts';
import { copyOf } from './copy-of.ts';
import { workRequestsOfAll, writePlaces } from './memory-indexes.ts';
import type { Call, MemoryKafka } from './memory-kafka.ts';
import { EMPTY, type MemorySlots, type Slot } from './memory-slot-store.ts';

/** What outlives the command: DIR. */
export interface GrowthFolder {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly copies: Map<number, Slot>;
  cuts?: readonly number[];
  done?: true;
}

export interface GrowthMutations {
  /** what was copied need not be of the cut's W */
  readonly anyCopy?: boolean;
  /** the lives of old partitions begin before those of new ones */
  readonly oldFirst?: boolean;
}

/** One run of the command. @throws Fault, or Error where it cannot be now; it can be run again */
export async function grow(
  folder: GrowthFolder,
  context: (growing: string | undefined) => PipelineContext,
  slots: MemorySlots,
  kafka: MemoryKafka,
  call: Call,
  mutations: GrowthMutations = {},
): Promise<void> {
  const { id, from, to } = folder;
  const all = (count: number) => Array.from({ length: count }, (_, partition) => partition);
  const { ports } = context(id);
  const claimed = async <Answer>(
    partition: number,
    work: (events: Awaited<ReturnType<typeof ports.eventLog.claim>>) => Promise<Answer>,
  ) => {
    const events = await ports.eventLog.claim(partition);
    return work(events).finally(() => void events.close().catch(() => {}));
  };
  if (folder.cuts === undefined) {
    try {
      for (const partition of all(from)) await cutAndCopy(partition);
    } catch (error) {
      for (const partition of all(from)) {
        await claimed(partition, (events) => takeCutBack(events, id));
        await ports.slotStore.requestResume(partition);
      }
      throw error;
    }
    const starts = await call(() => all(to).map((partition) => kafka.low[partition] ?? 0));
    folder.cuts = all(to).map((partition) => folder.copies.get(partition)?.watermark ?? starts[partition]!);
  }
  const seeds = growSlots(
    all(from).map((partition) => folder.copies.get(partition)!),
    folder,
  );
  await call(() => kafka.grow(to));
  const newFirst = [...all(to).slice(from), ...all(from)];
  const marks = mutations.oldFirst ? all(to) : newFirst;
  for (const partition of marks) {
    const { head, watermark, fingerprint } = seeds[partition]!;
    const life = { offset: watermark!, pins: head!.pins, fingerprint, isNew: partition >= from };
    const met = await claimed(partition, (events) => beginGrownLife(events, life));
    if (met !== undefined) throw new Error(`partition ${partition} went on behind its cut`);
  }
  await putSlots();
  folder.done = true;

  async function cutAndCopy(partition: number): Promise<void> {
    await call(() => slots.held.add(partition));
    const mark = await call(() => kafka.emitted(partition));
    if (mark?.growing === id && folder.copies.get(partition)?.watermark === mark.offset) return;
    if ((await ports.slotStore.readTasks(partition, [], null)).watermark === null) throw new Error('no state');
    const watermark = await cutPartition(context(mark?.growing), partition, id);
    const copy = await call(() => copyOf(slots.slot(partition)));
    const isCut = copy.watermark === watermark || mutations.anyCopy;
    if (watermark === null || !isCut || copy.saving !== null) throw new Error('it moves');
    folder.copies.set(partition, { ...copy, watermark });
  }

  async function putSlots(): Promise<void> {
    for (const partition of all(to)) {
      await call(() => {
        if (slots.slot(partition).head?.pins.incarnation !== id) slots.load(partition, seeds[partition]!);
        slots.held.delete(partition);
      });
      await ports.slotStore.requestResume(partition);
    }
  }
}

/** What the slots hold afterwards; those of before are not changed. */
export function growSlots(before: readonly Slot[], { id, to, cuts }: Pick<GrowthFolder, 'id' | 'to' | 'cuts'>): Slot[] {
  const growth: Growth = { id, partition_count: to, cuts: cuts!, heads: before.map(({ head }) => head!) };
  return Array.from({ length: to }, (_, partition) => {
    const grown = new GrownSlot(growth, partition);
    const slot = copyOf(EMPTY);
    for (const [from, old] of before.entries()) {
      if (!canMove(from, partition, before.length, to)) continue;
      for (const kept of old.tasks.values()) grown.take(kept.task, from);
      for (const kind of ROLL_UP_KINDS) for (const share of old.rollUps[kind].values()) grown.takeShare(kind, share);
      grown.endPartition();
      for (const [task_id, kept] of copyOf(old.tasks)) {
        if (!grown.isHome(task_id)) continue;
        const { task } = kept;
        grown.place(task, from);
        slot.tasks.set(task_id, kept);
        slot.looks.set(task_id, task.look_at);
        writePlaces(slot.places, { task, places_before: null, retired: false });
        const { internal_job_id: job } = task;
        if (job !== undefined) slot.jobTasks.set(job, (slot.jobTasks.get(job) ?? new Set()).add(task_id));
      }
      for (const [generation, ids] of old.tombstones) {
        const now = generationAfter(growth, from, generation);
        if (now === null) continue;
        slot.tombstones.set(now, new Set([...(slot.tombstones.get(now) ?? []), ...ids]));
      }
    }
    slot.workRequests = workRequestsOfAll([...slot.tasks.values()].map(({ task }) => task));
    const fingerprint = before[partition]?.fingerprint ?? null;
    return Object.assign(slot, { head: grown.head, watermark: cuts![partition]!, rollUps: grown.rollUps, fingerprint });
  });
}
