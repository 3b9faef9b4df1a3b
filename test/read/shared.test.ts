import { expect, test } from 'vitest';
import { sharedFor } from '../../src/read/shared.ts';

test('those who ask within a moment share an answer, but none that failed; without a moment each asks anew', async () => {
  let asked = 0;
  const answer = async () => {
    asked++;
    if (asked === 2) throw new Error('away');
    return asked;
  };
  const shared = sharedFor(60_000, answer);
  expect(await Promise.all([shared(), shared()])).toEqual([1, 1]);
  expect(await shared()).toBe(1);
  const other = sharedFor(60_000, answer);
  await expect(Promise.all([other(), other()])).rejects.toThrow('away');
  expect(await other()).toBe(3);
  const fresh = sharedFor(0, answer);
  expect([await fresh(), await fresh()]).toEqual([4, 5]);
});
