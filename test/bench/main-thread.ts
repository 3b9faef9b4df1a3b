// What the main thread of a page does for long, by the browser's own trace. Each of its tasks has two durations: by the clock, and of
// the thread. A thread that waits for a core, because others of the machine have them, is long by the clock alone.

import type { CDPSession } from 'playwright-core';

export interface LongTask {
  /** by the clock */
  readonly wall_ms: number;
  /** that the thread itself ran */
  readonly thread_ms: number;
  /** what it was made of, the longest first: ms of the thread by name of the trace */
  readonly parts: readonly string[];
}

export interface MainThreadLook {
  readonly seconds: number;
  readonly tasks: number;
  /** that the thread ran, of all tasks */
  readonly busy_ms: number;
  /** those above the limit by the clock */
  readonly long: readonly LongTask[];
  /** the longest one of all, of the thread */
  readonly longest_thread_ms: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string; readonly data?: { readonly functionName?: string } };
}

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'v8', '__metadata'];
const TASK = 'RunTask';
const PARTS_MAX = 4;
const PART_MS_MIN = 2;

/** Watches until `stop` is called. @param long_ms by the clock */
export async function watchMainThread(
  client: CDPSession,
  long_ms: number,
): Promise<{ stop(): Promise<MainThreadLook> }> {
  const events: TraceEvent[] = [];
  const take = ({ value }: { value: unknown[] }) => events.push(...(value as TraceEvent[]));
  client.on('Tracing.dataCollected', take);
  const traceConfig = { includedCategories: CATEGORIES, excludedCategories: ['*'] };
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  const began = performance.now();
  return {
    async stop() {
      const seconds = (performance.now() - began) / 1_000;
      const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve));
      await client.send('Tracing.end');
      await complete;
      client.off('Tracing.dataCollected', take);
      return { seconds, ...lookAt(events, long_ms) };
    },
  };
}

function lookAt(events: readonly TraceEvent[], long_ms: number): Omit<MainThreadLook, 'seconds'> {
  const thread = mainThreadOf(events);
  const own = events.filter(({ ph, pid, tid }) => ph === 'X' && thread === `${pid}/${tid}`);
  const tasks = own.filter(({ name }) => name === TASK);
  const long = tasks.filter(({ dur = 0 }) => dur > 1_000 * long_ms);
  return {
    tasks: tasks.length,
    busy_ms: tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1_000,
    longest_thread_ms: tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1_000,
    long: long.map((task) => ({
      wall_ms: (task.dur ?? 0) / 1_000,
      thread_ms: (task.tdur ?? 0) / 1_000,
      parts: partsOf(task, own),
    })),
  };
}

/** A browser has several renderers; the page's is the one that has run most. */
function mainThreadOf(events: readonly TraceEvent[]): string | undefined {
  const busy = new Map<string, number>();
  for (const { name, ph, pid, tid, args } of events) {
    if (ph === 'M' && name === 'thread_name' && args.name === 'CrRendererMain') busy.set(`${pid}/${tid}`, 0);
  }
  for (const { name, pid, tid, tdur = 0 } of events) {
    const thread = `${pid}/${tid}`;
    const so_far = busy.get(thread);
    if (name === TASK && so_far !== undefined) busy.set(thread, so_far + tdur);
  }
  return [...busy].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function partsOf(task: TraceEvent, own: readonly TraceEvent[]): string[] {
  const end = task.ts + (task.dur ?? 0);
  const sums = new Map<string, number>();
  for (const { name, ts, tdur = 0, args } of own) {
    if (name === TASK || ts < task.ts || ts >= end) continue;
    const what = args.data?.functionName ? `${name} ${args.data.functionName}` : name;
    sums.set(what, (sums.get(what) ?? 0) + tdur / 1_000);
  }
  return [...sums]
    .filter(([, ms]) => ms >= PART_MS_MIN)
    .sort(([, a], [, b]) => b - a)
    .slice(0, PARTS_MAX)
    .map(([what, ms]) => `${what} ${ms.toFixed(0)}`);
}
