// `taskfold simulate` on real services: what lies in the topic is what the truth file says.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import type { TaskLine } from '../../src/engine/task-truth.ts';
import type { RunLine, TruthSummary } from '../../src/engine/truth.ts';
import { claimed, largestVectors, text } from '../engine/largest-vectors.ts';
import { type OwnNames, ownNames, withTopics } from './own-names.ts';
import { type FoundRecord, readUpdates } from './read-updates.ts';
import { start, taskfold, until } from './taskfold.ts';

const PARTITIONS = 4;

function truthPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskfold-truth-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'truth.jsonl');
}

interface TruthRead {
  readonly run: RunLine;
  readonly tasks: readonly TaskLine[];
  readonly summary: TruthSummary;
}

function readTruth(path: string): TruthRead {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one line
  const tasks = lines.slice(1, -1);
  expect([lines[0].kind, ...new Set(tasks.map(({ kind }) => kind)), lines.at(-1).kind]).toEqual(['run', 'task', 'summary']); // biome-ignore format: one line
  return { run: lines[0], tasks, summary: lines.at(-1) };
}

const simulate = ({ env }: OwnNames, ...args: string[]) => taskfold(['simulate', '--json', ...args], env);

/** Holds sums over the decoded deltas, added up here, against the truth. */
function expectTrue(found: readonly FoundRecord[], { tasks, summary }: TruthRead): void {
  expect(found.length).toBe(summary.published);
  const good = found.filter(({ update }) => update?.internal_task_id && (update.error_count ?? 0) >= 0);
  expect(good.length).toBe(summary.applied);
  const misplaced = good.filter(({ partition, update }) => partition !== homeOf(update!.internal_task_id!, PARTITIONS));
  expect(misplaced.length).toBe(summary.rerouted);
  const updatesOf = Map.groupBy(good, ({ update }) => update!.internal_task_id!);
  expect(updatesOf.size).toBe(summary.tasks);
  expect(tasks.length).toBe(summary.tasks);
  for (const task of tasks) {
    const updates = updatesOf.get(task.internal_task_id)!.map(({ update }) => update!);
    const sum = (numbers: (number | null | undefined)[]) => {
      const given = numbers.filter((number) => typeof number === 'number');
      return given.length === 0 ? undefined : given.reduce((a, b) => a + b, 0);
    };
    expect(updates.length).toBe(task.updates);
    expect(sum(updates.map((update) => update.error_count))).toBe(task.error_count);
    expect(sum(updates.map((update) => update.processed_stats?.processed_bytes))).toBe(
      task.processed_stats.processed_bytes,
    );
    for (const { id, processed_count } of task.inputs) {
      const ios = updates.flatMap((update) => (update.inputs ?? []).filter((io) => io.id === id));
      expect(sum(ios.map((io) => io.processed_count))).toBe(processed_count);
    }
    const bases = updates.flatMap((update) => (update.create_jobs_action ?? []).map((job) => job.base_internal_job_id));
    expect(bases.sort()).toEqual([...task.job_creations].sort());
  }
}

test('the truth file holds what lies in the topic: sums, jobs, misplaced and bad records', async () => {
  const names = await withTopics('simulate', PARTITIONS);
  const path = truthPath();
  const ran = await simulate(names, '--rate', '0', '--updates', '12000', '--tasks', '600', '--engines', '60', '--seed', '1', '--truth', path); // biome-ignore format: one line
  expect(ran.code, ran.stderr).toBe(0);
  // Nothing but progress, which a slow machine sees.
  expect(ran.stderr.split('\n').filter((line) => line !== '' && !/\bpublished\b/.test(line))).toEqual([]);
  const truth = readTruth(path);
  expect(truth.run).toMatchObject({ seed: 1, partitions: PARTITIONS, topic: names.input, engines: 60, tasks: 600 });
  expect(JSON.parse(ran.stdout)).toMatchObject({ published: 12_000, tasks: truth.tasks.length, unknown: 0 });
  expect(truth.summary.published).toBe(12_000);
  expect(truth.summary.rejected).toBeGreaterThan(0);
  expect(truth.summary.rerouted).toBeGreaterThan(0);
  const found = await readUpdates(names.input);
  expectTrue(found, truth);
  // Tokens are in the topic, and nowhere else.
  const tokens = found.flatMap(({ update }) => (update?.create_jobs_action ?? []).map(({ token }) => token!));
  expect(tokens.length).toBe(truth.summary.job_creations);
  const told = readFileSync(path, 'utf8') + ran.stdout;
  expect(tokens.filter((token) => told.includes(token))).toEqual([]);
});

test.each([
  ['no faults', []],
  ['faults', ['--faults', '0.2']],
])('the same seed publishes the same updates, but for the clock (%s)', async (_, args) => {
  const contents = async (names: OwnNames) => {
    const ran = await simulate(names, '--rate', '0', '--updates', '2000', '--tasks', '100', '--seed', '7', ...args);
    expect(ran.code).toBe(0);
    return (await readUpdates(names.input)).map(({ partition, key, update }) => {
      return { partition, key, update: update && { ...update, timestamp: 0, prior_timestamp: 0 } };
    });
  };
  const [first, second] = [await withTopics('seed', PARTITIONS), await withTopics('seed', PARTITIONS)];
  const sorted = (records: Awaited<ReturnType<typeof contents>>) =>
    [0, 1, 2, 3].map((partition) => records.filter((record) => record.partition === partition));
  expect(sorted(await contents(second))).toEqual(sorted(await contents(first)));
});

test('with faults the truth still says what the engines did, and names the faults and what they leave uncertain', async () => {
  const names = await withTopics('faults', PARTITIONS);
  const path = truthPath();
  const args = ['--updates', '6000', '--tasks', '300', '--engines', '60', '--seed', '4', '--tidy', '--truth', path];
  const ran = await simulate(names, '--rate', '0', '--faults', '0.1', '--fault', 'died=0', 'duplicate=0.05', ...args);
  expect(ran.code, ran.stderr).toBe(0);
  const { run, tasks, summary } = readTruth(path);
  expect(run.faults).toMatchObject({ lost_reply: 0.026, duplicate: 0.05, died: 0 });
  const { faults } = JSON.parse(ran.stdout) as TruthSummary;
  expect(faults).toEqual(summary.faults);
  expect(faults!.died).toBeUndefined();
  expect(faults!.duplicate).toBeGreaterThan(200);
  const found = await readUpdates(names.input);
  expect(found.length).toBe(6_000);
  const updatesOf = Map.groupBy(found, ({ update }) => update!.internal_task_id!);
  const uncertain = tasks.filter((task) => task.exactness?.sums);
  expect(uncertain.length).toBeGreaterThan(20);
  expect(uncertain.length).toBeLessThan(tasks.length / 2);
  for (const task of tasks) {
    const updates = updatesOf.get(task.internal_task_id)!.map(({ update }) => update!);
    expect(updates.length).toBe(task.updates);
    if (task.exactness?.sums === undefined) {
      expect(text(largestVectors(updates).sums)).toBe(text(claimed(task).sums));
    }
  }
});

test('without a seed each run has tasks of its own, and says its seed', async () => {
  const names = await withTopics('no-seed', PARTITIONS);
  const runs = [1, 2].map(() => simulate(names, '--rate', '0', '--updates', '50', '--tasks', '10', '--tidy'));
  const seeds = (await Promise.all(runs)).map(({ stdout }) => (JSON.parse(stdout) as { seed: number }).seed);
  expect(seeds[0]).not.toBe(seeds[1]);
  const tasks = new Set((await readUpdates(names.input)).map(({ key }) => key));
  expect(tasks.size).toBe(20);
});

test('--rate and --seconds make rate x seconds updates, spread over the time', async () => {
  const names = await withTopics('rate', PARTITIONS);
  const ran = await simulate(names, '--rate', '400', '--seconds', '3', '--tasks', '50', '--tidy');
  expect(ran.code).toBe(0);
  const { published, rejected, rerouted, seconds } = JSON.parse(ran.stdout) as TruthSummary;
  expect({ published, rejected, rerouted }).toEqual({ published: 1_200, rejected: 0, rerouted: 0 });
  expect(seconds).toBeGreaterThan(2.9);
});

test('Ctrl-C ends it in order: exit 130, and the truth is exactly what was published', async () => {
  const names = await withTopics('stop', PARTITIONS);
  const path = truthPath();
  const args = ['simulate', '--json', '--rate', '3000', '--seconds', '600', '--tasks', '5000', '--truth', path];
  const { child, ended } = start(args, names.env);
  await until('some hundred updates are published', 20_000, async () => (await readUpdates(names.input)).length > 300);
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  const truth = readTruth(path);
  expect((JSON.parse(stdout) as TruthSummary).published).toBe(truth.summary.published);
  expect(truth.summary.published).toBeLessThan(600 * 3_000);
  expect(truth.summary.unknown).toBe(0);
  expectTrue(await readUpdates(names.input), truth);
  expect(existsSync(`${path}.unfinished`)).toBe(false);
});

test('a truth that cannot be written stops it before anything is published', async () => {
  const names = await withTopics('no-truth', PARTITIONS);
  const { code, stderr } = await simulate(names, '--truth', '/nowhere/truth.jsonl');
  expect(code).toBe(2);
  expect(stderr).toContain('/nowhere/truth.jsonl');
  expect(await readUpdates(names.input)).toEqual([]);
});

test('without its topic it says how to make it, and leaves no file behind', async () => {
  const names = ownNames('no-topic');
  const path = truthPath();
  const { code, stderr } = await simulate(names, '--truth', path);
  expect(code).toBe(1);
  expect(stderr).toContain('taskfold topics create');
  expect([existsSync(path), existsSync(`${path}.unfinished`)]).toEqual([false, false]);
});

test.each([
  [['--rate', 'fast'], '--rate: must be a whole number from 0'],
  [['--engines', '0'], '--engines: must be a whole number from 1'],
  [['--faults', '5'], '--faults: must be a share from 0 to 1'],
  [
    ['--fault', 'lost-replay=0.1'],
    '"lost-replay" is no fault (did you mean lost-reply?); it takes one of lost-reply, ',
  ],
  [['--fault', 'late'], 'late: must be <fault>=<share>, such as late=0.02'],
  [['--fault', 'late=-1'], 'late: must be a share from 0 to 1'],
  [['--fault', 'late=0.1', '--fault', 'late=0.2'], 'late is given twice'],
  [['--fault', 'late=0.6', 'lost-reply=0.6'], 'their shares must not pass 1 together'],
])('%s is a usage error that says what is wanted', async (args, said) => {
  const { code, stderr } = await simulate(ownNames('usage'), ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});
