// How fast one processor folds a backlog, beside how fast kafkajs consumes and avsc decodes the same topic in the same run:
// both take turns, each from the start of the log, and medians are printed. Then `verify` looks at the last fold.
// docs/performance.md says what the figures mean.
//
// npm run bench -- --updates 1000000 --tasks 100000 --runs 3

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { BenchWorld, count, INPUT_TOPIC, mainThreadOf, median, type Use, useOf } from './bench-world.ts';
import type { GcLine } from './gc-pauses.ts';

interface Run extends Use {
  readonly seconds: number;
  readonly rate: number;
}

/** One run of the processor, and what the services used for it. */
interface FoldRun extends Run {
  /** offsets folded while the clock ran */
  readonly updates: number;
  /** of `cpu_s`: the thread that runs our code. The rest are V8's (garbage collector, compiler) and libuv's. */
  readonly main_cpu_s: number;
  /** in which the garbage collector held that thread up, s of the clock */
  readonly gc_pauses_s: number;
  readonly redis_cpu_s: number;
  readonly kafka_cpu_s: number;
}

const GC_PAUSES = new URL('gc-pauses.ts', import.meta.url).href;
const BARE = fileURLToPath(new URL('bare-consumer.ts', import.meta.url));
const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '1000000' },
    tasks: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '3' },
  },
});

const world = await BenchWorld.open();
try {
  const last = `bench-${values.runs}`;
  await world.command(['topics', 'create'], world.envOf('bench-1'));
  const fleet = ['simulate', '--rate', '0', '--tidy', '--seed', '1', '--tasks', values.tasks];
  const summary = await world.command([...fleet, '--updates', values.updates, '--json'], world.envOf('bench-1'));
  const { published, seconds } = JSON.parse(summary) as { published: number; seconds: number };
  print(`published ${count(published)} updates of ${values.tasks} tasks: ${count(published / seconds)}/s`);
  const ends = await world.ends();
  const total = [...ends.values()].reduce((sum, end) => sum + end, 0);

  const folds: FoldRun[] = [];
  const bares: Run[] = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    bares.push(await consumeBare(total));
    print(`run ${run}  bare: ${told(bares.at(-1)!)}`);
    folds.push(await fold(`bench-${run}`, ends));
    print(`run ${run}  fold: ${told(folds.at(-1)!)}`);
    print(`run ${run}        ${spent(folds.at(-1)!)}`);
  }
  const [fast, bare] = [folds, bares].map((runs) => median(runs.map(({ rate }) => rate)));
  const percent = ((100 * fast!) / bare!).toFixed(0);
  print(`median  fold ${count(fast!)}/s, bare consume and decode ${count(bare!)}/s: ${percent} %`);
  const perMillion = median(folds.map(({ cpu_s, updates }) => (1e6 * cpu_s) / updates));
  print(`median  ${perMillion.toFixed(1)} CPU seconds of the processor a million updates`);
  // The last ticks of the run before lie unfolded.
  const processor = world.start(['run'], world.envOf(last));
  const verified = await world.command(['verify', '--wait', '--json'], world.envOf(last));
  await processor.terminate();
  const { mismatches } = JSON.parse(verified) as { mismatches: number };
  print(`verify: ${mismatches} mismatches`);
  process.stdout.write(
    `${JSON.stringify({ published, folds, bares, fold_rate: fast, bare_rate: bare, cpu_s_per_million: perMillion, mismatches })}\n`,
  );
} finally {
  await world.close();
}

/** A new group folds the whole log with one processor. The clock runs from the first record folded to the last. */
async function fold(group: string, ends: ReadonlyMap<number, number>): Promise<FoldRun> {
  const total = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const env = world.envOf(group);
  await world.command(['topics', 'create'], env);
  const reads = world.readsOf(group);
  const processor = world.start(['run'], {
    ...env,
    NODE_OPTIONS: `--import=${GC_PAUSES} ${process.env.BENCH_NODE_OPTIONS ?? ''}`,
  });
  await world.untilFolded(reads, ends, 1, processor);
  const began = Date.now();
  const before = await world.folded(reads, ends);
  const { pids } = world.stack;
  const used = () => [
    mainThreadOf(processor.pid),
    ...[processor.pid, pids.redis!, pids.kafka!].map((pid) => useOf(pid).cpu_s),
  ];
  const usedBefore = used();
  await world.untilFolded(reads, ends, total, processor);
  const ended = Date.now();
  const seconds = (ended - began) / 1_000;
  const { resident_mb } = useOf(processor.pid);
  const [main_cpu_s, cpu_s, redis_cpu_s, kafka_cpu_s] = used().map((cpu, i) => cpu - usedBefore[i]!);
  const { code } = await processor.terminate();
  if (code !== 0) throw new Error(`the processor exits with ${code}`);
  const { pauses } = processor.lines.at(-1) as unknown as GcLine;
  const within = pauses.filter(([at]) => at >= began && at < ended);
  const updates = total - before;
  return {
    updates,
    seconds,
    rate: updates / seconds,
    cpu_s: cpu_s!,
    main_cpu_s: main_cpu_s!,
    gc_pauses_s: within.reduce((sum, [, ms]) => sum + ms, 0) / 1_000,
    redis_cpu_s: redis_cpu_s!,
    kafka_cpu_s: kafka_cpu_s!,
    resident_mb,
  };
}

async function consumeBare(total: number): Promise<Run> {
  const args = [BARE, world.stack.env.KAFKA_BROKERS, INPUT_TOPIC, String(total)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const answer = JSON.parse(stdout) as Use & { records: number; seconds: number };
  return { ...answer, rate: answer.records / answer.seconds };
}

function told({ rate, seconds, cpu_s, resident_mb }: Run): string {
  return `${count(rate)}/s in ${seconds.toFixed(1)} s, ${cpu_s.toFixed(1)} CPU seconds, ${count(resident_mb)} MB resident`;
}

function spent({ updates, seconds, cpu_s, main_cpu_s, gc_pauses_s, redis_cpu_s, kafka_cpu_s }: FoldRun): string {
  const million = (cpu: number) => ((1e6 * cpu) / updates).toFixed(1);
  const own = `${million(cpu_s)} (main thread ${million(main_cpu_s)}, its helpers ${million(cpu_s - main_cpu_s)})`;
  const services = `Redis ${million(redis_cpu_s)}, Kafka ${million(kafka_cpu_s)}`;
  const paused = ((100 * gc_pauses_s) / seconds).toFixed(0);
  return `CPU seconds a million updates ${own}, ${services}; held up by the garbage collector ${paused} % of the time`;
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
