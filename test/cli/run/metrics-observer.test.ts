import { expect, test } from 'vitest';
import { createMetricsObserver } from '../../../src/cli/run/metrics-observer.ts';
import { DEFAULT_FOLD_SETTINGS } from '../../../src/domain/fold-settings.ts';
import { newHead } from '../../../src/domain/head.ts';
import type { NoticeBody } from '../../../src/domain/notice.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { Fault } from '../../../src/pipeline/errors.ts';
import type { NoticeAtHand } from '../../../src/pipeline/fold-batch.ts';
import { Scrape } from '../../support/scrape.ts';

function world() {
  let now = 0;
  const metrics = createMetrics({ withProcess: false });
  const observer = createMetricsObserver(metrics, () => now);
  const head = newHead({
    origin: 0,
    incarnation: 'i',
    partition_count: 1,
    fold_version: 1,
    settings: DEFAULT_FOLD_SETTINGS,
  });
  const step = (name: Parameters<NonNullable<typeof observer.step>>[1], ms: number) => {
    observer.step!(0, name);
    now += ms;
  };
  const folded = (notices: readonly NoticeAtHand[] = []) =>
    observer.folded!(0, { records: 10, to: 10, end: 10, head, notices });
  const pass = (ms: number) => {
    now += ms;
  };
  return { observer, head, step, folded, pass, scrape: async () => new Scrape(await metrics.scrape()) };
}

const noticeOf = (body: NoticeBody, engine_id?: string) =>
  ({ notice: { offset: 1, index: 1, body }, record: {}, update: engine_id ? { engine_id } : {} }) as NoticeAtHand;

const SECONDS = 'taskfold_batch_step_seconds_sum';
const COUNT = 'taskfold_batch_step_seconds_count';

test('a saved batch is measured step by step; a step that comes twice counts once, with both times', async () => {
  const { step, folded, scrape } = world();
  step('fetch', 20);
  step('schemas', 1);
  step('read', 3);
  step('decode', 5);
  step('read', 4);
  step('fold', 6);
  step('save', 8);
  folded();
  step('encode', 2);
  step('fetch', 0);
  const seen = await scrape();
  const spent = { fetch: 20, schemas: 1, read: 7, decode: 5, fold: 6, save: 8, encode: 2 };
  for (const [name, ms] of Object.entries(spent)) {
    expect(seen.sum(SECONDS, { step: name }), name).toBeCloseTo(ms / 1_000);
    expect(seen.sum(COUNT, { step: name }), name).toBe(1);
  }
  expect([seen.sum('taskfold_batch_records_sum'), seen.sum('taskfold_batch_records_count')]).toEqual([10, 1]);
});

test('a fetch that brought nothing, and a batch that was not saved, are not measured', async () => {
  const { observer, step, scrape } = world();
  step('fetch', 100);
  step('fetch', 100);
  step('save', 100);
  observer.state!(0, 'waiting');
  step('fetch', 1);
  step('fetch', 1);
  expect((await scrape()).values(COUNT)).toEqual([]);
});

test('a transaction is measured from its beginning to its commit, and one that failed is not', async () => {
  const { observer, pass, scrape } = world();
  observer.emitting!(0);
  pass(1_000);
  observer.emitting!(0);
  pass(30);
  observer.emitted!(0, { messages: 4, emitted: 9 });
  const seen = await scrape();
  expect(seen.sum('taskfold_transaction_seconds_sum')).toBeCloseTo(0.03);
  expect(seen.sum('taskfold_transaction_seconds_count')).toBe(1);
  expect(seen.sum('taskfold_messages_sent_total')).toBe(4);
});

test('notices are counted by kind, rejects by reason, re-routed records by engine; whatever can be counted begins at 0', async () => {
  const { folded, scrape } = world();
  const before = await scrape();
  expect(before.values('taskfold_rejects_total', { reason: 'truncated' })).toEqual([0]);
  expect(before.values('taskfold_halts_total', { code: 'torn_save' })).toEqual([0]);
  expect(before.values('taskfold_notices_total', { kind: 'silent' })).toEqual([0]);
  folded([
    noticeOf({ kind: 'reject', reason: 'truncated', detail: '', form: 'copy' }),
    noticeOf({ kind: 'failure', facts: { failure: 'silent' } as never }),
    noticeOf({ kind: 'reroute', to: 1 }, 'e1'),
    noticeOf({ kind: 'reroute', to: 1 }, 'e1'),
    noticeOf({ kind: 'reroute', to: 1 }),
  ]);
  const seen = await scrape();
  expect(seen.sum('taskfold_rejects_total', { reason: 'truncated' })).toBe(1);
  for (const [kind, count] of Object.entries({ reject: 1, silent: 1, reroute: 3, failed: 0 })) {
    expect(seen.sum('taskfold_notices_total', { kind }), kind).toBe(count);
  }
  expect(seen.sum('taskfold_rerouted_total', { engine_id: 'e1' })).toBe(2);
  expect(seen.sum('taskfold_rerouted_total', { engine_id: 'unreported' })).toBe(1);
});

test('however many engines key wrongly, fifty have a series of their own, and a long name is cut', async () => {
  const { folded, scrape } = world();
  const long = 'e'.repeat(5_000);
  const engines = [long, ...Array.from({ length: 200 }, (_, i) => `engine-${i}`), 'engine-0'];
  folded(engines.map((engine) => noticeOf({ kind: 'reroute', to: 1 }, engine)));
  const seen = await scrape();
  expect(seen.values('taskfold_rerouted_total')).toHaveLength(51);
  expect(seen.sum('taskfold_rerouted_total', { engine_id: 'other' })).toBe(151);
  expect(seen.sum('taskfold_rerouted_total', { engine_id: 'engine-0' })).toBe(2);
  expect(seen.sum('taskfold_rerouted_total')).toBe(202);
  expect(seen.text).not.toContain('e'.repeat(129));
});

test('retirements are what this process saw: those before its claim are not', async () => {
  const { observer, head, folded, scrape } = world();
  head.fleet.retired.tasks = 5;
  observer.claimed!(0, { head, watermark: 0, emitted: 0 });
  head.fleet.retired.tasks = 7;
  folded();
  folded();
  const seen = await scrape();
  expect([seen.sum('taskfold_retirements_total'), seen.sum('taskfold_claims_total')]).toEqual([2, 1]);
});

test('faults, halts and look-ups are counted', async () => {
  const { observer, scrape } = world();
  observer.problem!(0, new Fault('fenced', ''));
  observer.halted!(0, new Fault('torn_save', ''), '');
  observer.lookedUp!(0, { asked: 10, read: 3 });
  const seen = await scrape();
  expect(seen.sum('taskfold_faults_total', { code: 'fenced' })).toBe(1);
  expect(seen.sum('taskfold_halts_total')).toBe(1);
  expect(seen.sum('taskfold_cache_lookups_total', { result: 'hit' })).toBe(7);
  expect(seen.sum('taskfold_cache_lookups_total', { result: 'miss' })).toBe(3);
});
