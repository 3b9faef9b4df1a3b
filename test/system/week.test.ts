// A simulated week on a real Redis: tasks come, finish or die, and are retired. What Redis holds must not grow, and what was
// counted must not shrink.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { newHead } from '../../src/domain/head.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';

import { generationOf } from '../../src/domain/tombstone.ts';
import type { Claimed } from '../../src/pipeline/claim.ts';
import type { PipelineContext } from '../../src/pipeline/context.ts';
import { foldOver, foldRecords } from '../../src/pipeline/fold-batch.ts';
import type { InputRecord } from '../../src/pipeline/ports.ts';
import { SlotCache } from '../../src/pipeline/slot-cache.ts';
import { createLiveReads } from '../../src/read/live-reads.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { encodeUpdate, memoryDecoder } from '../simulator/memory-codec.ts';
import { callNow } from '../simulator/memory-kafka.ts';
import { privateStack } from '../support/stack.ts';

const DAYS = 8;
const DAY_S = 86_400;
/** A record every ten seconds: a longest step would be 15 s. */
const EVERY_S = 10;
/** Of these records one begins a task, the next one ends it, if it does not die. */
const RECORDS_A_TASK = 4;
const TASKS_A_JOB = 3;
const SETTINGS = { ...DEFAULT_FOLD_SETTINGS, retain_silent_s: 2 * DAY_S, tombstones_kept_s: DAY_S };
const BATCH = 2_000;
const TOPIC = 'updates';

function recordAt(offset: number): InputRecord {
  const number = Math.floor(offset / RECORDS_A_TASK);
  const step = offset % RECORDS_A_TASK;
  const prior_timestamp = offset * EVERY_S;
  const update: TaskStatusDetail = {
    internal_task_id: `task-${number}`,
    work_request_id: `work-${number}`,
    engine_id: 'engine',
    internal_job_id: `job-${Math.floor(number / TASKS_A_JOB)}`,
    prior_timestamp,
    timestamp: prior_timestamp + EVERY_S,
    error_count: 1,
    processed_stats: { processed_chunks: 1 },
    inputs: [{ id: 'in', processed_count: 1 }],
    task_status: step === RECORDS_A_TASK - 1 && number % 5 > 0 ? 'complete' : 'running',
  };
  const timestamp = 1_700_000_000_000 + offset * EVERY_S * 1_000;
  return { partition: 0, offset, timestamp, key: null, value: encodeUpdate(1, update), headers: {} };
}

test('a week of tasks that finish or die: what Redis holds is flat from the fourth day on, and roll-up = scan + retired', async () => {
  const stack = await privateStack({ services: ['redis'] });
  const connection = connectRedis(stack.env.REDIS_URL);
  await connection.ready(10_000);
  const names = { redis: connection.client, prefix: 'week', group: 'taskfold' };
  const slotStore = createSlotStore(names);
  const reads = createLiveReads({ ...names, topic: TOPIC });
  const pins = { origin: 0, incarnation: 'week', partition_count: 1, fold_version: FOLD_VERSION, settings: SETTINGS };
  const head = newHead(pins);
  await slotStore.begin(0, 0, head);
  const cache = new SlotCache(1_000);
  const fold = foldOver(cache, 0, head);
  const context = { ports: { slotStore, decoder: memoryDecoder({ away: false, knowsLate: true }, callNow) } };
  const folding = { ...context, settings: { topic: TOPIC }, observer: {} } as unknown as PipelineContext;
  const claimed = { head, emitted: { offset: 0, pins }, verdicts: new Map() } as unknown as Claimed;

  let watermark = 0;
  let silences = 0;
  async function foldUpTo(end: number): Promise<void> {
    while (watermark < end) {
      const count = Math.min(BATCH, end - watermark);
      const records = Array.from({ length: count }, (_, i) => recordAt(watermark + i));
      const { log_time } = head.clock;
      const generation = generationOf(head);
      const folded = await foldRecords(folding, 0, claimed, watermark, cache, fold, records);
      const { atHand, changes, rollUps, tombstones } = folded;
      silences += atHand.filter(
        ({ notice }) => notice.body.kind === 'failure' && notice.body.facts.failure === 'silent',
      ).length;
      const to = watermark + folded.count;
      const saved = await slotStore.save(0, {
        ...{ expect: watermark, expect_log_time: log_time, to, head, changes, rollUps, tombstones, notices: [] },
      });
      expect(saved.outcome).toBe('saved');
      if (generationOf(head) > generation) await slotStore.dropTombstones(0, 'week', generationOf(head) - 2);
      cache.age();
      watermark = to;
    }
  }

  const ends: { kept: number; keys: number; bytes: number }[] = [];
  for (let day = 1; day <= DAYS; day++) {
    await foldUpTo((day * DAY_S) / EVERY_S);
    const info = await connection.client.info('memory');
    ends.push({
      kept: head.fleet.tasks,
      keys: await connection.client.dbsize(),
      bytes: Number(/used_memory:(\d+)/.exec(info)![1]),
    });
  }
  console.log(
    ends.map(({ kept, keys, bytes }) => `${kept} tasks, ${keys} keys, ${(bytes / 1e6).toFixed(1)} MB`).join('\n'),
  );
  const tasks = (DAYS * DAY_S) / EVERY_S / RECORDS_A_TASK;
  // Finished ones stay 23 hours, dead ones two days, tombstones a day to two more; then every day is like the one before.
  for (const { kept, keys, bytes } of ends.slice(4)) {
    expect(Math.abs(kept - ends[3]!.kept)).toBeLessThan(10);
    expect(keys).toBeLessThan(1.02 * ends[3]!.keys);
    expect(bytes).toBeLessThan(1.1 * ends[3]!.bytes);
  }

  // Each dead engine was told once; those of the last half minute are not due yet.
  expect(Math.abs(silences - tasks / 5)).toBeLessThan(3);
  const fleet = (await reads.readFleet())!;
  let [scanned, errors] = [0, 0];
  for await (const { error_count = 0 } of reads.streamTasks()) {
    scanned += 1;
    errors += error_count;
  }
  expect(fleet.tasks).toBe(scanned);
  expect(fleet.tasks + fleet.retired.tasks).toBe(tasks);
  expect(fleet.error_count).toBe(errors + Number(fleet.retired.error_count));
  expect(fleet.error_count).toBe(watermark);
  // A share goes with its last task: so there are as many jobs as tasks need, and the engine has had a task all the time.
  const engine = (await reads.readEngine('engine'))!;
  expect([engine.tasks, engine.retired.tasks]).toEqual([fleet.tasks, fleet.retired.tasks]);
  expect([engine.error_count, engine.retired.error_count]).toEqual([fleet.error_count, fleet.retired.error_count]);
  expect(engine.updates.applied).toBe(watermark);
  const [jobs, engines] = [reads.streamJobs(), reads.streamEngines()];
  let [jobsTasks, jobsSums] = [0, 0];
  for await (const job of jobs) {
    expect(job.tasks).toBeGreaterThan(0);
    jobsTasks += job.tasks;
    jobsSums += Number(job.error_count) - Number(job.retired.error_count);
  }
  for await (const one of engines) expect(one.engine_id).toBe('engine');
  expect([jobsTasks, jobsSums]).toEqual([scanned, errors]);
  expect((await slotStore.readLooks(0, Number.POSITIVE_INFINITY, 1_000_000)).looks).toHaveLength(scanned);
  // A late update of a task of yesterday's yesterday is known as such.
  expect((await slotStore.readTasks(0, ['task-17000'], generationOf(head))).tasks[0]).not.toBeNull();
  connection.close();
}, 120_000);
