// `taskfold verify` on real services over one of every kind of record: what the processor makes of them is what the
// plain fold makes of them, and the figures are those that the records were made for.

import { expect, test } from 'vitest';
import type { VerifyDocument } from '../../../src/cli/verify/verify-document.ts';
import { taskfold } from '../taskfold.ts';
import { foldedWorld, TOKEN } from './folded-world.ts';
import { appendNastyRecords, SMALL_BOUNDS } from './nasty-records.ts';

test('every kind of record, good and bad: 0 mismatches, each event once, and no token is shown', async () => {
  const world = await foldedWorld('nasty');
  const wanted = await appendNastyRecords(world);
  await world.fold(...SMALL_BOUNDS);

  const ran = await taskfold(['verify', '--json'], world.env);
  expect(`${ran.stdout}${ran.stderr}`).not.toContain(TOKEN);
  const document = JSON.parse(ran.stdout) as VerifyDocument;
  expect(document.first_mismatches).toEqual([]);
  const rejected = Object.values(wanted.rejected_by_reason).reduce((sum, count) => sum + count, 0);
  expect(document).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0, ...wanted, rejected });
  expect(ran.code).toBe(0);
  const { received, applied, duplicate, stale, rerouted, events } = document;
  expect(received).toBe(wanted.published + wanted.rerouted);
  expect(received).toBe(applied + duplicate + stale + document.rejected + rerouted);
  expect(events.rejects).toEqual({ expected: rejected, found: rejected });
  expect(events.rerouted).toEqual({ expected: wanted.rerouted, found: wanted.rerouted });
  expect(events.job_creations).toEqual({ expected: 4, found: 4 });
  expect(events.failures.found).toBe(events.failures.expected);
});
