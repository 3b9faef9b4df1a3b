import { describe, expect, test } from 'vitest';
import { Fleet, type FleetOptions } from '../../src/engine/fleet.ts';
import { simulate } from '../../src/engine/simulation.ts';
import { Truth } from '../../src/engine/truth.ts';
import { PublishFailed, type PublishOutcome } from '../../src/kafka/publish-failed.ts';
import type { OutgoingUpdate } from '../../src/kafka/update-publisher.ts';

const OPTIONS: FleetOptions = {
  seed: 3,
  engines: 20,
  tasks: 300,
  updates: 12_000,
  partitions: 4,
  started_at: 1_000_000,
};

function simulation(
  publish: (updates: readonly OutgoingUpdate[]) => Promise<void>,
  options: Partial<FleetOptions> = {},
) {
  const fleet = new Fleet({ ...OPTIONS, ...options });
  const truth = new Truth();
  const stopping = new AbortController();
  const encode = (update: object) => Buffer.from(JSON.stringify(update));
  const run = () => simulate({ fleet, truth, encode, publish, rate: 0, signal: stopping.signal });
  return { run, truth, stopping, fleet };
}

/** The tasks of the truth whose fate is unknown, of all. */
function unknownTasks(truth: Truth): [unknown: number, all: number] {
  const run = { topic: 't', partitions: 4, seed: 3, engines: 20, tasks: 300, rate: 0, seconds: 0, started_at: '' };
  const tasks = [...truth.lines(run, 0)].map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'task');
  return [tasks.filter((task) => task.unknown).length, tasks.length];
}

describe('what a simulation publishes', () => {
  test('all that the fleet makes, in order, with one send under way at most', async () => {
    const sent: OutgoingUpdate[] = [];
    let underWay = 0;
    const { run, truth } = simulation(async (updates) => {
      expect(++underWay).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      sent.push(...updates);
      underWay--;
    });
    await run();
    const fleet = new Fleet(OPTIONS);
    const expected: (string | null)[] = [];
    for (let record = fleet.next(); record; record = fleet.next()) expected.push(record.key);
    expect(sent.map(({ key }) => key)).toEqual(expected);
    expect(truth.summary(1)).toMatchObject({ published: 12_000, unknown: 0 });
  });

  test('bad records in the form that their flaw says', async () => {
    const sent: OutgoingUpdate[] = [];
    const { run, truth } = simulation(async (updates) => void sent.push(...updates), { updates: 40_000 });
    await run();
    const { rejected_by_reason } = truth.summary(1);
    expect(sent.filter(({ value }) => value === null).length).toBe(rejected_by_reason.tombstone);
    expect(sent.filter(({ value }) => value?.length === 4).length).toBe(rejected_by_reason.too_short);
    const trailing = sent.filter(({ value }) => value?.subarray(-3).equals(Buffer.from([1, 2, 3])));
    expect(trailing.length).toBe(rejected_by_reason.trailing_bytes);
    expect(rejected_by_reason.tombstone).toBeGreaterThan(0);
  });
});

describe('the truth holds only what the broker has', () => {
  test('asked to stop, it waits for what is out and makes nothing more', async () => {
    let published = 0;
    const { run, truth, stopping } = simulation(async (updates) => {
      stopping.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      published += updates.length;
    });
    await run();
    expect(published).toBeGreaterThan(0);
    expect(published).toBeLessThan(OPTIONS.updates);
    expect(truth.summary(1)).toMatchObject({ published, unknown: 0 });
  });

  test('a send that failed: what arrived counts, what did not does not, what nobody knows is marked; it ends there', async () => {
    let calls = 0;
    const cycle: PublishOutcome[] = ['published', 'absent', 'unknown', 'published'];
    let counted = 0;
    const { run, truth } = simulation(async (updates) => {
      calls++;
      if (calls === 1) {
        counted += updates.length;
        return;
      }
      const outcomes = updates.map((_, i) => cycle[i % 4]!);
      counted += outcomes.filter((outcome) => outcome === 'published').length;
      throw new PublishFailed(outcomes, new Error('gone'));
    });
    await expect(run()).rejects.toThrow('gone');
    expect(calls).toBe(2);
    const summary = truth.summary(1);
    expect(summary.published).toBe(counted);
    expect(summary.unknown).toBeGreaterThan(0);
    const [unknown, all] = unknownTasks(truth);
    expect(unknown).toBeGreaterThan(0);
    expect(all).toBe(summary.tasks);
  });

  test('an error that says nothing about the records leaves all of that send unknown', async () => {
    const { run, truth } = simulation(async () => {
      throw new Error('something else');
    });
    await expect(run()).rejects.toThrow('something else');
    const summary = truth.summary(1);
    expect(summary.published).toBe(0);
    expect(summary.unknown).toBeGreaterThan(0);
  });
});
