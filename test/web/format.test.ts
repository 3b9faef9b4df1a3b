import { describe, expect, test } from 'vitest';
import { figuresOf, medianOf } from '../../src/web/format/engine-figures.ts';
import { exact, percent, rate, short } from '../../src/web/format/number.ts';
import { ago, duration, utc } from '../../src/web/format/time.ts';
import { additions, type Sample, withSample } from '../../src/web/live/history.ts';

describe('numbers', () => {
  test('exact ones keep every digit, whatever their length', () => {
    expect(exact(1_234_567)).toBe('1,234,567');
    expect(exact('98765432109876543210')).toBe('98,765,432,109,876,543,210');
  });

  test.each([
    [99_999, '99,999'],
    [123_456, '123 k'],
    [1_234_567, '1.23 M'],
    [98_765_432_109, '98.8 G'],
  ])('%d is short as %s', (value, text) => expect(short(value)).toBe(text));

  test('a share is never written as all or nothing unless it is', () => {
    expect([0, 1, 0.0004, 0.9996, 0.031, 0.5, 0.994].map(percent)).toEqual([
      '0 %',
      '100 %',
      '< 0.1 %',
      '> 99.9 %',
      '3.1 %',
      '50 %',
      '99.4 %',
    ]);
  });

  test('rates', () => expect([0, 0.44, 12.6, 1_840].map(rate)).toEqual(['0', '0.4', '13', '1,840']));
});

describe('times', () => {
  test.each([
    [0, '0 s'],
    [420, '0.4 s'],
    [12_400, '12 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms last %s', (ms, text) => expect(duration(ms)).toBe(text));

  test('ages tick by whole units', () => {
    expect([300, 4_999, 200_000, 7_500_000].map(ago)).toEqual(['now', '4 s ago', '3 min ago', '2 h 5 min ago']);
    expect(utc(1_772_409_131_120)).toBe('2026-03-01 23:52:11.120 UTC');
  });
});

describe('the course of the fleet', () => {
  const sample = (at: number, received: number, api = 0): Sample => {
    const figures = { logged: received, folded: received, failures: { api }, lag: 0, lag_ms: 0 };
    return { at, received, ...figures };
  };
  const told = (...samples: Sample[]) => samples.reduce<readonly Sample[]>(withSample, []);

  test('rates come from what was told before, where the API tells none', () => {
    const history = told(sample(0, 0), sample(1_000, 100), sample(2_000, 200), sample(6_000, 1_000));
    expect(history[1]!.folded_per_s).toBeUndefined();
    expect(history[3]!.folded_per_s).toBe(200);
  });

  test('a fleet that begins anew has no course yet', () => {
    expect(told(sample(0, 500), sample(1_000, 3))).toHaveLength(1);
  });

  test('ten minutes are kept, and what was added lies in buckets', () => {
    const many = Array.from({ length: 700 }, (_, at) => sample(at * 1_000, at, at >= 690 ? at - 689 : 0));
    const history = told(...many);
    expect(history.length).toBeLessThan(605);
    const bars = additions(history, ({ failures }) => failures.api ?? 0, 30, 10_000);
    expect(bars.at(-1)).toBe(10);
    expect(bars.at(-2)).toBe(0);
  });
});

describe('an engine’s figures', () => {
  const sums = {
    job_creations: 0,
    error_count: 4,
    retry_count: 0,
    completion_requested: 0,
    failures_by_reason: { api: 1 },
    marks: { gap: 2, fill: 1, supersede: 3, unverified: 1 },
  };
  const updates = { applied: 8, duplicate: 1, stale: 1, rejected: 10, came_rerouted: 2 };
  const stats = { processed_cpu_milliseconds: 300, processed_cpu_seconds: 99, processed_media_seconds: 30 };
  const retired = { tasks: 0, ...sums, updates, processed_stats: {} };
  const times = { first_update_at: 0, last_update_at: 0 };
  const engine = { engine_id: 'e', tasks: 2, tasks_by_status: {}, tasks_by_liveness: { silent: 1 }, ...sums, ...times };

  test('shares and costs; one quantity in two units is never added', () => {
    const figures = figuresOf({ ...engine, updates, processed_stats: stats, retired });
    expect(figures).toMatchObject({
      keyed_right: 0.8,
      chained: 0.6,
      verified: 0.9,
      said_once: 0.8,
      accepted: 0.5,
      cpu_ms_per_media_s: 10,
    });
    expect(figures.cpu_ms_per_chunk).toBeUndefined();
    expect(figures.trouble).toBeGreaterThan(0);
  });

  test('the median leaves out what is not known', () => {
    expect(medianOf([3, undefined, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
    expect(medianOf([undefined])).toBeUndefined();
  });
});
