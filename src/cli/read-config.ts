// Turns flags and environment into a `Config`: flags override the environment, the environment the defaults. All that is
// wrong is told at once, each with the setting's name, the value and the cure, and no secret ever.

import { readFileSync } from 'node:fs';
import { type Config, type Setting, settings } from '../config.ts';
import { serviceConflicts } from '../connect/setting-conflicts.ts';
import { FOLD_SETTING_NAMES, type FoldSettings } from '../domain/fold-settings.ts';
import { maskSecrets } from '../observe/mask-secrets.ts';
import { nearest } from './nearest.ts';
import { serveConflicts } from './serve-conflicts.ts';

/** Where a value came from. */
export type SettingSource = 'flag' | 'environment' | 'file' | 'default';

/** Bad or unknown settings; `problems` are whole sentences for people. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

export interface ReadConfig {
  readonly config: Config;
  readonly sources: ReadonlyMap<string, SettingSource>;
}

/**
 * @param env the environment; an empty variable counts as not set, an unknown `TASKFOLD_*` variable is an error
 * @param flags text by setting name, only those that were given
 * @throws SettingsError
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>> = {},
): ReadConfig {
  const problems = unknownVariables(env);
  const values: Record<string, unknown> = {};
  const sources = new Map<string, SettingSource>();
  for (const setting of settings as readonly Setting[]) {
    const given = givenText(setting, env, flags);
    if ('problem' in given) {
      problems.push(given.problem);
      continue;
    }
    const { text, source } = given;
    sources.set(setting.name, source);
    if (text === undefined) {
      values[setting.name] = setting.default;
      continue;
    }
    const parsed = setting.parse.safeParse(text);
    if (parsed.success) values[setting.name] = parsed.data;
    else problems.push(badValue(setting, given.name, text));
  }
  // Rules between settings make sense only where each value on its own is good.
  if (problems.length === 0) problems.push(...contradictions(values as Config));
  if (problems.length > 0) throw new SettingsError(problems);
  // Every name of the list was given a value of its own type above.
  return { config: values as Config, sources };
}

/** The settings of the fold that somebody gave, by flag or environment; the others go by what is in force. */
export function givenFoldSettings(config: Config, sources: ReadConfig['sources']): Partial<FoldSettings> {
  const given = FOLD_SETTING_NAMES.filter((name) => sources.get(name) !== 'default');
  return Object.fromEntries(given.map((name) => [name, config[name]]));
}

/** A value as it may be shown: credentials masked, long texts by their size. */
export function showValue(setting: Setting, value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  if (setting.secret === 'whole') return text === '' ? '' : '***';
  if (text.includes('\n')) return `(${text.length.toLocaleString('en-US')} characters)`;
  return setting.secret === 'in_url' ? maskSecrets(text) : text;
}

type Given = { readonly name: string; readonly text: string | undefined; readonly source: SettingSource };

/** What was given for a setting, by its name or as a file: a flag counts before the environment. */
function givenText(
  setting: Setting,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>>,
): Given | { readonly problem: string } {
  const places = [
    { name: setting.flag, text: flags[setting.name], file: flags[`${setting.name}_file`], source: 'flag' },
    // An empty variable counts as not set.
    {
      name: setting.env,
      text: env[setting.env] || undefined,
      file: env[`${setting.env}_FILE`] || undefined,
      source: 'environment',
    },
  ] as const;
  for (const { name, text, file, source } of places) {
    const fileName = source === 'flag' ? `${name}-file` : `${name}_FILE`;
    if (setting.file && file !== undefined) {
      if (text !== undefined) return { problem: `${name} and ${fileName} are both set: keep one of the two.` };
      return fileText(fileName, file);
    }
    if (text !== undefined) return { name, text, source };
  }
  return { name: setting.env, text: undefined, source: 'default' };
}

/** A file's content without the line end that editors and `echo` leave behind it. */
function fileText(name: string, path: string): Given | { readonly problem: string } {
  try {
    return { name, text: readFileSync(path, 'utf8').replace(/\r?\n$/, ''), source: 'file' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { problem: `${name}: the file ${path} cannot be read (${code}). Give a file that this user may read.` };
  }
}

function badValue(setting: Setting, name: string, text: string): string {
  // A broken URL may hide its password anywhere, so a secret's bad value is not shown at all. Others are cut and masked.
  const shown = setting.secret
    ? 'the value (not shown, it may hold a password)'
    : `"${maskSecrets(text.slice(0, 100))}"`;
  const unit = setting.unit ? ` (${setting.unit})` : '';
  const cure = setting.default === '' ? '' : ` Its default is ${showValue(setting, setting.default)}.`;
  return `${name}: ${shown} is not ${setting.bounds}${unit}. Set it to that, or leave it out.${cure}`;
}

// Kubernetes gives every container variables of the services around it. One that is called `taskfold`, or `taskfold-…`,
// makes names that begin like ours, and an operator can do nothing about them.
const KUBERNETES_SERVICE = /^TASKFOLD_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_\d+_[A-Z]+(_[A-Z]+)?)?)$/;

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = (settings as readonly Setting[]).map((setting) => setting.env);
  return Object.keys(env)
    .filter((name) => name.startsWith('TASKFOLD_') && !known.includes(name) && !KUBERNETES_SERVICE.test(name))
    .sort()
    .map((name) => {
      const near = nearest(name, known);
      const cure = near ? `Did you mean ${near}?` : '"taskfold settings" lists those that exist.';
      return `${name}: there is no such setting. ${cure} Otherwise remove it from the environment.`;
    });
}

function contradictions(config: Config): string[] {
  const problems = serviceConflicts(config);
  if (config.backoff_ms_min > config.backoff_ms_max) {
    problems.push(
      `TASKFOLD_BACKOFF_MS_MIN: ${config.backoff_ms_min} is above TASKFOLD_BACKOFF_MS_MAX (${config.backoff_ms_max}). Lower the one or raise the other.`,
    );
  }
  problems.push(...serveConflicts(config));
  const topics = ['input_topic', 'failures_topic', 'job_creations_topic', 'rejects_topic'] as const;
  for (const [index, name] of topics.entries()) {
    const same = topics.slice(0, index).find((other) => config[other] === config[name]);
    if (same) {
      problems.push(
        `TASKFOLD_${name.toUpperCase()}: "${config[name]}" is also TASKFOLD_${same.toUpperCase()}. Give each its own topic.`,
      );
    }
  }
  return problems;
}
