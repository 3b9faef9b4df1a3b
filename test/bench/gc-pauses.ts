// Loaded into a processor before its own code (`node --import`): when it exits, the last line of its standard error tells
// each pause of the garbage collector, for backlog.ts.

import { type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';

/** When a pause began (epoch ms), and how long it was (ms). */
export type GcPause = readonly [began: number, ms: number];

export interface GcLine {
  readonly event: 'gc_pauses';
  readonly pauses: readonly GcPause[];
}

const pauses: GcPause[] = [];
const take = (entries: readonly PerformanceEntry[]) => {
  for (const { startTime, duration } of entries) pauses.push([performance.timeOrigin + startTime, duration]);
};
const observer = new PerformanceObserver((list) => take(list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

process.on('exit', () => {
  take(observer.takeRecords());
  const line: GcLine = { event: 'gc_pauses', pauses };
  process.stderr.write(`${JSON.stringify(line)}\n`);
});
