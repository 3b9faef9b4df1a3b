// Integers as their digits in bytes: what String() makes of them, without the text in between.

/** Of an integer up to 2^53. */
export const DIGITS_MAX = 16;

/** A number is taken apart into two that fit into 32 bits. */
const LOW_DIGITS = 8;
const LOW = 10 ** LOW_DIGITS;

/** Whether a number is written by its digits alone: a safe integer, not negative. */
export function isPlain(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

/** Writes a plain number; answers where its digits end. @param at there is room for {@link DIGITS_MAX} from here */
export function writeDigits(bytes: Uint8Array, at: number, value: number): number {
  if (value < LOW) return writeLow(bytes, at, value, digitsOf(value));
  const high = Math.floor(value / LOW);
  return writeLow(bytes, writeLow(bytes, at, high, digitsOf(high)), value - high * LOW, LOW_DIGITS);
}

/** Writes as many digits as are asked for, with zeros before them. @param value below 10^8 */
export function writeLow(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let left = value | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const rest = (left / 10) | 0;
    bytes[place] = 0x30 + left - rest * 10;
    left = rest;
  }
  return at + digits;
}

function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4;
  return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : value < 10_000_000 ? 7 : 8;
}
