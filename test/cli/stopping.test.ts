// Stopping `taskfold run` when its services have died under it.
import { expect, test } from 'vitest';
import { ownName, privateStack } from '../support/stack.ts';
import { start, taskfold, until } from './taskfold.ts';

test('Redis and Kafka die: it says so and goes on waiting; SIGTERM still ends it with 0 in under 10 s', async () => {
  const stack = await privateStack();
  const env = { ...stack.env, TASKFOLD_GROUP: ownName('stopping'), TASKFOLD_PARTITIONS: '4' };
  expect((await taskfold(['topics', 'create'], env)).code).toBe(0);
  const run = start(['run'], env);
  const said = (text: string) => () => run.output().stderr.includes(text);
  await until('it runs', 30_000, said('"event":"partition_running"'));
  await stack.redis.stop();
  await until('it misses Redis', 20_000, said('"service":"Redis"'));
  await stack.kafka.stop();
  await until('it misses Kafka', 30_000, said('"service":"Kafka"'));
  expect(run.child.exitCode).toBeNull();
  const began = Date.now();
  run.child.kill('SIGTERM');
  const { code, stderr } = await run.ended;
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(code).toBe(0);
  // Said once, and not for every partition and every try.
  expect(stderr.split('\n').filter((line) => line.includes('service_trouble')).length).toBeLessThan(12);
});
