// What the partition's clock promises whatever the log times are.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS } from '../../src/domain/fold-settings.ts';
import { clockAfter, moveClock, newClock, tickEveryMs } from '../../src/domain/partition-clock.ts';

const silence_after_s = fc.integer({ min: 1, max: 86_400 });
/** Steps of the log time around the longest one that counts, and far from it, in parts of silence_after_s. */
const steps = fc.array(
  fc.oneof(fc.double({ min: -2, max: 3, noNaN: true }), fc.constantFrom(0, 0.5, 0.500001, 1, 10_000)),
  { maxLength: 50 },
);

function settingsOf(silence_after_s: number) {
  return { ...DEFAULT_FOLD_SETTINGS, silence_after_s };
}

function logTimes(parts: readonly number[], silence_after_s: number): number[] {
  let log_time = 1_700_000_000_000;
  return [log_time, ...parts.map((part) => (log_time += Math.round(part * silence_after_s * 1_000)))];
}

test('the clock never goes back, and never by more than the log time that passed, nor than half of silence_after_s', () => {
  fc.assert(
    fc.property(silence_after_s, steps, (seconds, parts) => {
      const settings = settingsOf(seconds);
      const clock = newClock();
      let last: number | null = null;
      for (const log_time of logTimes(parts, seconds)) {
        const before = { ...clock };
        moveClock(clock, log_time, settings);
        const moved = clock.now - before.now;
        const passed = last === null ? 0 : log_time - last;
        expect(moved).toBeGreaterThanOrEqual(0);
        expect(moved).toBeLessThanOrEqual(Math.max(0, Math.min(passed, seconds * 500)));
        // What passed and did not count is a hole: alarms wait for it, and are never taken forward.
        if (passed > moved) expect(clock.alarms_after).toBe(clock.now + seconds * 1_000);
        else expect(clock.alarms_after).toBe(before.alarms_after);
        expect(clock.log_time).toBe(log_time);
        last = log_time;
      }
    }),
  );
});

test('what the clock will be after some records is what it is then, and looking ahead changes nothing', () => {
  fc.assert(
    fc.property(silence_after_s, steps, fc.nat(50), (seconds, parts, seen) => {
      const settings = settingsOf(seconds);
      const times = logTimes(parts, seconds);
      const clock = newClock();
      for (const time of times.slice(0, seen)) moveClock(clock, time, settings);
      const before = { ...clock };
      const ahead = clockAfter(clock, times.slice(seen), settings);
      expect(clock).toEqual(before);
      for (const time of times.slice(seen)) moveClock(clock, time, settings);
      expect(ahead).toBe(clock.now);
    }),
  );
});

test('ticks of an idle partition come often enough that three of them fit into the longest step that counts', () => {
  fc.assert(
    fc.property(silence_after_s, (seconds) => {
      const every = tickEveryMs(settingsOf(seconds));
      expect(every).toBeGreaterThan(0);
      expect(3 * every).toBeLessThanOrEqual(seconds * 500);
    }),
  );
});
