// What a setting is, and how the kinds of them are checked: numbers, names, URLs, choices. The settings themselves are in
// config.ts.

import { z } from 'zod';

/** What a setting belongs to; a sub-command takes only the groups that it needs. */
export type SettingGroup = 'services' | 'names' | 'run' | 'fold' | 'topics' | 'observe' | 'logs';

export interface Setting<Name extends string = string, Value = unknown> {
  /** the key in `Config`; unit and bounds last */
  readonly name: Name;
  readonly env: string;
  readonly flag: string;
  readonly group: SettingGroup;
  readonly default: Value;
  /** '' where the value has none */
  readonly unit: string;
  /** what is allowed, as a sentence's end: "a whole number from 1 to 10" */
  readonly bounds: string;
  readonly doc: string;
  /** holds, or may hold, a credential: never printed as it is */
  readonly secret?: boolean;
  /** text, as a flag or the environment has it, to value */
  readonly parse: z.ZodType<Value, string>;
}

type Spec = { group: SettingGroup; doc: string; unit?: string; env?: string; secret?: boolean };

export function setting<Name extends string, Value>(
  name: Name,
  fallback: Value,
  bounds: string,
  parse: z.ZodType<Value, string>,
  { group, doc, unit = '', env = `TASKFOLD_${name.toUpperCase()}`, secret = false }: Spec,
): Setting<Name, Value> {
  const flag = `--${name.replaceAll('_', '-')}`;
  return { name, env, flag, group, default: fallback, unit, bounds, doc, secret, parse };
}

export function integer<Name extends string>(name: Name, fallback: number, min: number, max: number, spec: Spec) {
  const parse = z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
  return setting(name, fallback, `a whole number from ${thousands(min)} to ${thousands(max)}`, parse, spec);
}

export function seconds<Name extends string>(name: Name, fallback: number, min: number, max: number, spec: Spec) {
  const parse = z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
  return setting(name, fallback, `a number from ${min} to ${thousands(max)}`, parse, { unit: 's', ...spec });
}

export function kafkaName<Name extends string>(name: Name, fallback: string, spec: Spec) {
  // Kafka's own rule is 249; the names derived from these (`<group>.emitted`) need some room.
  const parse = z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/);
  return setting(name, fallback, 'at most 200 letters, digits, dots, hyphens and underscores', parse, spec);
}

export function oneOf<Name extends string, const Value extends string>(
  name: Name,
  fallback: Value,
  values: readonly Value[],
  spec: Spec,
) {
  return setting<Name, Value>(name, fallback, `one of ${values.join(', ')}`, z.string().pipe(z.enum(values)), spec);
}

export function url<Name extends string>(name: Name, fallback: string, protocols: readonly string[], spec: Spec) {
  const schemes = protocols.map((protocol) => `${protocol}//`).join(' or ');
  const parse = z.string().refine((text) => {
    // `redis:/user:password@host` parses as well, as a path.
    if (!protocols.some((protocol) => text.startsWith(`${protocol}//`)) || !URL.canParse(text)) return false;
    return new URL(text).hostname !== '';
  });
  return setting(name, fallback, `a URL that begins with ${schemes}`, parse, { secret: true, ...spec });
}

export function listenAddress<Name extends string>(name: Name, fallback: string, spec: Spec) {
  const parse = z.string().refine((text) => text === 'off' || parseListenAddress(text) !== null);
  return setting(name, fallback, '`off`, a port, or host:port', parse, spec);
}

/** @param text `port` (on the loopback), `host:port` or `[address]:port`. @returns null where it is none of them */
export function parseListenAddress(text: string): { readonly host: string; readonly port: number } | null {
  const found = /^(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):)?(\d{1,5})$/.exec(text);
  if (!found || Number(found[2]) > 65_535) return null;
  return { host: found[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port: Number(found[2]) };
}

export const brokerList = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .pipe(z.array(z.string().regex(/^(\[[0-9A-Fa-f:]+\]|[^\s:/@,[\]]+):\d{1,5}$/)).min(1));

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}
