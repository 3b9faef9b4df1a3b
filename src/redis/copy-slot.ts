// All keys of a slot as they lie in Redis, at one W: for snapshots. Each step reads some keys and W in one transaction, and
// another W than the first one ends the copy. Tasks are found by the index `looks`, where each has its place; jobs and
// engines by theirs.

import { generationOf } from '../domain/tombstone.ts';
import { Fault } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';
import { decodeHead } from './head-codec.ts';
import { unpackReplies } from './packed-reply.ts';
import type { RedisClient } from './redis-target.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';
import { TASK_PARTS } from './task-writes.ts';
import { BUCKETS } from './tombstones.ts';
import { WORK_REQUEST_BUCKETS } from './work-requests.ts';

export const KEY_TYPES = ['hash', 'list', 'string', 'zset', 'stream'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** A key of a slot, or a part of one that is large: parts of a key follow each other. */
export interface SlotPiece {
  /** behind the tag: `head`, `task:<id>:io` */
  readonly key: string;
  readonly type: KeyType;
  /** hash: fields and values; list: elements; string: itself; zset: members and scores; stream: of an entry, see `id` */
  readonly values: readonly string[];
  /** of a stream's entry */
  readonly id?: string;
}

/** Tasks, members, entries or buckets of one step: bounds the time that Redis is kept from others. */
const STEP = 250;

/** As read-tasks.lua names them. */
const LETTERS = { hash: 'h', list: 'l', string: 's' } as const;
type WholeType = keyof typeof LETTERS;
const PART_TYPES = TASK_PARTS.map(({ type }) => type);

/**
 * The pieces of the slot, the head first. The copy is of one W if this comes to its end.
 * @throws Fault watermark_moved if W moved meanwhile: what was given is of no use then; torn_save where the head is damaged
 */
export async function* copySlot(
  redis: RedisClient,
  run: RunScript,
  keys: SlotKeys,
): AsyncGenerator<SlotPiece[], void, undefined> {
  const doing = `copying ${keys.tag}`;
  const behindTag = (key: string) => key.slice(keys.tag.length + 1);
  /** W, incarnation, log time and mark at the first step */
  let marks: readonly (string | null)[] | undefined;
  const moved = (found: string) =>
    new Fault('watermark_moved', `${doing}: W moved from ${marks?.[0] ?? 'nothing'} to ${found}`);

  async function step(commands: readonly (readonly string[])[]): Promise<unknown[]> {
    const reading = redis.multi().hmget(keys.head, 'watermark', 'incarnation', 'clock.log_time', 'saving');
    for (const [command, ...args] of commands) reading.call(command!, ...args);
    const replies = await faultsOf(doing, reading.exec());
    const results = (replies ?? []).map(([error, result]) => {
      if (error) throw new Fault('torn_save', `${doing}: ${error.message}`);
      return result;
    });
    const found = results.shift() as readonly (string | null)[];
    marks ??= found;
    if (String(found) !== String(marks)) throw moved(String(found[0]));
    return results;
  }

  /** Many keys at once, packed, which is several times as fast. @param types of the first keys, and again of those that follow */
  async function whole(wanted: readonly string[], types: readonly WholeType[]): Promise<SlotPiece[]> {
    const shape = types.map((type) => LETTERS[type]).join('');
    const { watermark, replies } = unpackReplies(
      await faultsOf(doing, run('readTasks', [keys.head, ...wanted], [shape])),
    );
    // The rest is compared before and after: no other life can have been there in between, with the same W.
    if (watermark !== marks?.[0]) throw moved(String(watermark));
    return wanted.flatMap((key, at): SlotPiece[] => {
      const reply = replies[at] as string | string[] | false;
      if (reply === false || reply.length === 0) return [];
      const type = types[at % types.length]!;
      return [{ key: behindTag(key), type, values: typeof reply === 'string' ? [reply] : reply }];
    });
  }

  const page = (key: string, from: number) => ['ZRANGE', key, String(from), String(from + STEP - 1), 'WITHSCORES'];

  async function* sorted(key: string, begin = 0): AsyncGenerator<SlotPiece> {
    for (let from = begin; ; from += STEP) {
      const values = (await step([page(key, from)]))[0] as string[];
      if (values.length > 0) yield { key: behindTag(key), type: 'zset', values };
      if (values.length < 2 * STEP) return;
    }
  }

  /** Many at once, most of which are small. */
  async function* allSorted(wanted: readonly string[]): AsyncGenerator<SlotPiece[]> {
    const firsts = (await step(wanted.map((key) => page(key, 0)))) as string[][];
    for (const [at, key] of wanted.entries()) {
      const values = firsts[at]!;
      if (values.length > 0) yield [{ key: behindTag(key), type: 'zset', values }];
      if (values.length === 2 * STEP) for await (const piece of sorted(key, STEP)) yield [piece];
    }
  }

  const [head, fleet] = (await step([
    ['HGETALL', keys.head],
    ['HGETALL', keys.fleet],
  ])) as [string[], string[]];
  const { watermark, saving, counts } = decodeHead(keys.head, head);
  if (counts === null || watermark === null || saving !== null) {
    throw new Fault(
      'torn_save',
      `${doing}: it holds ${saving === null ? 'no state' : `an unfinished step (${saving})`}`,
    );
  }
  yield [
    { key: behindTag(keys.head), type: 'hash', values: head },
    { key: behindTag(keys.fleet), type: 'hash', values: fleet },
  ];
  for await (const looks of sorted(keys.looks)) {
    const ids = looks.values.filter((_, at) => at % 2 === 0);
    const parts = ids.flatMap((id) => TASK_PARTS.map(({ suffix }) => keys.task(id) + suffix));
    yield [looks, ...(await whole(parts, PART_TYPES))];
  }
  for (const key of [...Object.values(keys.places), keys.openJobs]) {
    for await (const piece of sorted(key)) yield [piece];
  }
  for (const kind of ['internal_job_id', 'engine_id'] as const) {
    for await (const names of sorted(keys.rollUps[kind])) {
      const ids = names.values.filter((_, at) => at % 2 === 0);
      const shares = ids.map((id) => keys.rollUp(kind, id));
      yield [names, ...(await whole(shares, ['hash']))];
      yield* allSorted(ids.map((id) => (kind === 'internal_job_id' ? keys.jobTasks(id) : keys.engineTasks(id))));
    }
  }
  for (let from = '-'; ; ) {
    const entries = (await step([['XRANGE', keys.outbox, from, '+', 'COUNT', String(STEP)]]))[0] as [
      string,
      string[],
    ][];
    yield entries.map(([id, values]) => ({ key: behindTag(keys.outbox), type: 'stream', values, id }));
    if (entries.length < STEP) break;
    from = `(${entries.at(-1)![0]}`;
  }
  // Older generations are never asked for again.
  const generation = generationOf(counts);
  const numbers = [...Array(BUCKETS).keys()];
  const retired = [generation - 1, generation].map((one) => numbers.map((bucket) => keys.retired(one, bucket)));
  for (const family of [...retired, WORK_REQUEST_BUCKETS.map(keys.workRequests)]) {
    for (let from = 0; from < family.length; from += STEP) yield await whole(family.slice(from, from + STEP), ['hash']);
  }
  await step([]);
}
