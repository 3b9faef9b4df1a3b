// `taskfold why` and `task --at` on real services: an engine that dies, comes back, does nothing, and dies again.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ExplainedUpdate } from '../../../src/cli/why/explained-update.ts';
import type { TaskDocument } from '../../../src/read/task-document.ts';
import { groupKeys } from '../../../src/redis/slot-keys.ts';
import { readAll } from '../../kafka/kafka-world.ts';
import { connected } from '../../redis/redis-under-test.ts';
import { taskNow, updatesOf, whyOf } from '../explained-tasks.ts';
import { readsOf } from '../own-names.ts';
import { start, taskfold, until } from '../taskfold.ts';
import { foldedWorld, homeOf } from '../verify/folded-world.ts';

const TASK = 'why-me';

test('what time alone did to a task stands between its updates and behind the last one, with its events; --at shows it as it was', async () => {
  const world = await foldedWorld('why-silence');
  const { env, names } = world;
  const home = homeOf(TASK);
  const key = Buffer.from(TASK);
  const post = (prior_timestamp: number, processed_bytes: number) => ({
    key,
    value: world.bytes({
      internal_task_id: TASK,
      work_request_id: 'w1',
      prior_timestamp,
      timestamp: prior_timestamp + 5,
      processed_stats: { processed_bytes },
    }),
  });
  const stranger = {
    key: Buffer.from('x'),
    value: world.bytes({ internal_task_id: 'another', task_status: 'complete' }),
  };
  const run = start(['run', '--silence-after-s', '3', '--stalled-after-s', '5'], env);
  const reads = await readsOf(env);
  const becomes = (liveness: string) =>
    until(`${TASK} is ${liveness}`, 60_000, async () => (await reads.readTask(TASK))?.liveness === liveness);

  // An engine that dies; the records of another task lie between, and so do the ticks of the processor.
  await world.append(home, [stranger, post(100, 1), stranger]);
  await becomes('silent');
  // It has come back, and processes nothing; then it dies once more.
  let lives = true;
  const engine = (async () => {
    for (let prior = 105; lives; prior += 5) {
      await world.append(home, [stranger, post(prior, 0)]);
      await sleep(300);
    }
  })();
  await becomes('stalled');
  lives = false;
  await engine;
  await becomes('silent');
  run.child.kill('SIGTERM');
  expect((await run.ended).code).toBe(0);

  const task = await taskNow(env, TASK);
  const told = await whyOf(env, TASK);
  const classes = told.map(({ class: name }) => name).filter((name) => name !== 'next');
  expect(classes).toEqual(['first', 'silent', 'stalled', 'silent', 'now']);
  const updates = updatesOf(told);
  const times = told.filter((one) => !updates.includes(one as ExplainedUpdate));
  const [firstSilence, stalled, lastSilence, now] = times;
  expect(firstSilence?.changed).toEqual([{ field: 'liveness', from: 'reporting', to: 'silent' }]);
  expect(stalled).toMatchObject({ changed: [{ field: 'liveness', from: 'reporting', to: 'stalled' }], emitted: [] });
  expect(lastSilence?.changed).toEqual([{ field: 'liveness', from: 'stalled', to: 'silent' }]);
  // The last one lies behind the task's last update: nothing of it came any more.
  expect(lastSilence?.offset).toBeGreaterThan(task.source.last_offset);
  expect(now).toMatchObject({ liveness: 'silent', liveness_at: task.liveness_at });
  expect(task.liveness_at).toBe((lastSilence as { log_time: number }).log_time);

  const recovery = updates.find(({ offset }) => offset > firstSilence!.offset)!;
  expect(recovery.changed).toContainEqual({ field: 'liveness', from: 'silent', to: 'reporting' });
  expect(recovery.emitted.map((one) => (one.event === 'failure' ? one.kind : one.event))).toEqual(['recovered']);
  // The events are those that really left: no other task is in this partition that could fall silent.
  const left = (await readAll(names.failures)).map(({ headers }) => String(headers.ce_id));
  expect(told.flatMap(({ emitted }) => emitted.map(({ ce_id }) => ce_id))).toEqual(left);
  expect(left).toHaveLength(3);

  const asAt = async (point: number) =>
    JSON.parse((await taskfold(['task', TASK, '--json', '--at', String(point)], env)).stdout) as TaskDocument;
  const livenessAt = async (point: number) => (await asAt(point)).liveness;
  expect(await livenessAt(firstSilence!.offset - 1)).toBe('reporting');
  expect(await livenessAt(firstSilence!.offset)).toBe('silent');
  expect(await livenessAt((firstSilence as { log_time: number }).log_time)).toBe('silent');
  expect(await livenessAt(recovery.offset)).toBe('reporting');
  expect(await livenessAt(stalled!.offset)).toBe('stalled');
  // Behind the last update the task changes by time alone, and its figures stay.
  expect(await asAt(lastSilence!.offset - 1)).toEqual({
    ...task,
    liveness: 'stalled',
    liveness_at: (stalled as { log_time: number }).log_time,
  });
  expect(await asAt(99_999_999_999)).toEqual(task);

  const text = await taskfold(['why', TASK], env);
  expect([text.code, text.stderr]).toEqual([0, '']);
  expect(text.stdout).toMatch(
    /\nSILENT, no update came for so long .*\n {2}liveness: reporting -> silent\n {2}emits failure \(silent\), ce_id /,
  );
  expect(text.stdout).toMatch(/\n {2}emits failure \(recovered\), ce_id /);
  expect(text.stdout).toMatch(
    /\nsilent since 20\d\d-.*; followed up to offset \d+, the last one that Redis has folded\n/,
  );
  expect(text.stdout).toContain('; time alone: 2 silent, 1 stalled, partition');
  const liveness = await whyOf(env, TASK, '--field', 'liveness');
  expect(liveness.map(({ class: name }) => name)).toEqual(['first', 'silent', 'next', 'stalled', 'silent', 'now']);

  // A task that Redis has otherwise is another one, were it only by its liveness.
  const { client } = await connected(env.REDIS_URL!);
  await client.hset(groupKeys(env.TASKFOLD_REDIS_PREFIX!, names.group)(home).task(TASK), 'liveness', 'stalled');
  const tampered = await taskfold(['why', TASK], env);
  expect(tampered.code).toBe(1);
  expect(tampered.stderr).toContain('liveness is stalled in Redis, and silent by the log');
});
