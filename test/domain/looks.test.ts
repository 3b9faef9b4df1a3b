// The heap of looks against a sorted list: what is taken, and in which order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Look, Looks } from '../../src/domain/looks.ts';

/** Units below, within and above the surrogates: there the orders of UTF-16 and of UTF-8 differ. */
const id = fc
  .array(fc.constantFrom('a', 'b', '\u{d7ff}', '\u{e000}', '\u{fffd}', '\u{10000}', '\u{1f600}', '\u{10ffff}'), {
    maxLength: 4,
  })
  .map((parts) => parts.join(''));
const look = fc.record({ at: fc.integer({ min: 0, max: 9 }), internal_task_id: id });

function inOrder(a: Look, b: Look): number {
  return a.at - b.at || Buffer.compare(Buffer.from(a.internal_task_id), Buffer.from(b.internal_task_id));
}

test('ids of one moment come in the order of their bytes of UTF-8, not of their UTF-16 units', () => {
  const looks = new Looks();
  looks.begin([], 10);
  for (const internal_task_id of ['\u{1f600}', '\u{fffd}', 'b', 'ba', 'a']) looks.add({ at: 1, internal_task_id });
  const taken = Array.from({ length: 5 }, () => looks.take(2)?.internal_task_id);
  expect(taken).toEqual(['a', 'b', 'ba', '\u{fffd}', '\u{1f600}']);
  expect(looks.take(2)).toBeNull();
});

test('whatever is given and added, each look before the clock is taken once, the earliest first; none at the clock or at the horizon', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ add: look }) },
    { weight: 3, arbitrary: fc.record({ take: fc.integer({ min: 0, max: 10 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ begin: fc.array(look, { maxLength: 20 }), horizon: fc.integer({ min: 1, max: 10 }) }),
    },
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const looks = new Looks();
      // Without a stretch every look is its business.
      let [left, horizon]: [Look[], number] = [[], Number.POSITIVE_INFINITY];
      for (const one of steps) {
        if ('begin' in one) {
          horizon = one.horizon;
          left = one.begin.filter(({ at }) => at < horizon);
          looks.begin(left, horizon);
        } else if ('add' in one) {
          looks.add(one.add);
          if (one.add.at < horizon) left.push(one.add);
        } else {
          const due = left.filter(({ at }) => at < one.take).sort(inOrder);
          left = left.filter(({ at }) => at >= one.take);
          for (const look of due) expect(looks.take(one.take)).toEqual(look);
          expect(looks.take(one.take)).toBeNull();
          taken += due.length;
        }
      }
    }),
    { numRuns: 300 },
  );
  // Less would say that the steps are such as leave nothing to be taken.
  expect(taken).toBeGreaterThan(1_000);
});
