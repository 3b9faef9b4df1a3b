// What Redis holds, read raw, as named texts in the same form as expected-state.ts: hashes as they are, beside them the
// packed ledger, the errors and the output. Only key names come from the redis room.

import type { Redis } from 'ioredis';
import { groupTasksPattern, parseTaskKey, type SlotKeys } from '../../redis/slot-keys.ts';
import { reportersText, totalsText, ZERO_IS_ABSENT } from './expected-state.ts';

/** A slot's head and fleet, flat; empty maps where Redis has none. */
export interface FoundSlot {
  readonly head: ReadonlyMap<string, string>;
  readonly fleet: ReadonlyMap<string, string>;
}

/** Heads and fleets of all partitions, each pair read in one transaction. */
export async function findSlots(redis: Redis, keys: readonly SlotKeys[]): Promise<FoundSlot[]> {
  const slots: FoundSlot[] = [];
  for (const { head, fleet } of keys) {
    const replies = await redis.multi().hgetall(head).hgetall(fleet).exec();
    slots.push({ head: textsOf(replyAt(replies, 0)), fleet: textsOf(replyAt(replies, 1)) });
  }
  return slots;
}

/** Keys of a group's tasks and their parts, in no order; one can come twice while Redis resizes its table. */
export async function* findTaskKeys(redis: Redis, prefix: string, group: string): AsyncGenerator<string[]> {
  for (let cursor = '0'; ; ) {
    const [next, keys] = await redis.scan(cursor, 'MATCH', groupTasksPattern(prefix, group), 'COUNT', 2_000);
    yield keys;
    if (next === '0') return;
    cursor = next;
  }
}

/** The task that a key belongs to, be it the task's hash or a part of it; null for a key that is none of ours. */
export function ownerOfKey(key: string): { partition: number; internal_task_id: string; part: string | null } | null {
  const task = parseTaskKey(key);
  if (task !== null) return { ...task, part: null };
  const part = TASK_PARTS.find((name) => key.endsWith(`:${name}`));
  const owner = part === undefined ? null : parseTaskKey(key.slice(0, -part.length - 1));
  return owner === null ? null : { ...owner, part: part! };
}

const TASK_PARTS = ['io', 'long', 'ledger', 'errors', 'output'] as const;
const TASKS_AT_ONCE = 200;

/** The tasks under these keys of task hashes, in order, each as named texts. A part that Redis lacks is left out. */
export async function findTasks(redis: Redis, keys: readonly string[]): Promise<Map<string, string>[]> {
  const tasks: Map<string, string>[] = [];
  for (let from = 0; from < keys.length; from += TASKS_AT_ONCE) {
    const pipeline = redis.pipeline();
    const some = keys.slice(from, from + TASKS_AT_ONCE);
    for (const key of some) {
      pipeline.hgetall(key).hgetall(`${key}:io`).hgetall(`${key}:long`);
      pipeline.get(`${key}:ledger`).lrange(`${key}:errors`, 0, -1).get(`${key}:output`);
    }
    const replies = await pipeline.exec();
    for (let task = 0; task < some.length; task++) {
      tasks.push(fieldsOf((part) => replyAt(replies, 6 * task + part)));
    }
  }
  return tasks;
}

function fieldsOf(reply: (part: number) => unknown): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of [0, 1, 2]) {
    for (const [name, text] of textsOf(reply(part))) {
      if (text !== '0' || !ZERO_IS_ABSENT.has(name)) fields.set(name, text);
    }
  }
  const ledger = reply(3);
  if (typeof ledger === 'string') for (const [name, text] of ledgerTexts(ledger)) fields.set(name, text);
  const errors = reply(4);
  if (Array.isArray(errors) && errors.length > 0) fields.set('errors', errorsText(errors as string[]));
  const output = reply(5);
  if (typeof output === 'string') fields.set('task_output', output);
  return fields;
}

/** The ledger's published form: [names, base, [reporter, totals, …]], totals as name number, total, … */
function ledgerTexts(text: string): [string, string][] {
  try {
    const [names, base, reporters] = JSON.parse(text) as [string[], number[], (string | number[])[]];
    const totals = (packed: readonly number[]): [string, number][] => {
      const pairs: [string, number][] = [];
      for (let at = 0; at < packed.length; at += 2) pairs.push([names[packed[at]!]!, packed[at + 1]!]);
      return pairs;
    };
    const list: [string, [string, number][]][] = [];
    for (let at = 0; at < reporters.length; at += 2) {
      list.push([reporters[at] as string, totals(reporters[at + 1] as number[])]);
    }
    return [
      ['reporters', reportersText(list)],
      ['reporters_base', totalsText(totals(base))],
    ];
  } catch {
    return [['reporters', `not readable: ${text}`]];
  }
}

function errorsText(errors: readonly string[]): string {
  try {
    const parsed = errors.map((error) => JSON.parse(error) as { id?: string; msg?: string });
    return JSON.stringify(parsed.map(({ id, msg }) => [id, msg]));
  } catch {
    return `not readable: ${errors.join(' ')}`;
  }
}

function textsOf(reply: unknown): Map<string, string> {
  return new Map(Object.entries(reply as Record<string, string>));
}

/** @throws Redis' own error, such as one for a key of another type */
function replyAt(replies: [error: Error | null, result: unknown][] | null, at: number): unknown {
  const [error, result] = replies?.[at] ?? [new Error('Redis gave no reply'), null];
  if (error) throw error;
  return result;
}
