// The faults of the simulated senders: each leaves in the log what it says, and the truth claims as exact only what can be
// known from the log alone.
import { describe, expect, test } from 'vitest';
import type { Certainty } from '../../src/engine/exactness.ts';
import { FAULTS, type Fault, FaultDice, type FaultShares, fatesShare, sharedOut } from '../../src/engine/fault.ts';
import type { FleetOptions } from '../../src/engine/fleet.ts';
import { makeWorld, type World, type WorldRecord } from '../../src/engine/world.ts';
import { claimed, largestVectors, plainSums, text } from './largest-vectors.ts';

const OPTIONS: Omit<FleetOptions, 'seed'> = {
  engines: 4,
  tasks: 12,
  updates: 600,
  partitions: 2,
  started_at: 1_800_000_000,
  tidy: true,
  batch_updates_max: 30,
};
const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

function worlds(faults: FaultShares, options: Partial<FleetOptions> = {}): World[] {
  return SEEDS.map((seed) => makeWorld({ ...OPTIONS, ...options, seed, faults }));
}

/** Held against the plainest ledger: how many tasks of each certainty there are, and how many of them are wrong in it. */
function judged(all: readonly World[]) {
  const count = { sums: new Map<Certainty, number>(), totals: new Map<Certainty, number>() };
  const wrong = { sums: new Map<Certainty, number>(), totals: new Map<Certainty, number>() };
  for (const { records, tasks } of all) {
    const sound = records.filter(({ deed }) => deed !== null);
    const updatesOf = Map.groupBy(sound, ({ update }) => update.internal_task_id!);
    for (const task of tasks) {
      const found = largestVectors(updatesOf.get(task.internal_task_id)!.map(({ update }) => update));
      const truth = claimed(task);
      for (const group of ['sums', 'totals'] as const) {
        const certainty = task.exactness?.[group] ?? 'exact';
        count[group].set(certainty, (count[group].get(certainty) ?? 0) + 1);
        if (text(found[group]) === text(truth[group])) continue;
        wrong[group].set(certainty, (wrong[group].get(certainty) ?? 0) + 1);
      }
    }
  }
  return { count, wrong };
}

describe('what the truth calls exact can be known from the log alone', () => {
  test.each<Fault>(['lost_reply', 'lost_request', 'late', 'overtaken', 'duplicate', 'restart_new', 'pause', 'died'])(
    '%s alone: every sum and every total of every task',
    (fault) => {
      const { count, wrong } = judged(worlds({ [fault]: 0.1 }));
      expect([...count.sums.keys(), ...count.totals.keys()]).toEqual(['exact', 'exact']);
      expect([wrong.sums.size, wrong.totals.size]).toEqual([0, 0]);
    },
  );

  test.each<Fault>(['same_second', 'zero_second', 'clock_back', 'clock_ahead', 'restart_same', 'two_writers'])(
    '%s alone: the exact ones are, and among the others are some that the largest vectors tell wrongly',
    (fault) => {
      const { count, wrong } = judged(worlds({ [fault]: 0.1 }));
      expect(count.sums.get('exact')).toBeGreaterThan(0);
      expect(wrong.sums.get('exact')).toBeUndefined();
      expect(wrong.totals.get('exact')).toBeUndefined();
      expect((wrong.sums.get('marked') ?? 0) + (wrong.sums.get('open') ?? 0)).toBeGreaterThan(0);
    },
  );

  test('all faults at once, also with engines that key wrong and records that are bad', () => {
    for (const tidy of [true, false]) {
      const { count, wrong } = judged(worlds(sharedOut(0.15), { tidy, updates: 1_000 }));
      expect(count.sums.get('exact')).toBeGreaterThan(50);
      expect(count.sums.get('marked')).toBeGreaterThan(50);
      expect([wrong.sums.get('exact'), wrong.totals.get('exact')]).toEqual([undefined, undefined]);
    }
  });

  test('adding every delta up is wrong where replies are lost, and right where only requests are', () => {
    const tasksWrong = (faults: FaultShares) => {
      let wrong = 0;
      for (const { records, tasks } of worlds(faults)) {
        const updatesOf = Map.groupBy(records, ({ update }) => update.internal_task_id!);
        for (const task of tasks) {
          const updates = updatesOf.get(task.internal_task_id)!.map(({ update }) => update);
          if (text(plainSums(updates)) !== text(claimed(task).sums)) wrong++;
        }
      }
      return wrong;
    };
    expect(tasksWrong({ lost_request: 0.1 })).toBe(0);
    expect(tasksWrong({ lost_reply: 0.1 })).toBeGreaterThan(200);
  });

  test('jobs: each one that the truth names was published, and each that was published is named as often as it was wanted', () => {
    let wantedTwice = 0;
    for (const { records, tasks } of worlds(sharedOut(0.2), { updates: 1_500 })) {
      const named = tasks.flatMap((task) => task.job_creations).sort();
      // The most often that one update wants a job; updates that repeat each other want nothing new.
      const wanted = new Map<string, number>();
      for (const { update } of records) {
        for (const [base, jobs] of Map.groupBy(update.create_jobs_action ?? [], (job) => job.base_internal_job_id!)) {
          wanted.set(base, Math.max(wanted.get(base) ?? 0, jobs.length));
        }
      }
      expect(named).toEqual([...wanted].flatMap(([base, times]) => Array(times).fill(base)).sort());
      wantedTwice += named.length - wanted.size;
    }
    expect(wantedTwice).toBeGreaterThan(10);
  });
});

describe('each fault leaves in the log what it says', () => {
  const STREAM = { engines_are: { kind: 'stream' } } as const;

  /** The posts of each process, in the order in which it made them: by what they carry, not by where they lie. */
  function postsOf(fault: Fault, options: Partial<FleetOptions> = STREAM): WorldRecord[][] {
    return worlds({ [fault]: 0.1 }, options).flatMap(({ records }) => [
      ...Map.groupBy(records, (record) => `${record.instance} ${record.deed!.work_request_id}`).values(),
    ]);
  }
  const pairs = (posts: WorldRecord[][]) => posts.flatMap((each) => each.slice(1).map((post, i) => [each[i]!, post] as const)); // biome-ignore format: one line
  const seconds = ({ log_time }: WorldRecord) => log_time / 1_000;

  test('lost_reply: the next post continues from the same second, is later, and carries all of it', () => {
    const repeated = pairs(postsOf('lost_reply')).filter(
      ([before, post]) => post.update.prior_timestamp === before.update.prior_timestamp,
    );
    expect(repeated.length).toBeGreaterThan(500);
    for (const [before, post] of repeated) {
      expect(post.update.timestamp!).toBeGreaterThan(before.update.timestamp!);
      expect(post.deed!.beats.slice(0, before.deed!.beats.length)).toEqual(before.deed!.beats);
    }
    // What is posted last is posted until it is acknowledged: with nothing new to tell, the same again.
    expect(repeated.some(([before, post]) => post.deed!.beats.length === before.deed!.beats.length)).toBe(true);
  });

  test('lost_request: nothing lies there twice, and what was lost is in the next post', () => {
    const posts = postsOf('lost_request');
    for (const [before, post] of pairs(posts)) expect(post.update.prior_timestamp).toBe(before.update.timestamp);
    expect(posts.flat().filter(({ deed }) => deed!.beats.length > 1).length).toBeGreaterThan(500);
  });

  test('late: an old post lies behind the one that contains it', () => {
    const behind = pairs(postsOf('late')).filter(([before, post]) => post.update.timestamp! < before.update.timestamp!);
    expect(behind.length).toBeGreaterThan(300);
    for (const [, post] of behind) expect(seconds(post) - post.update.timestamp!).toBeGreaterThanOrEqual(6);
  });

  test('overtaken: it lies behind newer ones, and no other post carries what it carries', () => {
    const posts = postsOf('overtaken');
    const behind = pairs(posts).filter(([before, post]) => post.update.timestamp! < before.update.timestamp!);
    expect(behind.length).toBeGreaterThan(200);
    for (const each of posts) {
      const beats = each.flatMap(({ deed }) => deed!.beats);
      expect(new Set(beats).size).toBe(beats.length);
    }
  });

  test('duplicate: the very same record, in the same partition, at most 12 s later', () => {
    let twice = 0;
    for (const { records } of worlds({ duplicate: 0.1 }, { ...STREAM, tidy: false })) {
      for (const copies of Map.groupBy(records, ({ update }) => update).values()) {
        if (copies.length === 1) continue;
        twice++;
        expect(copies.length).toBe(2);
        expect(copies[1]!.partition).toBe(copies[0]!.partition);
        expect(seconds(copies[1]!) - seconds(copies[0]!)).toBeLessThanOrEqual(12);
      }
    }
    expect(twice).toBeGreaterThan(500);
  });

  test('same_second: acknowledged within the second, the next one covers no time and continues from it', () => {
    const same = pairs(postsOf('same_second')).filter(
      ([before, post]) => post.update.timestamp === before.update.timestamp,
    );
    expect(same.length).toBeGreaterThan(500);
    for (const [before, post] of same) expect(post.update.prior_timestamp).toBe(before.update.timestamp);
  });

  test('zero_second: the first post of a work request covers no time', () => {
    const first = postsOf('zero_second').map(([post]) => post!.update);
    const zero = first.filter(({ timestamp, prior_timestamp }) => timestamp === prior_timestamp);
    expect(zero.length).toBeGreaterThan(10);
    expect(zero.length).toBeLessThan(first.length / 2);
  });

  test('clock_back and clock_ahead: the timestamps leave the true time, the next one continues from them all the same', () => {
    const back = postsOf('clock_back').flat();
    expect(back.some(({ update }) => update.timestamp! < update.prior_timestamp!)).toBe(true);
    expect(Math.min(...back.map((post) => post.update.timestamp! - seconds(post)))).toBeLessThan(-20);
    const ahead = pairs(postsOf('clock_ahead'));
    const far = ahead.filter(([before]) => before.update.timestamp! - seconds(before) > 58);
    expect(far.length).toBeGreaterThan(500);
    for (const [before, post] of far) expect(post.update.prior_timestamp).toBe(before.update.timestamp);
  });

  test('restarts: totals begin again, under the same work request or under a new one', () => {
    const totals = {
      engines_are: { kind: 'stream', figures: 'deltas_and_totals', inputs: ['a'], outputs: [] },
    } as const;
    const total = ({ update }: WorldRecord) => update.inputs![0]!.processed_total_count!;
    for (const fault of ['restart_same', 'restart_new'] as const) {
      let fell = 0;
      for (const { records } of worlds({ [fault]: 0.1 }, totals)) {
        for (const ofTask of Map.groupBy(records, ({ key }) => key).values()) {
          for (const [before, post] of pairs([ofTask])) {
            const restarted = post.instance !== before.instance;
            if (!restarted) continue;
            const same = post.deed!.work_request_id === before.deed!.work_request_id;
            expect(same).toBe(fault === 'restart_same');
            if (total(post) < total(before)) fell++;
          }
        }
      }
      expect(fell).toBeGreaterThan(100);
    }
  });

  test('two_writers: two instances under one work request', () => {
    const all = worlds({ two_writers: 0.1 }, { engines_are: { kind: 'chunk' } });
    const shared = all.flatMap(({ records }) =>
      [...Map.groupBy(records, ({ deed }) => deed!.work_request_id).values()].filter(
        (posts) => new Set(posts.map(({ instance }) => instance)).size > 1,
      ),
    );
    expect(shared.length).toBeGreaterThan(20);
  });

  test('pause: a silence of 40 s or more, and then the same work request goes on', () => {
    const paused = pairs(postsOf('pause')).filter(([before, post]) => seconds(post) - seconds(before) >= 40);
    expect(paused.length).toBeGreaterThan(300);
  });

  test('died: nothing more comes from it, and the truth names the work request that never ended', () => {
    const all = worlds({ died: 0.02 }, STREAM);
    let dead = 0;
    for (const { records, tasks } of all) {
      for (const task of tasks) {
        const posts = records.filter(({ key }) => key === task.internal_task_id);
        const open = task.open_work_requests ?? [];
        expect(open.length).toBe(posts.at(-1)!.deed!.ends ? 0 : 1);
        if (task.faults?.died) dead += open.length;
      }
    }
    expect(dead).toBeGreaterThan(50);
  });
});

describe('the world is made of its options alone', () => {
  test('the same options make the same world, whatever the faults', () => {
    const options = { ...OPTIONS, seed: 5, faults: sharedOut(0.2), tidy: false };
    expect(JSON.stringify(makeWorld(options).records)).toBe(JSON.stringify(makeWorld(options).records));
    expect(makeWorld(options).tasks).toEqual(makeWorld(options).tasks);
  });

  test('log times never fall, offsets have no holes, and it makes the updates that it was asked for', () => {
    for (const { records } of worlds({ ...sharedOut(0.3), died: 0 })) {
      expect(records.length).toBe(OPTIONS.updates);
      for (const [i, { log_time }] of records.entries()) {
        if (i > 0) expect(log_time).toBeGreaterThanOrEqual(records[i - 1]!.log_time);
      }
      for (const lying of Map.groupBy(records, ({ partition }) => partition).values()) {
        expect(lying.map(({ offset }) => offset)).toEqual([...lying.keys()]);
      }
    }
  });

  test('no faults, no trace of them', () => {
    for (const { tasks, summary } of worlds(sharedOut(0))) {
      expect(summary.faults).toBeUndefined();
      for (const task of tasks) expect([task.faults, task.exactness]).toEqual([undefined, undefined]);
    }
  });

  test('all faults happen, and about the share of posts that was asked for meets one', () => {
    const all = worlds(sharedOut(0.1), { updates: 2_000, tasks: 40 });
    const times = new Map<string, number>();
    for (const { summary } of all) {
      for (const [fault, count] of Object.entries(summary.faults ?? {}))
        times.set(fault, (times.get(fault) ?? 0) + count);
    }
    expect([...times.keys()].sort()).toEqual([...FAULTS].sort());
    const share = [...times.values()].reduce((sum, count) => sum + count, 0) / (SEEDS.length * 2_000);
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.11);
  });

  test('shares that make no sense are refused by name', () => {
    expect(() => new FaultDice(1, { died: 1.5 })).toThrow('died: 1.5');
    expect(() => new FaultDice(1, { late: Number.NaN })).toThrow('late: NaN');
    expect(() => new FaultDice(1, { lost_reply: 0.7, late: 0.4 })).toThrow('together more than 1');
    expect(fatesShare({ lost_reply: 0.7, late: 0.3 })).toBe(1);
  });
});
