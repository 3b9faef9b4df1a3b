// What a simulated process works with: the real pipeline's ports over a world in memory, and its settings.

import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import type { PipelinePorts, PipelineSettings } from '../../src/pipeline/context.ts';
import { Fault } from '../../src/pipeline/errors.ts';
import { GROUP } from './controls.ts';
import { memoryDecoder, memoryEncoder, seeingErrors } from './memory-codec.ts';
import { type Call, memoryEventLog, memoryInputLog } from './memory-kafka.ts';
import { memorySlotStore } from './memory-slot-store.ts';
import type { Caller } from './schedule.ts';
import type { World } from './world.ts';

export const TOPIC = 'task-status';
/** Times so short that all of it happens within the seconds that a world lives. */
export const FOLD_SETTINGS: FoldSettings = {
  ...DEFAULT_FOLD_SETTINGS,
  reporter_idle_s: 1,
  silence_after_s: 1,
  stalled_after_s: 2,
  retain_finished_s: 2,
  retain_silent_s: 4,
  tombstones_kept_s: 4,
};

/** @param isOurs whether the group gives the partition to this process @param other it sees errors that are not there */
export function portsOf(
  world: World,
  caller: Caller,
  once: Call,
  isOurs: (partition: number) => boolean,
  other: boolean,
): PipelinePorts {
  const { schedule } = world;
  const call: Call = (perform, { delayMs } = {}) =>
    schedule.call(caller, perform, delayMs === undefined ? {} : { delayMs });
  const tail = () => schedule.chance(0.5);
  return {
    inputLog: memoryInputLog(world.kafka, once, isOurs, tail),
    eventLog: memoryEventLog(world.kafka, once),
    slotStore: { ...memorySlotStore(world.slots, call), reportLive: async () => {} },
    decoder: other ? seeingErrors(memoryDecoder(world.registry, once)) : memoryDecoder(world.registry, once),
    encoder: memoryEncoder(TOPIC),
    membership: {
      nextHeartbeat: (partition) =>
        once(
          () => {
            if (!isOurs(partition)) throw new Fault('partition_lost', 'The partition is somebody else’s.');
          },
          { delayMs: 1_000 },
        ),
    },
    surroundings: {
      now: () => schedule.now,
      sleep: (ms) => schedule.call(caller, () => {}, { delayMs: ms, faults: 'crash' }),
      random: schedule.random,
    },
  };
}

export function settingsOf({ schedule, options }: World, fold_version: number): PipelineSettings {
  return {
    topic: TOPIC,
    owner: 'simulated',
    group: GROUP,
    fold_version,
    given: {},
    fold: { ...FOLD_SETTINGS, ...(options.crowd ? { looks_max: 1 } : {}) },
    cache_tasks: 2,
    batch_records_max: 1 + schedule.below(options.crowd ? 40 : 5),
    fetch_wait_ms: 100,
    notices_page: 1 + schedule.below(4),
    pending_bytes_max: 600,
    mark_every_ms: 20_000,
    partition_count_every_ms: 60_000,
    live_every_ms: 1_000,
    resume_poll_ms: 60_000,
    backoff_ms_min: 200,
    backoff_ms_max: 2_000,
  };
}
