// What an answer that is none means to the page: whether the reader is kept out, and why.

import { expect, test } from 'vitest';
import { noticesOf } from '../../src/web/live/health.ts';
import { keepsOut, problemOf } from '../../src/web/live/problem.ts';

const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const NOW = 1_800_000_000_000;

test('a missing token and a refused one are two things', async () => {
  const refused = { code: 'unauthorized', title: 'you are not let in' };
  const [missing, wrong] = [await problemOf(answer(401, refused), false), await problemOf(answer(401, refused), true)];
  expect([missing.kind, wrong.kind]).toEqual(['token_needed', 'token_refused']);
  for (const problem of [missing, wrong]) {
    // Whoever was let in before is, too: the token may have ended.
    for (const answered_at of [0, NOW]) expect(keepsOut({ state: 'away', answered_at, problem })).toBe(true);
    expect(keepsOut({ state: 'live', answered_at: NOW, problem })).toBe(false);
  }
});

test('an issuer that is away keeps out who was not let in yet; to others what they saw stays, with what is away', async () => {
  const problem = await problemOf(
    answer(503, { code: 'issuer_away', title: 'keys are away', detail: 'ECONNREFUSED' }),
    true,
  );
  expect(problem).toEqual({ kind: 'issuer_away', title: 'The issuer of tokens is away', detail: 'ECONNREFUSED' });
  expect(keepsOut({ state: 'away', answered_at: 0, problem })).toBe(true);
  const seen = { state: 'away', answered_at: NOW - 4_000, problem } as const;
  expect(keepsOut(seen)).toBe(false);
  expect(noticesOf(seen, undefined, NOW)).toEqual([
    { tone: 'bad', text: 'The issuer of tokens is away', age: 'what you see is 4 s old' },
  ]);
});

test('another service that is away keeps nobody out', async () => {
  const problem = await problemOf(answer(503, { code: 'service_away', title: 'Redis is away' }), true);
  expect(problem.kind).toBe('service_away');
  expect(keepsOut({ state: 'away', answered_at: 0, problem })).toBe(false);
});
