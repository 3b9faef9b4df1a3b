// How the live page stands with many tasks while updates stream in: time to the first view, time of each filter, tasks of the
// main thread that are too long, and whether its memory stays flat. Measured in a real Chromium, headless, by the clock: beside
// other work of the machine all of it is longer, so the load is printed, too.
//
// npm run bench:page -- --tasks 1000000 --rate 10000 --minutes 10
// npm run bench:page -- --tasks 20000 --rate 500 --minutes 0.5      (a try)
// npm run bench:page -- --tasks 1000000 --keep                      (and then, as often as one likes:)
// npm run bench:page -- --url http://127.0.0.1:9460 --minutes 1

import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { provideChromium } from '../../deploy/stack/chromium.mjs';
import type { FleetAnswer } from '../../src/serve/fleet-documents.ts';
import { count, judge, median, print } from './bench-world.ts';
import { type LongTask, watchMainThread } from './main-thread.ts';
import { optionsOf } from './options.ts';
import { openPageWorld, type PageWorld } from './page-world.ts';

const values = optionsOf(import.meta.url, {
  tasks: { type: 'string', default: '1000000' },
  engines: { type: 'string', default: '200' },
  rate: { type: 'string', default: '10000' },
  minutes: { type: 'string', default: '10' },
  processors: { type: 'string', default: '1' },
  /** a page that is there already, with its fleet at work: nothing is started */
  url: { type: 'string' },
  /** measure nothing; the fleet goes on, and the page stays there for `--url`, until Ctrl-C */
  keep: { type: 'boolean', default: false },
});
const seconds = Math.max(10, Math.round(Number(values.minutes) * 60));

/** What the page has to keep to. */
const FIRST_VIEW_MS_MAX = 1_000;
const FILTER_MS_MAX = 300;
const TASK_MS_MAX = 50;
/** of the heap, from the second third to the last */
const GROWTH_MB_MAX = 5;
/** of the rate that was asked for: below it the page was not measured under the load that it was to be measured under */
const RATE_SHARE_MIN = 0.9;

const KEPT_S = 3_600;
/** more than the filters take */
const FILTERS_S = 300;
const VIEWS = 5;
const LOOKS = 12;
const LONG_TOLD = 8;
const FILTERS = [
  { chip: 'running' },
  { chip: 'complete' },
  { chip: 'failed' },
  { choice: 'Engines are', option: 'silent' },
  { choice: 'Engines are', option: 'reporting' },
  { choice: 'Reason', option: 'connection' },
] as const;

const world = values.url === undefined ? await openPageWorld(values) : null;
try {
  if (values.keep && world !== null) await keep(world);
  else process.exitCode = (await measure(world)) ? 0 : 1;
} finally {
  await world?.close();
}

async function keep({ url, startFleet }: PageWorld): Promise<void> {
  print(`the page: ${url}; for ${KEPT_S / 60} minutes, or until Ctrl-C`);
  await startFleet(KEPT_S).ended;
}

/** @returns whether the page keeps to what it has to */
async function measure(own: PageWorld | null): Promise<boolean> {
  const url = own?.url ?? values.url!;
  const browser = await chromium.launch({
    executablePath: await provideChromium({ onProgress: print }),
    args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'],
  });
  try {
    const firstViews = await measureFirstViews(browser, url);
    print(`first view: ${told(firstViews)} ms`);
    const fleet = own?.startFleet(2 * seconds + FILTERS_S);
    const page = await open(browser, url);
    const filters = await measureFilters(page, url);
    for (const [name, ms] of filters) print(`filter ${name}: ${told(ms)} ms`);
    const watched = await watch(page, url);
    tellLong(watched.long);
    print(`load of the machine: ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`);
    fleet?.send('SIGINT');
    await fleet?.ended;
    if (own !== null) print(`CPU and memory: ${JSON.stringify(own.used())}`);

    const worstFilter = Math.max(...filters.flatMap(([, ms]) => ms));
    const { long, longest_thread_ms, growth_mb, rates } = watched;
    process.stdout.write(
      `${JSON.stringify({ first_view_ms: firstViews, filters_ms: Object.fromEntries(filters), ...watched })}\n`,
    );
    const verdicts = [
      judge(median(firstViews) < FIRST_VIEW_MS_MAX, `first view ${told(firstViews)} ms, under ${FIRST_VIEW_MS_MAX}`),
      judge(
        worstFilter < FILTER_MS_MAX,
        `the slowest filter of all ${worstFilter.toFixed(0)} ms, under ${FILTER_MS_MAX}`,
      ),
      judge(
        longest_thread_ms <= TASK_MS_MAX,
        `the longest task of the main thread ran ${longest_thread_ms.toFixed(0)} ms, at most ${TASK_MS_MAX} ` +
          `(${long.length} were longer by the clock: the thread waited for a core)`,
      ),
      judge(
        growth_mb < GROWTH_MB_MAX,
        `heap ${growth_mb.toFixed(2)} MB more in the last third of ${values.minutes} minutes than in the second, under ${GROWTH_MB_MAX}`,
      ),
      own === null ||
        judge(
          median(rates) >= RATE_SHARE_MIN * Number(values.rate),
          `${count(median(rates))} updates/s folded meanwhile (${count(Math.min(...rates))} to ${count(Math.max(...rates))}), asked for ${count(Number(values.rate))}`,
        ),
    ];
    return !verdicts.includes(false);
  } finally {
    await browser.close();
  }
}

/** A task that is long by the clock alone waited for a core: that is the machine's, and is told apart. */
function tellLong(long: readonly LongTask[]): void {
  const own = long.filter(({ thread_ms }) => thread_ms > TASK_MS_MAX);
  const most = (figures: readonly number[]) => Math.max(0, ...figures).toFixed(0);
  print(
    `tasks of the main thread above ${TASK_MS_MAX} ms: by the clock ${long.length}, the longest ${most(long.map(({ wall_ms }) => wall_ms))} ms; ` +
      `of the thread itself ${own.length}, the longest ${most(own.map(({ thread_ms }) => thread_ms))} ms`,
  );
  const worst = long.toSorted((a, b) => b.thread_ms - a.thread_ms).slice(0, LONG_TOLD);
  for (const { wall_ms, thread_ms, parts } of worst) {
    print(`  ${wall_ms.toFixed(0)} ms, of the thread ${thread_ms.toFixed(0)} ms: ${parts.join(', ')}`);
  }
}

async function open(browser: Browser, url: string, path = '/'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(`
    new MutationObserver((_, observer) => {
      if (document.querySelector('.conservation .count') === null) return;
      globalThis.firstView = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });`);
  await page.goto(url + path);
  return page;
}

/** From the begin of the navigation to the fleet's numbers, each time in a browser that has nothing cached. */
async function measureFirstViews(browser: Browser, url: string): Promise<number[]> {
  const times: number[] = [];
  for (let view = 0; view < VIEWS; view++) {
    const page = await open(browser, url);
    await page.locator('.conservation .count').first().waitFor();
    times.push(Number(await page.evaluate('firstView')));
    await page.context().close();
  }
  return times;
}

/** From the click to the rows of the new list, by the page's own clock. */
async function measureFilters(page: Page, url: string): Promise<[string, number[]][]> {
  const found: [string, number[]][] = [];
  for (const filter of FILTERS) {
    const times: number[] = [];
    for (let time = 0; time < 3; time++) {
      await page.goto(`${url}/tasks`);
      await page.locator('.tasks-table .cell.task a').first().waitFor();
      await page.evaluate(`
        globalThis.filtered = new Promise((resolve) => {
          let began = 0;
          const begin = () => { began ||= performance.now(); };
          addEventListener('click', begin, true);
          addEventListener('change', begin, true);
          const look = () => {
            const table = document.querySelector('.tasks-table');
            const isThere = table === null ? document.querySelector('.empty') !== null : table.ariaBusy === 'false';
            if (began > 0 && isThere && performance.now() > began + 1 && location.search !== '') resolve(performance.now() - began);
            else requestAnimationFrame(look);
          };
          look();
        }); undefined`);
      if ('chip' in filter) await page.getByRole('button', { name: new RegExp(`^${filter.chip}`) }).click();
      else await page.getByLabel(filter.choice).selectOption(filter.option);
      times.push(Number(await page.evaluate('filtered')));
    }
    found.push(['chip' in filter ? filter.chip : filter.option, times]);
  }
  return found;
}

/** The page is open, read, and scrolled, while updates stream in. */
async function watch(page: Page, url: string) {
  const client = await page.context().newCDPSession(page);
  await client.send('HeapProfiler.enable');
  const heap_mb: number[] = [];
  const long: LongTask[] = [];
  const busy: number[] = [];
  const rates: number[] = [];
  let longest_thread_ms = 0;
  for (let look = 0; look < LOOKS; look++) {
    const thread = await watchMainThread(client, TASK_MS_MAX);
    if (look % 2 === 0) await page.getByRole('link', { name: 'Fleet', exact: true }).click();
    else {
      await page.getByRole('link', { name: 'Tasks', exact: true }).click();
      await page.locator('.tasks-table .cell.task a').first().waitFor();
      for (let wheel = 0; wheel < 20; wheel++) {
        await page.mouse.wheel(0, 1_200);
        await sleep(50);
      }
    }
    await sleep((seconds * 1_000) / LOOKS);
    // What the collector itself takes is no task of the page: it is asked for by us.
    const seen = await thread.stop();
    long.push(...seen.long);
    longest_thread_ms = Math.max(longest_thread_ms, seen.longest_thread_ms);
    busy.push(seen.busy_ms / seen.seconds / 10);
    heap_mb.push(await heapOf(client));
    const fleet = (await (await fetch(`${url}/api/fleet`)).json()) as FleetAnswer;
    rates.push(fleet.rates?.folded_per_s ?? 0);
    const at = Math.round(((look + 1) * seconds) / LOOKS);
    const main = `${busy.at(-1)!.toFixed(1)} % of the main thread, longest task ${seen.longest_thread_ms.toFixed(0)} ms of it`;
    print(
      `${at} s  heap ${heap_mb.at(-1)!.toFixed(1)} MB  ${main}  above ${TASK_MS_MAX} ms by the clock ${seen.long.length}  ` +
        `${count(rates.at(-1)!)} updates/s folded`,
    );
  }
  // Fleet and tasks hold different things: like is compared with like.
  const third = Math.floor(LOOKS / 3);
  const growth_mb = median(heap_mb.slice(-third)) - median(heap_mb.slice(third, 2 * third));
  print(`heap: ${growth_mb.toFixed(2)} MB more in the last third than in the second; ${url}`);
  return { heap_mb, growth_mb, long, longest_thread_ms, busy_percent: busy, rates };
}

async function heapOf(client: CDPSession): Promise<number> {
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await client.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize / 1_000_000;
}

function told(times: readonly number[]): string {
  return `${median(times).toFixed(0)} (at most ${Math.max(...times).toFixed(0)})`;
}
