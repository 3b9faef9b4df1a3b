// `taskfold schemas` on a real registry.
import { expect, test } from 'vitest';
import { sharedEnv } from '../support/stack.ts';
import { ownNames } from './own-names.ts';
import { taskfold } from './taskfold.ts';

interface Report {
  readonly schemas: {
    readonly subject: string;
    readonly state: string;
    readonly id?: number;
    readonly reason?: string;
  }[];
}

const states = (stdout: string) => (JSON.parse(stdout) as Report).schemas.map(({ state }) => state);

test('check says what is missing and exits 1; register mends it; both are then content, and register repeats nothing', async () => {
  const { env, input } = ownNames('register');
  const before = await taskfold(['schemas', 'check', '--json'], env);
  expect([before.code, states(before.stdout)]).toEqual([1, ['missing', 'missing', 'missing', 'missing']]);
  const register = await taskfold(['schemas', 'register', '--json'], env);
  expect([register.code, new Set(states(register.stdout))]).toEqual([0, new Set(['registered'])]);
  const ids = (JSON.parse(register.stdout) as Report).schemas.map(({ id }) => id);
  expect(ids.every((id) => Number.isInteger(id))).toBe(true);
  const after = await taskfold(['schemas', 'check', '--json'], env);
  expect([after.code, new Set(states(after.stdout))]).toEqual([0, new Set(['exists'])]);
  const again = await taskfold(['schemas', 'register', '--json'], env);
  expect((JSON.parse(again.stdout) as Report).schemas.map(({ id }) => id)).toEqual(ids);
  expect(again.stdout).toContain(`${input}-value`);
});

test('processes that register at the same moment all get the same ids', async () => {
  const { env } = ownNames('together');
  const runs = await Promise.all([1, 2, 3].map(() => taskfold(['schemas', 'register', '--json'], env)));
  const ids = runs.map(({ stdout }) => (JSON.parse(stdout) as Report).schemas.map(({ id }) => id));
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(ids[1]).toEqual(ids[0]);
  expect(ids[2]).toEqual(ids[0]);
});

test('a subject that holds something incompatible: refused with the reason, exit 1, and the others are registered', async () => {
  const { env, input } = ownNames('refused');
  const url = `${sharedEnv().SCHEMA_REGISTRY_URL}`;
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const put = (path: string, method: string, body: object) =>
    fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
  const schema = JSON.stringify({ type: 'record', name: 'Other', fields: [{ name: 'x', type: 'string' }] });
  expect((await put(`/subjects/${input}-value/versions`, 'POST', { schema })).status).toBe(200);
  expect((await put(`/config/${input}-value`, 'PUT', { compatibility: 'BACKWARD' })).status).toBe(200);
  const { code, stdout } = await taskfold(['schemas', 'register', '--json'], env);
  const { schemas } = JSON.parse(stdout) as Report;
  expect(schemas.map(({ state }) => state)).toEqual(['refused', 'registered', 'registered', 'registered']);
  expect(schemas[0]?.reason).toBeTruthy();
  expect(code).toBe(1);
});

test('a web server that is no registry: exit 3, and the password of the URL does not show', async () => {
  const { env } = ownNames('elsewhere');
  const url = sharedEnv()
    .SCHEMA_REGISTRY_URL.replace('http://', 'http://reader:geheim@')
    .replace(/\/apis.*/, '/nowhere');
  const { code, stderr } = await taskfold(['schemas', 'check'], { ...env, SCHEMA_REGISTRY_URL: url });
  expect(code).toBe(3);
  expect(stderr).toContain('not as a schema registry');
  expect(stderr).not.toContain('geheim');
});
