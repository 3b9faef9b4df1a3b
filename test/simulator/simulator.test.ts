// The real pipeline and fold in simulated worlds: crashes at every await, lost requests and replies, repeated sends,
// zombies, rebalances, Redis roll-backs and losses, fencing, unknown commits. SIMULATOR_SEED and SIMULATOR_SCHEDULES
// choose where to begin and how many.

import { describe, expect, test } from 'vitest';
import type { NoticeBody } from '../../src/domain/notice.ts';
import { wrongs } from './check-world.ts';
import { MUTATIONS } from './mutations.ts';
import { World, type WorldOptions } from './world.ts';

const FIRST_SEED = Number(process.env.SIMULATOR_SEED ?? 1);
const SCHEDULES = Number(process.env.SIMULATOR_SCHEDULES ?? 180);
/** What can happen happens within this many. */
const ENOUGH_SCHEDULES = 150;
/** A mutation that this many schedules do not show counts as not caught. */
const MUTANT_SCHEDULES = 4_000;

async function run(options: WorldOptions) {
  const world = new World(options);
  await world.run();
  return { world, wrong: await wrongs(world) };
}

interface WorldUnderTest {
  readonly options: Omit<WorldOptions, 'seed'>;
  readonly mayHalt: readonly string[];
  /** none of these halts is left in the end */
  readonly passes?: true;
}

const worlds: Readonly<Record<string, WorldUnderTest>> = {
  'crashes, lost and repeated calls, zombies and rebalances': { options: {}, mayHalt: [] },
  'Redis falls back to older copies': { options: { rollBacks: 0.008 }, mayHalt: [] },
  'the registry is away, or denies a schema and learns it later': {
    options: { rollBacks: 0.008, lateSchemas: true },
    mayHalt: [],
  },
  'Redis comes back empty': { options: { rollBacks: 0.008, wipes: true }, mayHalt: [] },
  'the committed C expires': { options: { rollBacks: 0.008, loseEmitted: true }, mayHalt: ['emitted_mark_lost'] },
  'retention follows what is folded and sent': { options: { rollBacks: 0.008, retention: 'safe' }, mayHalt: [] },
  'retention removes what is still needed': {
    options: { rollBacks: 0.008, retention: 'nasty' },
    mayHalt: ['history_gone', 'payload_gone'],
  },
  'the input topic is made again and filled anew': {
    options: { rollBacks: 0.008, wipes: true, makeAgain: 'input' },
    mayHalt: ['fingerprint_differs', 'watermark_above_log_end', 'emitted_above_log_end'],
  },
  'all topics are made again': {
    options: { rollBacks: 0.008, wipes: true, makeAgain: 'all' },
    mayHalt: ['fingerprint_differs', 'watermark_above_log_end', 'emitted_mark_lost'],
  },
  'a tool holds slots still now and then': { options: { rollBacks: 0.008, holds: true }, mayHalt: [] },
  'engines fall silent, and everything is retired in the end': {
    options: { rollBacks: 0.008, untilRetired: true },
    mayHalt: [],
  },
  'more tasks have to be looked at than one record may': {
    options: { rollBacks: 0.008, crowd: true, untilRetired: true },
    mayHalt: [],
  },
  'processes of another fold version work beside ours': {
    options: { rollBacks: 0.008, wipes: true, otherFold: 'other_version' },
    mayHalt: [],
  },
  'the input topic grows, by a command that dies and is run again': {
    options: { rollBacks: 0.008, lateSchemas: true, grows: true },
    mayHalt: ['partition_count_changed', 'growth_unfinished', 'seed_missing'],
    passes: true,
  },
  'saves stop half-way': {
    options: { rollBacks: 0.008, slots: { tearRate: 0.05 } },
    // A second owner that claimed before the tear reads the half-written tasks at its own W.
    mayHalt: ['torn_save', 'task_offset_ahead'],
  },
};

describe('whatever fails, the state is the plain fold of the log and every event leaves exactly once', () => {
  for (const [name, { options, mayHalt, passes = false }] of Object.entries(worlds)) {
    test(`${name} (${SCHEDULES} schedules)`, { timeout: 300_000 }, async () => {
      let published = 0;
      let events = 0;
      let haltedAtRest = 0;
      let haltedBefore = 0;
      let controls = 0;
      let refused = 0;
      const kinds = new Set<string>();
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
        const { world, wrong } = await run({ seed, ...options });
        const reproduce = `SIMULATOR_SEED=${seed} SIMULATOR_SCHEDULES=1`;
        expect(wrong, `${name}: ${reproduce}`).toEqual([]);
        const halts = [...world.haltsBefore, ...world.halts];
        const unexpected = halts.filter(({ code }) => !mayHalt.includes(code));
        expect(unexpected, `${name} halted: ${reproduce}`).toEqual([]);
        haltedAtRest += world.halts.length;
        haltedBefore += world.haltsBefore.length;
        published += world.published;
        events += world.kafka.outgoing.length;
        refused += world.refused;
        for (let p = 0; p < world.partitions; p++) controls += world.slots.slot(p).head?.controls.obeyed ?? 0;
        for (const { value } of world.kafka.outgoing) {
          const { body } = JSON.parse(String(value)) as { body: NoticeBody };
          if (body.kind === 'failure') kinds.add(body.facts.failure);
          else kinds.add(body.kind === 'reject' ? body.reason : body.kind);
        }
      }
      // One schedule that is run again to look at it need not show everything.
      if (SCHEDULES < ENOUGH_SCHEDULES) return;
      // A world in which nothing happens would prove nothing.
      expect(published).toBeGreaterThan(30 * SCHEDULES);
      expect(events).toBeGreaterThan(8 * SCHEDULES);
      // A halt that faults bring about by mistake would be gone after the next claim: those count, too.
      if (mayHalt.length > 0) {
        expect(haltedBefore).toBeGreaterThan(0);
        if (passes) expect(haltedAtRest).toBe(0);
        else expect(haltedAtRest).toBeGreaterThan(0);
      }
      if (!options.grows) expect(controls).toBeGreaterThan(SCHEDULES);
      if (options.otherFold) expect(refused).toBeGreaterThan(SCHEDULES);
      const everyday = ['silent', 'recovered', 'task_retired', 'failed', 'job_creation'];
      // Where the log begins anew, little of it is left to time.
      if (!options.makeAgain) expect([...kinds]).toEqual(expect.arrayContaining(everyday));
    });
  }
});

describe('the simulator notices when a safeguard is taken out', () => {
  for (const [name, { tolerated = [], schedules = MUTANT_SCHEDULES, ...options }] of Object.entries(MUTATIONS)) {
    test(name, { timeout: 300_000 }, async () => {
      let caught = 0;
      for (let seed = 1; seed <= schedules && caught === 0; seed++) {
        const { world, wrong } = await run({ seed, ...options });
        if (wrong.length > 0 || world.halts.some(({ code }) => !tolerated.includes(code))) caught++;
      }
      expect(caught, `${name}: not noticed in ${schedules} schedules`).toBeGreaterThan(0);
    });
  }
});
