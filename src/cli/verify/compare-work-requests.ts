// Holds the index of work requests against the plain fold: each that leads to a task is in it, and nothing else is. As with tasks,
// each group is read at one W.

import { createHash } from 'node:crypto';
import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { foldOnTo, type StateToCompare } from './compare-state.ts';
import { type FoundTasks, TASKS_AT_ONCE } from './found-state.ts';
import type { Mismatches } from './mismatches.ts';
import { workRequestOf } from './plain-checks.ts';
import type { PlainTask } from './plain-task.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** @throws CommandFailure where a slot is set back or begun anew meanwhile */
export async function compareWorkRequests(state: StateToCompare, mismatches: Mismatches): Promise<void> {
  for (const [partition, { tasks }] of state.replay.folds) {
    const ids = [...tasks.keys()];
    for (let from = 0; from < ids.length; from += TASKS_AT_ONCE) {
      await compareExpected(state, partition, ids.slice(from, from + TASKS_AT_ONCE), mismatches);
    }
    for (const first of DIGITS) await compareFound(state, partition, first, mismatches);
  }
}

/** The work requests that lead to a task, but for one that is its own id. */
function leadingTo(task: PlainTask | undefined): Set<string> {
  const remembered = [...(task?.reporters.keys() ?? [])].map(workRequestOf);
  const all = new Set([...remembered, ...(task?.work_requests_let_go ?? [])]);
  for (const none of ['', task?.internal_task_id ?? '']) all.delete(none);
  return all;
}

async function compareExpected(
  state: StateToCompare,
  partition: number,
  ids: readonly string[],
  mismatches: Mismatches,
): Promise<void> {
  const { tasks } = state.replay.folds.get(partition)!;
  const pairs = ids.flatMap((id) => [...leadingTo(tasks.get(id))].map((request) => ({ id, request })));
  const { replies, ...place } = await readAtOnce(state.redis, state.keys[partition]!, (keys, reading) => {
    for (const { id, request } of pairs) {
      const { bucket, digest } = placeOf(request);
      reading.hexists(keys.workRequests(bucket), digest + id);
    }
  });
  await foldOnTo(state, partition, place);
  for (const [at, { id, request }] of pairs.entries()) {
    // One that was folded away meanwhile need not be there.
    if (replies[at] === 1 || !leadingTo(tasks.get(id)).has(request)) continue;
    const about = { about: 'task', partition, internal_task_id: id } as const;
    mismatches.add({ ...about, field: 'work_requests', problem: 'missing', expected: request });
  }
}

async function compareFound(
  state: StateToCompare,
  partition: number,
  first: string,
  mismatches: Mismatches,
): Promise<void> {
  const { replies, ...place } = await readAtOnce(state.redis, state.keys[partition]!, (keys, reading) => {
    for (const second of DIGITS) reading.hkeys(keys.workRequests(first + second));
  });
  await foldOnTo(state, partition, place);
  const { tasks } = state.replay.folds.get(partition)!;
  for (const [at, fields] of (replies as string[][]).entries()) {
    const bucket = first + DIGITS[at];
    for (const field of fields) {
      const [digest, id] = [field.slice(0, 6), field.slice(6)];
      const leads = [...leadingTo(tasks.get(id))].map(placeOf);
      if (leads.some((one) => one.digest === digest && one.bucket === bucket)) continue;
      const about = { about: 'task', partition, internal_task_id: id } as const;
      mismatches.add({ ...about, field: 'work_requests', problem: 'unexpected', found: `${bucket}: ${digest}` });
    }
  }
}

function placeOf(work_request_id: string): { bucket: string; digest: string } {
  const digest = createHash('md5').update(work_request_id).digest('base64url');
  return { bucket: digest.slice(0, 2), digest: digest.slice(2, 8) };
}

/** Reads in one transaction, with the W that it was read at. */
async function readAtOnce(
  redis: RedisClient,
  slot: SlotKeys,
  read: (keys: SlotKeys, reading: ReturnType<RedisClient['multi']>) => void,
): Promise<Omit<FoundTasks, 'tasks'> & { readonly replies: readonly unknown[] }> {
  const reading = redis.multi().hmget(slot.head, 'watermark', 'incarnation');
  read(slot, reading);
  const results = ((await reading.exec()) ?? [[new Error('Redis gave no reply'), null]]).map(([error, result]) => {
    if (error) throw error;
    return result;
  });
  const [[watermark, incarnation], ...replies] = results as [[string | null, string | null], ...unknown[]];
  return { watermark: watermark === null ? null : Number(watermark), incarnation, replies };
}
