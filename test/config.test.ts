// Settings: flags before environment before default, and nothing bad or unknown gets through.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readConfig, SettingsError } from '../src/cli/read-config.ts';
import { settingsPage } from '../src/cli/settings.ts';
import { foldSettings, type Setting, settings } from '../src/config.ts';
import { DEFAULT_FOLD_SETTINGS } from '../src/domain/fold-settings.ts';

const all = settings as readonly Setting[];

function problemsOf(env: Record<string, string>, flags: Record<string, string> = {}): readonly string[] {
  try {
    readConfig(env, flags);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

/** A text that the setting must refuse. */
const BAD: Readonly<Record<string, string>> = {
  kafka_brokers: 'no-port',
  schema_registry_url: 'ftp://registry',
  redis_url: 'not a url',
  input_topic: 'a topic',
  group: '..',
  failures_topic: 'a/b',
  job_creations_topic: 'ä',
  rejects_topic: '.',
  redis_prefix: '{x}',
  client_id: 'a b',
  log_level: 'loud',
  log_format: 'xml',
  kafka_tls: 'yes',
  kafka_compression: 'brotli',
  kafka_sasl_mechanism: 'gssapi',
  redis_mode: 'ring',
};

describe('the list', () => {
  test('names, variables and flags are unique, and derived from one another', () => {
    for (const key of ['name', 'env', 'flag'] as const) {
      expect(new Set(all.map((setting) => setting[key])).size).toBe(all.length);
    }
    for (const { name, flag } of all) expect(flag).toBe(`--${name.replaceAll('_', '-')}`);
  });

  test('every default is a value that the setting itself takes', () => {
    for (const { name, parse, default: fallback } of all) {
      expect(parse.safeParse(String(fallback)), name).toEqual({ success: true, data: fallback });
    }
  });

  test('every setting has a meaning and bounds', () => {
    for (const { doc, bounds } of all) {
      expect(doc).toMatch(/[.)]$/);
      expect(bounds.length).toBeGreaterThan(5);
    }
  });

  test('docs/settings.md is what the list generates (cure: npx taskfold settings --markdown > docs/settings.md)', () => {
    expect(readFileSync('docs/settings.md', 'utf8')).toBe(settingsPage());
  });

  test('the fold gets its own settings and nothing else', () => {
    expect(foldSettings(readConfig({}).config)).toEqual(DEFAULT_FOLD_SETTINGS);
    const { config } = readConfig({ TASKFOLD_ERRORS_KEPT: '3' });
    expect(foldSettings(config)).toEqual({ ...DEFAULT_FOLD_SETTINGS, errors_kept: 3 });
  });
});

describe('precedence', () => {
  test('an empty environment gives the defaults', () => {
    const { config, sources } = readConfig({});
    for (const { name, default: fallback } of all) {
      expect((config as Record<string, unknown>)[name]).toEqual(fallback);
      expect(sources.get(name)).toBe('default');
    }
  });

  test('the environment overrides the default, a flag overrides the environment', () => {
    const env = { TASKFOLD_GROUP: 'from-env', TASKFOLD_CACHE_TASKS: '7', KAFKA_BROKERS: 'a:1, b:2' };
    const { config, sources } = readConfig(env, { group: 'from-flag' });
    expect(config.group).toBe('from-flag');
    expect(config.cache_tasks).toBe(7);
    expect(config.kafka_brokers).toEqual(['a:1', 'b:2']);
    expect([sources.get('group'), sources.get('cache_tasks')]).toEqual(['flag', 'environment']);
  });

  test('an empty variable counts as not set, an empty flag is a mistake', () => {
    expect(readConfig({ TASKFOLD_GROUP: '' }).config.group).toBe('taskfold');
    expect(problemsOf({}, { group: '' })).toHaveLength(1);
  });

  test('a bad variable under a good flag does no harm', () => {
    expect(readConfig({ TASKFOLD_CACHE_TASKS: 'many' }, { cache_tasks: '5' }).config.cache_tasks).toBe(5);
  });
});

describe('bad values', () => {
  test.each(all.map((setting) => [setting.env, setting] as const))('%s names itself, and the cure', (env, setting) => {
    const text = BAD[setting.name] ?? (setting.bounds.startsWith('text') ? 'two\nlines' : '-1');
    const fromEnv = problemsOf({ [env]: text });
    expect(fromEnv).toHaveLength(1);
    expect(fromEnv[0]).toContain(`${env}: `);
    expect(fromEnv[0]).toContain(setting.bounds);
    if (!setting.secret) expect(fromEnv[0]).toContain(`"${text}"`);
    expect(problemsOf({}, { [setting.name]: text })[0]).toContain(`${setting.flag}: `);
  });

  test('numbers outside of their bounds, with units, exponents or blanks are refused', () => {
    for (const text of ['0', '100001', '1e3', ' 5', '5 ', '0x10', '5.5', '9'.repeat(30), '٥']) {
      expect(problemsOf({ TASKFOLD_BATCH_RECORDS_MAX: text }), text).toHaveLength(1);
    }
    expect(problemsOf({ TASKFOLD_BATCH_RECORDS_MAX: '100000' })).toEqual([]);
  });

  test('all problems are told at once', () => {
    const problems = problemsOf({ TASKFOLD_GROUP: 'a b', TASKFOLD_LOG_LEVEL: 'loud', TASKFOLD_NO_SUCH: '1' });
    expect(problems).toHaveLength(3);
  });

  test('an unknown TASKFOLD_ variable is named, its value is not, and the near one is offered', () => {
    const [problem] = problemsOf({ TASKFOLD_CACHE_TASK: 'hush' });
    expect(problem).toContain('TASKFOLD_CACHE_TASK: there is no such setting. Did you mean TASKFOLD_CACHE_TASKS?');
    expect(problem).not.toContain('hush');
  });

  test('variables that Kubernetes makes for a service called taskfold are not ours', () => {
    const env = {
      TASKFOLD_SERVICE_HOST: '10.0.0.1',
      TASKFOLD_SERVICE_PORT_HTTP: '80',
      TASKFOLD_PORT: 'tcp://10.0.0.1:80',
      TASKFOLD_PORT_80_TCP_ADDR: '10.0.0.1',
      TASKFOLD_API_SERVICE_PORT: '80',
    };
    expect(problemsOf(env)).toEqual([]);
  });

  test('an issuer of tokens is named whole, with keys that can be trusted; without one, or tokens, nobody else may ask', () => {
    const whole = {
      TASKFOLD_LISTEN: '0.0.0.0:9460',
      TASKFOLD_API_JWT_ISSUER: 'https://id.example',
      TASKFOLD_API_JWT_AUDIENCE: 'taskfold',
      TASKFOLD_API_JWT_KEYS: 'https://id.example/keys',
    };
    expect(problemsOf(whole)).toEqual([]);
    expect(problemsOf({ ...whole, TASKFOLD_API_JWT_KEYS: 'http://127.0.0.1:8080/keys' })).toEqual([]);
    for (const name of Object.keys(whole).slice(1)) {
      const problems = problemsOf({ ...whole, [name]: '' }).join();
      expect(problems).toContain(`is set without ${name}`);
    }
    const secret = JSON.stringify({ keys: [{ kty: 'oct', k: 'aHVzaA' }] });
    const wrong: Record<string, RegExp> = {
      'http://id.example/keys': /does not begin with https/,
      'https://me:hush@id.example/keys': /names a user/,
      'file:///keys': /does not begin with https/,
      '{"keys":[]}': /has no public key/,
      [secret]: /private or secret key/,
    };
    for (const [keys, problem] of Object.entries(wrong)) {
      const [told, ...more] = problemsOf({ ...whole, TASKFOLD_API_JWT_KEYS: keys });
      expect([told, more]).toEqual([expect.stringMatching(problem), []]);
      expect(told).toMatch(/^TASKFOLD_API_JWT_KEYS: .*TASKFOLD_API_JWT_KEYS_FILE/);
      expect(told).not.toMatch(/hush|aHVzaA/);
    }
    expect(problemsOf({ TASKFOLD_LISTEN: '0.0.0.0:9460' })[0]).toMatch(
      /TASKFOLD_API_TOKENS, or TASKFOLD_API_JWT_ISSUER/,
    );
  });

  test('settings that contradict each other are both named', () => {
    expect(problemsOf({ TASKFOLD_BACKOFF_MS_MIN: '6000' })[0]).toMatch(
      /TASKFOLD_BACKOFF_MS_MIN.*TASKFOLD_BACKOFF_MS_MAX/,
    );
    const [same] = problemsOf({ TASKFOLD_REJECTS_TOPIC: 'task-failures' });
    expect(same).toMatch(/TASKFOLD_REJECTS_TOPIC.*TASKFOLD_FAILURES_TOPIC/);
  });

  test('a URL that cannot be read is never shown: it may hold a password', () => {
    for (const url of ['redis:/user:geheim@host', 'user:geheim@host:6379', 'http://u:geheim@host']) {
      const [problem] = problemsOf({ REDIS_URL: url });
      expect(problem).toContain('REDIS_URL: ');
      expect(problem).not.toContain('geheim');
    }
  });
});
