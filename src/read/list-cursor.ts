// A place in a list as text that a client gives back.

import type { ListPlace } from './task-order.ts';

/** A cursor that no page has given. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

/** Where a list goes on. */
export interface Cursor extends ListPlace {
  /** the tasks are few, and sorted whole: it is a time of the task, not a score */
  readonly isOfFew: boolean;
}

export function cursorOf({ at, id, isOfFew = false }: ListPlace & { readonly isOfFew?: boolean }): string {
  return Buffer.from(JSON.stringify([at, id, ...(isOfFew ? [1] : [])])).toString('base64url');
}

/** @throws InvalidCursor */
export function placeOf(cursor: string): Cursor {
  try {
    const [at, id, few, ...more] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const isKnown = (few === undefined || few === 1) && more.length === 0;
    if (typeof at === 'number' && Number.isSafeInteger(at) && typeof id === 'string' && isKnown) {
      return { at, id, isOfFew: few === 1 };
    }
  } catch {
    // told below
  }
  throw new InvalidCursor('this cursor was not given by a page of this list');
}
