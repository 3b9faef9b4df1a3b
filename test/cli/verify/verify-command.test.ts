// `taskfold verify` as a command: what it says and how it exits when there is nothing to look at, while a processor
// works, with a truth file, and where the log no longer holds what it would need.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { VerifyDocument } from '../../../src/cli/verify/verify-document.ts';
import { adminClient, withTopics } from '../own-names.ts';
import { type Env, start, taskfold } from '../taskfold.ts';
import { foldedWorld, homeOf } from './folded-world.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'verify-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function verifyJson(env: Env, ...args: string[]): Promise<VerifyDocument & { code: number | null }> {
  const { code, stdout, stderr } = await taskfold(['verify', '--json', ...args], env);
  if (stdout === '') throw new Error(`exit ${code}: ${stderr}`);
  return { ...(JSON.parse(stdout) as VerifyDocument), code };
}

test('before anything was folded it fails and says so; a topic that is missing is named', async () => {
  const names = await withTopics('nothing');
  const nothing = await taskfold(['verify'], names.env);
  expect([nothing.code, nothing.stdout]).toEqual([1, '']);
  expect(nothing.stderr).toContain('nothing was folded yet');
  const waited = await taskfold(['verify', '--wait', '0'], names.env);
  expect(waited.code).toBe(1);
  expect(waited.stderr).toContain('partition 0 is not begun');
  const missing = await taskfold(['verify', '--failures-topic', 'no-such-topic'], names.env);
  expect([missing.code, missing.stdout]).toEqual([1, '']);
  expect(missing.stderr).toContain('there is no topic no-such-topic');
});

test('while a processor folds a fleet it finds 0 mismatches at the W of that moment; afterwards the truth agrees, and a truth that was tampered with does not', async () => {
  const names = await withTopics('fleet', 3);
  const { env } = names;
  expect((await taskfold(['schemas', 'register'], env)).code).toBe(0);
  const run = start(['run'], env);
  const truth = join(folder(), 'truth.jsonl');
  const fleet = ['simulate', '--engines', '20', '--tasks', '150', '--rate', '400', '--seconds', '8', '--truth', truth];
  const simulated = taskfold(fleet, env);
  const meanwhile: VerifyDocument[] = [];
  let ended = false;
  void simulated.then(() => {
    ended = true;
  });
  while (!ended) {
    const ran = await taskfold(['verify', '--json'], env);
    // Only before the processor's first save there is nothing to look at.
    if (ran.stdout === '') expect(ran.stderr).toContain('nothing was folded yet');
    else meanwhile.push(JSON.parse(ran.stdout) as VerifyDocument);
  }
  expect((await simulated).code).toBe(0);
  expect(meanwhile.flatMap(({ first_mismatches }) => first_mismatches)).toEqual([]);
  expect(meanwhile.some(({ received }) => received > 0)).toBe(true);

  const settled = await verifyJson(env, '--wait', '--truth', truth);
  expect(settled.first_mismatches).toEqual([]);
  expect(settled).toMatchObject({ code: 0, mismatches: 0, published: 3_200, tasks: 150, events_pending: 0 });
  expect(settled.truth).toEqual({
    tasks: 150,
    tasks_unknown: 0,
    tasks_marked: 0,
    tasks_unmarked: 0,
    tasks_open: 0,
    open_groups: {},
    tasks_of_others: 0,
    summary_compared: true,
  });
  run.child.kill('SIGTERM');
  expect((await run.ended).code).toBe(0);

  const lines = readFileSync(truth, 'utf8').trimEnd().split('\n');
  const task = JSON.parse(lines[1]!) as { internal_task_id: string; updates: number; job_creations: string[] };
  const tampered = { ...task, updates: task.updates + 1, job_creations: [...task.job_creations, 'never-created'] };
  const summary = { ...(JSON.parse(lines.at(-1)!) as { applied: number }) };
  const wrong = [lines[0], JSON.stringify(tampered), ...lines.slice(2, -1), JSON.stringify({ ...summary, applied: 1 })];
  writeFileSync(truth, `${wrong.join('\n')}\n`);
  const differs = await verifyJson(env, '--truth', truth);
  const about = { about: 'truth', internal_task_id: task.internal_task_id, problem: 'differs' };
  expect(differs.first_mismatches).toMatchObject([
    { ...about, field: 'updates', expected: String(task.updates + 1), found: String(task.updates) },
    { ...about, field: 'job_creations' },
    { about: 'truth', field: 'applied', expected: '1', found: String(summary.applied) },
  ]);
  expect(differs).toMatchObject({ code: 1, mismatches: 3 });
  const text = await taskfold(['verify', '--truth', truth, '--limit', '1'], env);
  expect(text.stdout).toMatch(
    /\n3 mismatches\n {2}truth "[^"]+": updates differs \(expected \d+, found \d+\)\n {2}and 2 more/,
  );

  writeFileSync(truth, `${lines.slice(0, -1).join('\n')}\n`);
  const torn = await taskfold(['verify', '--truth', truth], env);
  expect([torn.code, torn.stdout]).toEqual([2, '']);
  expect(torn.stderr).toContain('the summary is missing: the file is torn');
});

test('where the log begins later than the fold, it says what it cannot check, and does not exit 0', async () => {
  const world = await foldedWorld('gone');
  const lane = homeOf('t1');
  const updates = ['failed', 'queued', 'failed'].map((task_status) => ({ internal_task_id: 't1', task_status }));
  await world.append(
    lane,
    updates.map((update) => ({ value: world.bytes(update) })),
  );
  await world.fold();
  const admin = await adminClient();
  const source = world.names.input;

  // First the outgoing topic loses its beginning: one event is gone, and nobody can tell whether it ever left.
  const events = await admin.fetchTopicOffsets(world.names.failures);
  const { partition } = events.find(({ high }) => Number(high) > 0)!;
  await admin.deleteTopicRecords({ topic: world.names.failures, partitions: [{ partition, offset: '1' }] });
  const lost = await verifyJson(world.env);
  expect(lost).toMatchObject({ code: 1, mismatches: 0, failures: 1 });
  expect(lost.unchecked).toEqual([{ why: expect.stringContaining(`1 events of ${world.names.failures}`) }]);

  // kafkajs knows the leaders of a topic only after it was asked about it.
  await admin.fetchTopicOffsets(source);
  await admin.deleteTopicRecords({ topic: source, partitions: [{ partition: lane, offset: '1' }] });
  const gone = await verifyJson(world.env);
  expect(gone).toMatchObject({ code: 1, mismatches: 0, tasks: 0 });
  const why = expect.stringContaining(`partition ${lane}: its log begins at 1, its fold began at 0`);
  expect(gone.unchecked).toEqual([{ partition: lane, why }]);
  const text = await taskfold(['verify'], world.env);
  expect(text.stdout).toContain('\n0 mismatches in what could be checked');
});
