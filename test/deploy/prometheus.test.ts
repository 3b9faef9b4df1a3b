// Alerts, dashboard and autoscaler against the list of metrics: what they ask for is what a processor answers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS, type MetricDefinition, PROCESS_METRICS } from '../../src/observe/metric-list.ts';
import { readPromQl } from './promql.ts';

const deploy = join(import.meta.dirname, '../../deploy');
const read = (file: string) => readFileSync(join(deploy, file), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const rules = (parse(read('prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(read('grafana/dashboard.json')) as { panels: Panel[] };
const scaled = parse(read('kubernetes/autoscaling/scaled-object.yaml')) as {
  spec: { triggers: { metadata: { query: string } }[] };
};

const all = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...scaled.spec.triggers.map(({ metadata }) => ['autoscaler', metadata.query] as const),
];

/** A name as a scrape has it: those of a histogram have a suffix. */
function definitionOf(name: string): MetricDefinition | undefined {
  const metrics: Readonly<Record<string, MetricDefinition>> = METRICS;
  const stem = name.replace(/_(bucket|sum|count)$/, '');
  return metrics[name] ?? (metrics[stem]?.kind === 'histogram' ? metrics[stem] : undefined);
}

describe.each(all)('%s: %s', (_title, expression) => {
  const { metrics, labels } = readPromQl(expression);

  test('is PromQL over metrics that exist', () => {
    expect(metrics.length).toBeGreaterThan(0);
    const unknown = metrics.filter((name) => !definitionOf(name) && !(name in PROCESS_METRICS));
    expect(unknown).toEqual([]);
  });

  test('tells apart by labels that these metrics have', () => {
    const known = new Set(['le', ...metrics.flatMap((name) => definitionOf(name)?.labels ?? [])]);
    expect(labels.filter((label) => !known.has(label))).toEqual([]);
  });

  test('takes rates of what only grows', () => {
    for (const [, name] of expression.matchAll(/\brate\(([a-z_]+)/g)) {
      expect(name).toMatch(/_(total|bucket|sum|count)$/);
    }
  });
});

test('what is not PromQL, a foreign metric and a foreign label would be noticed', () => {
  expect(() => readPromQl('sum(taskfold_ready')).toThrow('no PromQL');
  expect(readPromQl('sum by (a) (rate(b_total{c="d"}[5m]))')).toEqual({ metrics: ['b_total'], labels: ['a', 'c'] });
});

test('every alert says what is wrong and what to do, and how urgent it is', () => {
  expect(rules.length).toBeGreaterThan(5);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(['critical', 'warning', 'info'], alert).toContain(labels.severity);
    expect(annotations.summary && annotations.description, alert).toBeTruthy();
  }
});

test("the labels that an alert's text names are left by its expression", () => {
  for (const { expr, annotations } of rules) {
    const named = [...`${annotations.summary} ${annotations.description}`.matchAll(/\$labels\.([a-z_]+)/g)].map(
      ([, label]) => label!,
    );
    const { metrics, labels } = readPromQl(expr);
    // Without an aggregation all labels of the metric are left.
    const left = /\bby\b/.test(expr) ? labels : metrics.flatMap((name) => [...definitionOf(name)!.labels]);
    expect(
      named.filter((label) => !left.includes(label)),
      expr,
    ).toEqual([]);
  }
});

test('the panels of the dashboard have ids of their own and do not lie over each other', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const [index, { gridPos: one, title }] of panels.entries()) {
    expect(one.x + one.w, title).toBeLessThanOrEqual(24);
    for (const { gridPos: other } of panels.slice(index + 1)) {
      const apart =
        one.x + one.w <= other.x ||
        other.x + other.w <= one.x ||
        one.y + one.h <= other.y ||
        other.y + other.h <= one.y;
      expect(apart, title).toBe(true);
    }
  }
});
