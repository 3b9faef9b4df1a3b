// One run of a processor over the whole backlog, and what it and the services used for it.

import type { Environment } from '../support/taskfold-process.ts';
import type { BenchWorld, Use } from './bench-world.ts';
import { count, mainThreadOf, recordsIn, useOf } from './bench-world.ts';
import type { GcLine } from './gc-pauses.ts';
import { WITHOUT } from './parts.ts';

export interface Run extends Use {
  readonly seconds: number;
  readonly rate: number;
}

/** One run of the processor, and what the services used for it. */
export interface FoldRun extends Run {
  /** offsets folded while the clock ran */
  readonly updates: number;
  /** of `cpu_s`: the thread that runs our code. The rest are V8's (garbage collector, compiler) and libuv's. */
  readonly main_cpu_s: number;
  /** in which the garbage collector held such a thread up, s of the clock */
  readonly gc_pauses_s: number;
  readonly redis_cpu_s: number;
  readonly kafka_cpu_s: number;
  /** what was asked for beside it, in its order, while the clock ran */
  readonly beside_cpu_s: readonly number[];
}

const GC_PAUSES = new URL('gc-pauses.ts', import.meta.url).href;
const LEAVE_OUT = new URL('without.ts', import.meta.url).href;

export interface FoldOptions {
  /** the executable of another version */
  readonly main?: string | undefined;
  /** how many processors share the partitions; 1 if not given */
  readonly processors?: number;
  /** other settings than those of the group */
  readonly env?: Environment;
  /** what others have used so far, s */
  readonly beside?: () => readonly number[];
}

/**
 * A new group folds the whole log. The clock runs from the first record folded to the last. CPU is that of all processors
 * together, resident memory that of the largest.
 * @param ends of the log
 */
export async function fold(
  world: BenchWorld,
  group: string,
  ends: ReadonlyMap<number, number>,
  { main, processors: count = 1, env: others = {}, beside = () => [] }: FoldOptions = {},
): Promise<FoldRun> {
  const total = recordsIn(ends);
  const env = { ...world.envOf(group), ...others };
  await world.command(['topics', 'create'], env, main);
  const preloaded = env[WITHOUT] === undefined ? [GC_PAUSES] : [GC_PAUSES, LEAVE_OUT];
  const options = [...preloaded.map((one) => `--import=${one}`), process.env.BENCH_NODE_OPTIONS ?? ''].join(' ');
  const processors = Array.from({ length: count }, () => world.start(['run'], { ...env, NODE_OPTIONS: options }, main));
  await world.untilFolded(group, ends, 1, processors);
  const began = Date.now();
  const before = await world.folded(group, ends);
  const { pids } = world.stack;
  const sum = (figures: readonly number[]) => figures.reduce((all, one) => all + one, 0);
  const used = () => [
    sum(processors.map(({ pid }) => mainThreadOf(pid))),
    sum(processors.map(({ pid }) => useOf(pid).cpu_s)),
    ...[pids.redis!, pids.kafka!].map((pid) => useOf(pid).cpu_s),
    ...beside(),
  ];
  const usedBefore = used();
  await world.untilFolded(group, ends, total, processors);
  const ended = Date.now();
  const seconds = (ended - began) / 1_000;
  const resident_mb = Math.max(...processors.map(({ pid }) => useOf(pid).resident_mb));
  const [main_cpu_s, cpu_s, redis_cpu_s, kafka_cpu_s, ...beside_cpu_s] = used().map((cpu, i) => cpu - usedBefore[i]!);
  let pausedMs = 0;
  for (const processor of processors) {
    const { code } = await processor.terminate();
    if (code !== 0) throw new Error(`the processor exits with ${code}`);
    const { pauses } = processor.lines.at(-1) as unknown as GcLine;
    pausedMs += sum(pauses.filter(([at]) => at >= began && at < ended).map(([, ms]) => ms));
  }
  const updates = total - before;
  return {
    updates,
    seconds,
    rate: updates / seconds,
    cpu_s: cpu_s!,
    main_cpu_s: main_cpu_s!,
    gc_pauses_s: pausedMs / 1_000,
    redis_cpu_s: redis_cpu_s!,
    kafka_cpu_s: kafka_cpu_s!,
    beside_cpu_s,
    resident_mb,
  };
}

export function told({ rate, seconds, cpu_s, resident_mb }: Run): string {
  return `${count(rate)}/s in ${seconds.toFixed(1)} s, ${cpu_s.toFixed(1)} CPU seconds, ${count(resident_mb)} MB resident`;
}

export function spent({ updates, seconds, cpu_s, main_cpu_s, gc_pauses_s, redis_cpu_s, kafka_cpu_s }: FoldRun): string {
  const million = (cpu: number) => ((1e6 * cpu) / updates).toFixed(1);
  const own = `${million(cpu_s)} (main thread ${million(main_cpu_s)}, its helpers ${million(cpu_s - main_cpu_s)})`;
  const services = `Redis ${million(redis_cpu_s)}, Kafka ${million(kafka_cpu_s)}`;
  const paused = ((100 * gc_pauses_s) / seconds).toFixed(0);
  return `CPU seconds a million updates ${own}, ${services}; held up by the garbage collector ${paused} % of the time`;
}
