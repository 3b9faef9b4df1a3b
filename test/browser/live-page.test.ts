// The live page against the real stack with a fleet at work: every view, read by a browser as people and screen readers
// do; its numbers are the API's; and what goes wrong is told while it goes wrong.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import type { FleetAnswer } from '../../src/serve/fleet-documents.ts';
import { withOwnRedis } from '../support/own-services.ts';
import { taskfold } from '../support/taskfold-process.ts';
import { Deployment, until } from '../system/deployment.ts';
import { figuresOf, fleetAt } from '../system/plain-fold-at.ts';
import { breakAndMend } from './break-and-mend.ts';
import { DESKTOP, LivePage, openBrowser, PHONE } from './live-page.ts';
import { lookAtSignIn, startGuarded } from './sign-in.ts';

const KIB_MAX = 150;
/** What a view costs, whatever the machine: elements that are there, and what is asked for while one looks on. */
const ELEMENTS_MAX = 2_000;
const ROWS_MAX = 60;
const ANSWER_BYTES_MAX = 100_000;
const ANSWERS_PER_S_MAX = 6;
const LOOK_S = 4;
const CANARY = 'canary-token-that-nobody-may-see';
const TASK = 'task-of-the-browser';

/** Evaluated in the page, all at one moment. */
const SHOWN_NUMBERS = `({
  conservation: [...document.querySelectorAll('.conservation .count')].map(({ dataset }) => Number(dataset.value)),
  statuses: Object.fromEntries([...document.querySelectorAll('.shares a')].map((row) =>
    [new URL(row.href).search, Number(row.querySelector('.count').dataset.value)])),
})`;

test('the page is small enough for a phone', () => {
  const folder = join(import.meta.dirname, '../../dist/web');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length);
  const sum = bytes.reduce((total, size) => total + size, 0);
  expect(sum).toBeGreaterThan(20_000);
  expect(sum).toBeLessThan(KIB_MAX * 1_000);
  // All that it loads is its own.
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  expect(page.match(/(?:src|href)="(?!\/)/g)).toBeNull();
});

test('every view is told truly and readably, leads to what is behind its numbers, and says within seconds what goes wrong', async () => {
  const services = await withOwnRedis();
  const deployment = await Deployment.create('page', services.env);
  const processors = [deployment.processor(), deployment.processor()];
  const serve = deployment.start(['serve', '--listen', '127.0.0.1:0', '--api-nice', '0']);
  const load = deployment.load({ rate: 200, seconds: 300, faults: 0.1 });
  const [browser, guarded] = await Promise.all([
    openBrowser(),
    startGuarded(deployment),
    deployment.untilAllRun(processors),
    serve.untilLogged('serving'),
  ]);
  await publishCanary(deployment);
  await deployment.untilFolded(2_000);
  const url = String(serve.logged('serving')[0]!.url);

  const places = await placesOf(url);
  await lookAtAll(browser, url, places);
  await lookOnPhone(browser, url, places);
  await lookAtSignIn(browser, guarded);

  const page = await LivePage.open(browser, url);
  await followToTaskAndBack(page);
  await expectLittleWork(page);
  await searchById(page);
  await expectNumbersOfApi(page, deployment);
  await breakAndMend(page, deployment, processors, services.redis);
  expect(page.complaints).toEqual([]);
  await load.stop();
  expect(serve.log).not.toContain(CANARY);
});

/** A task whose update carries a credential, an output, errors and counters. */
async function publishCanary({ env }: Deployment): Promise<void> {
  const now = Math.floor(Date.now() / 1_000);
  const update = (prior: number, timestamp: number) => ({
    internal_task_id: TASK,
    internal_job_id: 'job-of-the-browser',
    engine_id: 'engine-of-the-browser',
    work_request_id: 'work-1',
    task_status: 'running',
    prior_timestamp: prior,
    timestamp,
    error_count: 1,
    error_details: JSON.stringify([{ id: 'E1', msg: 'the first one' }]),
    inputs: [{ id: 'camera-1', processed_count: 5, processed_total_count: timestamp === now ? 15 : 5 }],
    create_jobs_action: [{ base_internal_job_id: 'J', token: CANARY }],
    task_output: JSON.stringify({ words: 3 }),
  });
  // The second comes twice, and before the third one is missing: a duplicate and a gap to look at.
  const updates = [
    update(now - 20, now - 15),
    update(now - 15, now - 10),
    update(now - 15, now - 10),
    update(now - 5, now),
  ];
  const lines = updates.map((one) => `${JSON.stringify(one)}\n`).join('');
  const { code, stderr } = await taskfold(['publish'], env, lines);
  expect(code, stderr).toBe(0);
}

type Places = readonly { readonly name: string; readonly path: string; readonly shows: string | RegExp }[];

async function placesOf(url: string): Promise<Places> {
  await until('the task is folded', 20_000, async () => (await fetch(`${url}/api/tasks/${TASK}`)).status === 200);
  return [
    { name: 'fleet', path: '/', shows: 'Engines in trouble' },
    { name: 'tasks', path: '/tasks', shows: 'Last update' },
    { name: 'task', path: `/tasks/${TASK}`, shows: /gap.*no post reports it/ },
    { name: 'jobs', path: '/jobs', shows: 'Finished' },
    { name: 'job', path: '/jobs/job-of-the-browser', shows: 'Its tasks' },
    { name: 'engines', path: '/engines', shows: 'Keyed right' },
    { name: 'engine', path: '/engines/engine-of-the-browser', shows: 'Cost and conduct' },
    { name: 'processors', path: '/processors', shows: 'Log end' },
    { name: 'nowhere', path: '/nowhere', shows: 'There is no such page' },
    { name: 'no-task', path: '/tasks/nobody', shows: 'There is no such task' },
  ];
}

async function lookAtAll(browser: Browser, url: string, places: Places): Promise<void> {
  const live = await LivePage.open(browser, url, { size: DESKTOP });
  for (const { name, path, shows } of places) {
    await live.show(path);
    await live.reads(shows);
    await live.expectSteady(name);
    for (const theme of ['light', 'dark'] as const) {
      await live.page.emulateMedia({ colorScheme: theme });
      await live.expectAccessible(`${name}, ${theme}`);
      await live.picture(`${name}-${theme}`);
    }
    await live.page.emulateMedia({ colorScheme: 'light' });
    await live.expectNoSideways(name);
    await live.expectRowsInLine(name);
    expect(await live.page.content(), name).not.toContain(CANARY);
  }
  expect(live.complaints).toEqual([]);
  await live.close();
}

async function lookOnPhone(browser: Browser, url: string, places: Places): Promise<void> {
  const page = await LivePage.open(browser, url, { theme: 'dark', size: PHONE });
  for (const { name, path } of places.slice(0, 8)) {
    await page.show(path);
    await page.page.locator('main .panel, main .table').first().waitFor();
    await page.untilLoaded();
    await page.expectNoSideways(`${name} on a phone`);
    await page.picture(`${name}-phone`);
  }
  await page.show('/');
  await page.reads('Partitions');
  await page.expectAccessible('the fleet on a phone');
  await page.close();
}

async function followToTaskAndBack(live: LivePage): Promise<void> {
  const { page } = live;
  await live.show('/');
  await page.getByRole('link', { name: /^running/ }).click();
  await page.waitForURL('**/tasks?status=running');
  const rows = page.getByRole('table', { name: 'Tasks' }).getByRole('row');
  await page.locator('.table-body .cell.state').nth(5).waitFor();
  const told = await page.locator('.table-body .cell.state').allInnerTexts();
  expect(new Set(told.map((text) => text.trim()).filter((text) => text !== ''))).toEqual(new Set(['running']));
  await page.getByLabel('Engines are').selectOption('reporting');
  await page.waitForURL('**/tasks?status=running&liveness=reporting');
  // By keyboard: from one row's link down to the next, and into it.
  await rows.nth(1).getByRole('link').first().focus();
  await page.keyboard.press('ArrowDown');
  const id = await page.evaluate('document.activeElement.title');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/tasks/${id}`);
  await live.reads('Timeline');
  await page.locator('.timeline > li').first().waitFor();
  await page.locator('.track .span').first().waitFor();
  await page.goBack();
  await page.waitForURL('**/tasks?status=running&liveness=reporting');
  await expect(page.getByRole('button', { name: /^running/ }).getAttribute('aria-pressed')).resolves.toBe('true');
  await sortByLastUpdate(live);
}

/** By keyboard; what is sorted by is told, and lies in the address. */
async function sortByLastUpdate(live: LivePage): Promise<void> {
  const { page } = live;
  await page.getByRole('button', { name: 'Last update' }).focus();
  expect(await live.sorted()).toEqual({ Status: 'descending', 'Last update': 'none' });
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tasks?status=running&liveness=reporting&sort=last_update');
  const answered = page.waitForResponse(/sort=last_update&order=oldest/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tasks?status=running&liveness=reporting&sort=last_update&order=oldest');
  expect((await answered).status()).toBe(200);
  expect(await live.sorted()).toEqual({ Status: 'none', 'Last update': 'ascending' });
  await live.show('/jobs');
  await page.getByRole('button', { name: 'Under way' }).press('Enter');
  await page.waitForURL('**/jobs?open=true');
  await page.getByRole('button', { name: 'Last update' }).press('Enter');
  await page.waitForURL('**/jobs?open=true&order=oldest');
  await expect.poll(() => live.sorted()).toEqual({ 'Last update': 'ascending' });
  await page.locator('.jobs-table[aria-busy=false] .table-body .cell').first().waitFor();
  await live.picture('jobs-not-over');
}

/** However long the list and however busy the fleet, little is drawn, asked for and read: test/bench/page.ts measures what that takes. */
async function expectLittleWork(live: LivePage): Promise<void> {
  const { page } = live;
  await live.show('/tasks');
  await page.locator('.tasks-table .cell.task a').first().waitFor();
  const from = live.answers.length;
  await live.scroll(LOOK_S);
  const [elements, rows, known] = (await page.evaluate(`[
    document.querySelectorAll('*').length,
    document.querySelectorAll('.table-body [role=row]').length,
    Number(document.querySelector('.table-body [role=row]').getAttribute('aria-rowindex')),
  ]`)) as [number, number, number];
  expect(known, 'the row on top, after scrolling').toBeGreaterThan(ROWS_MAX);
  expect(rows).toBeLessThan(ROWS_MAX);
  expect(elements).toBeLessThan(ELEMENTS_MAX);
  await live.show('/');
  await live.reads('Engines in trouble');
  const before = live.answers.length;
  await new Promise((resolve) => setTimeout(resolve, 1_000 * LOOK_S));
  expect(live.answers.length - before, `answers in ${LOOK_S} s`).toBeLessThanOrEqual(LOOK_S * ANSWERS_PER_S_MAX);
  const large = live.answers.slice(from).filter(({ bytes }) => bytes > ANSWER_BYTES_MAX);
  // All engines are compared in the browser: these answers are as long as they are many.
  expect(large.filter(({ path }) => !path.startsWith('/api/engines'))).toEqual([]);
}

async function searchById({ page }: LivePage): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.type(TASK);
  await page.getByRole('option', { name: new RegExp(TASK) }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/tasks/${TASK}`);
}

/** Under load: what stands on the page at one moment is what one answer of the API said, and what `verify` counts at its W. */
async function expectNumbersOfApi(live: LivePage, deployment: Deployment): Promise<void> {
  await live.show('/');
  await live.page.locator('.conservation .count').first().waitFor();
  const { conservation, statuses } = (await live.page.evaluate(SHOWN_NUMBERS)) as {
    conservation: number[];
    statuses: Record<string, number>;
  };
  const [received = 0, ...outcomes] = conservation;
  expect(received).toBeGreaterThan(0);
  expect(outcomes.reduce((sum, count) => sum + count, 0)).toBe(received);
  const told = live.fleets.find(({ fleet }) => fleet?.updates.received === received) as FleetAnswer;
  expect(told, `an answer with ${received} received`).toBeDefined();
  const { updates, tasks_by_status, tasks_by_liveness } = told.fleet!;
  expect(outcomes).toEqual([updates.applied, updates.duplicate, updates.stale, updates.rejected, updates.rerouted]);
  for (const [status, count] of Object.entries(tasks_by_status)) expect(statuses[`?status=${status}`]).toBe(count);
  for (const [liveness, count] of Object.entries(tasks_by_liveness))
    expect(statuses[`?liveness=${liveness}`]).toBe(count);
  const watermarks = new Map(told.as_of.partitions.map(({ partition, watermark }) => [partition, watermark!]));
  expect(watermarks.size).toBe(deployment.partitions);
  expect(figuresOf(told.fleet!)).toEqual(await (await fleetAt(deployment))(watermarks));
}
