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
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { encodeUpdate, memoryDecoder } from '../simulator/memory-codec.ts';
import { callNow } from '../simulator/memory-kafka.ts';
import { privateStack } from '../support/stack.ts';
import { type Inventory, inventoryOf } from './slot-inventory.ts';

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
/** Longer than what a task's hash may hold. */
const LONG_ID = 'an-id-of-more-than-sixty-four-bytes-'.repeat(3);

/** Every kind of key that the fold's work brings about. */
const KINDS = [
  ...[
    'by_last_update',
    'by_reason',
    'by_status',
    'engine',
    'engine:tasks',
    'engines',
    'fleet',
    'head',
    'job',
    'job:tasks',
    'jobs',
    'looks',
    'open_jobs',
    'outbox',
    'retired',
    'silent',
  ],
  ...['task', 'task:errors', 'task:io', 'task:ledger', 'task:long', 'task:output', 'work_requests'],
];

function recordAt(offset: number): InputRecord {
  const number = Math.floor(offset / RECORDS_A_TASK);
  const step = offset % RECORDS_A_TASK;
  const prior_timestamp = offset * EVERY_S;
  const isLast = step === RECORDS_A_TASK - 1;
  const end = number % 7 === 0 ? 'failed' : 'complete';
  const update: TaskStatusDetail = {
    internal_task_id: `task-${number}`,
    // Half of them get a second work request on the way.
    work_request_id: `work-${number}${number % 2 > 0 && step > 1 ? '-again' : ''}`,
    // One engine works all the time, others for a day.
    engine_id: number % 3 > 0 ? 'engine' : `engine-${Math.floor((offset * EVERY_S) / DAY_S)}`,
    internal_job_id: `job-${Math.floor(number / TASKS_A_JOB)}`,
    prior_timestamp,
    timestamp: prior_timestamp + EVERY_S,
    error_count: 1,
    failure_reason: isLast && end === 'failed' ? 'bad_data' : null,
    processed_stats: { processed_chunks: 1 },
    inputs: [{ id: 'in', processed_count: 1 }, ...(number % 11 === 0 ? [{ id: LONG_ID, processed_count: 1 }] : [])],
    error_details: number % 4 === 0 ? `[{"id":"e${step}"}]` : null,
    // An output would end the work request of one that dies.
    task_output: isLast && number % 3 === 0 && number % 5 > 0 ? `{"task":${number}}` : null,
    create_jobs_action: isLast && number % 9 === 0 ? [{ base_internal_job_id: `base-${number}` }] : null,
    task_status: isLast && number % 5 > 0 ? end : 'running',
  };
  const timestamp = 1_700_000_000_000 + offset * EVERY_S * 1_000;
  return { partition: 0, offset, timestamp, key: null, value: encodeUpdate(1, update), headers: {} };
}

const bytesOf = (inventory: Inventory) => Object.values(inventory).reduce((sum, { bytes }) => sum + bytes, 0);

test('a week of tasks that finish or die: of every kind of key Redis holds no more than on the fourth day, and roll-up = scan + retired', async () => {
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
  let notices = 0;
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
        ...{ expect: watermark, expect_log_time: log_time, to, head, changes, rollUps, tombstones },
        notices: folded.atHand.map(({ notice }) => notice),
      });
      expect(saved.outcome).toBe('saved');
      notices += folded.atHand.length;
      // As after a transaction that sent all of them.
      await slotStore.trim(0, 'week', to);
      if (generationOf(head) > generation) await slotStore.dropTombstones(0, 'week', generationOf(head) - 2);
      cache.age();
      watermark = to;
    }
  }

  const ends: Inventory[] = [];
  for (let day = 1; day <= DAYS; day++) {
    await foldUpTo((day * DAY_S) / EVERY_S);
    ends.push(await inventoryOf(connection.client, slotKeys('week', 'taskfold', 0)));
    expect(ends.at(-1)!.task!.keys).toBe(head.fleet.tasks);
  }
  console.log(ends.map((end) => `${end.task!.keys} tasks, ${(bytesOf(end) / 1e6).toFixed(2)} MB`).join('\n'));
  const tasks = (DAYS * DAY_S) / EVERY_S / RECORDS_A_TASK;
  // Finished ones stay 23 hours, dead ones two days, tombstones a day to two more; then every day is like the one before.
  const fourth = ends[3]!;
  expect(Object.keys(fourth).sort()).toEqual(KINDS);
  for (const end of ends.slice(4)) {
    expect(Object.keys(end).sort()).toEqual(KINDS);
    for (const kind of KINDS) {
      const [before, now] = [fourth[kind]!, end[kind]!];
      // A dozen tasks end on one or the other side of midnight; ids fall into more or fewer buckets of tombstones.
      expect(now.keys, `${kind}: keys`).toBeLessThanOrEqual(12 + 1.03 * before.keys);
      expect(now.elements, `${kind}: elements`).toBeLessThanOrEqual(12 + 1.01 * before.elements);
    }
    // Of one kind alone Redis guesses from a sample.
    expect(bytesOf(end)).toBeLessThan(1.03 * bytesOf(fourth));
  }
  expect(fourth.retired!.elements).toBeGreaterThan(2_000);
  expect(fourth.silent!.elements).toBeGreaterThan(500);
  expect(notices).toBeGreaterThan(tasks / 5);

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
  // A share goes with its last task.
  const [jobs, engines] = [reads.streamJobs(), reads.streamEngines()];
  let [jobsTasks, jobsSums] = [0, 0];
  for await (const job of jobs) {
    expect(job.tasks).toBeGreaterThan(0);
    jobsTasks += job.tasks;
    jobsSums += Number(job.error_count) - Number(job.retired.error_count);
  }
  expect([jobsTasks, jobsSums]).toEqual([scanned, errors]);
  let [enginesTasks, enginesSums] = [0, 0];
  const engineIds: string[] = [];
  for await (const one of engines) {
    engineIds.push(one.engine_id);
    expect(one.tasks).toBeGreaterThan(0);
    enginesTasks += one.tasks;
    enginesSums += Number(one.error_count) - Number(one.retired.error_count);
  }
  expect([enginesTasks, enginesSums]).toEqual([scanned, errors]);
  // Of those that worked for a day, the ones of the last two days still have tasks.
  expect(engineIds.sort()).toEqual(['engine', ...[DAYS - 2, DAYS - 1].map((day) => `engine-${day}`)]);
  expect((await slotStore.readLooks(0, Number.POSITIVE_INFINITY, 1_000_000)).looks).toHaveLength(scanned);
  // A late update of a task of yesterday's yesterday is known as such.
  expect((await slotStore.readTasks(0, ['task-17000'], generationOf(head))).tasks[0]).not.toBeNull();
  connection.close();
});
