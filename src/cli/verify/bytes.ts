// What verify keeps of bytes: a keyed digest and their number, so that it can compare and name them without holding or
// showing them; and the headers of a record as it reads them.

import { createHmac, randomBytes } from 'node:crypto';
import type { RecordHeaders } from '../../pipeline/ports.ts';

// Of this run alone: a digest that is shown cannot be compared with digests of guesses.
const KEY = randomBytes(32);

/** `<n> bytes, <digest>`, or `none`. Equal for equal bytes within one run, and of no use outside of it. */
export function fingerprint(bytes: Buffer | null): string {
  if (bytes === null) return 'none';
  return `${bytes.length} bytes, ${createHmac('sha256', KEY).update(bytes).digest('hex').slice(0, 16)}`;
}

/** Every value of a header, in order. */
export function headerValues(headers: RecordHeaders, name: string): (Buffer | null)[] {
  if (!Object.hasOwn(headers, name)) return [];
  const value = headers[name];
  return Array.isArray(value) ? value : [value as Buffer | null];
}

/** The last value of a header as text, or undefined. */
export function headerText(headers: RecordHeaders, name: string): string | undefined {
  return headerValues(headers, name).at(-1)?.toString('utf8');
}

/** Key, value, header names and header values, bytes. */
export function recordBytes(record: { key: Buffer | null; value: Buffer | null; headers: RecordHeaders }): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name of Object.keys(record.headers)) {
    for (const value of headerValues(record.headers, name)) bytes += Buffer.byteLength(name) + (value?.length ?? 0);
  }
  return bytes;
}

/** Whether a message was written by this group; one that names none may be. */
export function isOfGroup(headers: RecordHeaders, group: string): boolean {
  return (headerText(headers, 'taskfold-group') ?? group) === group;
}

/** A re-routed record's header with the key that it had first; none: it had no key. */
export const ORIGIN_KEY = 'taskfold-origin-key';

export interface SourceMark {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
}

/** What the header `taskfold-source` says, or null where it is not of its form. */
export function sourceMark(headers: RecordHeaders): SourceMark | null {
  const [topic, ...numbers] = (headerText(headers, 'taskfold-source') ?? '').split('/');
  const whole = numbers.length === 3 && numbers.every((text) => /^\d{1,16}$/.test(text) && Number.isSafeInteger(+text));
  if (!topic || !whole) return null;
  return { topic, partition: Number(numbers[0]), offset: Number(numbers[1]), index: Number(numbers[2]) };
}

const TRACE_CHARACTERS_MAX = { traceparent: 64, tracestate: 512 } as const;

/** The W3C trace context that events pass on. */
export function traceOf(headers: RecordHeaders): { traceparent?: string; tracestate?: string } {
  const trace: { traceparent?: string; tracestate?: string } = {};
  for (const name of ['traceparent', 'tracestate'] as const) {
    const text = headerText(headers, name);
    if (text !== undefined && text.length <= TRACE_CHARACTERS_MAX[name]) trace[name] = text;
  }
  return trace;
}
