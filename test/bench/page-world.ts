// What the page is measured on: many tasks that are folded, processors, `taskfold serve`, and a fleet that reports while it is looked at.

import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { BenchWorld, count, print, type Use, useOf } from './bench-world.ts';

export interface PageWorldOptions {
  readonly tasks: string;
  readonly engines: string;
  /** updates a second */
  readonly rate: string;
  readonly processors: string;
}

export interface PageWorld {
  readonly url: string;
  /** Updates of 20,000 other tasks stream in. */
  startFleet(seconds: number): TaskfoldProcess;
  used(): { readonly serve: Use; readonly processors: readonly Use[] };
  close(): Promise<void>;
}

const GROUP = 'page';
/** of each task, when it begins */
const UPDATES = 3;
const STREAMED_TASKS = '20000';

export async function openPageWorld({
  tasks,
  engines,
  rate,
  processors: wanted,
}: PageWorldOptions): Promise<PageWorld> {
  const world = await BenchWorld.open();
  try {
    const env = world.envOf(GROUP);
    await world.command(['topics', 'create'], env);
    const processors = Array.from({ length: Number(wanted) }, () => world.start(['run'], env));
    await fill(world, env, tasks, engines);
    const serve = world.start(['serve', '--listen', '127.0.0.1:0'], env);
    await serve.untilLogged('serving');
    return {
      url: String(serve.logged('serving')[0]!.url),
      startFleet(seconds) {
        const stream = ['simulate', '--rate', rate, '--seconds', String(seconds), '--tasks', STREAMED_TASKS];
        return world.start([...stream, '--engines', engines, '--seed', '2', '--json'], env);
      },
      used: () => ({ serve: useOf(serve.pid), processors: processors.map(({ pid }) => useOf(pid)) }),
      close: () => world.close(),
    };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** So many tasks, folded. */
async function fill(world: BenchWorld, env: ReturnType<BenchWorld['envOf']>, tasks: string, engines: string) {
  const fleet = ['simulate', '--rate', '0', '--tidy', '--seed', '1', '--tasks', tasks, '--engines', engines];
  await world.command([...fleet, '--updates', String(Number(tasks) * UPDATES), '--json'], env);
  const ends = await world.ends();
  const published = [...ends.values()].reduce((sum, end) => sum + end, 0);
  for (;;) {
    const folded = await world.folded(GROUP, ends);
    print(`folded ${count(folded)} of ${count(published)}`);
    if (folded >= published) break;
    await sleep(5_000);
  }
}
