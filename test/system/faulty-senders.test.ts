// Senders as they are: replies and requests lost, posts late, repeated, out of order or in one second, clocks that step,
// restarts. With all that, and a processor killed with -9, the sums are what the engines really did.

import { expect, test } from 'vitest';
import { sized } from '../support/size.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment } from './deployment.ts';
import { expectNoneTwice } from './truth-events.ts';

const SECONDS = sized(12, 60);

test(
  'a fleet whose posts meet faults, under load, with a kill -9: every figure that updates can tell is what the engines did',
  async () => {
    const deployment = await Deployment.create('faulty', sharedEnv());
    const first = deployment.processor();
    const second = deployment.processor();
    const load = deployment.load({ rate: 2_000, seconds: SECONDS, faults: 0.1 });
    await deployment.untilEachRuns([first, second]);
    await deployment.untilFolded(4_000);
    await first.kill();
    deployment.processor();
    await load.end();

    const verified = await deployment.verify(load.truthFile);
    const { published, applied, duplicate, stale, mismatches, truth } = verified;
    console.log(JSON.stringify({ published, applied, duplicate, stale, mismatches, truth }));
    expect(verified.first_mismatches).toEqual([]);
    expect(verified).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0 });
    expect(verified.truth).toMatchObject({ tasks_unknown: 0, tasks_of_others: 0, summary_compared: true });
    // What is not claimed proves nothing: it has to stay the lesser part.
    const { tasks = 0, open_groups = {} } = verified.truth ?? {};
    expect(open_groups.sums ?? 0).toBeLessThan(0.2 * tasks);
    expect(open_groups.status ?? 0).toBeLessThan(0.2 * tasks);
    // Without posts that were counted already, and others that were not, this would prove nothing.
    expect(verified.duplicate).toBeGreaterThan(100);
    expect(verified.stale).toBeGreaterThan(100);
    expect(verified.applied + verified.duplicate + verified.stale + verified.rejected).toBe(verified.published);
    expect(await expectNoneTwice(deployment)).toBeGreaterThan(100);
  },
  120_000 + 4_000 * SECONDS,
);
