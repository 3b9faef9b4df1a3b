// The fold of src/domain and the plain fold of `taskfold verify` are written separately from docs/fold.md: whatever comes,
// they must say the same.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { MARKS } from '../../src/domain/update-class.ts';
import { differences, foldOfDomain, foldPlainly, type Shown, smallest } from './fold-both-ways.ts';
import { randomStream, SHORT_TIMES, SMALL_BOUNDS, type StreamRecord } from './random-updates.ts';

/** A longer search: BOTH_FOLDS_STREAMS=1000000. */
const STREAMS = Number(process.env.BOTH_FOLDS_STREAMS ?? 2_000);
const FIRST_SEED = Number(process.env.BOTH_FOLDS_SEED ?? 1);

function differ(records: readonly StreamRecord[], settings: FoldSettings): string[] {
  return differences(foldOfDomain(records, settings), foldPlainly(records, settings));
}

function rulesIn({ steps, tasks, fleet }: Shown): string[] {
  const all = steps as { outcome: string; events: { kind: string; failure?: string; reason?: string }[] }[];
  const rules = all.map(({ outcome }) => outcome);
  for (const { kind, failure, reason } of all.flatMap(({ events }) => events)) rules.push(failure ?? reason ?? kind);
  const { retired, tasks: living } = fleet as { retired: { tasks: number }; tasks: number };
  const ids = new Set((tasks as Shown[]).map(({ internal_task_id }) => internal_task_id));
  if (retired.tasks > 3 - living || (retired.tasks > 0 && ids.has('t1') && ids.has('t2') && ids.has('t3'))) {
    rules.push('begun anew');
  }
  for (const { marks, ios_dropped, reporters_base, liveness } of tasks as Shown[]) {
    rules.push(...Object.keys(marks as object), String(liveness));
    if (ios_dropped) rules.push('ios_dropped');
    if ((reporters_base as unknown[]).length > 0) rules.push('reporters_base');
  }
  return rules;
}

test.each([
  ['small bounds, so that each is passed', SMALL_BOUNDS],
  ['short times, so that all of them pass', SHORT_TIMES],
  ['the default bounds', DEFAULT_FOLD_SETTINGS],
])('both folds come to the same state, events and counts: %s', (_, settings) => {
  const seen = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const records = randomStream(seed, settings);
    const plainly = foldPlainly(records, settings);
    for (const rule of rulesIn(plainly)) seen.add(rule);
    if (differences(foldOfDomain(records, settings), plainly).length === 0) continue;
    const least = smallest(records, (some) => differ(some, settings).length > 0);
    const lines = least.map((record) => `  ${JSON.stringify(record)}`);
    expect.fail([`seed ${seed}:`, ...lines, ...differ(least, settings)].join('\n'));
  }
  // Streams that do not come upon a rule say nothing of it.
  const bounded = settings === SMALL_BOUNDS ? ['too_old', 'ios_dropped', 'reporters_base'] : [];
  const timed = ['silent', 'recovered', 'stalled', 'unknown', 'ended', 'reporting', 'task_retired', 'begun anew'];
  if (settings === SHORT_TIMES) bounded.push(...timed);
  const outcomes = ['applied', 'duplicate', 'stale', 'rejected'];
  const marks = MARKS.filter((mark) => mark !== 'too_old');
  expect([...bounded, ...outcomes, ...marks].filter((rule) => !seen.has(rule))).toEqual([]);
});
