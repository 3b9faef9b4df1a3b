// What a cure says of the owner afterwards. Each look sees the next of the states that the owner reports.

import { expect, test } from 'vitest';
import { watchOwner } from '../../src/cli/watch-owner.ts';
import type { WorkerState } from '../../src/pipeline/context.ts';

test.each<[readonly WorkerState[], string]>([
  // It sends what an earlier owner decided before it folds on: under load a look meets it there.
  [['claiming', 'draining', 'draining', 'running'], 'running'],
  [['draining', 'halted'], 'halted'],
])('an owner that reports %j is told of as %s', async (states, told) => {
  const rest = [...states];
  const reporting = {
    async readLive() {
      const state = rest.length > 1 ? rest.shift()! : rest[0]!;
      return { owner: 'a', state, log_end: 0, emitted: 0, seen_at: Date.now() + 1, given: {} };
    },
  };
  const condition = await watchOwner(
    reporting,
    0,
    Date.now(),
    async () => false,
    async () => true,
  );
  expect(condition).toBe(told);
});
