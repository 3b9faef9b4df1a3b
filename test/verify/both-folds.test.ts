// The fold of src/domain and the plain fold of `taskfold verify` are written separately from docs/fold.md: whatever comes,
// they must say the same.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { MARKS } from '../../src/domain/update-class.ts';
import { differences, foldOfDomain, foldPlainly, type Shown, smallest } from './fold-both-ways.ts';
import { randomStream, SMALL_BOUNDS, type StreamRecord } from './random-updates.ts';

/** A longer search: BOTH_FOLDS_STREAMS=1000000. */
const STREAMS = Number(process.env.BOTH_FOLDS_STREAMS ?? 2_000);
const FIRST_SEED = Number(process.env.BOTH_FOLDS_SEED ?? 1);

function differ(records: readonly StreamRecord[], settings: FoldSettings): string[] {
  return differences(foldOfDomain(records, settings), foldPlainly(records, settings));
}

function rulesIn({ steps, tasks }: Shown): string[] {
  const rules = (steps as { outcome: string }[]).map(({ outcome }) => outcome);
  for (const { marks, ios_dropped, reporters_base } of tasks as Shown[]) {
    rules.push(...Object.keys(marks as object));
    if (ios_dropped) rules.push('ios_dropped');
    if ((reporters_base as unknown[]).length > 0) rules.push('reporters_base');
  }
  return rules;
}

test.each([
  ['small bounds, so that each is passed', SMALL_BOUNDS],
  ['the default bounds', DEFAULT_FOLD_SETTINGS],
])('both folds come to the same state, events and counts: %s', (_, settings) => {
  const seen = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const records = randomStream(seed, settings);
    const plainly = foldPlainly(records, settings);
    for (const rule of rulesIn(plainly)) seen.add(rule);
    if (differences(foldOfDomain(records, settings), plainly).length === 0) continue;
    const least = smallest(records, (some) => differ(some, settings).length > 0);
    const lines = least.map(({ log_time, update }) => `  ${log_time} ${JSON.stringify(update)}`);
    expect.fail([`seed ${seed}:`, ...lines, ...differ(least, settings)].join('\n'));
  }
  // Streams that do not come upon a rule say nothing of it.
  const bounded = settings === SMALL_BOUNDS ? ['too_old', 'ios_dropped', 'reporters_base'] : [];
  const outcomes = ['applied', 'duplicate', 'stale', 'rejected'];
  const marks = MARKS.filter((mark) => mark !== 'too_old');
  expect([...bounded, ...outcomes, ...marks].filter((rule) => !seen.has(rule))).toEqual([]);
});
