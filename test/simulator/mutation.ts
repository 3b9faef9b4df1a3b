// What a mutation is: a world in which one safeguard is taken out, from outside, by ports that lie.

import type { PipelinePorts } from '../../src/pipeline/context.ts';
import type { EventClaim, SlotStore } from '../../src/pipeline/ports.ts';
import type { World, WorldOptions } from './world.ts';

/** `tolerated`: halts that the world brings about whether or not the safeguard is there */
export type Mutation = Omit<WorldOptions, 'seed'> & { readonly tolerated?: readonly string[] };

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
