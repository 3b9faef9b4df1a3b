import { expect, test } from 'vitest';
import { type HealthFacts, liveness, readiness } from '../../../src/cli/run/health.ts';
import type { PartitionSight } from '../../../src/cli/run/partition-sights.ts';
import { WORKER_STATES } from '../../../src/pipeline/context.ts';

const NOW = 1_000_000;
const STALL = 30_000;

const sight = (changed: Partial<PartitionSight> = {}): PartitionSight => ({
  partition: 3,
  state: 'running',
  fault: null,
  watermark: 10,
  emitted: 10,
  logEnd: 10,
  counts: null,
  lag: 0,
  waitingSince: null,
  movedAt: NOW,
  turnedAt: NOW,
  endHeardAt: NOW,
  ...changed,
});
const facts = (...partitions: PartitionSight[]): HealthFacts => ({ phase: 'running', groupHeardAt: NOW, partitions });
const ready = (given: HealthFacts) => readiness(given, NOW, STALL);

test('a process that waits for its services, or for the group, or that stops, is not ready', () => {
  for (const phase of ['starting', 'stopping'] as const) expect(ready({ ...facts(), phase }).good).toBe(false);
  expect(ready({ ...facts(), groupHeardAt: null }).reasons).toEqual(['It has not joined the group yet.']);
});

test('a member of the group is ready without a partition: it stands by', () => {
  expect(ready(facts())).toEqual({ good: true, reasons: [] });
});

test('a group that has not answered for the limit makes it not ready', () => {
  expect(ready({ ...facts(), groupHeardAt: NOW - STALL }).good).toBe(true);
  expect(ready({ ...facts(), groupHeardAt: NOW - STALL - 1 }).reasons[0]).toContain('30 s');
});

test('only running and halted partitions are ready; the others are named with what they wait for', () => {
  for (const state of WORKER_STATES) {
    const good = state === 'running' || state === 'halted';
    expect(ready(facts(sight(), sight({ state, fault: 'history_gone' }))).good, state).toBe(good);
  }
  const waiting = ready(facts(sight({ state: 'waiting', fault: 'service_unavailable' })));
  expect(waiting.reasons).toEqual(['Partition 3 is waiting: service_unavailable.']);
});

test('a halt that lies with the process itself is not ready, so that a rolling update stops there', () => {
  expect(ready(facts(sight({ state: 'halted', fault: 'fold_differs' }))).reasons[0]).toContain('fold_differs');
});

test('records that wait while W stands make it not ready; W may stand where none waits', () => {
  const stood = { movedAt: NOW - STALL - 1 };
  expect(ready(facts(sight({ ...stood, lag: 4 }))).reasons).toEqual([
    'Partition 3 has 4 records to fold, and W stands for 30 s.',
  ]);
  expect(ready(facts(sight({ ...stood, lag: 0 }))).good).toBe(true);
  expect(ready(facts(sight({ ...stood, lag: null }))).good).toBe(true);
  expect(ready(facts(sight({ movedAt: NOW - STALL, lag: 4 }))).good).toBe(true);
});

test('a log whose end is not heard makes it not ready, however little seems to wait', () => {
  expect(ready(facts(sight({ endHeardAt: NOW - STALL - 1 }))).good).toBe(false);
});

test('it is live while the loops of running partitions turn; whoever waits or is halted needs no restart', () => {
  const stood = { turnedAt: NOW - STALL - 1 };
  for (const state of WORKER_STATES) {
    expect(liveness(facts(sight({ ...stood, state })), NOW, STALL).good, state).toBe(state !== 'running');
  }
  expect(liveness(facts(sight({ turnedAt: NOW - STALL })), NOW, STALL).good).toBe(true);
  expect(liveness({ ...facts(), phase: 'starting', groupHeardAt: null }, NOW, STALL).good).toBe(true);
});
