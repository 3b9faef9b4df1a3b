// Signed tokens against a real key server: who is let in, who is not and why, and an issuer that changes its keys, misbehaves or is away.

import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { keysSource } from '../../src/connect/jwk-set.ts';
import { IssuerKeys } from '../../src/serve/issuer-keys.ts';
import { CLOCK_TOLERANCE_S } from '../../src/serve/signed-tokens.ts';
import { AUDIENCE, ISSUER, KeyServer, type SigningKey, sign, signingKey } from './key-server.ts';
import { stillServer } from './still-server.ts';

const HOUR_MS = 3_600_000;
const HASHED = 'a-token-of-the-other-kind';

async function letIn(keysText: string, given: { requestsPerMinute?: number } = {}) {
  const source = keysSource(keysText);
  if ('problem' in source) throw new Error(source.problem);
  const clock = { ms: 0 };
  const changes: (string | null)[] = [];
  const keys = new IssuerKeys(source, { now: () => clock.ms, onChange: (away) => changes.push(away) });
  const tokenHashes = [createHash('sha256').update(HASHED).digest('hex')];
  const access = { tokenHashes, issuer: { issuer: ISSUER, audience: AUDIENCE, keys } };
  const { app, failed } = await stillServer(access, given.requestsPerMinute ?? 1_000);
  const said: string[] = [];
  const ask = async (token: string, path = '/api/fleet') => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await app.inject({ url: path, headers });
    said.push(answer.body, JSON.stringify(answer.headers));
    return { status: answer.statusCode, detail: '', headers: answer.headers, ...answer.json() };
  };
  return { app, ask, clock, keys, changes, failed, said };
}

test('only what the issuer signed, for us and of now, gets in; what does not is told why, and appears nowhere', async () => {
  const key = await signingKey('one');
  const others = await Promise.all(['ES256', 'PS384', 'EdDSA'].map((alg) => signingKey(alg, alg)));
  const stranger = await signingKey('one');
  const issuer = await KeyServer.start(key, ...others);
  const { app, ask, failed, said } = await letIn(issuer.url);
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = part({ iss: ISSUER, aud: AUDIENCE, exp: now + 600 });
  // The public key as the secret of an HMAC: whoever takes the token's word for its algorithm lets it in.
  const forged = `${part({ alg: 'HS256', kid: 'one' })}.${claims}`;
  const right = await sign(key);

  const good = [
    right,
    HASHED,
    ...(await Promise.all(others.map((one) => sign(one)))),
    await sign(key, { aud: ['another', AUDIENCE] }),
    await sign(key, { exp: now - CLOCK_TOLERANCE_S + 10 }),
  ];
  for (const token of good) expect((await ask(token)).status).toBe(200);

  const bad: readonly [token: string, detail: RegExp][] = [
    [await sign(key, { exp: now - CLOCK_TOLERANCE_S - 10 }), /expired/],
    [await sign(key, { exp: undefined }), /lacks the claim "exp"/],
    [await sign(key, { aud: 'another' }), /another audience/],
    [await sign(key, { aud: undefined }), /lacks the claim "aud"/],
    [await sign(key, { iss: `${ISSUER}/` }), /another issuer/],
    [await sign(key, { iss: undefined }), /lacks the claim "iss"/],
    [await sign(key, { nbf: now + CLOCK_TOLERANCE_S + 60 }), /does not hold yet/],
    [await sign(stranger), /signature is not right/],
    [await sign(await signingKey('unknown')), /key that the issuer does not have/],
    [`${right.slice(0, -8)}AAAAAAAA`, /signature is not right/],
    [`${part({ alg: 'none' })}.${claims}.`, /its algorithm is none of RS256/],
    [
      `${forged}.${createHmac('sha256', key.spki).update(forged).digest('base64url')}`,
      /its algorithm is none of RS256/,
    ],
    [`${part({ alg: 'RS256' })}.e30.AA`, /signature is not right/],
    ['e30.e30.AA', /no signed token that can be read/],
    ['neither', /not one of those that are let in/],
  ];
  for (const [token, detail] of bad) {
    const answer = await ask(token);
    expect([answer.status, answer.code, answer.cure], token).toEqual([
      401,
      'unauthorized',
      expect.stringMatching(/TASKFOLD_API_TOKENS.*TASKFOLD_API_JWT_ISSUER/),
    ]);
    expect(answer.detail, token).toMatch(detail);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="taskfold", error="invalid_token"/);
  }
  expect((await app.inject('/api/fleet')).statusCode).toBe(401);
  expect((await app.inject('/livez')).statusCode).toBe(200);
  for (const [token] of bad.slice(0, 13)) expect(said.filter((text) => text.includes(token))).toEqual([]);
  expect(failed).toEqual([]);
});

test('keys change: a new one is asked for once, not at every token that names one, and one that is withdrawn ends', async () => {
  const [first, second, unknown]: SigningKey[] = await Promise.all(['1', '2', '3'].map((kid) => signingKey(kid)));
  const issuer = await KeyServer.start(first!);
  const { ask, clock } = await letIn(issuer.url);
  const [old, next, lost] = await Promise.all([sign(first!), sign(second!), sign(unknown!)]);
  expect((await ask(old)).status).toBe(200);
  issuer.publish(second!);
  // Within the bound nobody asks again; behind it, once, however many tokens come.
  expect([(await ask(next)).status, issuer.asked]).toEqual([401, 1]);
  clock.ms += 5_000;
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(next)));
  expect([new Set(answers.map(({ status }) => status)), issuer.asked]).toEqual([new Set([200]), 2]);
  expect((await ask(old)).status).toBe(401);
  for (let n = 0; n < 20; n++) expect((await ask(lost)).status).toBe(401);
  expect(issuer.asked).toBe(2);
  // Nobody names an unknown key, and what has been withdrawn ends all the same.
  issuer.publish(first!);
  clock.ms += 300_001;
  await ask(next);
  await expect.poll(() => issuer.asked).toBe(3);
  await expect.poll(async () => (await ask(next)).status).toBe(401);
});

test('an issuer that is away is told as that; what it had counts for an hour; it is got over without a restart', async () => {
  const [key, other] = await Promise.all([signingKey('1'), signingKey('2')]);
  const issuer = await KeyServer.start(key);
  const { app, ask, clock, changes } = await letIn(issuer.url);
  const [known, unknown] = await Promise.all([sign(key), sign(other, { exp: 9_000_000_000 })]);
  issuer.answer = (response) => void response.writeHead(500).end('out of order');
  const away = await ask(known);
  expect(away).toMatchObject({
    status: 503,
    code: 'issuer_away',
    away: 'issuer',
    cure: expect.stringContaining('KEYS_FILE'),
  });
  expect(away.detail).toBe(`${issuer.url} answers 500 in place of keys`);
  expect([(await ask(HASHED)).status, (await ask(known)).status, issuer.asked]).toEqual([200, 503, 1]);
  const ready = await app.inject('/readyz');
  expect([ready.statusCode, ready.json().notes]).toEqual([200, [away.detail]]);

  issuer.answer = null;
  clock.ms += 5_000;
  expect((await ask(known)).status).toBe(200);
  // Away again: who is known gets in, who is not hears that nobody can tell.
  issuer.answer = (response) => void response.destroy();
  clock.ms += HOUR_MS - 1;
  expect([(await ask(known)).status, (await ask(unknown)).status]).toEqual([200, 503]);
  clock.ms += 5_001;
  expect((await ask(known)).status).toBe(503);
  issuer.answer = null;
  clock.ms += 5_000;
  expect((await ask(known)).status).toBe(200);
  expect(changes.map((change) => change?.slice(issuer.url.length) ?? null)).toEqual([
    ' answers 500 in place of keys',
    null,
    expect.stringMatching(/^ does not answer \(/),
    null,
  ]);
});

test('answers without end, redirections, other documents and private keys are no keys', async () => {
  const key = await signingKey('1');
  const issuer = await KeyServer.start(key);
  const elsewhere = await KeyServer.start(key);
  const { ask, clock } = await letIn(issuer.url);
  const token = await sign(key);
  const json = (document: object) => (response: { end(text: string): void }) => response.end(JSON.stringify(document));
  let sent = 0;
  const cases: readonly [(typeof issuer)['answer'], RegExp][] = [
    [(response) => void response.writeHead(302, { location: elsewhere.url }).end(), /answers 302 in place of keys/],
    [
      (response) => {
        const more = () => {
          sent += 65_536;
          if (!response.destroyed && sent < 50_000_000) response.write(Buffer.alloc(65_536, 32), more);
        };
        more();
      },
      /answers more than 256 KiB/,
    ],
    [json({ issuer: ISSUER }), /is no JWKS document/],
    [json({ keys: [{ ...key.published, d: 'x' }] }), /holds a private or secret key/],
    [json({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }), /holds a private or secret key/],
    [json({ keys: [{ ...key.published, use: 'enc' }] }), /has no public key/],
    [json({ keys: Array.from({ length: 101 }, () => key.published) }), /has more than 100 keys/],
  ];
  for (const [answer, detail] of cases) {
    issuer.answer = answer;
    const told = await ask(token);
    expect([told.status, told.detail]).toEqual([503, expect.stringMatching(detail)]);
    clock.ms += 5_000;
  }
  expect(elsewhere.asked).toBe(0);
  expect(sent).toBeLessThan(50_000_000);
});

test('keys of a file need nobody; strangers are counted as well; a stream ends with its token', async () => {
  const key = await signingKey('1');
  const { app, ask } = await letIn(JSON.stringify({ keys: [key.published] }), { requestsPerMinute: 5 });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const exp = Math.floor(Date.now() / 1_000) - CLOCK_TOLERANCE_S + 2;
  const headers = { authorization: `Bearer ${await sign(key, { exp })}` };
  const text = await (await fetch(`${url}/api/changes?events=fleet`, { headers })).text();
  expect(text).toContain('event: dropped\ndata: {"reason":"the token has expired');
  expect((await ask(headers.authorization.slice(7))).status).toBe(401);
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await ask('a.b.c')).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
});
