// The parts of the demo that need no services; the demo itself is run by test/fresh-machine.sh.
import { describe, expect, test } from 'vitest';
import { bar } from '../../deploy/demo/board.ts';
import { readOptions } from '../../deploy/demo/options.ts';
import { type DemoResult, isGood, resultLine, resultTable } from '../../deploy/demo/result.ts';
import { foldedOf } from '../../deploy/demo/watch.ts';

describe('options', () => {
  test('half a minute of at least 200 engines unless told otherwise', () => {
    expect(readOptions([])).toEqual({
      seconds: 30,
      engines: 200,
      rate: 2000,
      tasks: 3000,
      seed: 1,
      faults: 0.05,
      keep: false,
    });
    expect(readOptions(['--seconds', '12', '--engines', '500', '--keep'])).toMatchObject({
      seconds: 12,
      engines: 500,
      keep: true,
    });
    expect(readOptions(['--keep', '--help'])).toBe('help');
  });

  test.each([
    [['--seconds', '5'], '--seconds must be a whole number from 10'],
    [['--faults', '2'], '--faults must be a number from 0 to 0.5'],
    [['--engines', 'many'], '--engines must be'],
    [['--second', '12'], "Unknown option '--second'"],
  ])('%s is refused with what is wanted', (args, said) => {
    expect(() => readOptions(args)).toThrow(said);
  });
});

test('folded counts duplicate and stale updates too, and a re-routed one once', () => {
  expect(foldedOf(undefined)).toBe(0);
  const outcomes = { applied: 7, duplicate: 3, stale: 2, rejected: 1, rerouted: 4 };
  expect(foldedOf({ received: 17, ...outcomes })).toBe(13);
});

describe('the result', () => {
  const truth = {
    published: 10,
    applied: 9,
    rejected: 1,
    rejected_by_reason: {},
    rerouted: 2,
    tasks: 3,
    failures: 4,
    failures_by_kind: {},
    job_creations: 5,
    unknown: 0,
    seconds: 30,
  };
  const verified = {
    ...truth,
    mismatches: 0,
    received: 12,
    duplicate: 0,
    stale: 0,
    events: {} as never,
    events_pending: 0,
    partitions: [],
    unchecked: [],
    first_mismatches: [],
  };
  const takeover = { killed: 'A', started: 'C', partitions: 6, seconds: 3 };
  const result: DemoResult = { truth, verified, takeover, drain_seconds: 1, seconds: 50.5 };

  test('its last line is one JSON object with what Taskfold tells', () => {
    expect(resultLine(result)).toBe(
      '{"published":10,"applied":9,"rejected":1,"rerouted":2,"tasks":3,"failures":4,"job_creations":5,"mismatches":0,"seconds":50.5}',
    );
    expect(resultTable(result)).toContain('0 differences');
  });

  test('a difference, or something that could not be checked, is no success', () => {
    expect(isGood(result)).toBe(true);
    const differs = { ...result, verified: { ...verified, mismatches: 2 } };
    expect([isGood(differs), resultTable(differs).includes('2 DIFFERENCES')]).toEqual([false, true]);
    const unchecked = { ...result, verified: { ...verified, unchecked: [{ why: 'x' }] } };
    expect([isGood(unchecked), resultTable(unchecked).includes('not everything')]).toEqual([false, true]);
  });
});

test('the bar never leaves its bounds', () => {
  expect([-1, 0, 0.5, 1, 3].map((share) => bar(share, 4))).toEqual(['░░░░', '░░░░', '██░░', '████', '████']);
});
