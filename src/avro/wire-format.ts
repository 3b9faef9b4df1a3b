// Confluent's wire format: a zero byte, the writer schema's id (four bytes, big-endian), the Avro body.

import type { Type } from 'avsc';

/** Bytes before the Avro body. */
export const WIRE_HEAD_BYTES = 5;

/** Ids are positive and fit a signed 32-bit integer; no registry gives out another. */
export const SCHEMA_ID_MAX = 2 ** 31 - 1;

/** Why the bytes have no writer schema, or null where they have one. */
export function wireProblem(value: Buffer | null): 'tombstone' | 'too_short' | 'wrong_magic_byte' | null {
  if (value === null) return 'tombstone';
  if (value.length < WIRE_HEAD_BYTES) return 'too_short';
  return value[0] === 0 ? null : 'wrong_magic_byte';
}

/** The writer schema's id, 0 to 2^32−1. Only for bytes without a {@link wireProblem}. */
export function schemaIdOf(value: Buffer): number {
  return value.readUInt32BE(1);
}

/** The body with its head. */
export function withWireHead(schemaId: number, body: Buffer): Buffer {
  const value = Buffer.allocUnsafe(WIRE_HEAD_BYTES + body.length);
  writeHead(value, schemaId);
  body.copy(value, WIRE_HEAD_BYTES);
  return value;
}

function writeHead(value: Buffer, schemaId: number): void {
  value[0] = 0;
  value.writeUInt32BE(schemaId, 1);
}

/** Values of up to this length are written without memory of their own. */
const SCRATCH_BYTES = 16 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** The value in Avro, with its head. @throws Error where the type does not allow the value */
export function encodeWire(schemaId: number, type: Type, value: unknown): Buffer {
  // avsc answers a negative number where there is no room.
  const end = type.encode(value, scratch, WIRE_HEAD_BYTES);
  if (end < 0) return withWireHead(schemaId, type.toBuffer(value));
  writeHead(scratch, schemaId);
  return Buffer.from(scratch.subarray(0, end));
}
