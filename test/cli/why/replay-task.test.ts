// The replay of a task along a real log, without a processor: what the look at Redis would say is written down here.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command-context.ts';
import { createOutput } from '../../../src/cli/output.ts';
import { readConfig } from '../../../src/cli/read-config.ts';
import { replayTask } from '../../../src/cli/why/replay-task.ts';
import type { TaskLook } from '../../../src/cli/why/task-look.ts';
import { TaskReplay } from '../../../src/cli/why/task-replay.ts';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../../src/domain/fold-settings.ts';
import { createLogger } from '../../../src/observe/logger.ts';
import type { TaskDocument } from '../../../src/read/task-document.ts';
import type { Env } from '../taskfold.ts';
import { foldedWorld, homeOf, PARTITIONS } from '../verify/folded-world.ts';

const TASK = 'why-me';
const settings = { ...DEFAULT_FOLD_SETTINGS, silence_after_s: 1 };

function contextOf(env: Env): CommandContext {
  const closers: (() => unknown)[] = [];
  onTestFinished(async () => {
    for (const close of closers) await close();
  });
  const { config, sources } = readConfig(env, {});
  return {
    config,
    sources,
    output: createOutput(true, process),
    logger: createLogger({ level: 'silent', format: 'json', repeatMs: 0 }),
    signal: new AbortController().signal,
    closing: (close) => closers.push(close),
  };
}

/** A look that has found the task between these offsets, and all below `watermark` folded. */
function lookOf(topic: string, [first_offset, last_offset]: readonly [number, number], watermark: number): TaskLook {
  const source = { topic, partition: homeOf(TASK), first_offset, last_offset };
  const pins = { origin: 0, incarnation: 'none', partition_count: PARTITIONS, fold_version: FOLD_VERSION, settings };
  return { task: { internal_task_id: TASK, source } as TaskDocument, pins, watermark, logStart: 0 };
}

test('records of other tasks and ticks pass the time of the task, before its updates and behind the last one; then no more is read than can matter', async () => {
  const { env, names, append, bytes } = await foldedWorld('why-replay');
  const home = homeOf(TASK);
  const own = (timestamp: number) => {
    const update = { internal_task_id: TASK, work_request_id: 'w1', prior_timestamp: timestamp - 5, timestamp };
    return { key: Buffer.from(TASK), value: bytes(update) };
  };
  // It names the task, and is not one of it.
  const stranger = { key: null, value: bytes({ internal_task_id: 'another', internal_job_id: TASK }) };
  const tick = { key: null, value: bytes({}), headers: { 'taskfold-tick': Buffer.from('') } };
  let end = 0;
  const passing = async (ms: number) => {
    for (const until = Date.now() + ms; Date.now() < until; end += 2) {
      await append(home, [stranger, tick]);
      await sleep(200);
    }
  };
  await append(home, [stranger, own(105), stranger]);
  end = 3;
  await passing(2_000);
  const back = end;
  await append(home, [own(110), own(115), stranger]);
  end += 3;
  await passing(2_000);

  const context = contextOf(env);
  const look = lookOf(names.input, [1, back + 1], end);
  const replay = new TaskReplay(look.task, look.pins);
  const told: (readonly [number, string])[] = [];
  let offset = -1;
  const isBeyond = (record: { offset: number }) => {
    offset = record.offset;
    return false;
  };
  for await (const { record, time, update } of replayTask(context, look, replay, { isBeyond })) {
    if (time !== null) told.push([record.offset, time.after?.liveness ?? 'retired']);
    if (update !== null) told.push([record.offset, update.replayed.judgement?.updateClass ?? 'none']);
    if (update !== null) expect(update.taken.own).toBe(true);
  }
  expect(told.map(([, what]) => what)).toEqual(['first', 'silent', 'next', 'next', 'silent']);
  const [first, silent, next, last, again] = told.map(([at]) => at) as [number, number, number, number, number];
  expect([first, next, last]).toEqual([1, back, back + 1]);
  expect(silent).toBeGreaterThan(first);
  expect(silent).toBeLessThan(next);
  // Once silent, only an update could do anything to the task: the rest of the log is of no matter.
  expect(again).toBeGreaterThan(last);
  expect(offset).toBe(again);
  expect(again).toBeLessThan(end - 1);
  expect(replay.document).toMatchObject({ liveness: 'silent', updates: { applied: 3 } });
});
