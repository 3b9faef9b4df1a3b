// `taskfold snapshot save`: each slot, one after the other, held still, copied at its W, and let go.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../pipeline/errors.ts';
import { copySlot, type SlotPiece } from '../../redis/copy-slot.ts';
import { holdSlot } from '../../redis/hold-slot.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import { defineScripts, type RunScript } from '../../redis/scripts.ts';
import { groupKeys, LAYOUT_VERSION, type SlotKeys } from '../../redis/slot-keys.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type KafkaPositions, readKafkaPositions } from '../kafka-positions.ts';
import { openRedis } from '../open-redis.ts';
import { SNAPSHOT_VERSION, type SnapshotHeader, snapshotName, writeSnapshot } from './snapshot-file.ts';

/** What became of one partition. */
export interface SavedSlot {
  readonly partition: number;
  /** `empty`: there is no state to save; `failed`: there is no new file of it */
  readonly condition: 'saved' | 'empty' | 'failed';
  readonly file?: string;
  readonly watermark?: number;
  readonly emitted?: number | null;
  readonly tasks?: number;
  readonly bytes?: number;
  /** how long the partition stood still, ms */
  readonly held_ms?: number;
  readonly reason?: string;
}

/** A hold can lapse, or be lost with a fail-over; W moves then, and the copy begins again. */
const COPIES_MAX = 3;

/** @param partitions none: all */
export async function saveSnapshot(
  context: CommandContext,
  folder: string,
  partitions: readonly number[],
  onProgress: (text: string) => void,
): Promise<SavedSlot[]> {
  const { redis_prefix: prefix, group } = context.config;
  const positions = await readKafkaPositions(context);
  const chosen = partitions.length > 0 ? partitions : [...positions.keys()].sort((a, b) => a - b);
  const unknown = chosen.find((partition) => !positions.has(partition));
  if (unknown !== undefined) {
    throw new CommandFailure(`${unknown} is no partition: there are 0 to ${positions.size - 1}`, EXIT.usage);
  }
  const { client: redis } = await openRedis(context);
  const run = defineScripts(redis);
  const keysOf = groupKeys(prefix, group);
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new CommandFailure(`${folder} cannot be made: ${error.message}`, EXIT.usage);
  });
  const saved: SavedSlot[] = [];
  for (const partition of chosen) {
    const file = join(folder, snapshotName(partition));
    saved.push(
      await saveSlot({ context, redis, run, keys: keysOf(partition), positions, partition, file, onProgress }),
    );
  }
  return saved;
}

interface SlotToSave {
  readonly context: CommandContext;
  readonly redis: RedisClient;
  readonly run: RunScript;
  readonly keys: SlotKeys;
  readonly positions: KafkaPositions;
  readonly partition: number;
  readonly file: string;
  onProgress(text: string): void;
}

async function saveSlot(slot: SlotToSave): Promise<SavedSlot> {
  const { partition, redis, keys } = slot;
  if ((await redis.exists(keys.head)) === 0) return { partition, condition: 'empty' };
  for (let copies = 1; ; copies++) {
    try {
      return await saveOnce(slot);
    } catch (error) {
      // The other partitions may still be saved; an error of the disk or of a service would meet them as well.
      if (!(error instanceof Fault) || error.code === 'service_unavailable') throw error;
      if (error.code === 'watermark_moved' && copies < COPIES_MAX) continue;
      return { partition, condition: 'failed', reason: error.message };
    }
  }
}

async function saveOnce({ context, redis, run, keys, positions, partition, file, onProgress }: SlotToSave) {
  const hold = await holdSlot(redis, keys);
  const began = performance.now();
  let held = 0;
  async function* pieces(): AsyncGenerator<SlotPiece[]> {
    let count = 0;
    for await (const some of copySlot(redis, run, keys)) {
      await hold.keep();
      yield some;
      count += some.length;
      onProgress(`partition ${partition}: ${count.toLocaleString('en-US')} keys`);
    }
    held = performance.now() - began;
    await hold.release();
  }
  try {
    const { input_topic: topic, group } = context.config;
    const emitted = positions.get(partition)!.emitted;
    const { header, bytes } = await writeSnapshot(file, pieces(), (first) =>
      headerOf(first, { topic, group, partition, emitted }),
    );
    const { watermark, tasks } = header;
    const held_ms = Math.round(held);
    return { partition, condition: 'saved', file, watermark, emitted, tasks, bytes, held_ms } as const;
  } finally {
    await hold.release().catch(() => {});
  }
}

/** What a file of these pieces says of itself. */
export function headerOf(
  first: readonly SlotPiece[],
  about: Pick<SnapshotHeader, 'topic' | 'group' | 'partition' | 'emitted'>,
): SnapshotHeader {
  const [head, fleet] = ['head', 'fleet'].map((key) =>
    fieldsOf(first.find((piece) => piece.key === key)?.values ?? []),
  );
  return {
    kind: 'snapshot',
    version: SNAPSHOT_VERSION,
    layout: LAYOUT_VERSION,
    ...about,
    partition_count: Number(head!.get('partition_count')),
    incarnation: head!.get('incarnation')!,
    fold_version: Number(head!.get('fold_version')),
    watermark: Number(head!.get('watermark')),
    tasks: Number(fleet!.get('tasks')),
    taken_at: new Date().toISOString(),
  };
}

function fieldsOf(flat: readonly string[]): ReadonlyMap<string, string> {
  return new Map(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!] as const] : [])));
}
