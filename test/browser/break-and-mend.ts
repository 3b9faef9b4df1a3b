// What goes wrong behind the page is told on it within seconds, and no longer than it is so.

import { expect } from 'vitest';
import type { TaskfoldProcess } from '../support/taskfold-process.ts';
import { type Deployment, until } from '../system/deployment.ts';
import type { LivePage } from './live-page.ts';

/** What a reader is told within; a busy machine of two cores is given some more. */
const TOLD_MS_MAX = Number(process.env.TOLD_MS_MAX ?? 5_000);

export async function breakAndMend(
  live: LivePage,
  deployment: Deployment,
  processors: readonly TaskfoldProcess[],
  redis: { start(): Promise<void>; stop(): Promise<void> },
): Promise<void> {
  const [killed, other] = processors;
  const notice = live.page.locator('.notice');
  const told: Record<string, number> = {};
  await live.show('/');
  await live.reads('Live');

  await killed!.kill();
  told['a killed processor'] = await live.msUntil(/without a processor/);
  await live.picture('told-killed');
  await deployment.untilAllRun([other!], 40_000);
  await notice.waitFor({ state: 'detached' });

  await deployment.redis.hset(deployment.keysOf(2).head, 'saving', '17');
  await until('partition 2 is halted', 20_000, async () => (await deployment.look()).get(2)?.halt !== undefined);
  told['a halted partition'] = await live.msUntil('Partition 2 is halted');
  await live.page.getByRole('link', { name: 'What to do' }).click();
  await live.reads('taskfold partitions rebuild 2');
  await live.expectAccessible('a halted partition');
  await live.picture('told-halted');

  const [away] = await Promise.all([live.msUntil(/does not answer|takes too long/), redis.stop()]);
  told['Redis away'] = away;
  await live.reads(/what you see is .* old/);
  await live.picture('told-away');
  await redis.start();
  await live.reads('Live, in part');
  await until('partition 2 is rebuilt', 60_000, async () => {
    const { code } = await deployment.command(['partitions', 'rebuild', '2', '--yes']);
    return code === 0;
  });
  await notice.waitFor({ state: 'detached', timeout: 60_000 });
  await live.reads('Live');

  process.stderr.write(`told after, ms: ${JSON.stringify(told)}\n`);
  for (const [what, ms] of Object.entries(told)) expect(ms, what).toBeLessThan(TOLD_MS_MAX);
}
