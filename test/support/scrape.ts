// Asks a running processor what it says of itself: /metrics taken apart, /readyz and /livez.

import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskfoldProcess } from './taskfold-process.ts';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Scrape {
  readonly text: string;
  readonly series: readonly Series[];

  constructor(text: string) {
    this.text = text;
    this.series = text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [parse(line)]));
  }

  /** The values of the series that have these labels, in order. */
  values(name: string, labels: Readonly<Record<string, string>> = {}): number[] {
    const wanted = Object.entries(labels);
    const found = this.series.filter((one) => one.name === name && wanted.every(([key, is]) => one.labels[key] === is));
    return found.map(({ value }) => value);
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.values(name, labels).reduce((all, value) => all + value, 0);
  }
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly partitions: readonly { readonly partition: number; readonly state: string; readonly fault: string | null }[];
}

/** The ears of a processor that was started with `observe_listen`. */
export class Observed {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  static async of(processor: TaskfoldProcess): Promise<Observed> {
    await processor.untilLogged('observed');
    return new Observed(String(processor.logged('observed')[0]!.url));
  }

  async scrape(): Promise<Scrape> {
    return new Scrape(await (await fetch(`${this.url}/metrics`)).text());
  }

  async readiness(): Promise<Readiness & { readonly status: number }> {
    const answer = await fetch(`${this.url}/readyz`);
    return { status: answer.status, ...((await answer.json()) as Readiness) };
  }

  /** @throws Error with the reasons after `ms` */
  async untilReady(ready: boolean, ms: number): Promise<void> {
    for (const end = performance.now() + ms; ; await sleep(50)) {
      const found = await this.readiness();
      if (found.ready === ready) return;
      if (performance.now() > end)
        throw new Error(`not ${ready ? 'ready' : 'unready'} in ${ms} ms: ${found.reasons.join(' ')}`);
    }
  }

  async isLive(): Promise<boolean> {
    return (await fetch(`${this.url}/livez`)).status === 200;
  }
}

function parse(line: string): Series {
  const found = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!found) throw new Error(`no series: ${line}`);
  const labels = [...(found[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]);
  return { name: found[1]!, labels: Object.fromEntries(labels), value: Number(found[3]) };
}
