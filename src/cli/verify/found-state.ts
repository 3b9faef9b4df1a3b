// What Redis holds, read raw, as named texts in the same form as expected-state.ts: hashes as they are, beside them the
// packed ledger, the errors, the output, and the task's places in the slot's sorted sets. Only key names come from the redis room.

import { createHash } from 'node:crypto';
import { PLACES } from '../../domain/task-places.ts';
import { scanAll } from '../../redis/masters.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import { groupTasksPattern, parseTaskKey, type SlotKeys } from '../../redis/slot-keys.ts';
import { type ReporterLook, reportersText, totalsText, ZERO_IS_ABSENT } from './expected-state.ts';

/** A slot's head and fleet, flat; empty maps where Redis has none. */
export interface FoundSlot {
  readonly head: ReadonlyMap<string, string>;
  readonly fleet: ReadonlyMap<string, string>;
}

/** Heads and fleets of all partitions, each pair read in one transaction. */
export async function findSlots(redis: RedisClient, keys: readonly SlotKeys[]): Promise<FoundSlot[]> {
  const slots: FoundSlot[] = [];
  for (const { head, fleet } of keys) {
    const replies = await redis.multi().hgetall(head).hgetall(fleet).exec();
    slots.push({ head: textsOf(replyAt(replies, 0)), fleet: textsOf(replyAt(replies, 1)) });
  }
  return slots;
}

/** Keys of a group's tasks and their parts, in no order; one can come twice while Redis resizes its table. */
export async function* findTaskKeys(redis: RedisClient, prefix: string, group: string): AsyncGenerator<string[]> {
  yield* scanAll(redis, groupTasksPattern(prefix, group), 2_000);
}

/** Ids that stand in a slot's sorted sets, in no order; one can come several times. */
export async function* findIndexed(redis: RedisClient, { looks, places }: SlotKeys): AsyncGenerator<string[]> {
  for (const key of [looks, ...Object.values(places)]) yield* findMembers(redis, key);
}

/** Members of a sorted set, in no order; one can come several times. */
export async function* findMembers(redis: RedisClient, key: string): AsyncGenerator<string[]> {
  for (let cursor = '0'; ; ) {
    const [next, flat] = await redis.zscan(key, cursor, 'COUNT', 2_000);
    yield flat.filter((_, at) => at % 2 === 0);
    if (next === '0') return;
    cursor = next;
  }
}

const TASK_PARTS = ['io', 'long', 'ledger', 'errors', 'output'] as const;

/** The task that a key belongs to, be it the task's hash or a part of it; null for a key that is none of ours. */
export function ownerOfKey(key: string): { partition: number; internal_task_id: string; part: string | null } | null {
  const task = parseTaskKey(key);
  if (task !== null) return { ...task, part: null };
  const part = TASK_PARTS.find((name) => key.endsWith(`:${name}`));
  const owner = part === undefined ? null : parseTaskKey(key.slice(0, -part.length - 1));
  return owner === null ? null : { ...owner, part: part! };
}

/** Tasks that were read in one step, with the W that they were read at. */
export interface FoundTasks {
  /** null: the slot is empty */
  readonly watermark: number | null;
  readonly incarnation: string | null;
  /** in the order asked */
  readonly tasks: readonly FoundTask[];
}

export interface FoundTask {
  /** whether there is the task's own hash; parts can be there without it */
  readonly there: boolean;
  /** as named texts */
  readonly fields: Map<string, string>;
}

/** Tasks read at once: bounds the time that Redis is kept from others. */
export const TASKS_AT_ONCE = 200;

/** Reads at most {@link TASKS_AT_ONCE} tasks of one slot in one transaction, so that all are of one W. */
export async function findTasks(redis: RedisClient, slot: SlotKeys, ids: readonly string[]): Promise<FoundTasks> {
  const reading = redis.multi().hmget(slot.head, 'watermark', 'incarnation');
  for (const id of ids) {
    const key = slot.task(id);
    reading.hgetall(key).hgetall(`${key}:io`).hgetall(`${key}:long`);
    reading.hgetall(`${key}:ledger`).lrange(`${key}:errors`, 0, -1).get(`${key}:output`);
    reading.zscore(slot.looks, id);
    for (const place of PLACES) reading.zscore(slot.places[place], id);
  }
  const replies = await reading.exec();
  const [watermark, incarnation] = replyAt(replies, 0) as [string | null, string | null];
  const tasks = ids.map((_, task): FoundTask => {
    const reply = (part: number) => replyAt(replies, 1 + REPLIES * task + part);
    return { there: textsOf(reply(0)).size > 0, fields: fieldsOf(reply) };
  });
  return { watermark: watermark === null ? null : Number(watermark), incarnation, tasks };
}

/** Which of the retired tasks have a tombstone of this generation, with the W that they were read at. */
export async function findTombstones(
  redis: RedisClient,
  slot: SlotKeys,
  retired: readonly (readonly [internal_task_id: string, generation: number])[],
): Promise<Omit<FoundTasks, 'tasks'> & { readonly there: readonly boolean[] }> {
  const reading = redis.multi().hmget(slot.head, 'watermark', 'incarnation');
  for (const [id, generation] of retired) {
    // Hashes of 16 bytes, over 4,096 buckets by their first two.
    const digest = createHash('md5').update(id).digest();
    reading.hexists(slot.retired(generation, ((digest[0]! << 8) | digest[1]!) % 4_096), digest);
  }
  const replies = await reading.exec();
  const [watermark, incarnation] = replyAt(replies, 0) as [string | null, string | null];
  const there = retired.map((_, at) => replyAt(replies, 1 + at) === 1);
  return { watermark: watermark === null ? null : Number(watermark), incarnation, there };
}

const BUCKETS = 4_096;
const BUCKETS_AT_ONCE = 512;

/** The digests of all retired ids that are remembered, in no order. @param head of the slot */
export async function* findTombstoneDigests(
  redis: RedisClient,
  slot: SlotKeys,
  head: ReadonlyMap<string, string>,
): AsyncGenerator<string[]> {
  const kept_ms = Number(head.get('settings.tombstones_kept_s')) * 1_000;
  const present = Math.floor(Number(head.get('clock.now')) / kept_ms);
  for (const generation of [present - 1, present]) {
    for (let from = 0; from < BUCKETS; from += BUCKETS_AT_ONCE) {
      const reading = redis.multi();
      for (let at = from; at < from + BUCKETS_AT_ONCE; at++) reading.hkeys(slot.retired(generation, at));
      const replies = await reading.exec();
      yield Array.from({ length: BUCKETS_AT_ONCE }, (_, at) => replyAt(replies, at) as string[]).flat();
    }
  }
}

/** Replies for each task. */
const REPLIES = 7 + PLACES.length;

function fieldsOf(reply: (part: number) => unknown): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of [0, 1, 2]) {
    for (const [name, text] of textsOf(reply(part))) {
      if (text !== '0' || !ZERO_IS_ABSENT.has(name)) fields.set(name, text);
    }
  }
  for (const [name, text] of ledgerTexts(textsOf(reply(3)))) fields.set(name, text);
  const errors = reply(4);
  if (Array.isArray(errors) && errors.length > 0) fields.set('errors', errorsText(errors as string[]));
  const output = reply(5);
  if (typeof output === 'string') fields.set('task_output', output);
  for (const [at, name] of ['looks', ...PLACES].entries()) {
    const score = reply(6 + at);
    if (typeof score === 'string') fields.set(name, score);
  }
  return fields;
}

const REPORTER = 'reporter.';

/**
 * Reporters with their totals, and the base, of the ledger's published form: the field `reporter.<work request>` begins with the
 * IO names, figures (the first two: offset of its last update, clock at it; the last: 0 ended, 1 open, 2 open and re-routed,
 * 3 ended and re-routed) and totals as IO name or its number, total, …; `base` is IO, total, …
 * What is remembered of posts is not looked at: where it is wrong, figures become wrong.
 */
function ledgerTexts(ledger: ReadonlyMap<string, string>): [string, string][] {
  if (ledger.size === 0) return [];
  try {
    const list: (ReporterLook & { last_offset: number })[] = [];
    for (const [field, text] of ledger) {
      if (!field.startsWith(REPORTER)) continue;
      const [names, figures, packed] = JSON.parse(text) as [string[], number[], (string | number)[]];
      const [last_offset, heard_at, attendance] = [figures[0]!, figures[1]!, figures.at(-1)!];
      const totals = pairsOf(packed).map(([name, total]): [string, number] => [
        typeof name === 'number' ? names[name]! : name,
        total,
      ]);
      const [ended, rerouted] = [attendance === 0 || attendance === 3, attendance >= 2];
      list.push({ name: field.slice(REPORTER.length), last_offset, totals, heard_at, ended, rerouted });
    }
    list.sort((a, b) => a.last_offset - b.last_offset);
    const base = pairsOf(JSON.parse(ledger.get('base') ?? '[]')) as [string, number][];
    return [
      ['reporters', reportersText(list)],
      ['reporters_base', totalsText(base)],
    ];
  } catch {
    return [['reporters', `not readable: ${[...ledger].flat().join(' ')}`]];
  }
}

function pairsOf(flat: readonly (string | number)[]): [string | number, number][] {
  const pairs: [string | number, number][] = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at]!, flat[at + 1] as number]);
  return pairs;
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
