// The OpenAPI document: whole, and good enough that a client generated from it compiles strictly and reads real answers.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'openapi-typescript-codegen';
import { expect, onTestFinished, test } from 'vitest';
import { stillServer } from './still-server.ts';

test('a client generated from it compiles, and reads answers and problems', async () => {
  const { app, failed } = await stillServer();
  const document = (await app.inject('/openapi.json')).json();
  expect(Object.keys(document.paths).sort()).toEqual([
    ...[
      '/api/changes',
      '/api/engines',
      '/api/engines/{engine_id}',
      '/api/fleet',
      '/api/jobs',
      '/api/jobs/{internal_job_id}',
    ],
    ...['/api/partitions', '/api/rejects', '/api/search', '/api/tasks', '/api/tasks/{internal_task_id}'],
    '/api/tasks/{internal_task_id}/updates',
  ]);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  // Within the project, so that it finds what is installed.
  const own = join(import.meta.dirname, '../../.taskfold');
  mkdirSync(own, { recursive: true });
  const folder = mkdtempSync(join(own, 'generated-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await generate({
    input: document,
    output: join(folder, 'api'),
    httpClient: 'fetch',
    useOptions: true,
    useUnionTypes: true,
  });
  writeFileSync(join(folder, 'client.ts'), CLIENT);
  const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  const strict = [
    '--noEmit',
    '--strict',
    '--target',
    'ES2024',
    '--module',
    'preserve',
    '--moduleResolution',
    'bundler',
  ];
  const options = [...strict, '--skipLibCheck', '--types', 'node', '--ignoreConfig'];
  execFileSync(process.execPath, [tsc, ...options, join(folder, 'client.ts')], { stdio: 'inherit' });
  const client = (await import(join(folder, 'client.ts'))) as { ask(url: string): Promise<object> };
  expect(await client.ask(url)).toEqual({ age: 100, liveness: 'reporting', status: 404, code: 'not_found', total: 1 });
  expect(failed).toEqual([]);
});

const CLIENT = `
import { ApiError, DefaultService, OpenAPI, type TaskAnswer, type TasksAnswer } from './api';

export async function ask(url: string): Promise<object> {
  OpenAPI.BASE = url;
  const { task, as_of }: TaskAnswer = await DefaultService.getTask({ internalTaskId: 'a task' });
  const missing = await DefaultService.getTask({ internalTaskId: 'none' }).catch((error: ApiError) => error);
  if (!(missing instanceof ApiError)) throw new Error('there is no such task');
  const list: TasksAnswer = await DefaultService.listTasks({ taskStatus: 'failed', drifted: 'true', limit: 5 });
  const age = as_of.read_at - (as_of.complete_until ?? 0);
  const { status, body } = missing;
  return { age, liveness: task.liveness, status, code: body.code, total: list.total };
}
`;

test('a bad question names its field; one asked too often, of an unknown path, or by another method, is a problem, too', async () => {
  const { app } = await stillServer();
  const ask = async (path: string, method: 'GET' | 'POST' = 'GET') => {
    const { statusCode, headers, body } = await app.inject({ method, url: path });
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    return { status: statusCode, ...JSON.parse(body) };
  };
  expect(await ask('/api/tasks?limit=0&task_status=lost')).toMatchObject({
    status: 400,
    code: 'bad_request',
    fields: [{ field: 'task_status' }, { field: 'limit' }],
  });
  expect(await ask('/api/nothing')).toMatchObject({ status: 404, cure: expect.stringContaining('openapi.json') });
  expect((await ask('/api/fleet', 'POST')).status).toBe(404);
  let last = { statusCode: 200, headers: {} as Record<string, unknown> };
  for (let n = 0; n < 21; n++) last = await app.inject('/api/fleet');
  expect([last.statusCode, last.headers['content-type']]).toEqual([429, 'application/problem+json; charset=utf-8']);
  expect((await app.inject('/livez')).statusCode).toBe(200);
  const { headers } = await app.inject('/livez');
  expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
});
