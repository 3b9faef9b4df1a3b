// Turns flags and environment into a `Config`: flags override the environment, the environment the defaults. All that is
// wrong is told at once, each with the setting's name, the value and the cure, and no secret ever.

import { type Config, type Setting, settings } from '../config.ts';
import { FOLD_SETTING_NAMES, type FoldSettings } from '../domain/fold-settings.ts';
import { maskSecrets } from '../observe/mask-secrets.ts';
import { nearest } from './nearest.ts';

/** Where a value came from. */
export type SettingSource = 'flag' | 'environment' | 'default';

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
    const flag = flags[setting.name];
    const variable = env[setting.env];
    const source: SettingSource = flag !== undefined ? 'flag' : variable ? 'environment' : 'default';
    sources.set(setting.name, source);
    if (source === 'default') {
      values[setting.name] = setting.default;
      continue;
    }
    const text = flag ?? variable ?? '';
    const parsed = setting.parse.safeParse(text);
    if (parsed.success) values[setting.name] = parsed.data;
    else problems.push(badValue(setting, source, text));
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

/** A value as it may be shown: credentials masked. */
export function showValue(setting: Setting, value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return setting.secret ? maskSecrets(text) : text;
}

function badValue(setting: Setting, source: SettingSource, text: string): string {
  const name = source === 'flag' ? setting.flag : setting.env;
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
  const problems: string[] = [];
  if (config.backoff_ms_min > config.backoff_ms_max) {
    problems.push(
      `TASKFOLD_BACKOFF_MS_MIN: ${config.backoff_ms_min} is above TASKFOLD_BACKOFF_MS_MAX (${config.backoff_ms_max}). Lower the one or raise the other.`,
    );
  }
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
