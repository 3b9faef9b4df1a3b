// Whatever was thrown, as a fault, and what a partition does about it. What is neither a fault of a service nor a broken
// invariant is an error of our own code: waiting for a service would wait for ever.

import { InvariantBroken } from '../domain/invariant-broken.ts';
import { Fault } from './errors.ts';

/** Errors of the language itself: their messages name parts of the program, and hold no data. */
const OF_THE_LANGUAGE = [TypeError, RangeError, ReferenceError];

/** Adapters turn every error of their libraries into a Fault; what comes here as something else is `unexpected`. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof InvariantBroken) return new Fault(error.code, error.message, error);
  return new Fault('unexpected', `Taskfold itself failed: ${described(error)}.`, error);
}

/** The message of a library's error can quote a record, and with it a token: then the place has to do. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return `a ${typeof error} was thrown`;
  const what = OF_THE_LANGUAGE.some((kind) => error instanceof kind) ? `${error.name}: ${error.message}` : error.name;
  const place = /^\s+at (.+)$/m.exec(error.stack ?? '')?.[1];
  return place === undefined ? what : `${what}, at ${place}`;
}

/** An unexpected error may come of a moment; one that so many claims in a row meet at one W halts the partition. */
const UNEXPECTED_TRIES_MAX = 3;

/** Chooses the remedy of each fault of one partition. */
export class Remedies {
  #tries = 0;
  #watermark: number | null = null;

  /** @param watermark W when the fault was met; null: not known yet */
  of(fault: Fault, watermark: number | null): Fault['remedy'] {
    if (fault.code !== 'unexpected') return fault.remedy;
    if (watermark !== this.#watermark) this.#tries = 0;
    this.#watermark = watermark;
    return ++this.#tries < UNEXPECTED_TRIES_MAX ? 'claim' : fault.remedy;
  }
}
