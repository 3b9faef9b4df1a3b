// The middle of a growth: what each partition holds afterwards, made of the copies of before, in files like those of
// `snapshot save`. Nothing but files is read and written.

import { join } from 'node:path';
import { differingSettings, type Growth } from '../../domain/growth.ts';
import type { SlotHead } from '../../domain/head.ts';
import type { RecordFingerprint } from '../../pipeline/ports.ts';
import { growSlot } from '../../redis/grow-slot.ts';
import { decodeFleet, decodeHead } from '../../redis/head-codec.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { headerOf } from '../snapshot/save-snapshot.ts';
import { checkSnapshot, piecesOf, readSnapshot, snapshotName, writeSnapshot } from '../snapshot/snapshot-file.ts';
import { beforeFolder, type GrowthFile } from './growth-file.ts';

/** The heads of the copies. @throws CommandFailure where a copy is damaged, Fault */
export async function headsOf(
  folder: string,
  from: number,
): Promise<{ head: SlotHead; fingerprint: RecordFingerprint | null }[]> {
  return Promise.all(
    Array.from({ length: from }, async (_, partition) => {
      const file = copyOf(folder, partition);
      const { head, fleet } = await firstOf(file);
      const { counts, fingerprint } = decodeHead(file, head);
      if (counts === null) throw new CommandFailure(`${file} holds no state`, EXIT.failed);
      return { head: { ...counts, fleet: decodeFleet(file, fleet) }, fingerprint };
    }),
  );
}

/** @throws CommandFailure where partitions are folded by different settings */
export function requireOneFold(heads: readonly SlotHead[]): void {
  const differing = differingSettings(heads);
  if (differing.length === 0) return;
  throw new CommandFailure(
    `the partitions do not go by the same settings: ${differing.join(', ')}`,
    EXIT.failed,
    'see "taskfold settings show"; complete the change with "taskfold settings set", and wait until all have folded it',
  );
}

export interface Seed {
  readonly partition: number;
  readonly file: string;
  readonly watermark: number;
  readonly tasks: number;
}

/** Makes the file of one partition of afterwards, unless it is there. */
export async function makeSeed(
  growth: GrowthFile & Required<Pick<GrowthFile, 'cuts'>>,
  folder: string,
  copies: readonly { readonly head: SlotHead; readonly fingerprint: RecordFingerprint | null }[],
  keys: SlotKeys,
  partition: number,
): Promise<Seed> {
  const { id, to, cuts, topic, group } = growth;
  const file = join(folder, snapshotName(partition));
  const there = await checkSnapshot(file).catch(() => null);
  if (there?.header.incarnation === id) return seedOf(file, there.header);
  const grown: Growth = { id, partition_count: to, cuts, heads: copies.map(({ head }) => head) };
  const pieces = growSlot({
    growth: grown,
    partition,
    keys,
    fingerprint: copies[partition]?.fingerprint ?? null,
    copyOf: (from) => piecesOf(copyOf(folder, from)),
  });
  const about = { topic, group, partition, emitted: cuts[partition]! };
  const { header } = await writeSnapshot(file, pieces, (first) => headerOf(first, about));
  return seedOf(file, header);
}

/** The head that the file holds. */
export async function headOfSeed({
  file,
}: Seed): Promise<{ head: Omit<SlotHead, 'fleet'>; fingerprint: RecordFingerprint | null }> {
  const { counts, fingerprint } = decodeHead(file, (await firstOf(file)).head);
  return { head: counts!, fingerprint };
}

function seedOf(
  file: string,
  { partition, watermark, tasks }: Seed | Awaited<ReturnType<typeof checkSnapshot>>['header'],
): Seed {
  return { partition, file, watermark, tasks };
}

function copyOf(folder: string, partition: number): string {
  return join(beforeFolder(folder), snapshotName(partition));
}

/** Head and fleet, which stand at the beginning. */
async function firstOf(file: string): Promise<{ head: readonly string[]; fleet: readonly string[] }> {
  let head: readonly string[] | undefined;
  for await (const line of readSnapshot(file)) {
    if ('kind' in line) continue;
    if (line.key === 'head') head = line.values;
    else if (line.key === 'fleet') return { head: head ?? [], fleet: line.values };
  }
  throw new CommandFailure(`${file} has no head`, EXIT.failed);
}
