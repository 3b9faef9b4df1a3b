// `taskfold settings show` and `set` on real services: what is written, what is refused, what is completed, and what becomes
// of processors that were started with other values.

import { expect, test } from 'vitest';
import type { WrittenChange } from '../../src/cli/settings/change.ts';
import type { SettingsInForce } from '../../src/cli/settings/in-force.ts';
import type { FoldSettings } from '../../src/domain/fold-settings.ts';
import { rawProducer } from '../kafka/raw-produce.ts';
import { type OwnNames, publish, readsOf, withTopics } from './own-names.ts';
import { type Env, start, taskfold, until } from './taskfold.ts';

const PARTITIONS = 2;

interface Answer {
  readonly change: string | null;
  readonly partitions: readonly WrittenChange[];
}

async function set(env: Env, ...args: string[]) {
  const { code, stdout, stderr } = await taskfold(['settings', 'set', ...args, '--yes', '--json'], env);
  return { code, stderr, answer: stdout === '' ? null : (JSON.parse(stdout) as Answer) };
}

async function shown(env: Env): Promise<SettingsInForce & { code: number | null }> {
  const { code, stdout } = await taskfold(['settings', 'show', '--json'], env);
  return { code, ...(JSON.parse(stdout) as SettingsInForce) };
}

const conditions = (answer: Answer | null) => answer?.partitions.map(({ condition }) => condition);

/** Both partitions folded by a processor that runs. */
async function running(about: string, settings: Env = {}) {
  const names = await withTopics(about, PARTITIONS);
  await publish(
    names,
    Array.from({ length: 8 }, (_, i) => ({ internal_task_id: `t${i}` })),
  );
  const run = start(['run'], { ...names.env, ...settings });
  await untilRuns(names.env);
  return { names, env: names.env, run };
}

async function untilRuns(env: Env): Promise<void> {
  const reads = await readsOf(env);
  await until('all partitions run', 30_000, async () => {
    const partitions = await reads.readPartitions();
    return partitions.filter(({ state, watermark }) => state === 'running' && watermark).length === PARTITIONS;
  });
}

/** Resolves when the partitions have these values in force. */
async function untilSetting(env: Env, name: keyof FoldSettings, values: readonly number[]): Promise<void> {
  const reads = await readsOf(env);
  await until(`${name} is ${values}`, 30_000, async () => {
    const partitions = await reads.readPartitions();
    return values.every((value, partition) => partitions[partition]?.settings?.[name] === value);
  });
}

test('a change is in force everywhere when the command ends; the same once more does nothing; show says since when', async () => {
  const { env } = await running('set');
  const before = await shown(env);
  expect(before).toMatchObject({ code: 0, differing: [], settings: { errors_kept: 10, silence_after_s: 30 } });
  expect(before.partitions.map(({ since }) => since)).toEqual([undefined, undefined]);

  const asked = await taskfold(['settings', 'set', 'errors_kept=3'], env);
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain('errors_kept: 10 -> 3');
  expect(asked.stderr).toContain('add --yes; nothing was done');

  const { code, answer } = await set(env, 'errors_kept=3', 'silence_after_s=60');
  expect([code, conditions(answer)]).toEqual([0, ['in_force', 'in_force']]);
  const after = await shown(env);
  expect(after).toMatchObject({ code: 0, differing: [], settings: { errors_kept: 3, silence_after_s: 60 } });
  for (const { partition, since } of after.partitions) {
    expect(since).toMatchObject({ change: answer!.change, offset: answer!.partitions[partition]!.offset });
  }
  const again = await set(env, 'silence_after_s=60');
  expect(again).toMatchObject({ code: 0, answer: { change: null, partitions: [] } });
  const text = await taskfold(['settings', 'show'], env);
  expect(text.stdout).toMatch(/errors_kept +3 errors a task/);
  expect(text.stdout).toContain(String(answer!.change));
  const verified = await taskfold(['verify', '--wait', '30', '--json'], env);
  expect(JSON.parse(verified.stdout)).toMatchObject({ mismatches: 0, unchecked: [] });
});

test('a change that was written to one partition only shows as different, and is completed by its name; forged ones are ignored', async () => {
  const { names, env } = await running('partial');
  await appendControl(names, 1, '{"group":"somebody else","change":"x","settings":{"errors_kept":1}}');
  await appendControl(names, 1, '{"errors_kept":1}');
  await appendControl(names, 0, JSON.stringify({ group: names.group, change: 'half', settings: { errors_kept: 7 } }));
  await untilSetting(env, 'errors_kept', [7, 10]);
  const half = await shown(env);
  expect(half).toMatchObject({ code: 1, differing: ['errors_kept'] });
  const text = await taskfold(['settings', 'show'], env);
  expect(text.stdout).toContain('7 (partition 0), 10 (partition 1)');
  expect(text.stdout).toContain('cure: taskfold settings set errors_kept=<value>');

  const completed = await set(env, 'errors_kept=7', '--change', 'half');
  expect([completed.code, conditions(completed.answer)]).toEqual([0, ['in_force', 'in_force']]);
  const whole = await shown(env);
  expect(whole).toMatchObject({ code: 0, settings: { errors_kept: 7 } });
  expect(whole.partitions.map(({ controls }) => controls)).toEqual([
    { obeyed: 1, repeated: 1, ignored: 0 },
    { obeyed: 1, repeated: 0, ignored: 2 },
  ]);
});

test('a processor that was given another value is warned of, halts where it is changed anyway, and works when it is given no more', async () => {
  const given = { TASKFOLD_SILENCE_AFTER_S: '20' };
  const { env, run } = await running('given', given);
  expect(await shown(env)).toMatchObject({ settings: { silence_after_s: 20 } });
  const refused = await set(env, 'silence_after_s=40');
  expect(refused).toMatchObject({ code: 1, answer: null });
  expect(refused.stderr).toContain('nothing was written');
  expect(refused.stderr).toContain('silence_after_s=20');
  // Another setting stands against nobody.
  expect((await set(env, 'looks_max=100')).code).toBe(0);

  const anyway = await set(env, 'silence_after_s=40', '--anyway');
  expect([anyway.code, conditions(anyway.answer)]).toEqual([0, ['in_force', 'in_force']]);
  await until('it halts', 20_000, async () => (await halts(env)).length === PARTITIONS);
  for (const { code, message, cure } of await halts(env)) {
    expect([code, message]).toEqual([
      'settings_differ',
      expect.stringContaining('given silence_after_s 20, in force is 40'),
    ]);
    expect(cure).toContain('taskfold settings set <name>=<value>');
    expect(cure).toContain('taskfold partitions resume');
  }
  run.child.kill('SIGTERM');
  await run.ended;
  start(['run'], env);
  await untilRuns(env);
  expect(await halts(env)).toEqual([]);
  expect(await shown(env)).toMatchObject({ settings: { silence_after_s: 40, looks_max: 100 } });
});

test('without a processor the change is written and waits for one; what needs larger topics is refused', async () => {
  const { env, run } = await running('nobody');
  const large = await set(env, 'copy_bytes_max=50000000');
  expect(large).toMatchObject({ code: 1, answer: null });
  expect(large.stderr).toContain('--add-config max.message.bytes=50065536');
  run.child.kill('SIGTERM');
  await run.ended;
  const unwaited = await set(env, 'looks_max=9', '--no-wait');
  expect([unwaited.code, conditions(unwaited.answer)]).toEqual([0, ['written', 'written']]);
  expect(await shown(env)).toMatchObject({ settings: { looks_max: 500 } });
  start(['run'], env);
  await untilSetting(env, 'looks_max', [9, 9]);
  expect(await shown(env)).toMatchObject({ code: 0, settings: { looks_max: 9 } });
});

async function halts(env: Env): Promise<{ code: string; message: string; cure: string }[]> {
  const { partitions } = JSON.parse((await taskfold(['status', '--json'], env)).stdout) as {
    partitions: { halt?: { code: string; message: string; cure: string } }[];
  };
  return partitions.flatMap(({ halt }) => (halt === undefined ? [] : [halt]));
}

/** As some other program would write it: the bytes of an update without fields are those of a registered schema. */
async function appendControl({ env, input }: OwnNames, partition: number, text: string): Promise<void> {
  const latest = await fetch(`${env.SCHEMA_REGISTRY_URL}/subjects/${input}-value/versions/latest`);
  const { id } = (await latest.json()) as { id: number };
  const value = Buffer.alloc(5 + FIELDS);
  value.writeUInt32BE(id, 1);
  await rawProducer(input)(partition, [{ value, headers: { 'taskfold-control': Buffer.from(text) } }]);
}

/** Of an update; each is absent by the first branch of its union, one byte. */
const FIELDS = 18;
