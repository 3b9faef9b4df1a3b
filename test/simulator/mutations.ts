// The protocol with one safeguard taken out each, from outside: by ports that lie. The simulator must notice every one.
// fold-mutations.ts has those of the fold's own rules.

import type { Look } from '../../src/domain/looks.ts';
import { Tombstone } from '../../src/domain/tombstone.ts';
import { believing, everything, type Mutation, onClaim, onStore } from './mutation.ts';
import { SETTINGS_MUTATIONS } from './settings-mutations.ts';

const NASTY = ['history_gone', 'payload_gone'];
const MADE_AGAIN = ['fingerprint_differs', 'watermark_above_log_end', 'emitted_mark_lost'];

/** By name: what is taken away. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a save does not compare W': { ...everything, slots: { noCompare: true } },
  'a fenced producer is let through': { ...everything, kafka: { noFence: true } },
  're-routed records are produced outside of the transaction': { ...everything, kafka: { rerouteOutside: true } },
  'a torn save leaves no mark': { ...everything, slots: { tearRate: 0.05, noSavingMark: true } },
  'the outbox is not saved': {
    ...everything,
    mutate: onStore((store) => ({ save: (partition, save) => store.save(partition, { ...save, notices: [] }) })),
  },
  'the outbox is trimmed before the commit': {
    ...everything,
    mutate: onClaim((claim, partition, { slotStore }) => ({
      async transact(transaction) {
        const { emitted } = transaction;
        if (emitted) await slotStore.trim(partition, emitted.pins.incarnation, emitted.offset).catch(() => {});
        return claim.transact(transaction);
      },
    })),
  },
  'C is read before the fence': {
    ...everything,
    mutate: (ports, world) => ({
      ...ports,
      eventLog: {
        async claim(partition) {
          const early = world.kafka.emitted(partition);
          await ports.surroundings.sleep(0);
          const claim = await ports.eventLog.claim(partition);
          return { ...claim, readEmitted: async () => early ?? claim.readEmitted() };
        },
      },
    }),
  },
  'after a roll-back events below C leave again': {
    ...everything,
    mutate: onClaim((claim, partition, _ports, world) => ({
      async readEmitted() {
        const mark = await claim.readEmitted();
        const watermark = world.slots.slot(partition).watermark;
        return mark && watermark !== null && watermark < mark.offset ? { ...mark, offset: watermark } : mark;
      },
    })),
  },
  'a missing C counts as the beginning': {
    ...everything,
    loseEmitted: true,
    mutate: onClaim((claim, partition, _ports, world) => ({
      async readEmitted() {
        const mark = await claim.readEmitted();
        const pins = world.slots.slot(partition).head?.pins;
        return mark ?? (pins ? { offset: pins.origin, pins } : null);
      },
    })),
  },
  'a slot does not know which record it was folded up to': {
    rollBacks: 0.008,
    makeAgain: 'all',
    tolerated: MADE_AGAIN,
    mutate: onStore((store) => ({
      async claim(partition, owner) {
        const slot = await store.claim(partition, owner);
        // As a slot looks whose head keeps W alone: a record below W, of which nothing is known.
        return { ...slot, fingerprint: slot.fingerprint && { ...slot.fingerprint, offset: -1 } };
      },
    })),
  },
  // With the roll-ups, which are read for the same batch: their W would nearly always tell.
  'tasks are read without W': {
    rollBacks: 0.15,
    mutate: believing((store, watermark) => ({
      async readTasks(partition, ids, generation) {
        return { ...(await store.readTasks(partition, ids, generation)), watermark: watermark(partition) };
      },
      async readRollUps(partition, names) {
        return { ...(await store.readRollUps(partition, names)), watermark: watermark(partition) };
      },
    })),
  },
  'roll-ups are read without W': {
    rollBacks: 0.15,
    mutate: believing((store, watermark) => ({
      async readRollUps(partition, names) {
        return { ...(await store.readRollUps(partition, names)), watermark: watermark(partition) };
      },
    })),
  },
  'roll-ups are saved apart from their tasks': {
    ...everything,
    mutate: onStore((store) => ({
      // The second save may never come; and whoever claims between the two finds the tasks without what they have counted.
      async save(partition, save) {
        const { rollUps, ...others } = save;
        const saved = await store.save(partition, { ...others, rollUps: [] });
        if (saved.outcome === 'refused' || rollUps.length === 0) return saved;
        const { clock } = save.head;
        const later = {
          expect: save.to,
          expect_log_time: clock.log_time,
          changes: [],
          tombstones: new Map(),
          notices: [],
        };
        return store.save(partition, { ...save, ...later, rollUps });
      },
    })),
  },
  'the outbox is read without W': {
    rollBacks: 0.15,
    mutate: believing((store, watermark) => ({
      async readNotices(partition, from, max) {
        const page = await store.readNotices(partition, from, max);
        return { ...page, watermark: watermark(partition) };
      },
    })),
  },
  'what is due is read without W': {
    rollBacks: 0.15,
    mutate: (ports) => {
      const seen = new Map<number, Look[]>();
      return onStore((store) => ({
        // As an index apart from the slot would be: it knows nothing of a roll-back.
        async readLooks(partition, before, max) {
          const { watermark, looks } = await store.readLooks(partition, before, max);
          const known = seen.get(partition) ?? looks;
          seen.set(partition, looks);
          return { watermark, looks: known };
        },
      }))(ports, undefined as never);
    },
  },
  ...SETTINGS_MUTATIONS,
  'a task that is ahead of its slot is folded on': {
    slots: { tearRate: 0.05, noSavingMark: true },
    tolerated: ['task_offset_ahead'],
    // Without the mark of a torn save the offsets tell nearly every one: with them, two of 300 schedules are wrong.
    schedules: 50,
    mutate: onStore((store) => ({
      async readTasks(partition, ids, generation) {
        const read = await store.readTasks(partition, ids, generation);
        const below = (read.watermark ?? 0) - 1;
        const tasks = read.tasks.map((task) =>
          task === null || task instanceof Tombstone
            ? task
            : { ...task, last_offset: Math.min(task.last_offset, below) },
        );
        return { ...read, tasks };
      },
    })),
  },
  'a retired task is forgotten at once': {
    ...everything,
    mutate: onStore((store) => ({
      save: (partition, save) => store.save(partition, { ...save, tombstones: new Map() }),
    })),
  },
  'nobody keeps the time of an idle partition': {
    untilRetired: true,
    mutate: onStore((store) => ({
      async readLooks(partition, before, max) {
        const found = await store.readLooks(partition, before, max);
        return before === Number.POSITIVE_INFINITY ? { ...found, looks: [] } : found;
      },
    })),
  },
  'a verdict of the registry is forgotten': {
    ...everything,
    mutate: onClaim((claim) => ({ transact: ({ verdicts: _verdicts, ...rest }) => claim.transact(rest) })),
  },
  'a missing record of a pending event is passed over': {
    rollBacks: 0.008,
    retention: 'nasty',
    tolerated: NASTY,
    mutate: onStore((store) => ({
      async readNotices(partition, from, max) {
        const page = await store.readNotices(partition, from, max);
        return { ...page, notices: page.notices.filter(({ body }) => body.kind === 'failure') };
      },
    })),
  },
};
