// Holds the shares of jobs and engines in Redis against the plain fold's: every one that Redis has, and every one that it must
// have, with the tasks of each job and the slots' indexes. As with tasks, each group is read at one W.

import { scanAll } from '../../redis/masters.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import { groupRollUpsPattern, parseRollUpKey, type SlotKeys } from '../../redis/slot-keys.ts';
import { foldOnTo, type StateToCompare } from './compare-state.ts';
import { type FoundTasks, findMembers } from './found-state.ts';
import type { Mismatches } from './mismatches.ts';
import { plainMinute, plainScore } from './plain-places.ts';
import { figuresOfRollUp, PLAIN_KINDS, type PlainKind, type PlainRollUp } from './plain-roll-ups.ts';

/** Shares read at once: bounds the time that Redis is kept from others. */
const AT_ONCE = 100;

/** @throws CommandFailure where a slot is set back or begun anew meanwhile */
export async function compareRollUps(state: StateToCompare, mismatches: Mismatches): Promise<void> {
  for (const kind of PLAIN_KINDS) {
    const ids = await idsInRedis(state, kind, mismatches);
    for (const [partition, fold] of state.replay.folds) {
      for (const id of fold.rollUps.byId[kind].keys()) ids.get(partition)!.add(id);
      const all = [...ids.get(partition)!];
      for (let from = 0; from < all.length; from += AT_ONCE) {
        await compareSome(state, partition, kind, all.slice(from, from + AT_ONCE), mismatches);
      }
    }
  }
}

/** By partition: ids that any key or index has. One that begins later may be missed. */
async function idsInRedis(state: StateToCompare, kind: PlainKind, mismatches: Mismatches) {
  const { redis, keys, replay } = state;
  const ids = new Map([...replay.folds.keys()].map((partition) => [partition, new Set<string>()]));
  const pattern = groupRollUpsPattern(state.prefix, state.group, kind);
  for await (const found of scanAll(redis, pattern, 2_000)) {
    for (const key of found) {
      const owner = parseRollUpKey(key);
      if (owner === null || keyOf(keys, owner) !== key) {
        mismatches.add({ about: 'partition', field: `the Redis key ${JSON.stringify(key)}`, problem: 'unexpected' });
      } else ids.get(owner.partition)?.add(owner.id);
    }
  }
  for (const [partition, known] of ids) {
    const { rollUps, openJobs } = keys[partition]!;
    for (const index of kind === 'internal_job_id' ? [rollUps[kind], openJobs] : [rollUps[kind]]) {
      for await (const members of findMembers(redis, index)) for (const id of members) known.add(id);
    }
  }
  return ids;
}

function keyOf(keys: readonly SlotKeys[], owner: NonNullable<ReturnType<typeof parseRollUpKey>>): string | undefined {
  const slot = keys[owner.partition];
  if (!owner.isTasks) return slot?.rollUp(owner.kind, owner.id);
  return owner.kind === 'engine_id' ? slot?.engineTasks(owner.id) : slot?.jobTasks(owner.id);
}

async function compareSome(
  state: StateToCompare,
  partition: number,
  kind: PlainKind,
  ids: readonly string[],
  mismatches: Mismatches,
): Promise<void> {
  const { rollUps, ...place } = await findRollUps(state.redis, state.keys[partition]!, kind, ids);
  await foldOnTo(state, partition, place);
  const expected = state.replay.folds.get(partition)!.rollUps.byId[kind];
  for (const [at, id] of ids.entries()) {
    const about = { about: kind === 'engine_id' ? 'engine' : 'job', partition, [kind]: id } as const;
    const [wanted, found] = [expected.get(id), rollUps[at]!];
    if (wanted !== undefined && found.size > 0) mismatches.compare(about, textsOf(kind, wanted), found);
    else if (wanted !== undefined) mismatches.add({ ...about, problem: 'missing' });
    // What was there at the scan can be gone by now.
    else if (found.size > 0) mismatches.add({ ...about, field: [...found.keys()].join(', '), problem: 'unexpected' });
  }
}

function textsOf(kind: PlainKind, rollUp: PlainRollUp): Map<string, string> {
  const texts = new Map([...figuresOfRollUp(rollUp)].map(([name, figure]) => [name, String(figure)]));
  texts.set('in the index', 'yes');
  const isOpen = [...rollUp.tasks].some(({ liveness }) => liveness !== 'ended');
  if (kind === 'internal_job_id' && isOpen) texts.set('open', String(plainMinute(rollUp.last_update_at)));
  const tasks = [...rollUp.tasks].map((task): [string, number] => {
    return [task.internal_task_id, kind === 'engine_id' ? plainScore(task) : 0];
  });
  texts.set('its tasks', tasksText(tasks));
  return texts;
}

/** Ids with their scores. */
function tasksText(tasks: readonly (readonly [id: string, score: number])[]): string {
  return JSON.stringify(tasks.map(([id, score]) => `${id} ${score}`).sort());
}

/** Of each share. */
type Replies = [figures: Record<string, string>, score: string | null, minute: string | null, tasks: string[]];
const REPLIES = 4;

/** Shares of one slot in one transaction, as named texts; empty where there is nothing of one. */
async function findRollUps(
  redis: RedisClient,
  slot: SlotKeys,
  kind: PlainKind,
  ids: readonly string[],
): Promise<Omit<FoundTasks, 'tasks'> & { readonly rollUps: readonly Map<string, string>[] }> {
  const reading = redis.multi().hmget(slot.head, 'watermark', 'incarnation');
  for (const id of ids) {
    reading.hgetall(slot.rollUp(kind, id)).zscore(slot.rollUps[kind], id);
    reading.zscore(slot.openJobs, id);
    reading.zrange(kind === 'engine_id' ? slot.engineTasks(id) : slot.jobTasks(id), 0, '-1', 'WITHSCORES');
  }
  const replies = (await reading.exec()) ?? [];
  const replyAt = (at: number): unknown => {
    const [error, result] = replies[at] ?? [new Error('Redis gave no reply'), null];
    if (error) throw error;
    return result;
  };
  const [watermark, incarnation] = replyAt(0) as [string | null, string | null];
  const rollUps = ids.map((_, at) => {
    const [figures, score, minute, flat] = [1, 2, 3, 4].map((reply) => replyAt(reply + REPLIES * at)) as Replies;
    const texts = new Map(Object.entries(figures));
    if (score !== null) texts.set('in the index', 'yes');
    if (kind === 'internal_job_id' && minute !== null) texts.set('open', minute);
    const tasks = flat.flatMap((id, i): [string, number][] => (i % 2 === 0 ? [[id, Number(flat[i + 1])]] : []));
    if (tasks.length > 0) texts.set('its tasks', tasksText(tasks));
    return texts;
  });
  return { watermark: watermark === null ? null : Number(watermark), incarnation, rollUps };
}
