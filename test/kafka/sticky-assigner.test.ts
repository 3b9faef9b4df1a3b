import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignStickily } from '../../src/kafka/sticky-assigner.ts';

const member = (memberId: string, owned: number[] = [], generation = 1) => ({ memberId, owned, generation });
const shares = (...args: Parameters<typeof assignStickily>) => Object.fromEntries(assignStickily(...args));

test('the first member gets all, a second one half of it, and nothing else moves', () => {
  expect(shares([member('a')], [0, 1, 2, 3])).toEqual({ a: [0, 1, 2, 3] });
  expect(shares([member('a', [0, 1, 2, 3]), member('b', [], -1)], [0, 1, 2, 3])).toEqual({ a: [0, 1], b: [2, 3] });
});

test('what a dead member leaves goes to the others, which keep their own', () => {
  expect(shares([member('a', [0, 3]), member('c', [2, 5])], [0, 1, 2, 3, 4, 5])).toEqual({
    a: [0, 3, 1],
    c: [2, 5, 4],
  });
});

test('a member that comes back with an old claim does not take the partition from its owner', () => {
  expect(shares([member('a', [0, 1], 4), member('b', [1, 2], 7)], [0, 1, 2, 3])).toEqual({ b: [1, 2], a: [0, 3] });
});

test('more members than partitions: some have none', () => {
  expect(shares([member('a', [0]), member('b'), member('c', [1])], [0, 1])).toEqual({ a: [0], b: [], c: [1] });
});

test('every partition has exactly one owner, shares differ by one at most, and nobody loses what still is its due', () => {
  const members = fc.uniqueArray(
    fc.record({
      memberId: fc.string({ minLength: 1, maxLength: 3 }),
      owned: fc.uniqueArray(fc.integer({ min: 0, max: 40 })),
      generation: fc.integer({ min: -1, max: 5 }),
    }),
    { selector: (m) => m.memberId, minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(members, fc.integer({ min: 0, max: 32 }), (group, count) => {
      const partitions = [...Array(count).keys()];
      const result = assignStickily(group, partitions);
      expect([...result.values()].flat().sort((a, b) => a - b)).toEqual(partitions);
      const sizes = [...result.values()].map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      // The same answer again, once everybody has what it was given.
      const settled = group.map((m) => ({ ...m, owned: result.get(m.memberId)!, generation: 9 }));
      const again = assignStickily(settled, partitions);
      for (const [memberId, share] of again) expect(share).toEqual([...result.get(memberId)!].sort((a, b) => a - b));
    }),
  );
});
