// The lock file, as `npm ci` on a fresh machine needs it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('the lock file names every optional dependency, other systems included: without one, npm ci refuses it', () => {
  const asked = spawnSync(process.execPath, [join(root, 'deploy/complete-lock.mjs'), '--check'], { encoding: 'utf8' });
  expect(asked.stdout).toBe('');
  expect(asked.status).toBe(0);
});

test('the lock file names no host to download from, so that every registry works', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
});
