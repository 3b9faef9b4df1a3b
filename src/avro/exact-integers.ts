// Avro's int and long, exact or refused. avsc reads the zigzag number into one double: beyond ±2^52 the lowest bit,
// which is the sign, is lost, and -(2^53-2) arrives as +(2^53-2). An int of it is not bounded at all.

import avro from 'avsc';
import { NUMBER_MAX } from '../domain/validate.ts';
import type { Tap, Writing } from './avsc-tap.ts';

/** A number beyond ±(2^53−2). */
export class NumberOutOfRange extends Error {}

const INT_MAX = 2 ** 31 - 1;
/** Bytes of the longest varint that Avro knows. */
const VARINT_BYTES_MAX = 10;

/** @throws NumberOutOfRange; Error if more bytes than a long has belong to the number */
function readExact(tap: Tap): number {
  const { buf } = tap;
  let low = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = buf[tap.pos++]!;
    low |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80 && shift < 28);
  if (!(byte & 0x80)) return (low >>> 1) ^ -(low & 1);

  // The upper bits, apart from the sign and the lowest 27 bits: both parts and their sum are exact up to the bound.
  let high = 0;
  let weight = 1;
  const last = tap.pos + VARINT_BYTES_MAX - 4;
  do {
    if (tap.pos === last) throw new Error('a number of more than ten bytes');
    byte = buf[tap.pos++]!;
    high += (byte & 0x7f) * weight;
    weight *= 128;
  } while (byte & 0x80);
  const half = high * 2 ** 27 + (low >>> 1);
  const value = low & 1 ? -half - 1 : half;
  if (value > NUMBER_MAX || value < -NUMBER_MAX) throw new NumberOutOfRange();
  return value;
}

class ExactLongType extends avro.types.LongType {
  _read(tap: Tap): number {
    return readExact(tap);
  }

  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'number' || value >= -(2 ** 52) || value < -NUMBER_MAX || !Number.isInteger(value)) {
      (avro.types.LongType.prototype as unknown as Writing)._write.call(this, tap, value);
      return;
    }
    let zigzag = BigInt(value) * -2n - 1n;
    for (; zigzag > 0x7fn; zigzag >>= 7n) tap.buf[tap.pos++] = Number(zigzag & 0x7fn) | 0x80;
    tap.buf[tap.pos++] = Number(zigzag);
  }
}

class ExactIntType extends avro.types.IntType {
  _read(tap: Tap): number {
    const value = readExact(tap);
    if (value > INT_MAX || value < -INT_MAX - 1) throw new Error('an int of more than 32 bits');
    return value;
  }
}

export const EXACT_LONG: avro.Type = new ExactLongType();
export const EXACT_INT: avro.Type = new ExactIntType();
