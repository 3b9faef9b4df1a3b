// What a growth begins with: how many partitions there were, what stands against it, and whether one is under way.

import { randomUUID } from 'node:crypto';
import type { EmittedMark } from '../../pipeline/ports.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { PartitionStatus } from '../partition-status.ts';
import { GROWTH_VERSION, type GrowthFile } from './growth-file.ts';

/** Halts that a growth cures, or that come of one. */
const NO_OBSTACLE: readonly string[] = [
  'partition_count_changed',
  'growth_unfinished',
  'seed_missing',
  'load_unfinished',
];

export interface Known {
  readonly topic: string;
  readonly group: string;
  /** partitions of the topic as it is */
  readonly count: number;
  readonly marks: ReadonlyMap<number, EmittedMark>;
}

/** A new growth to so many partitions. @throws CommandFailure where it cannot be, with the reason and the cure */
export function planGrowth(to: number, { topic, group, count, marks }: Known): GrowthFile {
  const counts = [...new Set([...marks.values()].map(({ pins }) => pins.partition_count))];
  if (counts.length === 0) {
    throw new CommandFailure(
      `nothing was folded yet by group ${group}, so there is nothing to move`,
      EXIT.failed,
      `give the topic its partitions: kafka-topics.sh --alter --topic ${topic} --partitions ${to}`,
    );
  }
  const growing = [...marks.values()].find(({ growing }) => growing !== undefined)?.growing;
  const begun = [...marks.values()].some(({ pins }) => pins.incarnation === growing);
  if (counts.length > 1 || begun) {
    throw new CommandFailure(
      `the growth ${growing ?? 'of before'} is not through: some partitions were moved already`,
      EXIT.failed,
      'go on with it, with the same N and its folder',
    );
  }
  const from = counts[0]!;
  if (to <= from) {
    throw new CommandFailure(`there are ${from} partitions already; there can only be more`, EXIT.usage);
  }
  if (count > to || count < from) {
    throw new CommandFailure(
      `the topic has ${count} partitions, and its state was folded over ${from}`,
      EXIT.usage,
      count > to ? `partitions grow ${count} DIR` : 'it was made anew: see "taskfold partitions list"',
    );
  }
  const missing = Array.from({ length: from }, (_, partition) => partition).filter(
    (partition) => !marks.has(partition),
  );
  if (missing.length > 0) {
    throw new CommandFailure(
      `partition ${missing.join(', ')} was never folded`,
      EXIT.failed,
      'start "taskfold run", and wait until it has claimed all partitions',
    );
  }
  const id = `${Date.now().toString(16)}-${randomUUID().slice(0, 8)}`;
  return { kind: 'growth', version: GROWTH_VERSION, id, topic, group, from, to, begun_at: new Date().toISOString() };
}

/** @throws CommandFailure where the folder is another growth's */
export function requireSame(growth: GrowthFile, to: number, { topic, group }: Pick<Known, 'topic' | 'group'>): void {
  for (const [name, its, ours] of [
    ['N', growth.to, to],
    ['topic', growth.topic, topic],
    ['group', growth.group, group],
  ] as const) {
    if (its === ours) continue;
    throw new CommandFailure(`the folder is of a growth with ${name} ${its}, not ${ours}`, EXIT.usage);
  }
}

/** @throws CommandFailure with the cures of partitions that are halted for another reason */
export function requireSound(statuses: readonly PartitionStatus[]): void {
  const halted = statuses.filter(({ halt }) => halt !== undefined && !NO_OBSTACLE.includes(halt.code));
  if (halted.length === 0) return;
  const what = halted.map(({ partition, halt }) => `partition ${partition} is halted (${halt!.code}): ${halt!.cure}`);
  throw new CommandFailure(what.join('\n'), EXIT.failed, 'cure them first; nothing was done');
}

/** What will be done, for people. */
export function previewOf({ from, to }: GrowthFile, count: number, tasks: number, folder: string): string[] {
  const moved = Math.round(tasks * (1 - shareThatStays(from, to)));
  const topic =
    count < to ? `gives the topic ${to} partitions (it has ${count})` : `the topic has its ${to} partitions`;
  return [
    `${from} to ${to} partitions: ${tasks.toLocaleString('en-US')} tasks, about ${moved.toLocaleString('en-US')} of which get another home`,
    `  does:  lets what is decided leave, and holds all partitions still; copies each to ${folder}; ${topic};`,
    '         puts each task into its new home, and lets the processors go on. Records wait in the log meanwhile.',
    '  loses: nothing. It cannot be taken back: a topic never has fewer partitions again, and the log of before does not',
    `         make the state of after. Keep ${folder} until the next "taskfold snapshot save".`,
  ];
}

/** How many of the tasks keep their home, 0 to 1. */
function shareThatStays(from: number, to: number): number {
  let stays = 0;
  for (let hash = 0; hash < from * to; hash++) if (hash % from === hash % to) stays += 1;
  return stays / (from * to);
}
