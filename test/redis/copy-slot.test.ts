// A slot copied at one W and put back, on real Redis: every key of it, and nothing that is half of one.

import { expect, test } from 'vitest';
import { newRollUp } from '../../src/domain/roll-up.ts';
import type { RollUpChange } from '../../src/domain/roll-ups.ts';
import { copySlot, type SlotPiece } from '../../src/redis/copy-slot.ts';
import { holdSlot } from '../../src/redis/hold-slot.ts';
import { loadSlot } from '../../src/redis/load-slot.ts';
import { scanAll } from '../../src/redis/masters.ts';
import type { RedisClient } from '../../src/redis/redis-target.ts';
import { defineScripts } from '../../src/redis/scripts.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { changeOf, headOf, iosOf, reporterOf, rerouteAt, taskOf } from '../contracts/slot-samples.ts';
import { EMPTY, saveOf } from '../contracts/slot-store-under-test.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

const GROUP = 'taskfold';
/** More than one step of the copy, and names that want to be taken for others. */
const IDS = [...Array.from({ length: 600 }, (_, i) => `t${i}`), '__proto__', 'a:io', '%3A', 'ütf-8 🙂', '7'];

const ENGINE = `e-${'y'.repeat(80)}`;

/** A slot with something of every kind in it. */
async function filled(prefix: string) {
  const { client: redis } = await connected(sharedEnv().REDIS_URL);
  const store = createSlotStore({ redis, prefix, group: GROUP });
  const head = headOf();
  head.clock.log_time = 1_700_000_000_000;
  head.rerouted_from.set(3, 17);
  head.fleet.tasks = IDS.length;
  await store.begin(0, 0, head);
  const changes = IDS.map((id, i) => {
    const inputs = iosOf('inputs', [[`in-${'x'.repeat(70)}`, { processed_count: 1 }]]);
    const reporters = new Map([[`r-${i}`, reporterOf({ 'inputs.in': 2 })]]);
    const liveness = i % 2 === 0 ? 'silent' : 'reporting';
    const task = taskOf(id, i, { inputs, reporters, liveness, engine_id: ENGINE, look_at: 40_000 - i });
    const errors = [{ id: `e${i}`, msg: 'néwline\n"quoted"' }];
    return changeOf(task, {
      ...{ errors, task_output: `{"n":${i}}`, look_changed: true },
      work_requests: new Map([[`r-${i}`, true]]),
    });
  });
  const notices = IDS.map((_, i) => rerouteAt(i, 1));
  const rollUps = [...Array(260).keys()].map((i): RollUpChange => {
    // One with more members than one step reads.
    const members = new Map([...Array(i === 7 ? 1_500 : 2).keys()].map((at) => [`t${at}`, true]));
    const id = `job:${i}`;
    const rollUp = newRollUp(id, [
      ['tasks', members.size],
      ['retired.error_count', 2n ** 70n],
    ]);
    return { kind: 'internal_job_id', id, before: null, rollUp, members };
  });
  rollUps.push({
    ...rollUps[0]!,
    kind: 'engine_id',
    id: ENGINE,
    rollUp: newRollUp(ENGINE, [['tasks', IDS.length]]),
    members: null,
  });
  const tombstones = new Map([...Array(300).keys()].map((i) => [`gone-${i}`, 0]));
  const fingerprint = { offset: 899, timestamp: 1_700_000_000_000, scope: 'value', crc: 7 } as const;
  const save = {
    ...saveOf(head, 0, 900, { changes, notices, tombstones, fingerprint, rollUps }),
    expect_log_time: 1_700_000_000_000,
  };
  expect(await store.save(0, save)).toEqual({ outcome: 'saved' });
  return { redis, store, head, keys: slotKeys(prefix, GROUP, 0) };
}

/** Everything that begins with the tag but `live`, as Redis would give it to anybody. */
async function contents(redis: RedisClient, tag: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for await (const names of scanAll(redis, `${tag}:*`, 1_000)) {
    for (const key of names.filter((name) => name !== `${tag}:live`)) {
      const type = await redis.type(key);
      const reads: Record<string, () => Promise<unknown>> = {
        hash: () => redis.hgetall(key),
        list: () => redis.lrange(key, 0, -1),
        string: () => redis.get(key),
        zset: () => redis.zrange(key, '0', '-1', 'WITHSCORES'),
        stream: () => redis.xrange(key, '-', '+'),
      };
      found.set(key.slice(tag.length), await reads[type]!());
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function all(pieces: AsyncIterable<readonly SlotPiece[]>): Promise<SlotPiece[]> {
  const found: SlotPiece[] = [];
  for await (const some of pieces) found.push(...some);
  return found;
}

async function* each(pieces: readonly SlotPiece[]): AsyncGenerator<SlotPiece> {
  yield* pieces;
}

test('a copy holds every key of the slot but live and hold, and put back it is the same slot', async () => {
  const { redis, store, keys } = await filled(ownName('copy'));
  await store.reportLive(0, { owner: 'me', state: 'running', log_end: 1, emitted: 0, seen_at: 1 });
  const before = await contents(redis, keys.tag);
  const hold = await holdSlot(redis, keys);
  const pieces = await all(copySlot(redis, defineScripts(redis), keys));
  expect([...new Set(pieces.map(({ key }) => `:${key}`))].sort()).toEqual([...before.keys()]);
  // What is there before is no part of it.
  await redis.set(`${keys.tag}:task:other:output`, 'leftover');
  await redis.hset(keys.head, 'saving', 'torn');
  await loadSlot(redis, defineScripts(redis), keys, each(pieces));
  await hold.release();
  expect(await contents(redis, keys.tag)).toEqual(before);
  expect((await store.claim(0, 'me')).watermark).toBe(900);
});

test('a save in the middle of a copy ends it; one that is held still is copied, and another tool has to wait', async () => {
  const { redis, store, head, keys } = await filled(ownName('moved'));
  const save = (expect: number) =>
    store.save(0, { ...saveOf(head, expect, expect + 1), expect_log_time: 1_700_000_000_000 });
  let steps = 0;
  const copying = (async () => {
    for await (const _ of copySlot(redis, defineScripts(redis), keys)) if (++steps === 2) await save(900);
  })();
  await expect(copying).rejects.toMatchObject({ name: 'Fault', code: 'watermark_moved' });

  const hold = await holdSlot(redis, keys);
  await expect(holdSlot(redis, keys)).rejects.toMatchObject({ code: 'slot_held' });
  for await (const _ of copySlot(redis, defineScripts(redis), keys))
    expect(await save(901)).toEqual({ outcome: 'held' });
  await hold.release();
  expect(await save(901)).toEqual({ outcome: 'saved' });
});

test('a loading that dies half-way leaves a mark that nobody claims, and can be done again', async () => {
  const { redis, store, keys } = await filled(ownName('half-loaded'));
  const before = await contents(redis, keys.tag);
  const pieces = await all(copySlot(redis, defineScripts(redis), keys));
  async function* dying() {
    yield* pieces.slice(0, 1_000);
    throw new Error('the process died here');
  }
  const run = defineScripts(redis);
  await expect(loadSlot(redis, run, keys, dying())).rejects.toThrow('died here');
  expect(await store.claim(0, 'me')).toEqual({ ...EMPTY, saving: expect.stringMatching(/^load /) });
  expect(await store.begin(0, 0, headOf('second-life'))).toBe(false);
  await expect(all(copySlot(redis, defineScripts(redis), keys))).rejects.toMatchObject({ code: 'torn_save' });
  await loadSlot(redis, run, keys, each(pieces));
  expect(await contents(redis, keys.tag)).toEqual(before);
});

test('a loading that a clearing has overtaken writes nothing into the life that began since', async () => {
  const { redis, store, keys } = await filled(ownName('overtaken-load'));
  const pieces = await all(copySlot(redis, defineScripts(redis), keys));
  async function* overtaken() {
    yield* pieces.slice(0, 500);
    await store.clear(0);
    await store.begin(0, 0, headOf('second-life'));
    yield* pieces.slice(500);
  }
  const loading = loadSlot(redis, defineScripts(redis), keys, overtaken());
  await expect(loading).rejects.toMatchObject({ name: 'Fault', code: 'save_refused' });
  expect([...(await contents(redis, keys.tag)).keys()].sort()).toEqual([':fleet', ':head']);
});
