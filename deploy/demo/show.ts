// The demo from the first topic to the last comparison. Whatever happens on the way, what it started is ended.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../src/cli/read-config.ts';
import { topologyOfConfig } from '../../src/cli/topology-of-config.ts';
import { mismatchText } from '../../src/cli/verify/mismatches.ts';
import type { VerifyDocument } from '../../src/cli/verify/verify-document.ts';
import type { Config } from '../../src/config.ts';
import { Board, count, painted } from './board.ts';
import { faceOf } from './face.ts';
import { FleetRun } from './fleet-run.ts';
import type { DemoOptions } from './options.ts';
import { Page } from './page.ts';
import { Processor } from './processor.ts';
import { type DemoResult, isGood, resultLine, resultTable, type Takeover } from './result.ts';
import { taskfold } from './taskfold.ts';
import { type Sight, Watch } from './watch.ts';

const LOOK_EVERY_MS = 500;
const READY_MS_MAX = 60_000;
const TAKEN_OVER_MS_MAX = 60_000;
const DRAINED_MS_MAX = 180_000;
const VERIFY_WAIT_S = 120;
const SIGHTS_KEPT = 20;
/** The fleet that goes on on a terminal: slower, so that the machine stays usable, and anew now and then. */
const STAY = { rate: 500, seconds: 600 };

/** The demo can't go on; the message says why. */
export class DemoFailed extends Error {}

export class Show {
  readonly #options: DemoOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;
  readonly #config: Config;
  readonly #folder = mkdtempSync(join(tmpdir(), 'taskfold-demo-'));
  readonly #board = new Board(process.stderr);
  readonly #processors: Processor[] = [];
  readonly #closing: (() => Promise<void> | void)[] = [];
  readonly #began = performance.now();
  readonly #sights: Sight[] = [];
  #url = '';

  /** @param env the services' addresses are in it, and no other setting of Taskfold */
  constructor(options: DemoOptions, env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#options = options;
    this.#env = env;
    this.#signal = signal;
    this.#config = readConfig(env).config;
  }

  /** Answers whether everything was found as it has to be. @throws DemoFailed, and what the parts throw */
  async run(): Promise<boolean> {
    let good = false;
    try {
      const result = await this.#play();
      good = isGood(result);
      if (this.#options.keep) this.#board.say(this.#lookAround());
      process.stdout.write(`${resultTable(result)}\n${resultLine(result)}\n`);
      if (process.stdout.isTTY) await this.#stay();
      return good;
    } finally {
      this.#board.stop();
      await Promise.all(this.#processors.map((processor) => processor.stop()));
      for (const close of this.#closing.reverse()) await close();
      if (good || this.#signal.aborted) rmSync(this.#folder, { recursive: true, force: true });
      else this.#board.say(`The processors' logs and the truth are in ${this.#folder}`);
    }
  }

  async #play(): Promise<DemoResult> {
    const { engines, rate, seconds } = this.#options;
    const title = 'Taskfold: updates of an engine fleet, folded exactly once';
    this.#board.say(`\n${painted(title, 'bold', process.stderr)}\n`);
    await this.#prepare();
    await this.#openPage();
    const fleet = await FleetRun.open(this.#config, topologyOfConfig(this.#config), this.#options, this.#signal);
    this.#closing.push(() => fleet.close());
    await this.#watch(fleet.partitions);
    const [a, b] = [this.#start(), this.#start()];
    await this.#until('both processors share the partitions', READY_MS_MAX, (sight) => {
      const owned = [a, b].map((processor) => sight.owners.filter((owner) => processor.owns(owner)).length);
      return owned[0]! > 0 && owned[1]! > 0 && owned[0]! + owned[1]! === sight.owners.length;
    });
    this.#say(`processors ${a.name} and ${b.name} share ${fleet.partitions} partitions`);

    this.#say(`${count(engines)} engines publish ${count(rate)} updates a second, for ${seconds} s`);
    this.#board.start(() => {
      const face = faceOf(this.#options, fleet.summary, this.#sights, this.#processors);
      return { ...face, line: this.#stamped(face.line) };
    });
    const ended = new AbortController();
    const publishing = fleet.publish(AbortSignal.any([this.#signal, ended.signal])).then(() => Date.now());
    // Where it fails, that is met by the `await` below.
    const over = publishing.then(
      () => {},
      () => {},
    );
    this.#closing.push(() => {
      ended.abort();
      return over;
    });
    await sleep((seconds / 2) * 1_000, undefined, { signal: this.#signal });
    const takeover = await this.#killAndReplace(a);
    const publishedAt = await publishing;
    this.#signal.throwIfAborted();
    const truth = fleet.summary;
    const truthFile = join(this.#folder, 'truth.jsonl');
    await fleet.writeTruth(truthFile, truth.seconds);
    this.#say(`all ${count(truth.published)} updates are published`);
    const drained = await this.#until('everything is folded', DRAINED_MS_MAX, (sight) => sight.lag === 0);
    this.#board.stop();

    this.#say('lag 0: now every task and every event is compared with what the engines really did');
    const verified = await this.#verify(truthFile);
    if (!process.stdout.isTTY) await this.#stopProcessors();
    return {
      truth,
      verified,
      takeover,
      drain_seconds: Math.max(0, drained.at - publishedAt) / 1_000,
      seconds: this.#seconds(),
    };
  }

  async #stopProcessors(): Promise<void> {
    for (const processor of this.#processors.filter(({ isRunning }) => isRunning)) {
      if (!(await processor.stop())) throw new DemoFailed(`processor ${processor.name} did not end in order`);
    }
  }

  /** The live page, for as long as the demo lasts. */
  async #openPage(): Promise<void> {
    const page = await Page.open(this.#env);
    if (page === null) throw new DemoFailed('taskfold serve ended before it listened: run it to see why');
    this.#closing.push(() => page.stop());
    this.#url = page.url;
    const what = Page.isBuilt ? 'the live page' : 'the API (build the page with: npm run build)';
    this.#say(`${what}: ${painted(page.url, 'cyan', process.stderr)}`);
  }

  /** Somebody looks on: the fleet goes on until it is interrupted, which is no failure then. */
  async #stay(): Promise<void> {
    this.#board.say(`\nThe fleet goes on. Look at it: ${this.#url}  (Ctrl-C ends it)`);
    for (let seed = this.#options.seed + 1; !this.#signal.aborted; seed++) {
      const rate = Math.min(this.#options.rate, STAY.rate);
      const tasks = Math.ceil((rate * STAY.seconds) / 20);
      const options = { ...this.#options, ...STAY, rate, tasks, seed };
      try {
        const fleet = await FleetRun.open(this.#config, topologyOfConfig(this.#config), options, this.#signal);
        await fleet.publish(this.#signal).finally(() => fleet.close());
      } catch (error) {
        if (!this.#signal.aborted) throw error;
      }
    }
  }

  async #prepare(): Promise<void> {
    for (const [args, what] of [
      [['topics', 'create'], 'topics created'],
      [['schemas', 'register'], 'schemas registered'],
    ] as const) {
      const { code, said } = await taskfold(args, this.#env, { signal: this.#signal });
      this.#signal.throwIfAborted();
      if (code !== 0) throw new DemoFailed(`taskfold ${args.join(' ')} ended with ${code}: ${said}`);
      this.#say(what);
    }
  }

  /** Looks at the processors' work from now on, every half second. */
  async #watch(partitions: number): Promise<void> {
    const watch = await Watch.open(this.#config, partitions);
    const ended = new AbortController();
    const watching = (async () => {
      while (!ended.signal.aborted) {
        const sight = await watch.look().catch(() => null);
        if (sight) this.#sights.push(sight);
        if (this.#sights.length > SIGHTS_KEPT) this.#sights.shift();
        await sleep(LOOK_EVERY_MS, undefined, { signal: ended.signal }).catch(() => {});
      }
      await watch.close();
    })();
    this.#closing.push(() => {
      ended.abort();
      return watching;
    });
  }

  #start(): Processor {
    const name = String.fromCharCode('A'.charCodeAt(0) + this.#processors.length);
    const processor = new Processor(name, this.#env, this.#folder);
    this.#processors.push(processor);
    return processor;
  }

  async #killAndReplace(victim: Processor): Promise<Takeover> {
    const before = this.#sights.at(-1)?.owners ?? [];
    const orphans = before.flatMap((owner, partition) => (victim.owns(owner) ? [partition] : []));
    const killedAt = Date.now();
    await victim.kill();
    const successor = this.#start();
    const killed = painted(`processor ${victim.name} (pid ${victim.pid}) is killed with -9`, 'red', process.stderr);
    this.#say(`${killed} in the middle of its work on ${orphans.length} partitions; ${successor.name} starts`);
    const told = { killed: victim.name, started: successor.name, partitions: orphans.length };
    const others = () => this.#processors.filter((processor) => processor !== victim);
    const taken = (sight: Sight) =>
      sight.at > killedAt &&
      orphans.every((partition) => others().some((other) => other.owns(sight.owners[partition])));
    const sight = await this.#until('the partitions of the killed one are folded again', TAKEN_OVER_MS_MAX, taken);
    const seconds = (sight.at - killedAt) / 1_000;
    this.#say(`all its partitions are folded again, after ${seconds.toFixed(1)} s`);
    return { ...told, seconds };
  }

  async #verify(truthFile: string): Promise<VerifyDocument> {
    const args = ['verify', '--wait', String(VERIFY_WAIT_S), '--truth', truthFile];
    const { json, code } = await taskfold(args, this.#env, { signal: this.#signal, aloud: true });
    this.#signal.throwIfAborted();
    const document = json as VerifyDocument | null;
    if (typeof document?.mismatches !== 'number') throw new DemoFailed(`taskfold verify ended with ${code}`);
    for (const mismatch of document.first_mismatches) this.#board.say(mismatchText(mismatch));
    for (const { why } of document.unchecked) this.#board.say(`not checked: ${why}`);
    return document;
  }

  /** The first look that is so. @throws DemoFailed after that long, or when a processor or a partition is in trouble */
  async #until(what: string, msMax: number, isSo: (sight: Sight) => boolean): Promise<Sight> {
    const began = Date.now();
    for (;;) {
      const sight = this.#sights.at(-1);
      if (sight && sight.at > began && isSo(sight)) return sight;
      const broken = this.#processors.find(({ isBroken }) => isBroken);
      if (broken) throw new DemoFailed(`processor ${broken.name} ended by itself; its log is ${broken.logFile}`);
      if (sight && sight.halts.length > 0) throw new DemoFailed(`halted: ${sight.halts.join('; ')}`);
      if (Date.now() - began > msMax) throw new DemoFailed(`waited ${msMax / 1_000} s in vain until ${what}`);
      await sleep(LOOK_EVERY_MS / 2, undefined, { signal: this.#signal });
    }
  }

  #say(line: string): void {
    this.#board.say(this.#stamped(line));
  }

  #stamped(line: string): string {
    return `${this.#seconds().toFixed(1).padStart(5)} s  ${line}`;
  }

  /** What a shell has to be told to go on where the demo ends. */
  #lookAround(): string {
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL } = this.#env;
    return (
      '\nThe services stay up. To look around:\n' +
      `  export KAFKA_BROKERS=${KAFKA_BROKERS} SCHEMA_REGISTRY_URL=${SCHEMA_REGISTRY_URL} REDIS_URL=${REDIS_URL}\n` +
      '  npx taskfold status\n  npx taskfold tasks --help'
    );
  }

  #seconds(): number {
    return Math.round((performance.now() - this.#began) / 100) / 10;
  }
}
