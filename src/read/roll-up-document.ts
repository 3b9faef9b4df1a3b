// A job or an engine as the command line and dashboards show it: the sum of the partitions' shares, each exact at its own W.

import { addExactly, type ExactSum } from '../domain/exact-sum.ts';
import { figuresOf, type RollUp, type RollUpKind } from '../domain/roll-up.ts';
import { type Liveness, PROCESSED_STATS } from '../domain/task-state.ts';
import type { Mark } from '../domain/update-class.ts';
import { type ExactCount, exactCount, type SumsDocument } from './fleet-document.ts';

/** What counts on after a task is retired. */
export interface RollUpSums extends SumsDocument {
  /** tasks that asked to complete their job */
  completion_requested: ExactCount;
  /** without a reason under `unreported` */
  failures_by_reason: Record<string, ExactCount>;
  /** updates of its tasks by outcome; `came_rerouted`: how many of the first three lay in a wrong partition at first */
  updates: { [outcome in (typeof OUTCOMES)[number]]: ExactCount };
  /** how many of them the ledger had to say more of than first or next (docs/fold.md, "The ledger") */
  marks: { [mark in Mark]?: ExactCount };
}

const OUTCOMES = ['applied', 'duplicate', 'stale', 'rejected', 'came_rerouted'] as const;

/** The sums are those of the tasks that are there and of the retired ones. */
export interface RollUpDocument extends RollUpSums {
  tasks: number;
  /** tasks without a status count under `unreported` */
  tasks_by_status: Record<string, number>;
  /** whether their engines still report */
  tasks_by_liveness: { [liveness in Liveness]?: number };
  /** log time, UTC epoch milliseconds */
  first_update_at: number;
  last_update_at: number;
  /** what retired tasks have added to the sums, and how many they are */
  retired: RollUpSums & { tasks: number };
  /**
   * Which records are in these figures: of each partition that has a share, all below `watermark`; `log_time` is the last one's. A
   * partition without `watermark` is not in them: its slot is empty. One that is left out holds nothing.
   */
  as_of: { partition: number; watermark?: number; log_time?: number }[];
}

export type JobDocument = { internal_job_id: string } & RollUpDocument;
export type EngineDocument = { engine_id: string } & RollUpDocument;

/** What one partition says. */
export interface PartitionShare {
  readonly partition: number;
  readonly watermark: number | null;
  readonly log_time: number | null;
  readonly share: RollUp | null;
}

/** @param shares in the order of their partitions; null where none has a share */
export function rollUpDocument<Kind extends RollUpKind>(
  kind: Kind,
  id: string,
  shares: readonly PartitionShare[],
): ({ [field in Kind]: string } & RollUpDocument) | null {
  const sums = new Map<string, ExactSum>();
  const [first, last]: [number[], number[]] = [[], []];
  for (const { share } of shares) {
    for (const [name, figure] of share === null ? [] : figuresOf(share)) {
      if (name === 'first_update_at') first.push(Number(figure));
      else if (name === 'last_update_at') last.push(Number(figure));
      else sums.set(name, addExactly(sums.get(name) ?? 0, figure));
    }
  }
  if (shares.every(({ share }) => share === null)) return null;
  const told = shares.filter(({ share, watermark }) => share !== null || watermark === null);
  return {
    ...({ [kind]: id } as { [field in Kind]: string }),
    tasks: Number(sums.get('tasks') ?? 0),
    tasks_by_status: counts(sums, 'tasks_by_status.') as Record<string, number>,
    tasks_by_liveness: counts(sums, 'tasks_by_liveness.') as RollUpDocument['tasks_by_liveness'],
    ...sumsOf(sums, ''),
    first_update_at: Math.min(...first),
    last_update_at: Math.max(...last),
    retired: { tasks: Number(sums.get('retired.tasks') ?? 0), ...sumsOf(sums, 'retired.') },
    as_of: told.map(({ partition, watermark, log_time }) => ({
      partition,
      ...(watermark === null ? {} : { watermark }),
      ...(log_time === null ? {} : { log_time }),
    })),
  };
}

function sumsOf(sums: ReadonlyMap<string, ExactSum>, prefix: string): RollUpSums {
  const sum = (name: string) => exactCount(sums.get(prefix + name) ?? 0);
  const processed_stats: SumsDocument['processed_stats'] = {};
  for (const stat of PROCESSED_STATS) {
    const name = `processed_stats.${stat}`;
    if (sums.has(prefix + name)) processed_stats[stat] = sum(name);
  }
  return {
    completion_requested: sum('completion_requested'),
    job_creations: Number(sum('job_creations')),
    error_count: sum('error_count'),
    retry_count: sum('retry_count'),
    processed_stats,
    failures_by_reason: counts(sums, `${prefix}failures_by_reason.`),
    updates: Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, sum(`updates.${outcome}`)]),
    ) as RollUpSums['updates'],
    marks: counts(sums, `${prefix}marks.`),
  };
}

function counts(sums: ReadonlyMap<string, ExactSum>, prefix: string): Record<string, ExactCount> {
  const named = [...sums].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(named.map(([name, figure]) => [name.slice(prefix.length), exactCount(figure)]));
}
