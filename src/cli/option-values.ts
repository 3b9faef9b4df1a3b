// Values of options, from text: each says what it wants instead.

import { z } from 'zod';

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max = 1_000_000_000) {
  const error = `must be a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`;
  return z
    .string({ error })
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }));
}

/** A number within bounds, both included; at most three decimals. */
export function decimalNumber(min: number, max = 1_000_000_000) {
  const error = `must be a number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`;
  return z
    .string({ error })
    .regex(/^\d{1,12}(\.\d{1,3})?$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }));
}
