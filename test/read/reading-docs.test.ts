// docs/reading.md is believed by those who copy from it: its program runs as it stands, from the package, against a real Redis.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readOnlyAclRules } from '../../src/redis/read-only-rights.ts';
import { changeOf, taskOf } from '../contracts/slot-samples.ts';
import { privateStack } from '../support/stack.ts';
import { openedAt, saveAtHome } from './read-world.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/reading.md'), 'utf8');

test('the program of the page lists, waits and reads, with the rights that the page names', async () => {
  const stack = await privateStack({ services: ['redis'] });
  const { client, store } = await openedAt(stack.env.REDIS_URL, 'taskfold');
  const failed = ['f1', 'f2'].map((id, i) =>
    taskOf(id, 0, { task_status: 'failed', failure_reason: 'api', status_at: i }),
  );
  const task = taskOf('IJ1', 0, { processed_stats: { processed_chunks: 4 } });
  await saveAtHome(
    store,
    [...failed, task].map((one) => changeOf(one)),
  );
  await client.call('ACL', 'SETUSER', 'reader', 'on', '>secret', ...readOnlyAclRules('taskfold', 'taskfold'));
  expect(page).toContain(readOnlyAclRules('taskfold', 'taskfold').join(' '));

  const [, program] = /```ts\n([\s\S]*?)```/.exec(page)!;
  const own = join(root, '.taskfold');
  mkdirSync(own, { recursive: true });
  const folder = mkdtempSync(join(own, 'reading-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // The package by its own name, as it is in this checkout.
  const file = join(folder, 'program.ts');
  writeFileSync(file, program!.replace("'taskfold/read'", JSON.stringify(join(root, 'src/read/index.ts'))));
  const url = new URL(stack.env.REDIS_URL);
  [url.username, url.password] = ['reader', 'secret'];
  const env = { ...process.env, REDIS_URL: url.href };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
  expect(
    stdout
      .replace(/until \S+/, 'until …')
      .trim()
      .split('\n'),
  ).toEqual(['{} all that came until …', 'f2 api 1', 'f1 api 0', '{ processed_chunks: 4 }']);
});
