// One record of a batch in Kafka's format of version 2, in place of kafkajs' encoder, which allocates half a kilobyte for each
// header: with a dozen headers an event that was a sixth of the processor's time.

import type { WirePayload } from './kafkajs-internals.ts';

/** What kafkajs hands to its record encoder. */
export interface RecordToEncode {
  readonly offsetDelta?: number;
  /** ms */
  readonly timestampDelta?: number;
  readonly key?: Buffer | string | null;
  readonly value?: Buffer | string | null;
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
}

type HeaderValue = Buffer | string;

/** The record with its length in front (KIP-98: varints are zigzag, an absent key or value has the length −1). */
export function encodeRecord(record: RecordToEncode): WirePayload {
  const { offsetDelta = 0, timestampDelta = 0, headers = {} } = record;
  const [key, value] = [bytesOf(record.key), bytesOf(record.value)];
  const fields: (readonly [name: string, size: number, value: Buffer])[] = [];
  let body = 1 + sizeOfVarint(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfBytes(key) + sizeOfBytes(value);
  for (const name of Object.keys(headers)) {
    const values = headers[name]!;
    const size = Buffer.byteLength(name);
    for (const one of isList(values) ? values : [values]) {
      const bytes = bytesOf(one)!;
      fields.push([name, size, bytes]);
      body += sizeOfVarint(size) + size + sizeOfBytes(bytes);
    }
  }
  body += sizeOfVarint(fields.length);
  const bytes = Buffer.allocUnsafe(sizeOfVarint(body) + body);
  let at = putVarint(bytes, 0, body);
  bytes[at++] = 0; // attributes: none are in use
  at = putVarint(bytes, at, timestampDelta);
  at = putVarint(bytes, at, offsetDelta);
  at = putBytes(bytes, at, key);
  at = putBytes(bytes, at, value);
  at = putVarint(bytes, at, fields.length);
  for (const [name, size, field] of fields) {
    at = putVarint(bytes, at, size);
    at += bytes.write(name, at);
    at = putBytes(bytes, at, field);
  }
  return { buf: bytes, buffer: bytes };
}

function isList(values: HeaderValue | readonly HeaderValue[]): values is readonly HeaderValue[] {
  return Array.isArray(values);
}

function bytesOf(bytes: Buffer | string | null | undefined): Buffer | null {
  return typeof bytes === 'string' ? Buffer.from(bytes) : (bytes ?? null);
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function putBytes(target: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return putVarint(target, at, -1);
  const from = putVarint(target, at, bytes.length);
  return from + bytes.copy(target, from);
}

// Zigzag by arithmetic: a distance in time may need more than the 32 bits of the shifts.
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function putVarint(target: Buffer, at: number, value: number): number {
  let rest = zigzag(value);
  let to = at;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[to++] = (rest % 0x80) | 0x80;
  target[to++] = rest;
  return to;
}
