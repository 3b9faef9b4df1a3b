import { expect, test } from 'vitest';
import { rareWalk } from '../../src/redis/rare-walk.ts';

function world() {
  const told: ((found: number | Error) => void)[] = [];
  const clock = { ms: 0 };
  const walk = () =>
    new Promise<number>((resolve, reject) => {
      told.push((found) => (found instanceof Error ? reject(found) : resolve(found)));
    });
  return { told, clock, ask: rareWalk(walk, () => clock.ms) };
}

test('a walk is shared while it goes on, however long, and for nine times as long again', async () => {
  const { told, clock, ask } = world();
  const first = ask();
  clock.ms = 10_000;
  expect(ask()).toBe(first);
  told[0]!(1);
  expect(await first).toBe(1);
  clock.ms = 99_999;
  expect(await ask()).toBe(1);
  expect(told).toHaveLength(1);
  clock.ms = 100_000;
  void ask();
  expect(told).toHaveLength(2);
});

test('after a short walk the next one waits for half a second', async () => {
  const { told, clock, ask } = world();
  const first = ask();
  told[0]!(1);
  await first;
  clock.ms = 499;
  expect(await ask()).toBe(1);
  clock.ms = 500;
  void ask();
  expect(told).toHaveLength(2);
});

test('one that failed is not told again', async () => {
  const { told, ask } = world();
  const first = ask();
  told[0]!(new Error('away'));
  await expect(first).rejects.toThrow('away');
  const second = ask();
  told[1]!(2);
  expect(await second).toBe(2);
});
