// Health and metrics of real processors on real services.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { homeOf } from '../../../src/domain/home.ts';
import { OUTCOMES } from '../../../src/domain/outcome.ts';
import { METRICS, PROCESS_METRICS } from '../../../src/observe/metric-list.ts';
import { Observed, type Scrape } from '../../support/scrape.ts';
import { privateStack, sharedEnv } from '../../support/stack.ts';
import { startTaskfold, taskfold } from '../../support/taskfold-process.ts';
import { Deployment, until } from '../../system/deployment.ts';
import { ownNames } from '../own-names.ts';

const LISTEN = { TASKFOLD_OBSERVE_LISTEN: '0' };
const KNOWN = [...Object.keys(METRICS), ...Object.keys(PROCESS_METRICS)];

/** The exit code of the image's health check, with the environment that the container has. */
async function healthcheck(listen: string): Promise<number | null> {
  const script = fileURLToPath(new URL('../../../deploy/healthcheck.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { env: { TASKFOLD_OBSERVE_LISTEN: listen }, stdio: 'ignore' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

interface Status {
  readonly fleet: { readonly tasks: number; readonly updates: Readonly<Record<string, number>> };
  readonly partitions: readonly { readonly lag: number }[];
}

/** received = applied + duplicate + stale + rejected + rerouted, for every partition that the scrape knows. */
function expectConservation(scrape: Scrape): void {
  for (const { labels, value } of scrape.series.filter(({ name }) => name === 'taskfold_partition_received_total')) {
    const { partition } = labels;
    const terms = OUTCOMES.map((outcome) =>
      scrape.sum('taskfold_partition_outcomes_total', { partition: partition!, outcome }),
    );
    expect(terms.reduce((all, term) => all + term, 0)).toBe(value);
    expect(scrape.values('taskfold_partition_unaccounted_records', { partition: partition! })).toEqual([0]);
  }
}

test('while it folds, every scrape adds up; in the end the metrics say what status says, and a halt is told and no outage', async () => {
  const deployment = await Deployment.create('observed', sharedEnv(), { partitions: 3 });
  const processor = deployment.processor(LISTEN);
  const observed = await Observed.of(processor);
  await deployment.untilAllRun([processor]);
  const load = deployment.load({ rate: 800, seconds: 4 });
  let loading = true;
  const ended = load.end().then(() => {
    loading = false;
  });
  let received = 0;
  let scrapes = 0;
  while (loading) {
    const scrape = await observed.scrape();
    expectConservation(scrape);
    // What the labels of one partition say is of one W: it never goes back.
    expect(scrape.sum('taskfold_partition_received_total')).toBeGreaterThanOrEqual(received);
    received = scrape.sum('taskfold_partition_received_total');
    if (received > 0) scrapes++;
  }
  await ended;
  expect(scrapes).toBeGreaterThan(3);
  // All that was decided has left, re-routed records too, and nothing waits: ticks of idle partitions come and go.
  let scrape = await observed.scrape();
  let status = await deployment.json<Status>(['status']);
  await until('everything is folded and has left', 20_000, async () => {
    [status, scrape] = [await deployment.json<Status>(['status']), await observed.scrape()];
    const left = scrape.sum('taskfold_messages_sent_total') === scrape.sum('taskfold_notices_total');
    const lag = [...status.partitions.map((partition) => partition.lag), scrape.sum('taskfold_partition_lag_records')];
    return left && lag.every((records) => records === 0);
  });
  expectConservation(scrape);
  const { fleet } = status;
  expect(scrape.sum('taskfold_partition_received_total')).toBe(fleet.updates.received);
  for (const outcome of OUTCOMES) {
    expect(scrape.sum('taskfold_partition_outcomes_total', { outcome }), outcome).toBe(fleet.updates[outcome]);
  }
  expect(fleet.updates.rerouted).toBeGreaterThan(0);
  expect(scrape.sum('taskfold_rerouted_total')).toBe(fleet.updates.rerouted);
  expect(scrape.sum('taskfold_rejects_total')).toBe(fleet.updates.rejected);
  expect(scrape.sum('taskfold_batch_records_sum')).toBe(fleet.updates.received);
  expect(scrape.sum('taskfold_tasks')).toBe(fleet.tasks);
  expect(scrape.sum('taskfold_tasks_by_liveness')).toBe(fleet.tasks);
  expect(scrape.sum('taskfold_foldable_lag_records')).toBe(0);
  expect(scrape.values('taskfold_partition_lag_seconds')).toEqual([0, 0, 0]);
  expect(scrape.sum('taskfold_partition_state', { state: 'running' })).toBe(3);
  expect(scrape.sum('taskfold_transaction_seconds_count')).toBeGreaterThan(0);
  for (const step of ['fetch', 'schemas', 'turn', 'read', 'decode', 'fold', 'save', 'encode']) {
    expect(scrape.sum('taskfold_batch_step_seconds_count', { step }), step).toBeGreaterThan(3);
  }
  const names = scrape.series.map(({ name }) =>
    KNOWN.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
  );
  expect([...new Set(names)].filter((name) => !KNOWN.includes(name))).toEqual([]);
  expect(scrape.series.length).toBeLessThan(1_000);
  expect(await observed.isLive()).toBe(true);
  expect(await observed.readiness()).toMatchObject({ status: 200, ready: true, reasons: [] });

  // Somebody tore partition 0: it halts with the next update of a task at home there, and counts no more for scaling.
  await deployment.redis.hset(deployment.keysOf(0).head, 'saving', '17');
  const task = Array.from({ length: 50 }, (_, i) => `task-${i}`).find((id) => homeOf(id, 3) === 0)!;
  await deployment.command(['publish'], {}, `{"internal_task_id":"${task}"}\n`);
  const halts = async () =>
    (await observed.scrape()).values('taskfold_partition_halted', { partition: '0', code: 'torn_save' });
  await until('partition 0 is halted', 15_000, async () => (await halts()).length === 1);
  const torn = await observed.scrape();
  expectConservation(torn);
  expect(torn.sum('taskfold_halts_total', { code: 'torn_save' })).toBe(1);
  expect(torn.sum('taskfold_partition_lag_records', { partition: '0' })).toBeGreaterThan(0);
  const others = ['1', '2'].map((partition) => torn.sum('taskfold_partition_lag_records', { partition }));
  expect(torn.sum('taskfold_foldable_lag_records')).toBe(others[0]! + others[1]!);
  expect(await observed.readiness()).toMatchObject({ status: 200, ready: true });
  await processor.terminate();
});

test('readiness is lost with Redis and comes back with it; a process whose own settings halt it is never ready', async () => {
  const { redis } = await privateStack({ services: ['redis'] });
  const deployment = await Deployment.create('redis-away', { ...sharedEnv(), REDIS_URL: redis.url }, { partitions: 2 });
  const processor = deployment.processor(LISTEN);
  const observed = await Observed.of(processor);
  await observed.untilReady(true, 20_000);
  await deployment.command(['publish'], {}, '{"internal_task_id":"t1","task_status":"running"}\n');
  await deployment.untilCaughtUp();

  await redis.stop();
  await observed.untilReady(false, 20_000);
  const away = await observed.readiness();
  expect(away.status).toBe(503);
  expect(await observed.isLive()).toBe(true);
  await deployment.command(['publish'], {}, '{"internal_task_id":"t1","error_count":1}\n');
  // The fold stands, and what waits for it is known all the same.
  await until('the lag shows', 20_000, async () => (await observed.scrape()).sum('taskfold_foldable_lag_records') > 0);
  const scrape = await observed.scrape();
  expect(scrape.sum('taskfold_faults_total', { code: 'service_unavailable' })).toBeGreaterThan(0);
  expect(scrape.sum('taskfold_service_troubles_total', { service: 'redis' })).toBe(1);
  expect(scrape.sum('taskfold_ready')).toBe(0);

  await redis.start();
  await observed.untilReady(true, 30_000);
  await deployment.untilCaughtUp();
  const back = await observed.scrape();
  expectConservation(back);
  expect(back.sum('taskfold_service_recoveries_total', { service: 'redis' })).toBe(1);
  expect(back.sum('taskfold_partition_received_total')).toBe(2);

  const other = await Observed.of(deployment.processor({ ...LISTEN, TASKFOLD_ERRORS_KEPT: '3' }));
  const reasons = async () => (await other.readiness()).reasons.join();
  await until('the other is halted by its settings', 30_000, async () => (await reasons()).includes('settings_differ'));
  expect((await other.readiness()).status).toBe(503);
  await observed.untilReady(true, 20_000);
});

test("before the services answer it is live and not ready, and the image's health check says the same", async () => {
  const { env } = ownNames('not-yet');
  const observed = await Observed.of(startTaskfold(['run'], { ...env, ...LISTEN, REDIS_URL: 'redis://127.0.0.1:9' }));
  expect(await observed.isLive()).toBe(true);
  expect(await healthcheck(new URL(observed.url).host)).toBe(0);
  expect(await healthcheck(`0.0.0.0:${new URL(observed.url).port}`)).toBe(0);
  expect(await observed.readiness()).toMatchObject({ status: 503, reasons: ['It waits for its services.'] });
});

test('an address that is taken ends it with exit 1, and the setting and the cure are named', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  // Whatever holds that port is no processor of ours, and is not taken for one.
  taken.on('connection', (socket) => socket.destroy());
  expect(await healthcheck(String(port))).toBe(1);
  expect(await healthcheck('off')).toBe(0);
  const { code, stderr } = await taskfold(['run', '--observe-listen', String(port)], ownNames('taken').env);
  expect(code).toBe(1);
  expect(stderr).toContain(`TASKFOLD_OBSERVE_LISTEN: cannot listen at "${port}" (EADDRINUSE)`);
});
