// Shares of jobs and engines ↔ their hashes in Redis: a field for each figure that is not 0, under its own name. Beside them a
// job has the ids of its tasks, and a slot those of its jobs and of its engines, all in the order of their bytes; and those
// jobs that are not over, by the minutes of their last updates.

import type { ExactSum } from '../domain/exact-sum.ts';
import { FIGURE_NAMES, newRollUp, PLACES, type RollUp } from '../domain/roll-up.ts';
import type { RollUpChange } from '../domain/roll-ups.ts';
import { minuteOf } from '../domain/task-places.ts';
import type { RollUpName } from '../pipeline/ports.ts';
import { faultsOf } from './connect.ts';
import { unpackReplies } from './packed-reply.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';
import { packedText, type SlotWrites } from './slot-writes.ts';
import { malformed, storedSum } from './stored-values.ts';

/** Shares read by one script: bounds the time that Redis is kept from others. */
const READ_MAX = 1_000;

export function writeRollUps(writes: SlotWrites, keys: SlotKeys, changes: readonly RollUpChange[]): void {
  const begun = { internal_job_id: [] as string[], engine_id: [] as string[] };
  const dropped = { internal_job_id: [] as string[], engine_id: [] as string[] };
  const [open, over]: [string[], string[]] = [[], []];
  for (const change of changes) {
    const { kind, id, before, rollUp } = change;
    const key = keys.rollUp(kind, id);
    if (rollUp !== null) {
      writeFigures(writes, key, before ?? [], rollUp.figures);
      if (before === null) begun[kind].push('0', id);
    } else if (before !== null) {
      writes.write('DEL', key);
      dropped[kind].push(id);
    }
    if (kind !== 'internal_job_id') continue;
    writeMembers(writes, keys.jobTasks(id), change);
    const [left, minute] = [before && openMinute(before), rollUp && openMinute(rollUp.figures)];
    if (minute === left) continue;
    if (minute === null) over.push(id);
    else open.push(String(minute), id);
  }
  for (const kind of ['internal_job_id', 'engine_id'] as const) {
    writes.zadd(keys.rollUps[kind], begun[kind]);
    writes.zrem(keys.rollUps[kind], dropped[kind]);
  }
  writes.zadd(keys.openJobs, open);
  writes.zrem(keys.openJobs, over);
}

const [TASKS, ENDED, LAST_UPDATE_AT] = ['tasks', 'tasks_by_liveness.ended', 'last_update_at'].map(
  (name) => PLACES.get(name)!,
) as [number, number, number];

/** The score of a share among those that are not over; null: all its tasks have ended. */
function openMinute(figures: readonly ExactSum[]): number | null {
  return figures[TASKS] === figures[ENDED] ? null : minuteOf(Number(figures[LAST_UPDATE_AT]));
}

const FIGURES = FIGURE_NAMES.map(packedText);

function writeFigures(writes: SlotWrites, key: string, before: readonly ExactSum[], now: readonly ExactSum[]): void {
  let gone: string[] | null = null;
  writes.openHash(key);
  for (let place = 0; place < Math.max(before.length, now.length); place++) {
    const figure = now[place] ?? 0;
    if (figure === (before[place] ?? 0)) continue;
    if (figure === 0) {
      gone ??= [];
      gone.push(FIGURE_NAMES[place]!);
      continue;
    }
    writes.field(FIGURES[place]!);
    if (typeof figure === 'number') writes.number(figure);
    else writes.text(String(figure));
  }
  writes.closeHash();
  if (gone !== null) writes.hdel(key, gone);
}

function writeMembers(writes: SlotWrites, key: string, { members }: RollUpChange): void {
  if (members === null) return;
  // With its last task the set goes by itself.
  const [here, gone]: [string[], string[]] = [[], []];
  for (const [internal_task_id, belongs] of members) {
    if (belongs) here.push('0', internal_task_id);
    else gone.push(internal_task_id);
  }
  writes.zadd(key, here);
  writes.zrem(key, gone);
}

/** In the order asked; null: absent. @throws Fault service_unavailable, torn_save */
export async function readRollUps(
  run: RunScript,
  keys: SlotKeys,
  names: readonly RollUpName[],
): Promise<{ watermark: string | null; rollUps: (RollUp | null)[] }[]> {
  const stretches: Promise<{ watermark: string | null; rollUps: (RollUp | null)[] }>[] = [];
  for (let from = 0; from < names.length || from === 0; from += READ_MAX) {
    stretches.push(readStretch(run, keys, names.slice(from, from + READ_MAX)));
  }
  return Promise.all(stretches);
}

async function readStretch(run: RunScript, keys: SlotKeys, names: readonly RollUpName[]) {
  const wanted = names.map(({ kind, id }) => keys.rollUp(kind, id));
  const reply = await faultsOf(`reading roll-ups of ${keys.tag}`, run('readTasks', [keys.head, ...wanted], ['h']));
  const { watermark, replies } = unpackReplies(reply);
  const rollUps = names.map(({ id }, i) => decodeRollUp(wanted[i]!, id, replies[i] as readonly string[]));
  return { watermark, rollUps };
}

/** @param flat fields and values as Redis has them @throws Fault torn_save where the stored data is damaged */
export function decodeRollUp(key: string, id: string, flat: readonly string[]): RollUp | null {
  if (flat.length === 0) return null;
  const figures: [string, ExactSum][] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    if (!PLACES.has(name)) malformed(key, name, 'is no figure of a roll-up');
    figures.push([name, storedSum(key, name, flat[i + 1]!)]);
  }
  return newRollUp(id, figures);
}
