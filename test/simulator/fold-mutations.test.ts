// The simulator notices when the fold itself goes by a wrong rule: worlds whose pipeline folds by modules that are replaced are
// held against the fold as it is.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { wrongs } from './check-world.ts';
import { FOLD_MUTATIONS, type FoldMutation, type Replacements, type Surroundings } from './fold-mutations.ts';
import type * as Worlds from './world.ts';

/** A mutation that this many schedules do not show counts as not caught. */
const SCHEDULES = 400;
/** Every module that a mutation replaces. */
const REPLACED = [...new Set(Object.values(FOLD_MUTATIONS).flatMap(({ replace }) => Object.keys(replace())))];

/** The simulated world over a fold of its own, in which these modules are replaced. */
async function worldsWith(replacements: Replacements, surroundings: Surroundings): Promise<typeof Worlds> {
  vi.resetModules();
  for (const [file, replace] of Object.entries(replacements)) {
    vi.doMock(`../../src/domain/${file}`, async (original) => {
      const own = await original<object>();
      return { ...own, ...(replace as (own: object, surroundings: Surroundings) => object)(own, surroundings) };
    });
  }
  return import('./world.ts');
}

async function caughtBy({ replace, options }: FoldMutation, schedules: number): Promise<number | null> {
  const replacements = replace();
  const surroundings: Surroundings = { now: 0 };
  const { World } = await worldsWith(replacements, surroundings);
  for (let seed = 1; seed <= schedules; seed++) {
    const world = new World({ rollBacks: 0.008, untilRetired: true, ...options, seed });
    Object.defineProperty(surroundings, 'now', { get: () => world.schedule.now, configurable: true });
    await world.run();
    if ((await wrongs(world)).length > 0 || world.halts.length > 0) return seed;
  }
  return null;
}

afterEach(() => {
  for (const file of REPLACED) vi.doUnmock(`../../src/domain/${file}`);
  vi.resetModules();
});

describe('the simulator notices when the fold goes by a wrong rule', () => {
  test('replaced by themselves, the modules show nothing', { timeout: 300_000 }, async () => {
    const themselves = Object.fromEntries(REPLACED.map((file) => [file, () => ({})]));
    expect(await caughtBy({ replace: () => themselves }, 20)).toBeNull();
  });

  for (const [name, mutation] of Object.entries(FOLD_MUTATIONS)) {
    test(name, { timeout: 300_000 }, async () => {
      const seed = await caughtBy(mutation, SCHEDULES);
      expect(seed, `${name}: not noticed in ${SCHEDULES} schedules`).not.toBeNull();
    });
  }
});
