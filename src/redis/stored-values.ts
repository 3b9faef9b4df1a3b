// Text ↔ value, exactly: what a codec cannot read back to the letter is malformed, and halts the partition.

import { type ExactSum, exactSum } from '../domain/exact-sum.ts';
import { Fault } from '../pipeline/errors.ts';

/** A field name or value above this takes a hash out of Redis' compact form: 900 bytes become 2,700. Bytes of UTF-8. */
export const COMPACT_BYTES_MAX = 64;

/** Whether a text must live in the task's `:long` hash. */
export function isLong(text: string): boolean {
  if (text.length > COMPACT_BYTES_MAX) return true;
  return text.length * 3 > COMPACT_BYTES_MAX && Buffer.byteLength(text) > COMPACT_BYTES_MAX;
}

/** @throws Fault torn_save, always */
export function malformed(key: string, field: string, what: string): never {
  throw new Fault('torn_save', `the Redis key ${JSON.stringify(key)} is damaged: ${JSON.stringify(field)} ${what}`);
}

/** An integer within ±(2^53−1) in its one canonical decimal form. */
export function storedInteger(key: string, field: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || String(value) !== text) malformed(key, field, 'is not an integer');
  return value;
}

/** An integer of any size in its one canonical decimal form. */
export function storedSum(key: string, field: string, text: string): ExactSum {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) malformed(key, field, 'is not an integer');
  return exactSum(BigInt(text));
}

export function storedFlag(key: string, field: string, text: string): boolean {
  if (text !== '0' && text !== '1') malformed(key, field, 'is neither 0 nor 1');
  return text === '1';
}

export function storedSymbol<T extends string>(key: string, field: string, text: string, symbols: readonly T[]): T {
  const at = (symbols as readonly string[]).indexOf(text);
  if (at < 0) malformed(key, field, 'is none of its symbols');
  return symbols[at]!;
}

export function storedJson(key: string, field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return malformed(key, field, 'is not JSON');
  }
}
