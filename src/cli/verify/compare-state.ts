// Holds Redis against the plain fold: every task of every partition field by field, tasks that are missing or should not
// be, parts without a task, the head's counts, the roll-up, and conservation in what Redis itself says.

import type { Redis } from 'ioredis';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { comparedReasons, expectedFleet, expectedHead, expectedTask } from './expected-state.ts';
import { type FoundSlot, findTaskKeys, findTasks, ownerOfKey } from './found-state.ts';
import { Mismatches } from './mismatches.ts';
import type { PlainFold } from './plain-fold.ts';

export interface StateToCompare {
  readonly redis: Redis;
  readonly prefix: string;
  readonly group: string;
  /** by partition */
  readonly keys: readonly SlotKeys[];
  /** by partition; a partition that is not there is left out of the comparison */
  readonly folds: ReadonlyMap<number, PlainFold>;
  readonly mismatchesKept: number;
  onProgress(tasks: number): void;
}

/** What differs, by partition; keys of no partition of the group stand under −1. */
export async function compareTasks(state: StateToCompare): Promise<Map<number, Mismatches>> {
  const { redis, prefix, group, keys, folds } = state;
  const differences = new Map<number, Mismatches>();
  const of = (partition: number): Mismatches => {
    const known = differences.get(partition) ?? new Mismatches(state.mismatchesKept);
    differences.set(partition, known);
    return known;
  };
  const seen = new Map([...folds.keys()].map((partition) => [partition, new Set<string>()]));
  let compared = 0;
  for await (const found of findTaskKeys(redis, prefix, group)) {
    const hashes: { key: string; partition: number; id: string }[] = [];
    for (const key of found) {
      const owner = ownerOfKey(key);
      const right = owner !== null && keys[owner.partition]?.task(owner.internal_task_id);
      if (!owner || (right !== key && `${right}:${owner.part}` !== key)) {
        of(-1).add({ about: 'partition', field: `the Redis key ${JSON.stringify(key)}`, problem: 'unexpected' });
        continue;
      }
      const { partition, internal_task_id: id, part } = owner;
      if (!folds.has(partition)) continue;
      if (part === null) {
        if (!seen.get(partition)!.has(id)) hashes.push({ key, partition, id });
        seen.get(partition)!.add(id);
      } else if (!folds.get(partition)!.tasks.has(id)) {
        of(partition).add({ about: 'task', partition, internal_task_id: id, field: part, problem: 'unexpected' });
      }
    }
    const tasks = await findTasks(
      redis,
      hashes.map(({ key }) => key),
    );
    for (const [at, { partition, id }] of hashes.entries()) {
      const about = { about: 'task', partition, internal_task_id: id } as const;
      const task = folds.get(partition)!.tasks.get(id);
      if (task === undefined) of(partition).add({ ...about, problem: 'unexpected' });
      else of(partition).compare(about, expectedTask(task), tasks[at]!);
    }
    compared += hashes.length;
    state.onProgress(compared);
  }
  for (const [partition, fold] of folds) {
    for (const id of fold.tasks.keys()) {
      if (!seen.get(partition)!.has(id)) {
        of(partition).add({ about: 'task', partition, internal_task_id: id, problem: 'missing' });
      }
    }
  }
  return differences;
}

/** Names in the head that are no counts: they say where and how the slot was folded. */
const NOT_COUNTS = /^(watermark|saving|layout|origin|incarnation|partition_count|fold_version|settings\..*)$/;

/** Holds one partition's head and fleet share against the plain fold, and the counts against each other. */
export function compareSlot(partition: number, fold: PlainFold, slot: FoundSlot, mismatches: Mismatches): void {
  const about = { about: 'partition', partition } as const;
  const counts = new Map([...slot.head].filter(([name]) => !NOT_COUNTS.test(name)));
  mismatches.compare(about, expectedHead(fold), withReasonsCompared(counts));
  const fleet = new Map([...slot.fleet].map(([name, text]) => [`fleet.${name}`, text]));
  const expected = new Map([...expectedFleet(fold)].map(([name, text]) => [`fleet.${name}`, text]));
  mismatches.compare(
    about,
    expected,
    withoutZeros(fleet, 'fleet.tasks_by_status.', 'fleet.failures_by_reason.', 'fleet.processed_stats.'),
  );
  const sum = (prefix: string) => {
    let total = 0;
    for (const [name, text] of counts) if (name.startsWith(prefix)) total += Number(text);
    return total;
  };
  const conserve = (field: string, expected: number) => {
    const found = counts.get(field) ?? '0';
    if (found === String(expected)) return;
    mismatches.add({
      ...about,
      field: `conservation of ${field}`,
      problem: 'differs',
      expected: String(expected),
      found,
    });
  };
  conserve('received', sum('outcomes.'));
  conserve('outcomes.rejected', sum('rejected_by_reason.'));
}

function withoutZeros(fields: ReadonlyMap<string, string>, ...prefixes: readonly string[]): Map<string, string> {
  return new Map(
    [...fields].filter(([name, text]) => text !== '0' || !prefixes.some((prefix) => name.startsWith(prefix))),
  );
}

const BY_REASON = 'rejected_by_reason.';

function withReasonsCompared(counts: ReadonlyMap<string, string>): Map<string, string> {
  const compared = new Map([...counts].filter(([name]) => !name.startsWith(BY_REASON)));
  const reasons = [...counts]
    .filter(([name]) => name.startsWith(BY_REASON))
    .map(([name, text]): [string, number] => [name.slice(BY_REASON.length), Number(text)]);
  for (const [name, count] of comparedReasons(reasons)) if (count !== 0) compared.set(name, String(count));
  return compared;
}
