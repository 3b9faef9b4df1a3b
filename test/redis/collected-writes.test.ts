import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { ownName, sharedEnv } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

async function collecting() {
  const { client, ready } = await connected(sharedEnv().REDIS_URL, { collectWrites: true });
  if (!(client instanceof Redis)) throw new Error('one Redis is expected');
  return { client, ready };
}

test('what one turn asks goes out in one write, and each question has its own answer, or its own error', async () => {
  const { client } = await collecting();
  const key = ownName('collected');
  await client.set(key, 'text');
  const writes = vi.spyOn(client.stream, '_writev' as never);
  const questions = Array.from({ length: 200 }, (_, i) => (i === 77 ? client.llen(key) : client.get(key)));
  const answers = await Promise.allSettled(questions);
  expect(writes).toHaveBeenCalledTimes(1);
  for (const [i, answer] of answers.entries()) {
    if (i === 77) expect(String((answer as PromiseRejectedResult).reason)).toMatch(/WRONGTYPE/);
    else expect(answer).toMatchObject({ value: 'text' });
  }
});

test('the socket of a new connection collects as well', async () => {
  const { client, ready } = await collecting();
  const first = client.stream;
  first.destroy();
  await expect.poll(() => client.stream !== first).toBe(true);
  await ready(10_000);
  const writes = vi.spyOn(client.stream, '_writev' as never);
  await Promise.all([client.ping(), client.ping(), client.ping()]);
  expect(writes).toHaveBeenCalledTimes(1);
});
