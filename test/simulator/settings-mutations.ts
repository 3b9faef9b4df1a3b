// The mutations of what the fold's settings and its version are taken from.

import type { InputRecord } from '../../src/pipeline/ports.ts';
import { CONTROL_HEADER } from '../../src/pipeline/source-header.ts';
import { everything, type Mutation, onClaim, onStore } from './mutation.ts';
import { FOLD_SETTINGS } from './process-parts.ts';

/** The same places, at which what the control records say comes first. */
function controlsFirst(records: readonly InputRecord[]): InputRecord[] {
  const [controls, others] = [true, false].map((wanted) =>
    records.filter(({ headers }) => CONTROL_HEADER in headers === wanted),
  );
  return [...controls!, ...others!].map(({ key, value, headers }, i) => ({ ...records[i]!, key, value, headers }));
}

/** By name: what is taken away. */
export const SETTINGS_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'the settings are those of the process, not those of the slot': {
    ...everything,
    mutate: onStore((store) => ({
      async claim(partition, owner) {
        const slot = await store.claim(partition, owner);
        return { ...slot, head: slot.head && { ...slot.head, settings: FOLD_SETTINGS } };
      },
    })),
  },
  'beside C lie the settings of now, not those of the origin': {
    ...everything,
    wipes: true,
    mutate: onClaim((claim, partition, _ports, world) => ({
      transact(transaction) {
        const { settings } = world.slots.slot(partition).head ?? {};
        const { emitted } = transaction;
        if (emitted === undefined || settings === undefined) return claim.transact(transaction);
        return claim.transact({ ...transaction, emitted: { ...emitted, pins: { ...emitted.pins, settings } } });
      },
    })),
  },
  'a slot forgets by which settings it began': {
    ...everything,
    wipes: true,
    loseEmitted: true,
    tolerated: ['emitted_mark_lost'],
    mutate: onStore((store) => ({
      async claim(partition, owner) {
        const slot = await store.claim(partition, owner);
        const { head } = slot;
        return { ...slot, head: head && { ...head, pins: { ...head.pins, settings: head.settings } } };
      },
    })),
  },
  'a change of the settings is obeyed, and not saved': {
    ...everything,
    mutate: onStore((store) => ({
      save: (partition, save) =>
        store.save(partition, { ...save, head: { ...save.head, settings: save.head.pins.settings } }),
    })),
  },
  'a changed fold has the version of the old one': {
    ...everything,
    otherFold: 'alike',
  },
  'a change of the settings holds from the beginning of its batch': {
    ...everything,
    mutate: (ports) => ({
      ...ports,
      inputLog: {
        ...ports.inputLog,
        async fetch(partition, position, limits) {
          const batch = await ports.inputLog.fetch(partition, position, limits);
          return { ...batch, records: controlsFirst(batch.records) };
        },
      },
    }),
  },
};
