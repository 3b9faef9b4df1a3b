// The growth of the input topic, written twice: by src/domain over the raw keys of slots, as `partitions grow` does it, and by the
// plain fold. Whatever the slots held, both must say the same afterwards, and go on saying it.

import { expect, test } from 'vitest';
import { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import { growPlainly } from '../../src/cli/verify/plain-growth.ts';
import { plainHome } from '../../src/cli/verify/plain-murmur2.ts';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { differingSettings, type Growth } from '../../src/domain/growth.ts';
import type { TaskError, TaskState } from '../../src/domain/task-state.ts';
import { generationOf, Tombstone } from '../../src/domain/tombstone.ts';
import { workRequestsOf } from '../../src/domain/work-requests.ts';
import type { SlotPiece } from '../../src/redis/copy-slot.ts';
import { growSlot } from '../../src/redis/grow-slot.ts';
import { decodeFleet, decodeHead, encodeFleet, encodeGrownHead } from '../../src/redis/head-codec.ts';
import { decodeRollUp, writeRollUps } from '../../src/redis/roll-ups.ts';
import { decodeId, slotKeys } from '../../src/redis/slot-keys.ts';
import { decodeTask } from '../../src/redis/task-codec.ts';
import { writeChange } from '../../src/redis/task-writes.ts';
import { tombstonePlace, writeTombstones } from '../../src/redis/tombstones.ts';
import { workRequestPlace } from '../../src/redis/work-requests.ts';
import { collected } from '../../src/redis/written-pieces.ts';
import { DomainSlot, showPlain, stepsOfPlain } from './fold-both-ways.ts';
import { randomStream, SMALL_BOUNDS, STREAM_GROUP, type StreamRecord } from './random-updates.ts';
import { differences } from './shown.ts';

/** A longer search: GROWN_FOLDS_STREAMS=100000. */
const STREAMS = Number(process.env.GROWN_FOLDS_STREAMS ?? 80);
const FIRST_SEED = Number(process.env.GROWN_FOLDS_SEED ?? 1);
const keysOf = (partition: number) => slotKeys('p', 'g', partition);

test.each([
  ['small bounds', SMALL_BOUNDS],
  ['the default bounds', DEFAULT_FOLD_SETTINGS],
])('both folds come through growths to the same state, events and counts: %s', async (_, settings) => {
  const met = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const counts = [
      [1, 2, 3],
      [2, 3, 5],
      [2, 4, 6],
      [3, 4, 8],
    ][seed % 4]!;
    const found = await foldThroughGrowths(seed, settings, counts, met);
    if (found.length > 0)
      expect.fail([`seed ${seed}, ${counts.join(' to ')} partitions:`, ...found.slice(0, 20)].join('\n'));
  }
  const wanted = [
    'moved',
    'stayed',
    'a copy goes on',
    'a copy came again',
    'tombstone moved',
    'share split',
    'retired share moved',
  ];
  expect(wanted.filter((rule) => !met.has(rule) && settings === SMALL_BOUNDS)).toEqual([]);
});

test('partitions that do not go by the same settings are named', () => {
  const slot = (settings: FoldSettings) => new DomainSlot(0, 2, settings).head;
  expect(differingSettings([slot(SMALL_BOUNDS), slot(SMALL_BOUNDS)])).toEqual([]);
  expect(differingSettings([slot(SMALL_BOUNDS), slot({ ...SMALL_BOUNDS, ios_kept: 7 })])).toEqual(['ios_kept']);
});

/** @returns where both differ */
async function foldThroughGrowths(seed: number, settings: FoldSettings, counts: readonly number[], met: Set<string>) {
  let slots = partitionsOf(counts[0]!).map((p) => new DomainSlot(p, counts[0]!, settings));
  let plain = partitionsOf(counts[0]!).map((p) => ({
    fold: new PlainFold(p, counts[0]!, settings, STREAM_GROUP),
    steps: [] as object[],
  }));
  for (const [era, count] of counts.entries()) {
    if (era > 0) {
      const cuts = partitionsOf(count).map((p) => slots[p]?.offset ?? seed % 2);
      noteRules(slots, count, met);
      slots = await growSlots(slots, `growth-${era}`, count, cuts);
      const grown = growPlainly(
        plain.map(({ fold }) => fold),
        cuts,
        STREAM_GROUP,
      );
      plain = grown.map((fold, p) => ({ fold, steps: plain[p]?.steps ?? [] }));
    }
    for (const [p, slot] of slots.entries()) {
      const records = streamOf(seed * 100 + 10 * era + p, settings, slot.offset, era);
      const { fold, steps } = plain[p]!;
      const before = { ...fold.outcomes };
      steps.push(
        ...stepsOfPlain(fold, records, slot.offset, ({ outcome, events }) => {
          if (era > 0 && outcome === 'rerouted' && events.length > 0 && fold.cuts.length > 0) met.add('a copy goes on');
        }),
      );
      if (era > 0 && fold.outcomes.duplicate > before.duplicate) met.add('a copy came again');
      slot.fold(records, 1 + (seed % 3));
    }
    const found = slots.flatMap((slot, p) =>
      differences(slot.show(), showPlain(plain[p]!.fold, plain[p]!.steps), `era ${era}, partition ${p}`),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** Of several tasks in one job, in half of the streams; marks of re-routed records lie on both sides of the cut. */
function streamOf(seed: number, settings: FoldSettings, from: number, era: number): StreamRecord[] {
  return randomStream(seed, settings).map((record, at) => {
    const { update } = record;
    const inJob = { ...update, internal_job_id: 'job1', internal_task_id: `t${at % 5}` };
    const asked = seed % 20 < 10 && update?.internal_task_id ? { update: inJob } : {};
    const moved = { ...record, ...asked, log_time: record.log_time + 100_000 * era };
    if (record.source === undefined) return moved;
    const offset = Math.max(0, record.source.offset + (at % 2 === 0 ? from : 0));
    return { ...moved, source: { ...record.source, offset } };
  });
}

function noteRules(slots: readonly DomainSlot[], count: number, met: Set<string>): void {
  for (const slot of slots) {
    for (const { internal_task_id } of slot.tasks)
      met.add(plainHome(internal_task_id, count) === slot.partition ? 'stayed' : 'moved');
    for (const [id, task] of slot.known) {
      if (task instanceof Tombstone && plainHome(id, count) !== slot.partition) met.add('tombstone moved');
    }
    for (const [job, ids] of slot.jobTasks) {
      const homes = new Set([...ids].map((id) => plainHome(id, count)));
      if (homes.size > 1) met.add('share split');
      const retired = slot.rollUps.internal_job_id.get(job)!.figures.length > 40;
      if (retired && !homes.has(slot.partition)) met.add('retired share moved');
    }
  }
}

function partitionsOf(count: number): number[] {
  return [...Array(count).keys()];
}

/** Through raw keys, as they lie in Redis and in the files of a growth. */
async function growSlots(before: readonly DomainSlot[], id: string, partition_count: number, cuts: readonly number[]) {
  const copies = before.map(piecesOf);
  const growth: Growth = { id, partition_count, cuts, heads: before.map(({ head }) => head) };
  const after: DomainSlot[] = [];
  for (const partition of partitionsOf(partition_count)) {
    const pieces: SlotPiece[] = [];
    async function* copyOf(from: number) {
      yield* copies[from]!;
    }
    const keys = keysOf(partition);
    for await (const some of growSlot({ growth, partition, keys, fingerprint: null, copyOf })) pieces.push(...some);
    const slot = slotOf(partition, pieces, before);
    expect(workRequestsIn(pieces)).toEqual(workRequestsOfTasks(slot.tasks));
    after.push(slot);
  }
  return after;
}

function piecesOf(slot: DomainSlot): SlotPiece[] {
  const keys = keysOf(slot.partition);
  const { pieces, writes } = collected(keys);
  writes.hset(keys.head, ['watermark', String(slot.offset), ...encodeGrownHead(slot.head)]);
  writes.hset(keys.fleet, encodeFleet(slot.head.fleet));
  for (const task of slot.tasks) {
    const { errors, task_output } = slot.kept.get(task.internal_task_id)!;
    const change = { task, errors, task_output, reporters: new Set<string>(), base_changed: false, look_changed: true };
    const whole = { ios: new Set<never>(), before: null, places_before: null, retired: false, begins_anew: false };
    writeChange(writes, keys, { ...change, ...whole }, 0, 1_000);
  }
  for (const kind of ['internal_job_id', 'engine_id'] as const) {
    const changes = [...slot.rollUps[kind].values()].map((rollUp) => ({
      ...{ kind, id: rollUp.id, before: null, rollUp },
      members: kind === 'engine_id' ? null : new Map([...slot.jobTasks.get(rollUp.id)!].map((id) => [id, true])),
    }));
    writeRollUps(writes, keys, changes);
  }
  const buried = [...slot.known].flatMap(([id, task]): [string, number][] =>
    task instanceof Tombstone ? [[id, task.generation]] : [],
  );
  writeTombstones(writes, keys, new Map(buried));
  return pieces;
}

/** What a processor would read of it, and the indexes that it would find. */
function slotOf(partition: number, pieces: readonly SlotPiece[], before: readonly DomainSlot[]): DomainSlot {
  const keys = new Map<string, string[]>();
  for (const { key, values } of pieces) keys.set(key, [...(keys.get(key) ?? []), ...values]);
  const at = (key: string) => keys.get(key) ?? [];
  const { counts, watermark } = decodeHead('head', at('head'));
  const slot = new DomainSlot(partition, 1, counts!.settings);
  slot.head = { ...counts!, fleet: decodeFleet('fleet', at('fleet')) };
  slot.offset = watermark!;
  slot.steps.push(...(before[partition]?.steps ?? []));
  const members = (key: string) => at(key).filter((_, i) => i % 2 === 0);
  const scores = new Map(members('looks').map((id, i) => [id, Number(at('looks')[2 * i + 1])]));
  for (const key of keys.keys()) {
    const [family, name, part] = key.split(':');
    const id = decodeId(name ?? '');
    if (family === 'task' && part === undefined) {
      const stored = { fields: at(key), io: at(`${key}:io`), long: at(`${key}:long`), ledger: at(`${key}:ledger`) };
      const task = decodeTask(key, id, stored)!;
      expect(scores.get(id)).toBe(task.look_at);
      slot.known.set(id, task);
      const errors = at(`${key}:errors`).map((text) => JSON.parse(text) as TaskError);
      slot.kept.set(id, { errors, task_output: at(`${key}:output`)[0] });
    } else if ((family === 'job' || family === 'engine') && part === undefined) {
      slot.rollUps[family === 'job' ? 'internal_job_id' : 'engine_id'].set(id, decodeRollUp(key, id, at(key))!);
    } else if (family === 'job') slot.jobTasks.set(id, new Set(at(key).filter((_, i) => i % 2 === 0)));
  }
  expect([...slot.rollUps.internal_job_id.keys()].sort()).toEqual(members('jobs').sort());
  expect([...slot.rollUps.engine_id.keys()].sort()).toEqual(members('engines').sort());
  expect(scores.size).toBe(slot.tasks.length);
  const silent = slot.tasks.filter(({ liveness }) => liveness === 'silent');
  expect(members('silent').sort()).toEqual(silent.map(({ internal_task_id }) => internal_task_id).sort());
  // A tombstone is only asked for by its id; those of ids that live elsewhere are never found.
  for (const id of before.flatMap(({ known }) => [...known.keys()])) {
    const { bucket, digest } = tombstonePlace(id);
    if (plainHome(id, slot.head.pins.partition_count) !== partition || slot.known.has(id)) continue;
    for (const generation of [0, 1, 2, 3].map((age) => generationOf(slot.head) - age)) {
      if (at(`retired:${generation}:${bucket}`).includes(digest))
        slot.known.set(id, new Tombstone(Math.max(generation, 0)));
    }
  }
  return slot;
}

/** Of the index, each as it lies in Redis: bucket, digest and task. */
function workRequestsIn(pieces: readonly SlotPiece[]): string[] {
  const ofIndex = pieces.filter(({ key }) => key.startsWith('work_requests:'));
  return ofIndex
    .flatMap(({ key, values }) => values.filter((_, i) => i % 2 === 0).map((field) => `${key} ${field}`))
    .sort();
}

function workRequestsOfTasks(tasks: readonly TaskState[]): string[] {
  const all = tasks.flatMap((task) =>
    [...workRequestsOf(task)].map((one) => {
      const { bucket, digest } = workRequestPlace(one);
      return `work_requests:${bucket} ${digest}${task.internal_task_id}`;
    }),
  );
  return all.sort();
}
