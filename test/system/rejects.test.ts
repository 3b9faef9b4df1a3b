// A schema that nobody had registered, and other reasons to reject: what was rejected is looked at, the schema is
// registered, and the replay, killed half-way and begun again, brings each record into the fold once.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import { ownName, privateStack, sharedEnv } from '../support/stack.ts';
import { idAt } from './bad-records.ts';
import { Deployment } from './deployment.ts';
import { appendRaw, type RawRecord, registerSchema, wireValue } from './raw-records.ts';
import { readCommitted } from './subscriber.ts';

const PARTITIONS = 3;
const COPY_BYTES_MAX = 20_000;
const KINDS = {
  unknown_schema: 600,
  rerouted_not_at_home: 150,
  too_large_to_copy: 50,
  truncated: 100,
  negative_number: 100,
};
const CURED = 800;
const OWN_SCHEMA = JSON.parse(
  readFileSync(new URL('../../schemas/task-status.avsc', import.meta.url), 'utf8'),
) as object;

interface DryRun {
  readonly rejects: number;
  readonly to_replay: number;
  readonly by_reason: Record<string, Record<string, number>>;
}

test('1,000 rejects of five kinds: the missing schema is registered, the replay is killed half-way, and each sound one is folded once', async () => {
  // Ids of a registry that nobody else uses can be told beforehand.
  const stack = await privateStack({ services: ['registry'] });
  const env = { ...sharedEnv(), SCHEMA_REGISTRY_URL: stack.env.SCHEMA_REGISTRY_URL };
  const settings = { TASKFOLD_COPY_BYTES_MAX: String(COPY_BYTES_MAX) };
  const deployment = await Deployment.create('rejects', env, { partitions: PARTITIONS, settings });
  const input = deployment.topology.input.topic;
  const newer = { ...OWN_SCHEMA, doc: 'of an engine that is ahead of the registry' };
  const own = await registerSchema(env, `${input}-value`, OWN_SCHEMA);
  const missing = 1 + (await registerSchema(env, 'a-probe', { type: 'record', name: 'Probe', fields: [] }));
  const token = ownName('the-token-of-a-job');
  const records = rejectedRecords(input, { own, missing, newer, token });
  await appendRaw(env, input, records);

  const processor = deployment.processor();
  await deployment.untilCaughtUp();
  const before = await deployment.verify();
  expect(before.first_mismatches).toEqual([]);
  expect((await deployment.reads.readFleet())?.rejected_by_reason).toEqual(KINDS);

  const listed = await deployment.command(['rejects', 'list', '--json']);
  expect(listed.stderr).toContain('1,000 rejects: 600 unknown_schema');
  expect(listed.stdout.trim().split('\n')).toHaveLength(1_000);
  const dry = ['rejects', 'replay', '--dry-run'];
  const uncured = (await deployment.json<{ dry_run: DryRun }>(dry)).dry_run;
  expect(uncured.by_reason.unknown_schema).toEqual({ 'rejected_again:unknown_schema': 600 });

  expect(await registerSchema(env, `${input}-newer`, newer)).toBe(missing);
  const { dry_run } = await deployment.json<{ dry_run: DryRun }>(dry);
  expect(dry_run).toMatchObject({ rejects: 1_000, to_replay: CURED });
  expect(dry_run.by_reason).toEqual({
    unknown_schema: { replayable: 600 },
    rerouted_not_at_home: { replayable: 150 },
    too_large_to_copy: { replayable: 50 },
    truncated: { 'rejected_again:truncated': 100 },
    negative_number: { 'rejected_again:negative_number': 100 },
  });

  const slowly = () => deployment.start(['rejects', 'replay', '--rate', '100', '--yes', '--json']);
  const killed = slowly();
  await deployment.untilFolded(150);
  expect(killed.isRunning).toBe(true);
  await killed.kill();
  // The next one is stopped in order, the one after it is overtaken by another; nobody waits for the broker to give up the dead one's.
  const stopped = slowly();
  await deployment.untilFolded(50);
  const { code, stdout } = await stopped.terminate();
  expect([code, stdout.trim().split('\n').at(-1)]).toEqual([130, expect.stringContaining('"ended":false')]);
  const overtaken = slowly();
  await deployment.untilFolded(50);
  const again = await deployment.command(['rejects', 'replay', '--yes', '--json', '--rate', '2000']);
  expect(`${again.code} ${again.code === 0 ? '' : again.stderr}`).toBe('0 ');
  const ended = await overtaken.ended;
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('another replay of this group has begun')]);
  const lines = again.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const end = lines.pop() as { replayed: number; left: number } & DryRun;
  // Left is what the other replayed after this one had counted, and before it took over.
  expect(end.replayed + end.left).toBe(end.to_replay);
  expect(end.replayed).toBeGreaterThan(0);
  expect(end.replayed).toBeLessThan(CURED);
  expect(lines).toHaveLength(end.replayed);

  await deployment.untilCaughtUp();
  for (const id of curedTasks(records)) {
    expect(await deployment.reads.readTask(id), id).toMatchObject({ retry_count: 1, updates: { applied: 1 } });
  }
  const fleet = await deployment.reads.readFleet();
  expect(fleet).toMatchObject({ tasks: CURED, updates: { received: 1_000 + CURED, applied: CURED, rejected: 1_000 } });
  const after = await deployment.verify();
  expect(after.first_mismatches).toEqual([]);
  expect(after).toMatchObject({
    mismatches: 0,
    unchecked: [],
    events_pending: 0,
    published: 1_000 - KINDS.rerouted_not_at_home,
  });
  const third = await deployment.json<DryRun & { replayed: number }>(['rejects', 'replay', '--yes']);
  expect(third).toMatchObject({ to_replay: 0, replayed: 0 });
  expect(third.by_reason.unknown_schema).toEqual({ replayed: 600 });

  // The job of the cured record is created, once, and its token shows nowhere else.
  const events = await readCommitted(env, [deployment.topology.jobCreations.topic]);
  expect(events.filter(({ value }) => value?.includes(token))).toHaveLength(1);
  const replays = await readCommitted(env, [deployment.topology.replays.topic]);
  expect(replays).toHaveLength(CURED);
  const said = [listed, again, await deployment.command(['rejects', 'list'])].map(
    ({ stdout, stderr }) => stdout + stderr,
  );
  for (const text of [processor.log, ...said, ...replays.map(({ value }) => String(value))]) {
    expect(text).not.toContain(token);
  }
});

interface Writers {
  readonly own: number;
  readonly missing: number;
  readonly newer: object;
  readonly token: string;
}

/** Each names a task of its own, or none that decodes. */
function rejectedRecords(topic: string, { own, missing, newer, token }: Writers): RawRecord[] {
  const job = [{ base_internal_job_id: 'base', token }];
  const ours = (fields: object) => wireValue(own, OWN_SCHEMA, fields);
  const at = (kind: string, n: number, beside = 0) => {
    const partition = n % PARTITIONS;
    return { partition, key: idAt((partition + beside) % PARTITIONS, PARTITIONS, `${kind}-${n}`) };
  };
  const many = (count: number, make: (n: number) => RawRecord) => Array.from({ length: count }, (_, n) => make(n));
  return [
    ...many(KINDS.unknown_schema, (n) => {
      // One in ten lies in a wrong partition: nobody could tell its home, and its replay goes there at once.
      const place = at('unknown', n, n % 10 === 0 ? 1 : 0);
      const fields = { internal_task_id: place.key, retry_count: 1, ...(n === 7 ? { create_jobs_action: job } : {}) };
      return { ...place, value: wireValue(missing, newer, fields), headers: { 'sent-by': 'an engine' } };
    }),
    ...many(KINDS.rerouted_not_at_home, (n) => {
      const place = at('lost', n, 1);
      const mark = `${topic}/${homeOf(place.key, PARTITIONS)}/${n}/1`;
      return {
        ...place,
        value: ours({ internal_task_id: place.key, retry_count: 1 }),
        headers: { 'taskfold-source': mark, 'taskfold-group': 'another-group' },
      };
    }),
    ...many(KINDS.too_large_to_copy, (n) => {
      const place = at('large', n, 1);
      const task_output = JSON.stringify('x'.repeat(COPY_BYTES_MAX));
      return { ...place, value: ours({ internal_task_id: place.key, retry_count: 1, task_output }) };
    }),
    ...many(KINDS.truncated, (n) => {
      const place = at('cut', n);
      return { ...place, value: ours({ internal_task_id: place.key, retry_count: 1 }).subarray(0, -2) };
    }),
    ...many(KINDS.negative_number, (n) => {
      const place = at('negative', n);
      return { ...place, value: ours({ internal_task_id: place.key, retry_count: -1, create_jobs_action: job }) };
    }),
  ];
}

function curedTasks(records: readonly RawRecord[]): string[] {
  return records.slice(0, CURED).map(({ key }) => String(key));
}
