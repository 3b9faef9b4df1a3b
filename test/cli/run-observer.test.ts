// What the processor's log says of faults: once for a service that is away, for each service by itself.
import { expect, test } from 'vitest';
import { createRunObserver } from '../../src/cli/run-observer.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { away, Fault } from '../../src/pipeline/errors.ts';

test('a service that is away is said once for all partitions, another one beside it too; over is over', () => {
  const lines: Record<string, unknown>[] = [];
  const to = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logger = createLogger({ level: 'info', format: 'json', repeatMs: 30_000, to, now: () => 1_000 });
  const observer = createRunObserver(logger, { records: 0, messages: 0 }, () => {});
  const said = () => lines.splice(0).map(({ event, service, reason }) => [event, service, reason]);

  const redis = away('redis', 'Redis does not answer');
  for (const partition of [0, 1, 2]) observer.problem?.(partition, redis);
  expect(said()).toEqual([['partition_waiting', 'redis', 'Redis does not answer']]);
  for (const partition of [0, 1]) observer.problem?.(partition, away('registry', 'schema 7 does not answer'));
  expect(said()).toEqual([['partition_waiting', 'registry', 'schema 7 does not answer']]);
  observer.problem?.(1, new Fault('fenced', 'somebody else'));
  observer.problem?.(2, new Fault('fenced', 'somebody else'));
  expect(said()).toHaveLength(2);

  // A partition that met both services and runs again has got over both.
  observer.state?.(0, 'running');
  said();
  observer.problem?.(0, redis);
  observer.problem?.(0, away('registry', 'schema 7 does not answer'));
  expect(said().map(([, service]) => service)).toEqual(['redis', 'registry']);
});
