// What a mutation is: a world in which one safeguard is taken out, from outside, by ports that lie.

import type { PipelinePorts } from '../../src/pipeline/context.ts';
import type { EventClaim, SlotStore } from '../../src/pipeline/ports.ts';
import type { World, WorldOptions } from './world.ts';

/**
 * `tolerated`: halts that the world brings about whether or not the safeguard is there.
 * `schedules`: it must be noticed within so many, because more would show what else the world lacks.
 */
export type Mutation = Omit<WorldOptions, 'seed'> & {
  readonly tolerated?: readonly string[];
  readonly schedules?: number;
};

export const everything: Mutation = { rollBacks: 0.008, lateSchemas: true };

export function onStore(change: (store: SlotStore, world: World) => Partial<SlotStore>): Mutation['mutate'] & object {
  return (ports, world) => ({ ...ports, slotStore: { ...ports.slotStore, ...change(ports.slotStore, world) } });
}

export function onClaim(
  change: (claim: EventClaim, partition: number, ports: PipelinePorts, world: World) => Partial<EventClaim>,
) {
  return (ports: PipelinePorts, world: World): PipelinePorts => ({
    ...ports,
    eventLog: {
      async claim(partition) {
        const claim = await ports.eventLog.claim(partition);
        return { ...claim, ...change(claim, partition, ports, world) };
      },
    },
  });
}

/** @param watermark the W that the owner last saved or claimed at: what a read that does not look would take for granted */
export function believing(
  change: (store: SlotStore, watermark: (partition: number) => number | null) => Partial<SlotStore>,
) {
  return (ports: PipelinePorts): PipelinePorts => {
    const believed = new Map<number, number | null>();
    const store = ports.slotStore;
    const believing: Partial<SlotStore> = {
      async claim(partition, owner) {
        const slot = await store.claim(partition, owner);
        believed.set(partition, slot.watermark);
        return slot;
      },
      async save(partition, save) {
        const saved = await store.save(partition, save);
        if (saved.outcome === 'saved') believed.set(partition, save.to);
        return saved;
      },
      async begin(partition, watermark, head) {
        const begun = await store.begin(partition, watermark, head);
        believed.set(partition, watermark);
        return begun;
      },
    };
    const changed = change(store, (partition) => believed.get(partition) ?? null);
    return { ...ports, slotStore: { ...store, ...believing, ...changed } };
  };
}
