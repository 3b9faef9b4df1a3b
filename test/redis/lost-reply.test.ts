// Redis does what it was told, and its answer is lost: the saver is told that nothing is known, nothing is sent twice,
// and the next claim finds the truth.

import { expect, test } from 'vitest';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { changeOf, headOf, rerouteAt, taskOf } from '../contracts/slot-samples.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { connected, storeOn } from './redis-under-test.ts';

test('a save whose reply is lost is in Redis once; the saver learns of it by claiming', async () => {
  const prefix = ownName('lost-reply');
  const url = sharedEnv().REDIS_URL;
  const proxy = await tcpProxy(Number(new URL(url).port));
  const problems: string[] = [];
  let recovered = 0;
  const through = await connected(`redis://127.0.0.1:${proxy.port}`, {
    onProblem: (reason) => problems.push(reason),
    onRecovered: () => void recovered++,
  });
  const store = createSlotStore({ redis: through.client, prefix, group: 'taskfold' });
  const direct = await connected(url);
  const head = headOf();
  await store.begin(0, 0, head);

  const task = taskOf('a', 0);
  const task_output = JSON.stringify({ filler: 'x'.repeat(100_000) });
  const save = {
    expect: 0,
    expect_log_time: null,
    to: 10,
    head,
    changes: [changeOf(task, { errors: [{ msg: 'once' }], task_output })],
    rollUps: [],
    tombstones: new Map(),
    notices: [rerouteAt(3, 1)],
  };
  const swallowed = proxy.swallowNextAnswer();
  const answer = store.save(0, save);
  await expect(answer).rejects.toMatchObject({ name: 'Fault', code: 'service_unavailable' });
  await swallowed;
  const sentBefore = proxy.sent();

  await through.ready(10_000);
  expect((await store.claim(0, 'me')).watermark).toBe(10);
  // Had the client sent the save again, its 100 kB would have come through the proxy again.
  expect(proxy.sent() - sentBefore).toBeLessThan(50_000);
  expect(await store.save(0, save)).toEqual({ outcome: 'refused', watermark: 10 });
  expect((await store.readNotices(0, 0, 10)).notices).toEqual(save.notices);
  expect(await direct.client.lrange(`${slotKeys(prefix, 'taskfold', 0).task('a')}:errors`, 0, -1)).toHaveLength(1);
  expect(problems).toHaveLength(1);
  expect(recovered).toBe(1);

  // Its own state objects are written whole again, whatever the lost save did.
  task.error_count = 5;
  expect(
    await store.save(0, {
      ...save,
      expect: 10,
      expect_log_time: null,
      to: 11,
      rollUps: [],
      tombstones: new Map(),
      notices: [],
    }),
  ).toEqual({
    outcome: 'saved',
  });
  expect((await store.readTasks(0, ['a'], null)).tasks).toEqual([task]);
});

test("two processes with the same belief save the same stretch: one is refused and finds the other one's work", async () => {
  const prefix = ownName('two-owners');
  const url = sharedEnv().REDIS_URL;
  const [a, b] = [await storeOn(url, prefix), await storeOn(url, prefix)];
  const head = headOf();
  await a.begin(0, 0, head);
  const save = {
    expect: 0,
    expect_log_time: null,
    to: 1,
    head,
    changes: [changeOf(taskOf('a', 0), { errors: [{ msg: 'once' }] })],
    rollUps: [],
    tombstones: new Map(),
    notices: [],
  };
  const outcomes = await Promise.all([a, b, a, b].map((store) => store.save(0, save)));
  expect(outcomes.filter(({ outcome }) => outcome === 'saved')).toHaveLength(1);
  expect(outcomes.filter(({ outcome }) => outcome === 'refused')).toEqual(
    Array(3).fill({ outcome: 'refused', watermark: 1 }),
  );
});
