// How one and two processors fold a backlog, beside what else could be done with the same topic and the same Redis on the same
// machine: all take turns in one run, and medians are printed, as a table and as one JSON object. docs/performance.md
// says what each line is.
//
// npm run bench:table -- --updates 600000 --tasks 60000 --runs 3

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BenchWorld, count, INPUT_TOPIC, median, print, recordsIn, useOf } from './bench-world.ts';
import { type FoldRun, fold } from './fold-run.ts';
import { optionsOf } from './options.ts';
import { recorder, sendAgain } from './recorded-bytes.ts';

interface Turn {
  /** a second */
  readonly rate: number;
  /** CPU seconds a million updates: of the process itself, and of the services where they were looked at */
  readonly cpu: number;
  readonly redis_cpu?: number;
  readonly kafka_cpu?: number;
  readonly resident_mb?: number;
}

const values = optionsOf(import.meta.url, {
  updates: { type: 'string', default: '600000' },
  tasks: { type: 'string', default: '60000' },
  runs: { type: 'string', default: '3' },
});
/** The first draft would need many minutes for all of it. */
const FIRST_DRAFT_S = 15;

const world = await BenchWorld.open();
try {
  const { KAFKA_BROKERS: brokers, REDIS_URL: redisUrl } = world.stack.env;
  const publisher = world.envOf('publisher');
  await world.command(['topics', 'create'], publisher);
  const fleet = ['simulate', '--rate', '0', '--tidy', '--seed', '1', '--tasks', values.tasks, '--json'];
  await world.command([...fleet, '--updates', values.updates], publisher);
  const ends = await world.ends();
  const total = recordsIn(ends);
  print(`published ${count(total)} updates of ${values.tasks} tasks`);

  const bytes = await record();
  print(`recorded ${count(bytes.length / total)} bytes an update, sent to Redis`);
  let redisBytesPerTask = 0;
  const contestants: { readonly [name: string]: (run: number) => Promise<Turn> } = {
    'Taskfold, one processor': async (run) => {
      await world.forgetAll();
      const before = await world.redisBytes();
      const folded = await fold(world, `one-${run}`, ends);
      redisBytesPerTask = ((await world.redisBytes()) - before) / Number(values.tasks);
      return turnOf(folded);
    },
    'Taskfold, two processors': async (run) => {
      await world.forgetAll();
      return turnOf(await fold(world, `two-${run}`, ends, { processors: 2 }));
    },
    consume: () => yardstick('bare-consumer.ts', 'consume', brokers, INPUT_TOPIC, total),
    'consume and decode': () => yardstick('bare-consumer.ts', 'decode', brokers, INPUT_TOPIC, total),
    'the same bytes to Redis': async () => {
      await world.forgetAll();
      const before = useOf(world.stack.pids.redis!).cpu_s;
      const seconds = await sendAgain(redisUrl, bytes);
      const folded = await world.folded('recorded', ends);
      if (folded < total) throw new Error(`of ${total} updates sent again Redis took ${folded}`);
      const redis_cpu = perMillion(useOf(world.stack.pids.redis!).cpu_s - before, total);
      return { rate: total / seconds, cpu: 0, redis_cpu };
    },
    'first draft': async () => {
      await world.forgetAll();
      return yardstick(
        'first-draft.ts',
        brokers,
        redisUrl,
        INPUT_TOPIC,
        publisher.TASKFOLD_FAILURES_TOPIC!,
        total,
        FIRST_DRAFT_S,
      );
    },
  };

  const turns = new Map<string, Turn[]>(Object.keys(contestants).map((name) => [name, []]));
  for (let run = 1; run <= Number(values.runs); run++) {
    // Who is first in one run is last in the next: what changes with time hits all alike.
    const order = run % 2 === 1 ? Object.entries(contestants) : Object.entries(contestants).toReversed();
    for (const [name, take] of order) {
      const turn = await take(run);
      turns.get(name)!.push(turn);
      print(`run ${run}  ${name}: ${count(turn.rate)}/s`);
    }
  }

  const lines = [...turns].map(([name, taken]) => lineOf(name, taken, turns.get('Taskfold, one processor')!));
  print('');
  print('| | updates/s | one processor beside it | CPU s a million | Redis | Kafka | MB resident |');
  print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const { name, rate, ratio, cpu, redis_cpu, kafka_cpu, resident_mb } of lines) {
    const cells = [count(rate), `× ${ratio.toFixed(2)}`, short(cpu), short(redis_cpu), short(kafka_cpu)];
    print(`| ${name} | ${cells.join(' | ')} | ${resident_mb === null ? '' : count(resident_mb)} |`);
  }
  print('');
  print(`${count(redisBytesPerTask)} bytes of Redis a task, all that the group keeps included`);
  const answer = { updates: total, tasks: Number(values.tasks), lines, redis_bytes_per_task: redisBytesPerTask };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
} finally {
  await world.close();
}

/** Folds the topic once with a proxy before Redis. */
async function record(): Promise<Buffer> {
  await world.forgetAll();
  const recording = await recorder(world.stack.env.REDIS_URL);
  await fold(world, 'recorded', await world.ends(), { env: { REDIS_URL: recording.url } });
  recording.close();
  return recording.busiest();
}

function turnOf({ rate, cpu_s, redis_cpu_s, kafka_cpu_s, resident_mb, updates }: FoldRun): Turn {
  const [cpu, redis_cpu, kafka_cpu] = [cpu_s, redis_cpu_s, kafka_cpu_s].map((used) => perMillion(used, updates));
  return { rate, cpu: cpu!, redis_cpu: redis_cpu!, kafka_cpu: kafka_cpu!, resident_mb };
}

async function yardstick(file: string, ...args: (string | number)[]): Promise<Turn> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args.map(String)]);
  const { records, seconds, cpu_s, resident_mb } = JSON.parse(stdout) as { [figure: string]: number };
  return { rate: records! / seconds!, cpu: perMillion(cpu_s!, records!), resident_mb: resident_mb! };
}

/** Medians; `ratio`: of the rates of one processor to this one's, run by run. */
function lineOf(name: string, taken: readonly Turn[], mine: readonly Turn[]) {
  const middle = (figure: (turn: Turn) => number | undefined): number | null => {
    const figures = taken.map(figure).filter((one) => one !== undefined);
    return figures.length === 0 ? null : median(figures);
  };
  return {
    name,
    rate: middle(({ rate }) => rate)!,
    ratio: median(taken.map(({ rate }, run) => mine[run]!.rate / rate)),
    cpu: middle(({ cpu }) => cpu),
    redis_cpu: middle(({ redis_cpu }) => redis_cpu),
    kafka_cpu: middle(({ kafka_cpu }) => kafka_cpu),
    resident_mb: middle(({ resident_mb }) => resident_mb),
  };
}

function perMillion(cpu_s: number, updates: number): number {
  return (1e6 * cpu_s) / updates;
}

function short(figure: number | null): string {
  return figure === null ? '' : figure.toFixed(1);
}
