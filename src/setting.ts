// What a setting is, and how the kinds of them are checked: numbers, names, URLs, choices. The settings themselves are in
// config.ts.

import { z } from 'zod';

/** What a setting belongs to; a sub-command takes only the groups that it needs. */
export type SettingGroup = 'services' | 'names' | 'run' | 'fold' | 'topics' | 'observe' | 'serve' | 'logs';

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
  /** a credential: nothing of it is printed; or it may hold one within a URL: that is masked */
  readonly secret?: 'whole' | 'in_url';
  /** may also be given as a file: `<env>_FILE`, `<flag>-file` */
  readonly file: boolean;
  /** left out of `--help`, where it would hide what most people need; docs/settings.md has it */
  readonly quiet: boolean;
  /** all that it can be, where these are names */
  readonly choices?: readonly string[];
  /** text, as a flag or the environment has it, to value */
  readonly parse: z.ZodType<Value, string>;
}

type Spec = {
  group: SettingGroup;
  doc: string;
  unit?: string;
  env?: string;
  secret?: 'whole' | 'in_url';
  file?: boolean;
  quiet?: boolean;
};

export function setting<Name extends string, Value>(
  name: Name,
  fallback: Value,
  bounds: string,
  parse: z.ZodType<Value, string>,
  { group, doc, unit = '', env = `TASKFOLD_${name.toUpperCase()}`, secret, file, quiet = false }: Spec,
): Setting<Name, Value> {
  const flag = `--${name.replaceAll('_', '-')}`;
  const shared = { name, env, flag, group, default: fallback, unit, bounds, doc, quiet, parse };
  return { ...shared, file: file ?? secret !== undefined, ...(secret === undefined ? {} : { secret }) };
}

/** A word or sentence; '' where it is not set. */
export function text<Name extends string>(name: Name, spec: Spec) {
  const parse = z.string().regex(/^[^\r\n]*$/);
  return setting<Name, string>(name, '', 'text without line breaks', parse, { quiet: true, file: true, ...spec });
}

/** A password or token. */
export function secretText<Name extends string>(name: Name, spec: Spec) {
  return text(name, { secret: 'whole', ...spec });
}

/** Certificates or a key as text; mostly given as a file. */
export function pem<Name extends string>(name: Name, spec: Spec) {
  const parse = z.string().refine((value) => value === '' || /-----BEGIN [A-Z0-9 ]+-----/.test(value));
  const bounds = 'PEM text, which has a line -----BEGIN …-----';
  return setting<Name, string>(name, '', bounds, parse, { quiet: true, file: true, ...spec });
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
  const bounds = `one of ${values.join(', ')}`;
  return { ...setting<Name, Value>(name, fallback, bounds, z.string().pipe(z.enum(values)), spec), choices: values };
}

export function url<Name extends string>(name: Name, fallback: string, protocols: readonly string[], spec: Spec) {
  const schemes = protocols.map((protocol) => `${protocol}//`).join(' or ');
  const parse = z.string().refine((text) => {
    // `redis:/user:password@host` parses as well, as a path.
    if (!protocols.some((protocol) => text.startsWith(`${protocol}//`)) || !URL.canParse(text)) return false;
    return new URL(text).hostname !== '';
  });
  return setting(name, fallback, `a URL that begins with ${schemes}`, parse, { secret: 'in_url', ...spec });
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

/** @param host a name or address, an IPv6 address with or without brackets */
export function isLoopback(host: string): boolean {
  return /^(localhost|\[?::1\]?|127(\.\d{1,3}){3})$/.test(host);
}

/** Where an issuer of tokens publishes its keys, or the keys themselves; more is looked at where it is known why it matters. */
export const issuerKeys = z.string().refine((text) => text === '' || URL.canParse(text) || /^\s*\{/.test(text));

/** SHA-256 in hexadecimal digits. */
export const tokenHashes = z
  .string()
  .transform((text): readonly string[] => text.split(/[\s,]+/).filter((hash) => hash !== ''))
  .pipe(z.array(z.string().regex(/^[0-9a-f]{64}$/i)).readonly());

export const brokerList = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .pipe(z.array(z.string().regex(/^(\[[0-9A-Fa-f:]+\]|[^\s:/@,[\]]+):\d{1,5}$/)).min(1));

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}
