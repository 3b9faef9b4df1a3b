// The faults of real senders and of the way to the broker, which the simulated fleet can be given (docs/senders.md), and
// how often each happens.

import { Random } from './random.ts';

/** What may become of one post; at most one of these does. */
export const FATES = ['lost_reply', 'lost_request', 'late', 'overtaken'] as const;
export type Fate = (typeof FATES)[number];

export const FAULTS = [
  ...FATES,
  'duplicate',
  'same_second',
  'zero_second',
  'clock_back',
  'clock_ahead',
  'restart_same',
  'restart_new',
  'two_writers',
  'pause',
  'died',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What each fault is, for people, in one line. */
export const FAULT_MEANINGS: { readonly [fault in Fault]: string } = {
  lost_reply: 'published, but its sender thinks not; the next post contains it',
  lost_request: 'never published; the next post contains it',
  late: 'as lost-reply, and published 6 to 26 s late, behind newer ones',
  overtaken: 'acknowledged, but 1 to 20 s late in the log, behind newer ones',
  duplicate: 'the very same record twice, the second up to 12 s later',
  same_second: 'the next post follows within the same second',
  zero_second: 'the first post of a work request covers zero seconds',
  clock_back: "the instance's clock is set back by 2 to 22 s",
  clock_ahead: "the instance's clock is 60 s ahead for one post",
  restart_same: 'the process restarts under the same work request',
  restart_new: 'the process restarts under a new work request',
  two_writers: "an instance reports under another one's work request",
  pause: 'an instance says nothing for 40 to 60 s, then goes on',
  died: 'an instance dies without a word',
};

/** For each fault, the probability with which it happens where it can happen, 0 to 1; one left out never happens. */
export type FaultShares = { readonly [fault in Fault]?: number };

/** How a total share is divided: what is common in the field is common here. The portions add up to 1. */
const PORTIONS: { readonly [fault in Fault]: number } = {
  lost_reply: 0.26,
  lost_request: 0.2,
  late: 0.1,
  overtaken: 0.04,
  duplicate: 0.16,
  same_second: 0.06,
  zero_second: 0.04,
  clock_back: 0.03,
  clock_ahead: 0.02,
  restart_same: 0.02,
  restart_new: 0.03,
  two_writers: 0.01,
  pause: 0.02,
  died: 0.01,
};

/** All faults together at about this share of the posts. @param total 0 to 1 */
export function sharedOut(total: number): FaultShares {
  const shares: { [fault in Fault]?: number } = {};
  if (total > 0) for (const fault of FAULTS) shares[fault] = inMillionths(PORTIONS[fault] * total);
  return shares;
}

/** The share of posts that meet one of the fates, to a millionth. More than 1 is impossible. */
export function fatesShare(shares: FaultShares): number {
  return inMillionths(FATES.reduce((sum, fate) => sum + (shares[fate] ?? 0), 0));
}

/** So that a share reads as it was meant: 0.026, not 0.026000000000000002. */
function inMillionths(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}

/**
 * Draws the faults, from chance of its own: a fleet without faults is the same as ever, and a fault that never happens
 * draws nothing.
 */
export class FaultDice {
  readonly random: Random;
  readonly #shares: FaultShares;
  /** whether any fault can happen at all */
  readonly any: boolean;
  readonly #fates: number;

  /** @throws RangeError where a share is no number from 0 to 1, or the fates of a post pass 1 together */
  constructor(seed: number, shares: FaultShares) {
    for (const fault of FAULTS) {
      const share = shares[fault] ?? 0;
      if (!(share >= 0 && share <= 1)) throw new RangeError(`${fault}: ${share} is no share from 0 to 1`);
    }
    this.#fates = fatesShare(shares);
    if (this.#fates > 1) throw new RangeError(`${FATES.join(', ')}: together more than 1`);
    this.random = new Random(seed ^ 0x5eed_fa17);
    this.#shares = shares;
    this.any = FAULTS.some((fault) => (shares[fault] ?? 0) > 0);
  }

  strikes(fault: Fault): boolean {
    const share = this.#shares[fault];
    return share !== undefined && share > 0 && this.random.chance(share);
  }

  /** What becomes of a post; null: it arrives, and so does its reply. */
  fate(): Fate | null {
    if (this.#fates === 0) return null;
    let lot = this.random.below(2 ** 32) / 2 ** 32;
    for (const fate of FATES) {
      lot -= this.#shares[fate] ?? 0;
      if (lot < 0) return fate;
    }
    return null;
  }
}
