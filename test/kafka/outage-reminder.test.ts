// An outage of Kafka is said once, then every thirty seconds, and once when it is over.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Outage } from '../../src/kafka/outage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a broker that stays away is reminded of every thirty seconds, with since when and how often it was tried', () => {
  const said: { level: string; message: string; fields: unknown }[] = [];
  const outage = new Outage('reading task-status', (level, message, fields) => said.push({ level, message, fields }));
  const pauses: number[] = [];
  for (let second = 0; second < 65; second++) {
    pauses.push(outage.failed(new Error('no route'), 1));
    vi.advanceTimersByTime(1_000);
  }
  expect(said.map(({ fields }) => fields)).toEqual([
    { since_ms: 0, failures: 1 },
    { since_ms: 30_000, failures: 31 },
    { since_ms: 60_000, failures: 61 },
  ]);
  expect(said.every(({ level, message }) => level === 'warn' && message.includes('no route'))).toBe(true);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(5_000);

  // Of two brokers that are away one comes back: it is one outage until both are there.
  outage.failed(new Error('no route'), 2);
  outage.recovered(1);
  expect(said).toHaveLength(3);
  outage.recovered(2);
  expect(said.at(-1)).toEqual({
    level: 'info',
    message: expect.stringContaining('works again'),
    fields: { outage_ms: 65_000 },
  });
});
