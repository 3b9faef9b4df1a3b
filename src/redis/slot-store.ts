// The adapter of the port SlotStore: state in Redis, one slot a partition. Every save is a compare-and-set on W in one
// script; every read returns the W that it was read at, from the same script.

import type { Look } from '../domain/looks.ts';
import type { Notice } from '../domain/notice.ts';
import { type KnownTask, Tombstone } from '../domain/tombstone.ts';
import { Fault } from '../pipeline/errors.ts';
import type { SlotSave, SlotStore } from '../pipeline/ports.ts';
import { clearSlot } from './clear-slot.ts';
import { faultsOf } from './connect.ts';
import {
  decodeFleet,
  decodeHead,
  encodeCounts,
  encodeFingerprint,
  encodeFleet,
  encodePins,
  encodeSettings,
} from './head-codec.ts';
import { writeIndexes } from './index-writes.ts';
import { decodeLive, encodeLive, RESUME_FIELD } from './live-codec.ts';
import { decodeNotice, encodeNotice } from './notice-codec.ts';
import { redisFault } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';
import { readRollUps, writeRollUps } from './roll-ups.ts';
import { defineScripts } from './scripts.ts';
import { requireFitServer } from './server-fitness.ts';
import { groupKeys, type SlotKeys } from './slot-keys.ts';
import { readTaskParts } from './slot-reads.ts';
import { slotWrites } from './slot-writes.ts';
import { storedInteger } from './stored-values.ts';
import { decodeTask } from './task-codec.ts';
import { writeChange } from './task-writes.ts';
import { dropTombstones, readTombstones, requireSameWatermark, writeTombstones } from './tombstones.ts';

/** Tasks read by one script: bounds the time that Redis is kept from others. */
const READ_TASKS_MAX = 200;

export interface SlotStoreOptions {
  /** a connection of its own, from connectRedis */
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly group: string;
}

export function createSlotStore({ redis, prefix, group }: SlotStoreOptions): SlotStore {
  const run = defineScripts(redis);
  const keysOf = groupKeys(prefix, group);
  let serverIsFit = false;

  async function readTasksAt(keys: SlotKeys, ids: readonly string[], generation: number | null) {
    const { watermark, tasks: stored } = await readTaskParts(run, keys, ids, ['', ':io', ':long', ':ledger']);
    const tasks = stored.map(({ key, id, parts }): KnownTask => {
      const [fields, io, long, ledger] = parts as [string[], string[], string[], string[]];
      return decodeTask(key, id, { fields, io, long, ledger });
    });
    const absent = generation === null ? [] : ids.filter((_, i) => tasks[i] === null);
    if (absent.length > 0) {
      const found = await readTombstones(run, keys, absent, generation!);
      requireSameWatermark(keys, watermark, found.watermark);
      const buried = new Map(absent.map((id, i) => [id, found.generations[i]!]));
      for (const [i, id] of ids.entries()) {
        const known = buried.get(id) ?? null;
        if (known !== null) tasks[i] = new Tombstone(known);
      }
    }
    return { watermark: decodeWatermark(keys, watermark), tasks };
  }

  function decodeWatermark(keys: SlotKeys, reply: unknown): number | null {
    if (typeof reply !== 'string') return null;
    const watermark = Number(reply);
    if (String(watermark) !== reply)
      throw new Fault('torn_save', `the Redis key "${keys.head}" is damaged: "watermark"`);
    return watermark;
  }

  function encodeSave(keys: SlotKeys, save: SlotSave) {
    const writes = slotWrites(keys.head);
    const { expect, head } = save;
    for (const change of save.changes) writeChange(writes, keys, change, expect, head.settings.errors_kept);
    writeIndexes(writes, keys, save.changes);
    writeRollUps(writes, keys, save.rollUps);
    writeTombstones(writes, keys, save.tombstones);
    for (const notice of save.notices) writes.write('XADD', keys.outbox, ...encodeNotice(notice));
    // The fleet's names can go as well as come, so it is written whole.
    writes.write('DEL', keys.fleet);
    writes.hset(keys.fleet, encodeFleet(head.fleet));
    writes.hset(keys.head, encodeCounts(head));
    if (head.controls.obeyed > 0) writes.hset(keys.head, encodeSettings(head));
    if (save.fingerprint) writes.hset(keys.head, encodeFingerprint(save.fingerprint));
    return writes;
  }

  return {
    async claim(partition, owner) {
      const keys = keysOf(partition);
      if (!serverIsFit) await requireFitServer(redis, run, keys);
      serverIsFit = true;
      const reply = await faultsOf(`claiming ${keys.tag}`, run('claim', [keys.head, keys.fleet, keys.live], [owner]));
      const [headFields, fleetFields] = reply as [string[], string[]];
      const { counts, ...found } = decodeHead(keys.head, headFields);
      return { ...found, head: counts && { ...counts, fleet: decodeFleet(keys.fleet, fleetFields) } };
    },

    async begin(partition, watermark, head) {
      const keys = keysOf(partition);
      const headFields = ['watermark', String(watermark), ...encodePins(head.pins)];
      headFields.push(...encodeSettings(head), ...encodeCounts(head));
      const argv = [String(headFields.length), ...headFields, ...encodeFleet(head.fleet)];
      const answer = await faultsOf(
        `beginning ${keys.tag}`,
        run(
          'begin',
          [
            ...[keys.head, keys.fleet, keys.outbox, keys.looks],
            ...Object.values(keys.places),
            ...Object.values(keys.rollUps),
            keys.openJobs,
          ],
          argv,
        ),
      );
      if (answer === 'LEFTOVERS') {
        throw new Fault(
          'torn_save',
          `the Redis key "${keys.head}" is gone, but other keys of the slot are still there`,
        );
      }
      return answer === 'BEGUN';
    },

    async readTasks(partition, ids, generation) {
      const keys = keysOf(partition);
      if (ids.length <= READ_TASKS_MAX) return readTasksAt(keys, ids, generation);
      // All at once: Redis answers one stretch while we decode the one before.
      const stretches: ReturnType<typeof readTasksAt>[] = [];
      for (let from = 0; from < ids.length; from += READ_TASKS_MAX) {
        stretches.push(readTasksAt(keys, ids.slice(from, from + READ_TASKS_MAX), generation));
      }
      const read = await Promise.all(stretches);
      const { watermark } = read[0]!;
      for (const stretch of read) requireSameWatermark(keys, watermark, stretch.watermark);
      return { watermark, tasks: read.flatMap(({ tasks }) => tasks) };
    },

    async readRollUps(partition, names) {
      const keys = keysOf(partition);
      const read = await readRollUps(run, keys, names);
      const { watermark } = read[0]!;
      for (const stretch of read) requireSameWatermark(keys, watermark, stretch.watermark);
      return { watermark: decodeWatermark(keys, watermark), rollUps: read.flatMap(({ rollUps }) => rollUps) };
    },

    async readLooks(partition, before, max) {
      const keys = keysOf(partition);
      const end = before === Number.POSITIVE_INFINITY ? '+inf' : `(${before}`;
      const reply = await faultsOf(
        `reading what is due in ${keys.tag}`,
        run('readLooks', [keys.head, keys.looks], [end, String(max)]),
      );
      const [watermark, flat] = reply as [unknown, string[]];
      const looks: Look[] = [];
      for (let i = 0; i < flat.length; i += 2) looks.push({ internal_task_id: flat[i]!, at: Number(flat[i + 1]) });
      return { watermark: decodeWatermark(keys, watermark), looks };
    },

    async readNotices(partition, from, max) {
      const keys = keysOf(partition);
      const reply = await faultsOf(
        `reading notices of ${keys.tag}`,
        run('readNotices', [keys.head, keys.outbox], [`${from}-0`, String(max + 1)]),
      );
      const [watermark, logTime, entries] = reply as [unknown, string | null, [id: string, fields: string[]][]];
      const notices = entries.slice(0, max).map(([id, fields]): Notice => decodeNotice(keys.outbox, id, fields));
      const log_time = logTime === null ? null : storedInteger(keys.head, 'clock.log_time', logTime);
      return { watermark: decodeWatermark(keys, watermark), log_time, notices, more: entries.length > max };
    },

    async save(partition, save) {
      const keys = keysOf(partition);
      const writes = encodeSave(keys, save);
      const logTime = save.expect_log_time === null ? '' : String(save.expect_log_time);
      const argv = [String(save.expect), String(save.to), save.head.pins.incarnation, writes.pack(), logTime];
      try {
        const wanted = [...writes.keys, keys.absent, keys.hold];
        const [outcome, found] = (await run('save', wanted, argv)) as [string, string | undefined];
        if (outcome === 'TORN') {
          throw new Fault('torn_save', `a save of ${keys.tag} (${found}) did not end: its state is half written`);
        }
        if (outcome === 'HELD') return { outcome: 'held' };
        return outcome === 'SAVED'
          ? { outcome: 'saved' }
          : { outcome: 'refused', watermark: decodeWatermark(keys, found) };
      } catch (error) {
        throw redisFault(error, `saving ${keys.tag} [${save.expect}, ${save.to})`, true);
      }
    },

    async isHeld(partition) {
      const { hold } = keysOf(partition);
      return (await faultsOf(`looking at ${hold}`, redis.exists(hold))) === 1;
    },

    async trim(partition, incarnation, emitted) {
      const keys = keysOf(partition);
      await faultsOf(`trimming ${keys.tag}`, run('trim', [keys.head, keys.outbox], [`${emitted}-0`, incarnation]));
    },

    dropTombstones: (partition, incarnation, generation) =>
      dropTombstones(run, keysOf(partition), incarnation, generation),

    async clear(partition) {
      await clearSlot(redis, run, keysOf(partition));
    },

    async reportLive(partition, live) {
      const keys = keysOf(partition);
      await faultsOf(`reporting on ${keys.tag}`, redis.hset(keys.live, encodeLive(live)));
    },

    async readLive(partition) {
      const keys = keysOf(partition);
      return decodeLive(flatten(await faultsOf(`reading ${keys.live}`, redis.hgetall(keys.live))));
    },

    async requestResume(partition) {
      const keys = keysOf(partition);
      await faultsOf(`asking ${keys.tag} to resume`, redis.hset(keys.live, RESUME_FIELD, '1'));
    },

    async takeResume(partition) {
      const keys = keysOf(partition);
      return (await faultsOf(`looking for a resume of ${keys.tag}`, redis.hdel(keys.live, RESUME_FIELD))) === 1;
    },
  };
}

function flatten(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).flat();
}
