// The page in a real Chromium, headless: opened, read, followed, held against axe; and whatever its console complains of.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, inject, onTestFinished } from 'vitest';
import type { FleetAnswer } from '../../src/serve/fleet-documents.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Looked at by people; never compared with. */
const PICTURES = join(import.meta.dirname, '../../.taskfold/pictures');
const WAIT_MS = 15_000;
/** Of the screen, weighted by how far: what is held to be good. */
const LAYOUT_SHIFT_MAX = 0.1;

export const DESKTOP = { width: 1_440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export interface Look {
  readonly theme?: 'light' | 'dark';
  readonly size?: { width: number; height: number };
}

/** One Chromium; it goes with the test. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: inject('chromium'),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  onTestFinished(() => browser.close());
  return browser;
}

export class LivePage {
  readonly page: Page;
  /** what the console complained of, and what was refused by the Content-Security-Policy */
  readonly complaints: string[] = [];
  /** the answers of /api/fleet, the latest last */
  readonly fleets: FleetAnswer[] = [];
  /** what the API has answered, the latest last */
  readonly answers: { readonly path: string; readonly bytes: number }[] = [];
  readonly #context: BrowserContext;
  readonly #url: string;

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      // Chromium reports each answer that is not 2xx by itself: a test that breaks services expects those.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.startsWith('/api/')) {
        response.body().then(
          ({ length }) => this.answers.push({ path: pathname, bytes: length }),
          () => {},
        );
      }
      if (!response.url().endsWith('/api/fleet') || response.status() !== 200) return;
      response.json().then(
        (answer: FleetAnswer) => this.fleets.push(answer),
        () => {},
      );
    });
  }

  static async open(browser: Browser, url: string, { theme = 'light', size = DESKTOP }: Look = {}): Promise<LivePage> {
    const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce' });
    return new LivePage(context, await context.newPage(), url);
  }

  async show(path: string): Promise<void> {
    await this.page.goto(this.#url + path, { waitUntil: 'load' });
  }

  /** Resolves when the text is there to be read. */
  async reads(text: string | RegExp, ms = WAIT_MS): Promise<void> {
    await this.page.getByText(text).first().waitFor({ state: 'visible', timeout: ms });
  }

  /** How long it took until the text was there, ms. */
  async msUntil(text: string | RegExp): Promise<number> {
    const began = performance.now();
    await this.reads(text);
    return Math.round(performance.now() - began);
  }

  /** Resolves when nothing is on its way any more. */
  async untilLoaded(): Promise<void> {
    await expect.poll(() => this.page.locator('main .loading').count(), { timeout: 10_000 }).toBe(0);
  }

  /** Asks axe for everything that it knows of. */
  async expectAccessible(what: string): Promise<void> {
    // What the page may not load, a test may evaluate: that is no script of the page.
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    const told = found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
    );
    expect(told, what).toEqual([]);
    expect(found.passes.length, what).toBeGreaterThan(10);
  }

  /** Nothing may stand beyond the right edge. */
  async expectNoSideways(what: string): Promise<void> {
    const [width, visible] = (await this.page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
      number,
      number,
    ];
    expect(width, `${what} is wider than the screen`).toBeLessThanOrEqual(visible);
  }

  /** Each row of a table is one line: there is a column for each of its cells. */
  async expectRowsInLine(what: string): Promise<void> {
    const lines = await this.page.evaluate(`[...document.querySelectorAll('main .table-row')].map(
      (row) => getComputedStyle(row).gridTemplateRows.split(' ').length)`);
    expect(Math.max(1, ...(lines as number[])), `lines of a row, ${what}`).toBe(1);
  }

  /** What was there first stays where it is while the rest comes. */
  async expectSteady(what: string): Promise<void> {
    const moved = await this.page.evaluate(`new Promise((resolve) => {
      let sum = 0;
      const add = (list) => { for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value; };
      const observer = new PerformanceObserver(add);
      observer.observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => { add({ getEntries: () => observer.takeRecords() }); resolve(sum); }, 50);
    })`);
    expect(Number(moved), `${what} moves while it loads`).toBeLessThan(LAYOUT_SHIFT_MAX);
  }

  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
