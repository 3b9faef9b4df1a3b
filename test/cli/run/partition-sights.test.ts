import { expect, test } from 'vitest';
import { PartitionSights, unaccounted } from '../../../src/cli/run/partition-sights.ts';
import { DEFAULT_FOLD_SETTINGS } from '../../../src/domain/fold-settings.ts';
import { newHead, type SlotHead } from '../../../src/domain/head.ts';
import { Fault } from '../../../src/pipeline/errors.ts';

const LOG_TIME = 1_700_000_000_000;

function world() {
  const clock = { wall: LOG_TIME + 60_000, monotonic: 0 };
  const sights = new PartitionSights({ wall: () => clock.wall, monotonic: () => clock.monotonic });
  const { observer } = sights;
  const head: SlotHead = newHead({
    origin: 0,
    incarnation: 'i',
    partition_count: 1,
    fold_version: 1,
    settings: DEFAULT_FOLD_SETTINGS,
  });
  head.clock = { ...head.clock, log_time: LOG_TIME };
  observer.state!(0, 'claiming');
  observer.claimed!(0, { head, watermark: 5, emitted: 5 });
  observer.state!(0, 'running');
  const pass = (ms: number) => {
    clock.wall += ms;
    clock.monotonic += ms;
  };
  const fetched = (oldest: number | null, end: number) => observer.fetched!(0, { oldest, end });
  const folded = (to: number, end: number) => observer.folded!(0, { records: 1, to, end, head, notices: [] });
  return { clock, sights, observer, head, pass, fetched, folded, sight: () => sights.all()[0]! };
}

test('the lag is not known before the log was heard', () => {
  const { sight } = world();
  expect(sight()).toMatchObject({ watermark: 5, emitted: 5, logEnd: null, lag: null, waitingSince: null });
});

test('records wait since the log time of the oldest one fetched, and none waits when W is at the end', () => {
  const { fetched, folded, sight } = world();
  fetched(LOG_TIME + 7, 9);
  expect(sight()).toMatchObject({ lag: 4, waitingSince: LOG_TIME + 7 });
  folded(9, 9);
  expect(sight()).toMatchObject({ watermark: 9, lag: 0, waitingSince: null });
});

test('of records that were not fetched only this is known: they came after the last folded, and after none waited', () => {
  const { clock, pass, fetched, sights, sight } = world();
  fetched(null, 5);
  const caughtUpAt = clock.wall;
  pass(10_000);
  sights.heardEnds(new Map([[0, 8]]));
  expect(sight()).toMatchObject({ lag: 3, waitingSince: caughtUpAt });
});

test('after a start far behind, the last folded record is the bound', () => {
  const { sights, sight } = world();
  sights.heardEnds(new Map([[0, 8]]));
  expect(sight().waitingSince).toBe(LOG_TIME);
});

test('W stands from when it last moved, or from when nothing waited', () => {
  const { pass, fetched, folded, sight } = world();
  pass(100);
  fetched(null, 5);
  pass(100);
  fetched(LOG_TIME, 9);
  expect(sight().movedAt).toBe(100);
  pass(100);
  folded(7, 9);
  expect(sight().movedAt).toBe(300);
});

test('a claim at the same W is no movement: a partition that claims again and again stands', () => {
  const { pass, fetched, observer, head, sight } = world();
  pass(100);
  fetched(LOG_TIME, 9);
  observer.claimed!(0, { head, watermark: 5, emitted: 5 });
  expect(sight().movedAt).toBe(0);
});

test('the counts are those of the saved W, however the head goes on', () => {
  const { head, folded, sight } = world();
  head.received = 3;
  Object.assign(head.outcomes, { applied: 2, rerouted: 1 });
  folded(8, 8);
  head.received = 9;
  head.outcomes.applied = 7;
  expect(sight().counts).toMatchObject({ received: 3, outcomes: { applied: 2, rerouted: 1, stale: 0 } });
  expect(unaccounted(sight().counts!)).toBe(0);
  expect(unaccounted({ ...sight().counts!, received: 4 })).toBe(1);
});

test('a fault is known until the partition runs again, and a stopped partition is forgotten', () => {
  const { observer, sights, sight } = world();
  observer.problem!(0, new Fault('service_unavailable', 'away'));
  observer.state!(0, 'waiting');
  expect(sight()).toMatchObject({ state: 'waiting', fault: 'service_unavailable' });
  observer.state!(0, 'running');
  expect(sight().fault).toBeNull();
  observer.state!(0, 'stopped');
  expect(sights.all()).toEqual([]);
  // Words of a worker that is ending bring it not back.
  observer.emitted!(0, { messages: 1, emitted: 6 });
  sights.heardEnds(new Map([[0, 8]]));
  expect(sights.all()).toEqual([]);
});
