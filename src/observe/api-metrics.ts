// What `taskfold serve` measures of itself. docs/api.md lists it; the processor's metrics are in metric-list.ts.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface ApiMetrics {
  readonly contentType: string;
  scrape(): Promise<string>;
  /** @param route the pattern, never the path: ids stay out of the labels */
  answered(route: string, status: number, seconds: number): void;
  dropped(): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** @param streams how many clients follow the stream of changes now */
export function createApiMetrics(streams: () => number): ApiMetrics {
  const registers = [new Registry()];
  collectDefaultMetrics({ register: registers[0]! });
  const requests = new Counter({
    name: 'taskfold_api_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'taskfold_api_request_seconds',
    help: 'Time to an answer, by route; streams are left out.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const dropped = new Counter({
    name: 'taskfold_api_streams_dropped_total',
    help: 'Clients of /api/changes that were let go because they were too slow.',
    registers,
  });
  new Gauge({
    name: 'taskfold_api_streams',
    help: 'Clients that follow /api/changes.',
    registers,
    collect() {
      this.set(streams());
    },
  });
  return {
    contentType: registers[0]!.contentType,
    scrape: () => registers[0]!.metrics(),
    answered(route, status, took) {
      requests.inc({ route, status: String(status) });
      seconds.observe({ route }, took);
    },
    dropped: () => dropped.inc(),
  };
}
