// The time by the server's clock, as far as its answers tell it: ages of data must not depend on how the reader's own
// clock is set. It ticks once a second, for all that is drawn with it.

import { observable, useValue } from './observable.ts';

const TICK_MS = 1_000;
/** The Date header has whole seconds: a smaller difference says nothing. */
const SKEW_MS_MIN = 2_000;

let skew_ms = 0;
const ticking = observable(Date.now());
setInterval(() => ticking.set(now()), TICK_MS);

/** Epoch ms. */
export function now(): number {
  return Date.now() + skew_ms;
}

/** @param date the header of an answer that has just come */
export function hearServerDate(date: string | null): void {
  const told = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told)) return;
  const skew = told + 500 - Date.now();
  skew_ms = Math.abs(skew) < SKEW_MS_MIN ? 0 : skew;
}

export function useNow(): number {
  return useValue(ticking);
}
