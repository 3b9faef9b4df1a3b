// How fast one processor folds a backlog, beside how fast kafkajs consumes and avsc decodes the same topic in the same run:
// both take turns, each from the start of the log, and medians are printed. Then `verify` looks at the last fold.
// With --against, earlier versions fold the same log in turns with the present one, and the ratio of each pair is printed. With --without, so
// does the present one with parts of its work left undone (parts.ts).
// docs/performance.md says what the figures mean.
//
// npm run bench -- --updates 1000000 --tasks 100000 --runs 3 --against v1.0.0 --against some-commit
// npm run bench -- --against 55abec4^ --without roll-ups,lists,work-requests

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BenchWorld, count, INPUT_TOPIC, median, print, recordsIn, type Use } from './bench-world.ts';
import { type FoldRun, fold, type Run, spent, told } from './fold-run.ts';
import { optionsOf } from './options.ts';
import { NOW, versionOf, without } from './version.ts';

const BARE = fileURLToPath(new URL('bare-consumer.ts', import.meta.url));
const values = optionsOf(import.meta.url, {
  updates: { type: 'string', default: '1000000' },
  tasks: { type: 'string', default: '100000' },
  runs: { type: 'string', default: '3' },
  against: { type: 'string', multiple: true, default: [] },
  without: { type: 'string', multiple: true, default: [] },
});

const lesser = values.without.map(without);
const others = values.against.map((commit) => versionOf(commit, print));
const versions = [NOW, ...lesser, ...others];
const world = await BenchWorld.open();
try {
  const first = groupOf(NOW.name, 1);
  await world.command(['topics', 'create'], world.envOf(first));
  const fleet = ['simulate', '--rate', '0', '--tidy', '--seed', '1', '--tasks', values.tasks];
  const summary = await world.command([...fleet, '--updates', values.updates, '--json'], world.envOf(first));
  const { published, seconds } = JSON.parse(summary) as { published: number; seconds: number };
  print(`published ${count(published)} updates of ${values.tasks} tasks: ${count(published / seconds)}/s`);
  const ends = await world.ends();
  const total = recordsIn(ends);

  const folds = new Map<string, FoldRun[]>(versions.map(({ name }) => [name, []]));
  const bares: Run[] = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    bares.push(await consumeBare(total));
    print(`run ${run}  bare: ${told(bares.at(-1)!)}`);
    // Who is first in one run is last in the next: what changes with time hits all alike.
    for (const { name, main, env } of run % 2 === 1 ? versions : versions.toReversed()) {
      const folded = await fold(world, groupOf(name, run), ends, { main, env });
      folds.get(name)!.push(folded);
      print(`run ${run}  fold, ${name}: ${told(folded)}`);
      print(`run ${run}        ${spent(folded)}`);
    }
  }
  const bare = median(bares.map(({ rate }) => rate));
  const mine = folds.get(NOW.name)!;
  const fast = median(mine.map(({ rate }) => rate));
  const percent = ((100 * fast) / bare).toFixed(0);
  print(`median  fold ${count(fast)}/s, bare consume and decode ${count(bare)}/s: ${percent} %`);
  const perMillion = median(mine.map(cpuPerMillion));
  print(`median  ${perMillion.toFixed(1)} CPU seconds of the processor a million updates`);
  const pairs = [NOW, ...lesser].flatMap((one) =>
    (one === NOW ? versions.slice(1) : others).map((other) => ({ one, other })),
  );
  const against = pairs.map(({ one, other }) =>
    compared(one.name, folds.get(one.name)!, other.name, folds.get(other.name)!),
  );
  // The last ticks of the run before lie unfolded.
  const last = world.envOf(groupOf(NOW.name, Number(values.runs)));
  const processor = world.start(['run'], last);
  const verified = await world.command(['verify', '--wait', '--json'], last);
  await processor.terminate();
  const { mismatches } = JSON.parse(verified) as { mismatches: number };
  print(`verify: ${mismatches} mismatches`);
  const rates = { fold_rate: fast, bare_rate: bare, cpu_s_per_million: perMillion };
  process.stdout.write(`${JSON.stringify({ published, folds: mine, bares, ...rates, against, mismatches })}\n`);
} finally {
  await world.close();
  for (const version of versions) version.close();
}

function groupOf(version: string, run: number): string {
  return `bench-${version}-${run}`;
}

async function consumeBare(total: number): Promise<Run> {
  const args = [BARE, 'decode', world.stack.env.KAFKA_BROKERS, INPUT_TOPIC, String(total)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const answer = JSON.parse(stdout) as Use & { records: number; seconds: number };
  return { ...answer, rate: answer.records / answer.seconds };
}

/** How one version does beside another, run by run. */
function compared(name: string, ones: readonly FoldRun[], other: string, theirs: readonly FoldRun[]) {
  const ratio = spread(ones.map(({ rate }, run) => rate / theirs[run]!.rate));
  const cpu_ratio = spread(ones.map((one, run) => cpuPerMillion(one) / cpuPerMillion(theirs[run]!)));
  const rate = median(theirs.map((one) => one.rate));
  print(
    `${name} beside ${other} (median ${count(rate)}/s): rate × ${inWords(ratio)}; CPU a million updates × ${inWords(cpu_ratio)}`,
  );
  return { version: name, beside: other, rate, ratio, cpu_ratio, folds: theirs };
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

function spread(figures: readonly number[]): Spread {
  return { median: median(figures), min: Math.min(...figures), max: Math.max(...figures) };
}

function inWords({ median: middle, min, max }: Spread): string {
  return `${middle.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

function cpuPerMillion({ cpu_s, updates }: FoldRun): number {
  return (1e6 * cpu_s) / updates;
}
