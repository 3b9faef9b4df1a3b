// The fold of src/domain and the plain fold of `taskfold verify` are written separately from docs/fold.md: whatever comes,
// they must say the same.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { MARKS } from '../../src/domain/update-class.ts';
import { foldOfDomain, foldPlainly } from './fold-both-ways.ts';
import { randomStream, SMALL_BOUNDS, type StreamRecord } from './random-updates.ts';
import { differences } from './shown.ts';
import { smallest } from './smallest-stream.ts';

/** A longer search: BOTH_FOLDS_STREAMS=1000000. */
const STREAMS = Number(process.env.BOTH_FOLDS_STREAMS ?? 2_000);
const FIRST_SEED = Number(process.env.BOTH_FOLDS_SEED ?? 1);

const BATCHES = [1, 3, 40] as const;

function differ(records: readonly StreamRecord[], settings: FoldSettings, batch: number): string[] {
  return differences(foldOfDomain(records, settings, batch), foldPlainly(records, settings));
}

const OUTCOMES = ['applied', 'duplicate', 'stale', 'rejected', 'tick or control', 'notice of no update'];
const PASSING = ['silent', 'recovered', 'stalled', 'unknown', 'ended', 'reporting', 'alarms_after'];
const ROLLED_UP = ['internal_job_id', 'engine_id'].flatMap((kind) => [`${kind} dropped`, `retired of ${kind}`]);
const BOUNDED = [...ROLLED_UP, 'too_old', 'ios_dropped', 'reporters_base', 'retired', 'task_retired', 'begun anew'];
const CONTROLS = ['obeyed', 'repeated', 'ignored', 'generations counted on'];

test.each([
  ['small bounds, so that each is passed', SMALL_BOUNDS, BOUNDED],
  ['one look a record', { ...SMALL_BOUNDS, looks_max: 1 }, [...BOUNDED, 'looks_max']],
  ['the default bounds', DEFAULT_FOLD_SETTINGS, []],
  ['settings that change', { ...SMALL_BOUNDS, retain_silent_s: 5 }, [...BOUNDED, ...CONTROLS]],
])('both folds come to the same state, events and counts: %s', (_, settings, bounded) => {
  const met = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const records = randomStream(seed, settings, bounded.includes('obeyed'));
    const batch = BATCHES[seed % BATCHES.length]!;
    if (differences(foldOfDomain(records, settings, batch), foldPlainly(records, settings, met)).length === 0) continue;
    const least = smallest(records, (some) => differ(some, settings, batch).length > 0);
    const lines = least.map((record) => `  ${JSON.stringify(record)}`);
    expect.fail([`seed ${seed}, batches of ${batch}:`, ...lines, ...differ(least, settings, batch)].join('\n'));
  }
  const marks = MARKS.filter((mark) => mark !== 'too_old');
  expect([...bounded, ...OUTCOMES, ...PASSING, ...marks].filter((rule) => !met.has(rule))).toEqual([]);
});
