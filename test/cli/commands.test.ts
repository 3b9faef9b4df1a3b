// What every command owes: help with examples, usage errors, services that are away, secrets that stay hidden.
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { NOWHERE } from '../support/taskfold-process.ts';
import { taskfold } from './taskfold.ts';

/** Nothing listens on the discard port of a test machine. */
const NOBODY = '127.0.0.1:9';
const AWAY = {
  KAFKA_BROKERS: NOBODY,
  SCHEMA_REGISTRY_URL: `http://reader:geheim-eins@${NOBODY}/api`,
  REDIS_URL: `redis://:geheim-zwei@${NOBODY}`,
};

function leaves(command: Command, path: readonly string[] = []): { path: readonly string[]; command: Command }[] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  if (children.length === 0) return [{ path, command }];
  return children.flatMap((child) => leaves(child, [...path, child.name()]));
}

const all = leaves(await createProgram());

test('each command is found by its name alone, so that no other has to be loaded', async () => {
  for (const name of new Set(all.map(({ path }) => path[0]!))) {
    expect((await createProgram(name)).commands.map((command) => command.name())).toEqual([name]);
  }
});

describe('help', () => {
  test('the program lists every command with one line', async () => {
    const { code, stdout } = await taskfold(['--help']);
    expect(code).toBe(0);
    for (const { path } of all) expect(stdout).toContain(` ${path[0]} `);
    expect(stdout).toContain('Exit codes: 0');
  });

  test.each(all.map(({ path, command }) => [path.join(' '), command] as const))(
    '%s: meaning, examples, --json, exit codes',
    (path, command) => {
      let text = '';
      command.configureOutput({ writeOut: (part) => (text += part) });
      command.outputHelp();
      expect(text).toContain(`Usage: taskfold ${path}`);
      expect(text).toContain('--json');
      expect(text).toContain('--log-level');
      expect(text).toMatch(new RegExp(`Examples:\\n {2}# .+\\n {2}taskfold ${path}`));
      expect(text).toMatch(/Exit codes: 0 done, .*, 130 interrupted\./);
    },
  );

  test('help of a leaf, as a process, exits 0 and says nothing on standard error', async () => {
    const { code, stdout, stderr } = await taskfold(['topics', 'create', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: taskfold topics create');
    expect(stderr).toBe('');
  });
});

describe('usage errors exit 2, and name the mistake', () => {
  test.each([
    [['no-such-command'], "unknown command 'no-such-command'"],
    [['statsu'], 'Did you mean status?'],
    [['status', '--bogus'], "unknown option '--bogus'"],
    [['status', 'more'], 'too many arguments'],
    [['task'], "missing required argument 'internal_task_id'"],
    [['topics', 'create', '--partitions', '0'], '--partitions: "0" is not a whole number from 1 to 1,000'],
    [['why', 'x', '--field', 'eror_count'], 'did you mean error_count?'],
    [['tasks', '--limit', 'ten'], '--limit: must be a whole number'],
    [['tasks', '--status', 'sleeping'], '--status: must be one of scheduled'],
    [[], 'Usage: taskfold'],
    [['topics'], 'Usage: taskfold topics'],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await taskfold(args, AWAY);
    expect(stderr).toContain(said);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('a bad setting and an unknown variable stop any command before it connects', async () => {
    const { code, stderr } = await taskfold(['status'], { TASKFOLD_CACHE_TASKS: 'lots', TASKFOLD_CASH: 'hush' });
    expect(code).toBe(2);
    expect(stderr).toContain('TASKFOLD_CACHE_TASKS: "lots" is not a whole number');
    expect(stderr).toContain('TASKFOLD_CASH: there is no such setting');
    expect(stderr).not.toContain('hush');
  });
});

describe('services that are away', () => {
  test.each([
    [['topics', 'create'], 'Kafka does not answer', 'KAFKA_BROKERS'],
    [['schemas', 'register'], 'the schema registry does not answer', 'SCHEMA_REGISTRY_URL'],
    [['schemas', 'check', '--json'], 'the schema registry does not answer', 'SCHEMA_REGISTRY_URL'],
    [['task', 'x'], 'Redis does not answer', 'REDIS_URL'],
    [['why', 'x', '--json'], 'Redis does not answer', 'REDIS_URL'],
    [['task', 'x', '--at', '5'], 'Redis does not answer', 'REDIS_URL'],
    [['tasks', '--json'], 'Redis does not answer', 'REDIS_URL'],
    [['status'], 'Redis does not answer', 'REDIS_URL'],
    [['partitions', 'reset', '0', '--yes'], 'Kafka does not answer', 'KAFKA_BROKERS'],
    [['settings', 'show'], 'Redis does not answer', 'REDIS_URL'],
    [['settings', 'set', 'looks_max=5', '--yes'], 'Kafka does not answer', 'KAFKA_BROKERS'],
    [['settings', 'set', 'looks_max=5', '--json'], 'the schema registry does not answer', 'SCHEMA_REGISTRY_URL'],
    [['publish'], 'the schema registry does not answer', 'SCHEMA_REGISTRY_URL'],
    [['simulate', '--json'], 'Kafka does not answer', 'KAFKA_BROKERS'],
    [['verify'], 'Redis does not answer', 'REDIS_URL'],
  ])('%j exits 3 within seconds, with the address and the setting', async (args, said, setting) => {
    const began = Date.now();
    const { code, stdout, stderr } = await taskfold(args, AWAY);
    expect(stderr).toContain(`${said} at ${NOBODY} (ECONNREFUSED)`);
    expect(stderr).toContain(setting);
    expect(stderr).not.toContain('geheim');
    expect(stdout).toBe('');
    expect(code).toBe(3);
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});

test('a command of a test that forgets the addresses finds nobody, whatever listens on this machine', async () => {
  for (const [args, nowhere] of [
    [['tasks'], NOWHERE.REDIS_URL],
    [['topics', 'create'], NOWHERE.KAFKA_BROKERS],
    [['schemas', 'check'], NOWHERE.SCHEMA_REGISTRY_URL],
  ] as const) {
    const { code, stderr } = await taskfold(args);
    expect([code, stderr]).toEqual([3, expect.stringContaining(nowhere.replace(/^.*\/\//, ''))]);
  }
});

describe('settings', () => {
  test('every setting with its value and source; credentials are masked in every form', async () => {
    const text = await taskfold(['settings'], AWAY);
    expect(text.stdout).toMatch(/KAFKA_BROKERS +127\.0\.0\.1:9 +environment/);
    const json = await taskfold(['settings', '--json', '--group', 'mine'], AWAY);
    const shown = JSON.parse(json.stdout) as { env: string; value: unknown; source: string }[];
    expect(shown.find(({ env }) => env === 'REDIS_URL')?.value).toBe(`redis://:***@${NOBODY}`);
    expect(shown.find(({ env }) => env === 'SCHEMA_REGISTRY_URL')?.value).toBe(`http://reader:***@${NOBODY}/api`);
    expect(shown.find(({ env }) => env === 'TASKFOLD_GROUP')).toMatchObject({ value: 'mine', source: 'flag' });
    expect(text.stdout + json.stdout).not.toContain('geheim');
    expect([text.code, json.code]).toEqual([0, 0]);
  });
});
