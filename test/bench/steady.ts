// Whether processors keep up with a steady load: 5,000 updates a second for a minute, the lag printed each second. Exits
// with 1 if the lag grows, if the fleet could not publish at that rate, or if `verify` finds a mismatch.
//
// Options: --rate 5000 --seconds 60 --processors 1

import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchWorld, count, median, print, recordsIn, useOf } from './bench-world.ts';
import { optionsOf } from './options.ts';

const values = optionsOf(import.meta.url, {
  rate: { type: 'string', default: '5000' },
  seconds: { type: 'string', default: '60' },
  processors: { type: 'string', default: '1' },
});
const rate = Number(values.rate);
/** Joining, first claims, and code that is not warm yet. */
const WARM_UP_S = 5;
/** The lag of a load that is kept up with is what arrived since the last save; it may not grow by a second's worth. */
const GROWTH_S_MAX = 1;

const group = 'steady';
const truth = join(tmpdir(), `taskfold-steady-${process.pid}.jsonl`);
const world = await BenchWorld.open();
try {
  const env = world.envOf(group);
  await world.command(['topics', 'create'], env);
  const processors = Array.from({ length: Number(values.processors) }, () => world.start(['run'], env));
  await Promise.all(processors.map((processor) => processor.untilLogged('partition_running', { ms: 30_000 })));
  const fleet = world.start(
    ['simulate', '--rate', values.rate, '--seconds', values.seconds, '--seed', '1', '--truth', truth, '--json'],
    env,
  );
  const lags: number[] = [];
  for (let second = 1; fleet.isRunning; second++) {
    await Promise.race([sleep(1_000), fleet.ended]);
    if (!fleet.isRunning) break;
    // The ends first: what comes between the two looks must not make the lag smaller than it is.
    const ends = await world.ends();
    const published = recordsIn(ends);
    const lag = published - (await world.folded(group, ends));
    lags.push(lag);
    const cpu = processors.map(({ pid }) => useOf(pid).cpu_s.toFixed(1)).join(', ');
    print(`${second} s  published ${count(published)}  lag ${count(lag)}  CPU seconds ${cpu}`);
  }
  const { code, stdout, stderr } = await fleet.ended;
  if (code !== 0) throw new Error(`the fleet exits with ${code}: ${stderr}`);
  const { published, seconds } = JSON.parse(stdout) as { published: number; seconds: number };
  const { mismatches } = JSON.parse(await world.command(['verify', '--wait', '--truth', truth, '--json'], env)) as {
    mismatches: number;
  };
  const warm = lags.slice(WARM_UP_S);
  const third = Math.ceil(warm.length / 3);
  const [early, late] = [median(warm.slice(0, third)), median(warm.slice(-third))];
  const reached = published / seconds;
  const use = processors.map(({ pid }) => useOf(pid));
  const result = { published, seconds, rate: reached, lag_early: early, lag_late: late, use, mismatches, lags };
  print(
    `${count(reached)} updates/s for ${seconds.toFixed(0)} s; lag at first ${count(early)}, at last ${count(late)}, ` +
      `at most ${count(Math.max(...warm))}; ${mismatches} mismatches`,
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
  const grows = late > early + GROWTH_S_MAX * rate;
  if (grows) print('the lag grows');
  if (reached < 0.95 * rate) print('the fleet could not publish at this rate');
  process.exitCode = grows || reached < 0.95 * rate || mismatches > 0 ? 1 : 0;
} finally {
  rmSync(truth, { force: true });
  await world.close();
}
