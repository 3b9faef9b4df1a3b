// Logs: pino on standard error, event names from one list, credentials masked, repeats held back.

import { type DestinationStream, destination, pino } from 'pino';
import { LOG_EVENTS, type LogEventName } from './log-events.ts';
import { maskSecrets } from './mask-secrets.ts';
import { createRepeatLimit } from './repeat-limit.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  /**
   * @param fields what the event is about, in the contract's names; never bytes or values of a record. A `message` takes
   *   the place of the event's own text.
   * @param subject what a repeating event repeats for, e.g. the partition; it is not logged
   */
  log(event: LogEventName, fields?: LogFields, subject?: string | number): void;
  /** The repeating event is over for this subject: next time it is said at once. */
  over(event: LogEventName, subject?: string | number): void;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'json' | 'text';
  readonly repeatMs: number;
  /** where lines go; standard error unless told */
  readonly to?: DestinationStream;
  readonly now?: () => number;
}

/** Makes the logger of a process. Lines are written at once, so that none is lost when it dies. */
export function createLogger({ level, format, repeatMs, to, now = Date.now }: LoggerOptions): Logger {
  const stream = to ?? destination({ fd: 2, sync: true });
  const base = { level, base: null, timestamp: () => `,"time":"${new Date(now()).toISOString()}"` };
  const formatters = { level: (label: string) => ({ level: label }) };
  const json = pino(
    { ...base, formatters },
    format === 'json' ? stream : { write: (line) => stream.write(forPeople(line)) },
  );
  const limit = createRepeatLimit(repeatMs);
  const key = (event: LogEventName, subject: string | number | undefined) => `${event} ${subject ?? ''}`;
  return {
    log(event, fields = {}, subject) {
      const { level: eventLevel, text, ...rest } = LOG_EVENTS[event];
      if (!json.isLevelEnabled(eventLevel)) return;
      const heldBack = 'repeats' in rest ? limit.admit(key(event, subject), now()) : 0;
      if (heldBack === null) return;
      const repeated = heldBack > 0 ? { held_back: heldBack } : {};
      const { message = text, ...others } = safeFields(fields);
      json[eventLevel]({ event, ...others, ...repeated }, String(message));
    },
    over(event, subject) {
      limit.forget(key(event, subject));
    },
  };
}

// A field of one of these names is never shown, whoever passes it.
const SECRET_FIELDS = /^(token|password|authorization|value|payload_json|create_jobs_action)$/i;
const DEPTH_MAX = 4;

function safeFields(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safeValue(name, value, 0)]));
}

function safeValue(name: string, value: unknown, depth: number): unknown {
  if (SECRET_FIELDS.test(name)) return '***';
  if (typeof value === 'string') return maskSecrets(value.slice(0, 2_000));
  if (typeof value === 'bigint') return String(value);
  // Bytes come from records, and may hold anything.
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (value instanceof Error) return describeError(value, depth);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => safeValue('', item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, safeValue(key, item, depth + 1)]));
}

// Libraries hang whole requests, and with them credentials, on their errors: only these four parts are shown.
function describeError(error: Error, depth: number): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause === undefined || depth >= DEPTH_MAX ? {} : { cause: safeValue('cause', error.cause, depth + 1) };
  return { name: error.name, ...code, message: maskSecrets(error.message.slice(0, 2_000)), ...cause };
}

function forPeople(line: string): string {
  const { time, level, event, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${shortText(value)}`);
  const clock = String(time).slice(11, 23);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${shown.length ? `  ${shown.join(' ')}` : ''} [${String(event)}]\n`;
}

function shortText(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value;
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(String(value.message));
  return JSON.stringify(value);
}
