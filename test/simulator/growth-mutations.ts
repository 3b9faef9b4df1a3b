// The growth of the input topic with one safeguard taken out each.

import type { EmittedMark } from '../../src/pipeline/ports.ts';
import { everything, type Mutation, onClaim } from './mutation.ts';

const GROWTH = ['partition_count_changed', 'growth_unfinished', 'seed_missing'];
const growing: Mutation = { ...everything, grows: true, tolerated: GROWTH };

function withoutGrowth({ pins, ...mark }: EmittedMark): EmittedMark {
  const { growth: _growth, ...rest } = pins;
  return { ...mark, pins: rest };
}

export const GROWTH_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'whoever claims takes no notice of a cut': {
    ...growing,
    mutate: onClaim((claim) => ({
      async readEmitted() {
        const { growing: _growing, ...mark } = (await claim.readEmitted()) ?? { growing: undefined };
        return 'pins' in mark ? mark : null;
      },
    })),
  },
  'what is copied need not be of the cut': { ...growing, growth: { anyCopy: true } },
  'a new partition takes itself for a first start': {
    ...growing,
    growth: { oldFirst: true },
    mutate: onClaim((claim) => ({ readPeers: async () => (await claim.readPeers()).map(withoutGrowth) })),
  },
};
