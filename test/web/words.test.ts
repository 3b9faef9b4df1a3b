// The page keeps the contract's words by itself, since nothing that runs comes to it from elsewhere: they are the same ones.

import { expect, test } from 'vitest';
import * as state from '../../src/domain/task-state.ts';
import { FAILURE_REASONS, LIVENESSES, STATUSES } from '../../src/web/format/words.ts';

test('the page knows every status, liveness and failure reason, and no others', () => {
  expect(STATUSES.toSorted()).toEqual([...state.TASK_STATUSES, 'unreported'].sort());
  expect(LIVENESSES.toSorted()).toEqual(state.LIVENESSES.toSorted());
  expect(FAILURE_REASONS.toSorted()).toEqual(state.FAILURE_REASONS.toSorted());
});
