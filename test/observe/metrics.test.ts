import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { metricsPage } from '../../src/cli/metrics.ts';
import { METRIC_LABELS, METRICS, type MetricDefinition } from '../../src/observe/metric-list.ts';
import { createMetrics } from '../../src/observe/metrics.ts';

const definitions = Object.entries<MetricDefinition>(METRICS);

/** The lines of a scrape that are series. */
async function series(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  return (await metrics.scrape()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the list', () => {
  test('docs/metrics.md is what the list generates (cure: npx taskfold metrics --markdown > docs/metrics.md)', () => {
    expect(readFileSync('docs/metrics.md', 'utf8')).toBe(metricsPage());
  });

  test('a name tells its kind and unit as Prometheus has it: counters end with _total, durations with _seconds', () => {
    const wrong = definitions.filter(([name, { kind, unit }]) => {
      const isTotal = name.endsWith('_total');
      const stem = name.replace(/_total$/, '');
      return isTotal !== (kind === 'counter') || stem.endsWith('_seconds') !== (unit === 'seconds');
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test('every label has its bound, and every bound is of a label that is used', () => {
    const used = new Set(definitions.flatMap(([, { labels }]) => labels));
    expect([...used].sort()).toEqual(Object.keys(METRIC_LABELS).sort());
  });

  test('every meaning is a sentence, and every histogram has buckets in order', () => {
    for (const [name, { kind, meaning, buckets }] of definitions) {
      expect(meaning, name).toMatch(/^[A-Z0-9].*\.$/);
      expect(buckets !== undefined, name).toBe(kind === 'histogram');
      expect([...(buckets ?? [])]).toEqual([...(buckets ?? [])].sort((a, b) => a - b));
    }
  });
});

describe('a scrape', () => {
  test('names every metric of the list with its meaning, counted or not', async () => {
    const text = await createMetrics({ withProcess: false }).scrape();
    for (const [name, { kind, meaning }] of definitions) {
      expect(text).toContain(`# HELP ${name} ${meaning}\n# TYPE ${name} ${kind}\n`);
    }
  });

  test('shows what was counted and observed, and 0 where nothing was', async () => {
    const metrics = createMetrics({ withProcess: false });
    metrics.count('taskfold_rejects_total', { reason: 'truncated' });
    metrics.count('taskfold_rejects_total', { reason: 'truncated' }, 2);
    metrics.count('taskfold_rejects_total', { reason: 'malformed' }, 0);
    metrics.observe('taskfold_transaction_seconds', {}, 0.02);
    expect(await series(metrics)).toEqual(
      expect.arrayContaining([
        'taskfold_rejects_total{reason="truncated"} 3',
        'taskfold_rejects_total{reason="malformed"} 0',
        'taskfold_transaction_seconds_bucket{le="0.01"} 0',
        'taskfold_transaction_seconds_bucket{le="0.025"} 1',
        'taskfold_transaction_seconds_count 1',
      ]),
    );
  });

  test('shown state is of the moment of the scrape: a series that is not set again is gone', async () => {
    const metrics = createMetrics({ withProcess: false });
    let partitions = ['0', '1'];
    metrics.show(['taskfold_partition_lag_records', 'taskfold_partition_received_total'], (set) => {
      for (const partition of partitions) {
        set('taskfold_partition_lag_records', { partition }, 5);
        set('taskfold_partition_received_total', { partition }, 7);
      }
    });
    await metrics.scrape();
    partitions = ['1'];
    const shown = (await series(metrics)).filter((line) => line.includes('{partition='));
    expect(shown).toEqual([
      'taskfold_partition_received_total{partition="1"} 7',
      'taskfold_partition_lag_records{partition="1"} 5',
    ]);
  });

  test('two scrapes at once, and a change behind them, show each its own moment', async () => {
    const metrics = createMetrics({ withProcess: false });
    let lag = 0;
    metrics.show(['taskfold_partition_lag_records', 'taskfold_foldable_lag_records'], (set) => {
      lag++;
      set('taskfold_partition_lag_records', { partition: '0' }, lag);
      set('taskfold_foldable_lag_records', {}, lag);
    });
    const texts = await Promise.all([metrics.scrape(), metrics.scrape()]);
    for (const [index, text] of texts.entries()) {
      expect(text).toContain(`taskfold_partition_lag_records{partition="0"} ${index + 1}\n`);
      expect(text).toContain(`taskfold_foldable_lag_records ${index + 1}\n`);
    }
  });
});
