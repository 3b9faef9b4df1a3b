// Holds Redis against the plain fold: every task of every partition field by field, tasks that are missing or should not
// be, parts without a task, the head's counts, the roll-up, and conservation in what Redis itself says.

import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { comparedReasons, expectedFleet, expectedHead, expectedTask } from './expected-state.ts';
import {
  type FoundSlot,
  type FoundTasks,
  findIndexed,
  findTaskKeys,
  findTasks,
  findTombstones,
  ownerOfKey,
  TASKS_AT_ONCE,
} from './found-state.ts';
import type { Mismatches } from './mismatches.ts';
import type { PlainFold } from './plain-fold.ts';
import type { InputReplay } from './replay-input.ts';

export interface StateToCompare {
  readonly redis: RedisClient;
  readonly replay: InputReplay;
  readonly prefix: string;
  readonly group: string;
  /** by partition */
  readonly keys: readonly SlotKeys[];
  /** by partition: the life of the slot that is compared */
  readonly incarnations: ReadonlyMap<number, string>;
  onProgress(tasks: number): void;
}

/**
 * Compares every task that Redis has, and every one that it must have. Tasks are read in small groups, each at one W,
 * and the plain fold goes on to that W before they are compared: so it is exact while processors work.
 * @throws CommandFailure where a slot is set back or begun anew meanwhile
 */
export async function compareTasks(state: StateToCompare, mismatches: Mismatches): Promise<void> {
  const { redis, prefix, group, keys, replay } = state;
  const seen = new Map([...replay.folds.keys()].map((partition) => [partition, new Set<string>()]));
  // Tasks that begin later may be missed by the scan; they need not be seen.
  const began = new Map([...replay.folds.keys()].map((partition) => [partition, replay.position(partition)]));
  let compared = 0;
  const compareSome = async (some: ReadonlyMap<number, readonly string[]>) => {
    for (const { partition, ids, found } of await findSome(redis, keys, some)) {
      await compareFound(state, partition, ids, found, mismatches);
      compared += ids.length;
      state.onProgress(compared);
    }
  };
  for await (const found of findTaskKeys(redis, prefix, group)) {
    const fresh = new Map<number, string[]>();
    for (const key of found) {
      const owner = ownerOfKey(key);
      const right = owner !== null && keys[owner.partition]?.task(owner.internal_task_id);
      if (!owner || (right !== key && `${right}:${owner.part}` !== key)) {
        mismatches.add({ about: 'partition', field: `the Redis key ${JSON.stringify(key)}`, problem: 'unexpected' });
        continue;
      }
      const { partition, internal_task_id: id } = owner;
      const known = seen.get(partition);
      if (known === undefined || known.has(id)) continue;
      known.add(id);
      fresh.set(partition, [...(fresh.get(partition) ?? []), id]);
    }
    await compareSome(fresh);
  }
  for (const partition of replay.folds.keys()) {
    for await (const ids of findIndexed(redis, keys[partition]!)) {
      const known = seen.get(partition)!;
      const fresh = [...new Set(ids)].filter((id) => !known.has(id));
      for (const id of fresh) known.add(id);
      await compareSome(new Map([[partition, fresh]]));
    }
  }
  const unseen = new Map<number, string[]>();
  for (const [partition, fold] of replay.folds) {
    const tasks = [...fold.tasks.values()].filter(({ first_offset }) => first_offset < began.get(partition)!);
    const ids = tasks.map(({ internal_task_id }) => internal_task_id).filter((id) => !seen.get(partition)!.has(id));
    unseen.set(partition, ids);
  }
  await compareSome(unseen);
}

interface Some {
  readonly partition: number;
  readonly ids: readonly string[];
  readonly found: FoundTasks;
}

/** Reads these tasks, in groups of one slot and one W each; the groups of a slot are in the order of their W. */
async function findSome(
  redis: RedisClient,
  keys: readonly SlotKeys[],
  wanted: ReadonlyMap<number, readonly string[]>,
): Promise<Some[]> {
  const groups: Some[] = [];
  for (const [partition, all] of wanted) {
    for (let from = 0; from < all.length; from += TASKS_AT_ONCE) {
      const ids = all.slice(from, from + TASKS_AT_ONCE);
      groups.push({ partition, ids, found: await findTasks(redis, keys[partition]!, ids) });
    }
  }
  return groups;
}

/** Each id that the plain fold remembers as retired must have its tombstone. @throws CommandFailure as compareTasks does */
export async function compareTombstones(state: StateToCompare, mismatches: Mismatches): Promise<void> {
  for (const [partition, { retired }] of state.replay.folds) {
    let left = [...retired.tombstones];
    while (left.length > 0) {
      const some = left.splice(0, TASKS_AT_ONCE);
      const found = await findTombstones(state.redis, state.keys[partition]!, some);
      await foldOnTo(state, partition, found);
      for (const [at, [id, generation]] of some.entries()) {
        const now = retired.tombstones.get(id);
        // Moved or forgotten by what was folded meanwhile.
        if (now !== generation) left = now === undefined ? left : [...left, [id, now]];
        else if (!found.there[at]) {
          const about = { about: 'task', partition, internal_task_id: id } as const;
          mismatches.add({ ...about, field: 'tombstone', problem: 'missing', expected: `of generation ${generation}` });
        }
      }
    }
  }
}

/** Folds on to the W that something was read at. */
export async function foldOnTo(
  { replay, incarnations }: StateToCompare,
  partition: number,
  found: Pick<FoundTasks, 'watermark' | 'incarnation'>,
): Promise<void> {
  const watermark = found.watermark ?? replay.position(partition);
  if (watermark < replay.position(partition) || (found.incarnation ?? '') !== incarnations.get(partition)) {
    const what = `partition ${partition} was set back or begun anew while it was compared`;
    throw new CommandFailure(what, EXIT.failed, 'run "taskfold verify" again');
  }
  await replay.advance(new Map([[partition, watermark]]));
}

async function compareFound(
  state: StateToCompare,
  partition: number,
  ids: readonly string[],
  found: FoundTasks,
  mismatches: Mismatches,
): Promise<void> {
  await foldOnTo(state, partition, found);
  const { tasks, retired } = state.replay.folds.get(partition)!;
  for (const [at, id] of ids.entries()) {
    const about = { about: 'task', partition, internal_task_id: id } as const;
    const { there, fields } = found.tasks[at]!;
    const task = tasks.get(id);
    if (task === undefined) {
      const part = there ? {} : { field: [...fields.keys()].join(', ') };
      // What was there at the scan can be gone by now.
      const why = retired.tombstones.has(id) ? { expected: 'nothing: the task was retired' } : {};
      if (there || fields.size > 0) mismatches.add({ ...about, ...part, problem: 'unexpected', ...why });
    } else if (there) mismatches.compare(about, expectedTask(task), fields);
    else mismatches.add({ ...about, problem: 'missing' });
  }
}

/** Names in the head that are no counts: they say where and how the slot was folded. */
const NOT_COUNTS =
  /^(watermark|saving|layout|origin|incarnation|partition_count|fold_version|origin_settings\..*|fingerprint\..*|growth\..*|grown_from)$/;

/** Holds one partition's head and fleet share against the plain fold, and the counts against each other. */
export function compareSlot(partition: number, fold: PlainFold, slot: FoundSlot, mismatches: Mismatches): void {
  const about = { about: 'partition', partition } as const;
  const counts = new Map([...slot.head].filter(([name]) => !NOT_COUNTS.test(name)));
  mismatches.compare(about, expectedHead(fold), withReasonsCompared(counts));
  const fleet = new Map([...slot.fleet].map(([name, text]) => [`fleet.${name}`, text]));
  const expected = new Map([...expectedFleet(fold)].map(([name, text]) => [`fleet.${name}`, text]));
  mismatches.compare(about, expected, withoutZeros(fleet, ...COUNTS_BY_NAME));
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

const COUNTS_BY_NAME = [
  'fleet.tasks_by_status.',
  'fleet.tasks_by_liveness.',
  'fleet.failures_by_reason.',
  'fleet.processed_stats.',
  'fleet.retired.processed_stats.',
];

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
