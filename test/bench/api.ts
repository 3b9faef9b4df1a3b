// What the API answers beside a running processor, and what that costs the fold: the same backlog is folded in turns alone and
// with an API under load beside it. Prints rates and percentiles of each kind of question, and the ratio of each pair of folds.
// The clients run on the same machine, with the lowest priority, because elsewhere they would be on others; so it is told, too, which cores
// went to the product and which to them, to the services, and to whatever else the machine does. Exits 0 if the aim is met, 1 if it is not.
//
// npm run bench:api -- --updates 1000000 --tasks 50000 --runs 3 --clients 500 --reads 500 --lists 20

import { cpus } from 'node:os';
import autocannon from 'autocannon';
import { createLiveReads } from '../../src/read/live-reads.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { type StreamsHeard, startLoad } from './api-clients.ts';
import { BenchWorld, count, INPUT_TOPIC, judge, median, print, useOf } from './bench-world.ts';
import { type FoldRun, fold, told } from './fold-run.ts';
import { optionsOf } from './options.ts';

const values = optionsOf(import.meta.url, {
  updates: { type: 'string', default: '1000000' },
  tasks: { type: 'string', default: '50000' },
  runs: { type: 'string', default: '3' },
  /** of /api/changes */
  clients: { type: 'string', default: '500' },
  /** point reads a second while it folds */
  reads: { type: 'string', default: '500' },
  /** lists a second while it folds */
  lists: { type: 'string', default: '20' },
  /** seconds of each measurement after the fold */
  seconds: { type: 'string', default: '5' },
});

const LISTS = [
  '/api/tasks?task_status=failed&limit=100',
  '/api/tasks?task_status=running&limit=100',
  '/api/tasks?failure_reason=api&limit=100',
  '/api/tasks?liveness=silent&limit=100',
  '/api/tasks?limit=100&order=oldest',
];

/** What the fold may lose. */
const LOSS_MAX = 0.1;

interface Beside {
  readonly run: FoldRun;
  /** s, while it folded */
  readonly api_cpu_s: number;
  readonly clients_cpu_s: number;
  /** of the whole machine */
  readonly machine_cpu_s: number;
}

const world = await BenchWorld.open();
/** the group whose state Redis holds */
let latest = '';
try {
  const first = world.envOf('api-first');
  await world.command(['topics', 'create'], first);
  const fleet = ['simulate', '--rate', '0', '--tidy', '--seed', '1', '--tasks', values.tasks];
  print(`publishing ${count(Number(values.updates))} updates`);
  await world.command([...fleet, '--updates', values.updates, '--json'], first);
  const ends = await world.ends();
  // To know some tasks, which are the same in every group; it is not measured.
  await alone('api-first', ends);
  const points = await somePoints('api-first');
  const ratios: number[] = [];
  const product: number[] = [];
  const asked: object[] = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    const byItself = () => alone(`api-alone-${run}`, ends);
    const withApi = () => withLoad(`api-beside-${run}`, ends, points);
    // Who is first in one run is last in the next.
    const [one, other] = run % 2 === 1 ? [await byItself(), await withApi()] : swap(await withApi(), await byItself());
    const ratio = other.run.rate / one.rate;
    ratios.push(ratio);
    print(`run ${run}  alone: ${told(one)}`);
    print(`run ${run}  beside the API: ${told(other.run)}; ratio ${ratio.toFixed(2)}`);
    product.push(tellCores(one, other));
  }
  const group = latest;
  const processor = world.start(['run'], world.envOf(group));
  await processor.untilLogged('partition_running', { ms: 30_000 });
  const api = await serve(group);
  asked.push(await ask('point reads', api.url, points, 10));
  asked.push(await ask('lists', api.url, LISTS, 10));
  const clients = Number(values.clients);
  const streams = await startLoad({ url: api.url, clients, points: [], paths: [], reads: 0, lists: 0 });
  asked.push(await ask(`point reads beside ${clients} streams`, api.url, points, 10));
  const heard = tellStreams((await streams.stop()).streams);
  await processor.terminate();
  const fold_ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
  print(
    `folding beside the API: × ${fold_ratio.median.toFixed(2)} (${fold_ratio.min.toFixed(2)} to ${fold_ratio.max.toFixed(2)})`,
  );
  process.stdout.write(`${JSON.stringify({ fold_ratio, product_share: product, asked, streams: heard })}\n`);
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const isMet = judge(
    fold_ratio.median > 1 - LOSS_MAX,
    `folding beside ${values.clients} streams, ${values.reads} point reads/s and ${values.lists} lists/s loses ${percent(1 - fold_ratio.median)}, ` +
      `under ${percent(LOSS_MAX)}; the product's part of that, were all cores full: ${percent(median(product))}`,
  );
  process.exitCode = isMet ? 0 : 1;
} finally {
  await world.close();
}

async function serve(group: string) {
  const settings = { TASKFOLD_LISTEN: '0', TASKFOLD_API_REQUESTS_PER_MINUTE: '100000000' };
  const started = world.start(['serve'], { ...world.envOf(group), ...settings });
  await started.untilLogged('serving', { ms: 30_000 });
  return { started, url: started.logged('serving')[0]!.url as string };
}

/** Redis grows its tables while it is used: whichever run that fell to would pay for all before it. */
async function begin(group: string): Promise<void> {
  await world.forgetAll();
  latest = group;
}

async function alone(group: string, ends: ReadonlyMap<number, number>): Promise<FoldRun> {
  await begin(group);
  return fold(world, group, ends);
}

/** Folds with questions and streams beside it, at the rates that were given. @param points those that are not folded yet are not found */
async function withLoad(group: string, ends: ReadonlyMap<number, number>, points: readonly string[]): Promise<Beside> {
  await begin(group);
  const { started, url } = await serve(group);
  const rates = { reads: Number(values.reads), lists: Number(values.lists) };
  const load = await startLoad({ url, clients: Number(values.clients), points, paths: LISTS, ...rates });
  const beside = () => [useOf(started.pid).cpu_s, useOf(load.pid).cpu_s, machineCpu()];
  const run = await fold(world, group, ends, { beside });
  const [api_cpu_s, clients_cpu_s, machine_cpu_s] = run.beside_cpu_s;
  const { reads, lists, streams } = await load.stop();
  print(`beside it: ${count(reads)} reads, ${count(lists)} lists`);
  tellStreams(streams);
  await started.terminate();
  return { run, api_cpu_s: api_cpu_s!, clients_cpu_s: clients_cpu_s!, machine_cpu_s: machine_cpu_s! };
}

/** Who had the cores. @returns the share of the product's CPU that is the API's, Redis for it included: what the fold would lose were all full */
function tellCores(alone: FoldRun, { run, api_cpu_s, clients_cpu_s, machine_cpu_s }: Beside): number {
  const redis_for_api_s = Math.max(0, run.redis_cpu_s - (alone.redis_cpu_s / alone.updates) * run.updates);
  const fold_s = run.cpu_s + run.redis_cpu_s + run.kafka_cpu_s - redis_for_api_s;
  const others_s = Math.max(0, machine_cpu_s - fold_s - redis_for_api_s - api_cpu_s - clients_cpu_s);
  const cores = (cpu_s: number) => (cpu_s / run.seconds).toFixed(2);
  print(
    `cores: the fold with Redis and Kafka ${cores(fold_s)}; API ${cores(api_cpu_s)}, Redis for it ${cores(redis_for_api_s)}; ` +
      `not the product's: clients ${cores(clients_cpu_s)}, others of the machine ${cores(others_s)}`,
  );
  return (api_cpu_s + redis_for_api_s) / (fold_s + api_cpu_s + redis_for_api_s);
}

function machineCpu(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1_000;
}

/** What they have heard. */
function tellStreams({ events, bytes, ended }: StreamsHeard) {
  if (events.length === 0) return { events: 0, bytes, ended };
  const spread = `${count(Math.min(...events))} to ${count(Math.max(...events))}`;
  print(
    `streams: ${count(median(events))} events each (${spread}), ${count(bytes / 1e6)} MB in all, ${ended} ended early`,
  );
  return { events: median(events), bytes, ended };
}

async function ask(what: string, url: string, paths: readonly string[], connections: number): Promise<object> {
  const requests = paths.map((path) => ({ path }));
  const result = await autocannon({ url, requests, connections, duration: Number(values.seconds) });
  const { p50, p97_5, p99, max } = result.latency;
  const rate = result.requests.average;
  print(
    `${what}: ${count(rate)}/s; ms p50 ${p50}, p97.5 ${p97_5}, p99 ${p99}, most ${max}; ${result.non2xx} others than 200`,
  );
  return { what, rate, p50, p97_5, p99, max, non_2xx: result.non2xx };
}

/** The paths of some tasks. */
async function somePoints(group: string): Promise<string[]> {
  const connection = connectRedis(world.stack.env.REDIS_URL);
  await connection.ready(10_000);
  const reads = createLiveReads({ redis: connection.client, prefix: group, group, topic: INPUT_TOPIC });
  const points: string[] = [];
  for await (const task of reads.streamTasks()) {
    points.push(`/api/tasks/${encodeURIComponent(task.internal_task_id)}`);
    if (points.length === 1_000) break;
  }
  connection.close();
  return points;
}

function swap<One, Other>(one: One, other: Other): [Other, One] {
  return [other, one];
}
