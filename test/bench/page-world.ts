// What the page is measured on: many tasks that are folded, processors, `taskfold serve`, and a fleet that reports while it is looked at.

import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { BenchWorld, count, print, recordsIn, type Use, useOf } from './bench-world.ts';

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
const PUBLISHED_TOLD_MS = 10_000;
/** how often it is told how far the fold has come */
const PARTS_TOLD = 20;

export async function openPageWorld(options: PageWorldOptions): Promise<PageWorld> {
  const { engines, rate } = options;
  const world = await BenchWorld.open();
  try {
    const env = world.envOf(GROUP);
    await world.command(['topics', 'create'], env);
    const processors = Array.from({ length: Number(options.processors) }, () => world.start(['run'], env));
    await fill(world, env, processors, options);
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
async function fill(
  world: BenchWorld,
  env: ReturnType<BenchWorld['envOf']>,
  processors: readonly TaskfoldProcess[],
  { tasks, engines }: PageWorldOptions,
) {
  const fleet = ['simulate', '--rate', '0', '--tidy', '--seed', '1', '--tasks', tasks, '--engines', engines];
  const updates = Number(tasks) * UPDATES;
  const looks = setInterval(() => {
    void world.ends().then((ends) => print(`published ${count(recordsIn(ends))} of ${count(updates)}`));
  }, PUBLISHED_TOLD_MS);
  await world.command([...fleet, '--updates', String(updates), '--json'], env).finally(() => clearInterval(looks));
  const ends = await world.ends();
  const published = recordsIn(ends);
  for (let part = 1; part <= PARTS_TOLD; part++) {
    const goal = Math.ceil((published * part) / PARTS_TOLD);
    await world.untilFolded(GROUP, ends, goal, processors);
    print(`folded ${count(goal)} of ${count(published)}`);
  }
}
