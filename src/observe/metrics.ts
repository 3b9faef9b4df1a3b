// Metrics: prom-client behind the one list of names. A metric that is not in the list cannot be counted, and one of the
// list is always there.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricName } from './metric-list.ts';

type OfKind<Kind extends MetricDefinition['kind']> = {
  [name in MetricName]: (typeof METRICS)[name]['kind'] extends Kind ? name : never;
}[MetricName];
export type CounterName = OfKind<'counter'>;
export type GaugeName = OfKind<'gauge'>;
export type HistogramName = OfKind<'histogram'>;
/** All labels of the metric; `{}` where it has none. */
export type LabelsOf<Name extends MetricName> = {
  readonly [label in (typeof METRICS)[Name]['labels'][number]]: string;
};

export interface Metrics {
  readonly contentType: string;
  /** The text that a scrape gets. */
  scrape(): Promise<string>;
  /** Adds to a counter; 0 makes its series visible. */
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, step?: number): void;
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /**
   * Called at each scrape, in one turn of the event loop, to show state that lies elsewhere: the metrics named have no
   * series before, and those that it sets afterwards.
   */
  show<Name extends GaugeName | CounterName>(names: readonly Name[], state: (set: SetMetric<Name>) => void): void;
}

export type SetMetric<Names extends MetricName> = <Name extends Names>(
  name: Name,
  labels: LabelsOf<Name>,
  value: number,
) => void;

/** @param withProcess also the metrics of the process itself (PROCESS_METRICS) */
export function createMetrics({ withProcess = true } = {}): Metrics {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { kind, labels, meaning, ...rest }] of Object.entries<MetricDefinition>(METRICS)) {
    const options = { name, help: meaning, labelNames: [...labels], registers: [registry] };
    if (kind === 'counter') counters.set(name, new Counter(options));
    else if (kind === 'gauge') gauges.set(name, new Gauge(options));
    else histograms.set(name, new Histogram({ ...options, buckets: [...(rest.buckets ?? [])] }));
  }
  const shown: (() => void)[] = [];
  return {
    contentType: registry.contentType,
    scrape() {
      for (const show of shown) show();
      // It takes every value before it first waits, so all of them are of this moment.
      return registry.metrics();
    },
    count: (name, labels, step = 1) => counters.get(name)!.inc(labels, step),
    observe: (name, labels, value) => histograms.get(name)!.observe(labels, value),
    show(names, state) {
      const set: SetMetric<MetricName> = (name, labels, value) => {
        const found = gauges.get(name);
        if (found) found.set(labels, value);
        else counters.get(name)!.inc(labels, value);
      };
      shown.push(() => {
        for (const name of names) (gauges.get(name) ?? counters.get(name))!.reset();
        state(set);
      });
    },
  };
}
