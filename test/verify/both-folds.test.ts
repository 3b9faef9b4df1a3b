// The fold of src/domain and the plain fold of `taskfold verify` are written separately from docs/fold.md: whatever comes,
// they must say the same.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { differences, foldOfDomain, foldPlainly, smallest } from './fold-both-ways.ts';
import { randomStream, SMALL_BOUNDS, type StreamRecord } from './random-updates.ts';

/** A longer search: BOTH_FOLDS_STREAMS=1000000. */
const STREAMS = Number(process.env.BOTH_FOLDS_STREAMS ?? 20_000);
const FIRST_SEED = Number(process.env.BOTH_FOLDS_SEED ?? 1);

function differ(records: readonly StreamRecord[], settings: FoldSettings): string[] {
  return differences(foldOfDomain(records, settings), foldPlainly(records, settings));
}

test.each([
  ['small bounds, so that each is passed', SMALL_BOUNDS],
  ['the default bounds', DEFAULT_FOLD_SETTINGS],
])('both folds come to the same state, events and counts: %s', (_, settings) => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const records = randomStream(seed, settings);
    if (differ(records, settings).length === 0) continue;
    const least = smallest(records, (some) => differ(some, settings).length > 0);
    const lines = least.map(({ log_time, update }) => `  ${log_time} ${JSON.stringify(update)}`);
    expect.fail([`seed ${seed}:`, ...lines, ...differ(least, settings)].join('\n'));
  }
});
