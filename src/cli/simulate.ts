// `taskfold simulate`: a seeded fleet of engines publishes to the input topic, and writes down what it really did.

import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { z } from 'zod';
import { FAULT_MEANINGS, FAULTS, type Fault, fatesShare } from '../engine/fault.ts';
import { Fleet, type FleetOptions, virtualSecondsOf } from '../engine/fleet.ts';
import { simulate } from '../engine/simulation.ts';
import { Truth, type TruthSummary } from '../engine/truth.ts';
import { TruthFile } from '../engine/truth-file.ts';
import { PublishFailed } from '../kafka/publish-failed.ts';
import { type CommandContext, defineCommand } from './command-context.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { flagName, share, sharesOf, singleFaults, TOO_MANY } from './fault-options.ts';
import { openPublisher } from './open-publisher.ts';
import { wholeNumber } from './option-values.ts';
import { table } from './output.ts';

const options = z
  .object({
    engines: wholeNumber(1, 100_000),
    tasks: wholeNumber(1, 10_000_000),
    rate: wholeNumber(0, 1_000_000),
    seconds: wholeNumber(1, 86_400),
    updates: wholeNumber(1, 1_000_000_000).optional(),
    // Two runs of one seed would work on the same tasks, so only who asks for that gets it.
    seed: wholeNumber(0, 2 ** 32 - 1).default(() => randomInt(2 ** 32)),
    truth: z.string().optional(),
    tidy: z.boolean().default(false),
    faults: share,
    fault: singleFaults.default({}),
  })
  .refine(({ faults, fault }) => fatesShare(sharesOf(faults, fault)) <= 1, { path: ['fault'], error: TOO_MANY });
type Options = z.infer<typeof options>;

/** Without a rate there is no length either: so many updates a task then. */
const UPDATES_OF_TASK = 10;

export function simulateCommand(): Command {
  return defineCommand({
    name: 'simulate',
    summary: 'publish the updates of a seeded fleet of engines, and write down the truth',
    description:
      'Simulates engines that work on tasks and report them as the contract says: chunk engines with several instances a task, ' +
      'stream engines that complete, fail and are retried, errors, job creations. A small share of the engines keys its records wrong, and ' +
      'one record in a thousand is bad, each in a way that `verify` expects. The same seed makes the same updates; only their timestamps follow ' +
      'the clock. Ctrl-C ends it in order: what is out is waited for, and the truth is written.\n\n' +
      `Faults that the senders and the way to the broker may have (docs/senders.md):\n${faultList()}`,
    examples: [
      ['simulate --rate 500 --seconds 60 --truth truth.jsonl', 'a minute of 500 updates a second'],
      ['verify --truth truth.jsonl', 'then: does the state tell what the engines really did?'],
      ['simulate --faults 0.05 --truth truth.jsonl', 'senders as they are: about one post in twenty meets a fault'],
      ['simulate --tidy --fault lost-reply=0.02 --fault duplicate=0.01', 'these two faults and no other'],
      ['simulate --faults 0.05 --fault two-writers=0', 'all faults but one'],
      ['simulate --rate 0 --tasks 100000 --updates 1000000 --tidy', 'a backlog, as fast as the broker takes it'],
    ],
    options: [
      ['--engines <n>', 'engines of the fleet', '200'],
      ['--tasks <n>', 'tasks that they work on', '2000'],
      ['--rate <n>', 'updates a second; 0: as fast as possible', '500'],
      ['--seconds <n>', 'how long, where there is a rate', '30'],
      ['--updates <n>', `how many updates (default: rate x seconds; without a rate ${UPDATES_OF_TASK} a task)`],
      ['--seed <n>', 'the same seed makes the same fleet with the same tasks (default: drawn, and told)'],
      ['--truth <file>', 'write down what the engines really did (docs/truth.md)'],
      ['--faults <share>', 'the share of posts that meet a fault, all kinds together; 0: none', '0'],
      ['--fault <fault=share...>', 'how often one kind happens where it can; counts instead of its part of --faults'],
      ['--tidy', 'every engine keys as the contract asks, and no record is bad'],
    ],
    parse: options,
    settings: ['services', 'names'],
    needs: ['kafka', 'registry'],
    stops: 'drains',
    run: runSimulation,
  });
}

async function runSimulation(context: CommandContext, given: Options): Promise<ExitCode> {
  const { output, signal } = context;
  const faults = sharesOf(given.faults, given.fault);
  const truthFile = given.truth === undefined ? null : await openTruth(given.truth);
  let written = false;
  context.closing(async () => {
    if (truthFile && !written) await truthFile.discard();
  });
  const { topic, publisher, encode } = await openPublisher(context);
  const fleetOptions = { ...fleetOptionsOf(given, publisher.partitions), faults };
  const fleet = new Fleet(fleetOptions);
  const truth = new Truth();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const { engines, tasks, rate, seed } = given;
  const run = {
    topic,
    partitions: publisher.partitions,
    seed,
    engines,
    tasks,
    rate,
    seconds: given.seconds,
    ...(Object.keys(faults).length > 0 ? { faults } : {}),
  };
  const started_at = new Date().toISOString();

  const progress = output.progress(() => progressLine(truth.summary(seconds()), fleetOptions.updates));
  let failure: unknown = null;
  try {
    await simulate({ fleet, truth, encode, publish: (updates) => publisher.publish(updates), rate, signal });
  } catch (error) {
    failure = error;
  } finally {
    progress.stop();
  }
  const summary = truth.summary(Math.round(seconds() * 1_000) / 1_000);
  if (truthFile) {
    await truthFile.write(truth.lines({ ...run, started_at }, summary.seconds));
    written = true;
  }
  await output.result({ topic, seed, ...summary }, () => summaryText(summary, seed, given.truth));
  if (failure instanceof PublishFailed) throw new CommandFailure(failure.message, EXIT.failed, undefined, failure);
  if (failure) throw failure;
  return signal.aborted && fleet.made < fleetOptions.updates ? EXIT.interrupted : EXIT.done;
}

function faultList(): string {
  return FAULTS.map((fault) => `  ${flagName(fault).padEnd(13)}${FAULT_MEANINGS[fault]}`).join('\n');
}

function fleetOptionsOf(given: Options, partitions: number): FleetOptions {
  const { engines, tasks, rate, seed, tidy } = given;
  const updates = given.updates ?? (rate === 0 ? tasks * UPDATES_OF_TASK : rate * given.seconds);
  const plan = { engines, tasks, updates };
  // A fleet that reports more often than every five seconds would be none of the contract, so virtual time may run
  // faster than the clock; it then begins so much earlier that it ends about now.
  const ahead = Math.max(0, virtualSecondsOf(plan) - (rate === 0 ? 0 : updates / rate));
  return { ...plan, seed, partitions, tidy, started_at: Math.floor(Date.now() / 1_000 - ahead) };
}

async function openTruth(path: string): Promise<TruthFile> {
  try {
    return await TruthFile.open(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      `the truth can't be written to ${path}: ${reason}`,
      EXIT.usage,
      'give another --truth file',
    );
  }
}

function progressLine({ published, failures, job_creations, seconds }: TruthSummary, updates: number): string {
  const percent = Math.floor((100 * published) / updates);
  return (
    `${percent} %  published ${count(published)} of ${count(updates)}  ${count(published / seconds)}/s  ` +
    `failures ${count(failures)}  jobs ${count(job_creations)}`
  );
}

function summaryText(summary: TruthSummary, seed: number, truthPath: string | undefined): string {
  const { published, applied, rejected, rerouted, tasks, failures, job_creations, unknown, seconds } = summary;
  const rows: [string, number][] = [
    ['published', published],
    ['to be applied', applied],
    ['to be rejected', rejected],
    ['to be re-routed', rerouted],
    ['tasks', tasks],
    ['failure events', failures],
    ['job creations', job_creations],
  ];
  if (unknown > 0) rows.push(['fate unknown', unknown]);
  for (const [fault, times] of Object.entries(summary.faults ?? {}))
    rows.push([`fault ${flagName(fault as Fault)}`, times]);
  const rate = `${seconds.toFixed(1)} s, ${count(published / seconds)} updates/s, seed ${seed}`;
  return `${table([['', ''], ...rows]).trimStart()}\n${rate}${truthPath ? `, truth in ${truthPath}` : ''}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
