// Reads what a batch needs of the slot and the cache lacks: its tasks, and the shares of the jobs and engines that they have, or
// may get within the batch. Whatever comes with another W than ours is of no use.

import type { FoldInput } from '../domain/fold-input.ts';
import type { Look } from '../domain/looks.ts';
import { ROLL_UP_KINDS } from '../domain/roll-up.ts';
import { generationOf, Tombstone } from '../domain/tombstone.ts';
import { type Claimed, moved } from './claim.ts';
import type { PipelineContext } from './context.ts';
import type { RollUpName } from './ports.ts';
import type { SlotCache } from './slot-cache.ts';

/** Fills the cache. @throws Fault watermark_moved, service_unavailable */
export async function readMissing(
  context: PipelineContext,
  partition: number,
  claimed: Claimed,
  watermark: number,
  cache: SlotCache,
  inputs: readonly FoldInput[],
  looks: readonly Look[],
): Promise<void> {
  const needed = new Set<string>();
  for (const { internal_task_id } of looks) needed.add(internal_task_id);
  const named = new MissingRollUps(cache);
  for (const { decoded, home } of inputs) {
    if (home !== partition || decoded.kind !== 'update') continue;
    needed.add(decoded.update.internal_task_id!);
    named.add(decoded.update);
  }
  // The updates name nearly all shares, so they come with the tasks; the tasks name the rest.
  await Promise.all([
    readTasks(context, partition, claimed, watermark, cache, needed),
    readRollUps(context, partition, watermark, cache, named.names),
  ]);
  const known = new MissingRollUps(cache);
  for (const id of needed) {
    const task = cache.tasks.get(id);
    if (task && !(task instanceof Tombstone)) known.add(task);
  }
  await readRollUps(context, partition, watermark, cache, known.names);
}

/** Shares that are named and not in the cache, each once. */
class MissingRollUps {
  readonly names: RollUpName[] = [];
  readonly #cache: SlotCache;
  readonly #added = { internal_job_id: new Set<string>(), engine_id: new Set<string>() };

  constructor(cache: SlotCache) {
    this.#cache = cache;
  }

  add(ids: {
    readonly internal_job_id?: string | null | undefined;
    readonly engine_id?: string | null | undefined;
  }): void {
    for (const kind of ROLL_UP_KINDS) {
      const id = ids[kind];
      if (!id || this.#cache.rollUps[kind].get(id) !== undefined || this.#added[kind].has(id)) continue;
      this.#added[kind].add(id);
      this.names.push({ kind, id });
    }
  }
}

async function readTasks(
  context: PipelineContext,
  partition: number,
  { head }: Claimed,
  watermark: number,
  { tasks }: SlotCache,
  needed: ReadonlySet<string>,
): Promise<void> {
  const ids = [...needed].filter((id) => tasks.get(id) === undefined);
  context.observer.lookedUp?.(partition, { asked: needed.size, read: ids.length });
  if (ids.length === 0) return;
  // A slot that has grown was given tombstones of others.
  const mayBeBuried = head.fleet.retired.tasks > 0 || head.grown_from !== null;
  const generation = mayBeBuried ? generationOf(head) : null;
  const read = await context.ports.slotStore.readTasks(partition, ids, generation);
  if (read.watermark !== watermark) throw moved(partition, watermark, read.watermark);
  ids.forEach((id, i) => void tasks.set(id, read.tasks[i] ?? null));
}

async function readRollUps(
  context: PipelineContext,
  partition: number,
  watermark: number,
  { rollUps }: SlotCache,
  names: readonly RollUpName[],
): Promise<void> {
  if (names.length === 0) return;
  const read = await context.ports.slotStore.readRollUps(partition, names);
  if (read.watermark !== watermark) throw moved(partition, watermark, read.watermark);
  names.forEach(({ kind, id }, i) => void rollUps[kind].set(id, read.rollUps[i] ?? null));
}
