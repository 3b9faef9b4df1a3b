// The fleet and its partitions: every view shows something of them, so they are asked for once a second, in one place, for
// as long as the page is open.

import type { FleetAnswer, PartitionsAnswer } from '../documents.ts';
import { type Sample, sampleOf, withSample } from './history.ts';
import { observable } from './observable.ts';
import { keepAsking } from './resource.ts';

const EVERY_MS = 1_000;
/** They tell that something is wrong, which a reader has to know within three seconds. */
const PARTITIONS_EVERY_MS = 500;

export const fleet = observable<FleetAnswer | undefined>(undefined);
export const partitions = observable<PartitionsAnswer | undefined>(undefined);
export const history = observable<readonly Sample[]>([]);

/** Begins, and goes on for as long as the page is open. */
export function watchOverview(): void {
  keepAsking<FleetAnswer>(
    '/api/fleet',
    EVERY_MS,
    {},
    {
      answer(told) {
        fleet.set(told);
        const sample = sampleOf(told);
        history.set(sample === null ? [] : withSample(history.value, sample));
      },
      problem() {},
    },
  );
  keepAsking<PartitionsAnswer>('/api/partitions', PARTITIONS_EVERY_MS, {}, { answer: partitions.set, problem() {} });
}
