import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { Report } from '../../src/engine/report.ts';
import { type IoFigures, TaskReporter } from '../../src/engine/task-reporter.ts';

const IDENTITY = { internal_task_id: 't1', internal_job_id: 'j1', engine_id: 'e1', work_request_id: 'w1' };
const START = 1_000;

const reporterFrom = (start = START, figures?: IoFigures) => new TaskReporter(IDENTITY, start, figures);
const inputs = (counts: Record<string, number>) => new Map(Object.entries(counts));

describe('an acknowledged update', () => {
  test('given work, when it is posted and acknowledged, then the next update holds only what came later', () => {
    const reporter = reporterFrom();
    reporter.record({ error_count: 2, processed_stats: { processed_chunks: 5 }, inputs: inputs({ a: 7 }) });
    const first = reporter.compose(1_005);
    reporter.acknowledged();
    reporter.record({ processed_stats: { processed_chunks: 1 }, inputs: inputs({ a: 3 }) });
    const second = reporter.compose(1_010);

    expect(first).toMatchObject({ ...IDENTITY, prior_timestamp: START, timestamp: 1_005, error_count: 2 });
    expect(first.inputs).toEqual([{ id: 'a', processed_count: 7, processed_total_count: 7 }]);
    expect(second).toMatchObject({ prior_timestamp: 1_005, timestamp: 1_010, error_count: null });
    expect(second.processed_stats).toEqual({ processed_chunks: 1 });
    expect(second.inputs).toEqual([{ id: 'a', processed_count: 3, processed_total_count: 10 }]);
  });

  test('given work that is recorded while a post is out, then it belongs to the next update', () => {
    const reporter = reporterFrom();
    reporter.record({ retry_count: 1 });
    reporter.compose(1_005);
    reporter.record({ retry_count: 4 });
    reporter.acknowledged();
    expect(reporter.compose(1_010).retry_count).toBe(4);
  });

  test('what was never reported is absent, and what was reported as 0 is 0', () => {
    const reporter = reporterFrom();
    reporter.record({ error_count: 0 });
    const update = reporter.compose(1_005);
    expect(update.error_count).toBe(0);
    expect([update.retry_count, update.processed_stats, update.inputs, update.task_status]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  test('the status stays, but reason, action, output, errors and jobs are said once', () => {
    const reporter = reporterFrom();
    reporter.record({
      task_status: 'running',
      failure_reason: 'api',
      task_action: 'createJobs',
      task_output: '{"a":1}',
      errors: [{ id: 'E1', msg: 'no' }],
      create_jobs_action: [{ base_internal_job_id: 'b' }],
    });
    const first = reporter.compose(1_005);
    reporter.acknowledged();
    expect(first).toMatchObject({
      failure_reason: 'api',
      task_action: 'createJobs',
      task_output: '{"a":1}',
      error_details: '[{"id":"E1","msg":"no"}]',
      create_jobs_action: [{ base_internal_job_id: 'b' }],
    });
    expect(reporter.compose(1_010)).toMatchObject({
      task_status: 'running',
      failure_reason: null,
      task_action: null,
      task_output: null,
      error_details: null,
      create_jobs_action: null,
    });
  });
});

describe('a failed post', () => {
  test('given a post that failed, then nothing is reset: same prior_timestamp, later timestamp, larger deltas', () => {
    const reporter = reporterFrom();
    reporter.record({ error_count: 1, inputs: inputs({ a: 2 }), errors: [{ msg: 'one' }] });
    const lost = reporter.compose(1_005);
    reporter.failed();
    reporter.record({ error_count: 2, inputs: inputs({ a: 3, b: 1 }), errors: [{ msg: 'two' }] });
    const next = reporter.compose(1_010);

    expect(lost).toMatchObject({ prior_timestamp: START, timestamp: 1_005, error_count: 1 });
    expect(next).toMatchObject({ prior_timestamp: START, timestamp: 1_010, error_count: 3 });
    expect(next.error_details).toBe('[{"msg":"one"},{"msg":"two"}]');
    expect(next.inputs).toEqual([
      { id: 'a', processed_count: 5, processed_total_count: 5 },
      { id: 'b', processed_count: 1, processed_total_count: 1 },
    ]);
  });

  test('given work recorded while the failing post is out, then the next update holds both', () => {
    const reporter = reporterFrom();
    reporter.record({ retry_count: 1, failure_reason: 'api' });
    reporter.compose(1_005);
    reporter.record({ retry_count: 2, failure_reason: 'resources' });
    reporter.failed();
    expect(reporter.compose(1_010)).toMatchObject({ retry_count: 3, failure_reason: 'resources' });
  });

  test('a request that failed to arrive is not lost behind a later one: completeJob and createJobs become one', () => {
    const reporter = reporterFrom();
    reporter.record({ task_action: 'completeJob' });
    reporter.compose(1_005);
    reporter.failed();
    reporter.record({ task_action: 'createJobs', create_jobs_action: [{ base_internal_job_id: 'b' }] });
    expect(reporter.compose(1_010)).toMatchObject({ task_action: 'completeAndCreateJobs' });
    reporter.failed();
    reporter.record({ task_action: 'updateStatus' });
    expect(reporter.compose(1_015)).toMatchObject({ task_action: 'completeAndCreateJobs' });
  });

  test('the update that was out is not changed by what is recorded later', () => {
    const reporter = reporterFrom();
    reporter.record({ errors: [{ msg: 'one' }], create_jobs_action: [{ base_internal_job_id: 'b' }], error_count: 1 });
    const out = reporter.compose(1_005);
    const before = structuredClone(out);
    reporter.failed();
    reporter.record({ errors: [{ msg: 'two' }], create_jobs_action: [{ base_internal_job_id: 'c' }], error_count: 1 });
    reporter.compose(1_010);
    expect(out).toEqual(before);
  });
});

describe('time', () => {
  test('a fraction of a second is cut', () => {
    const reporter = reporterFrom(1_000.9);
    expect(reporter.compose(1_005.7)).toMatchObject({ prior_timestamp: 1_000, timestamp: 1_005 });
  });

  test('a clock that stands or goes back makes no two updates that continue from the same second', () => {
    const reporter = reporterFrom();
    const composed = [START, START, 990, 1_002, 1_002, 1_010].map((now) => {
      const { prior_timestamp, timestamp } = reporter.compose(now);
      reporter.acknowledged();
      return [prior_timestamp, timestamp];
    });
    expect(composed).toEqual([
      [1_000, 1_001],
      [1_001, 1_002],
      [1_002, 1_003],
      [1_003, 1_004],
      [1_004, 1_005],
      [1_005, 1_010],
    ]);
  });

  test('whoever keeps to the clock gets updates of zero and of less than zero seconds', () => {
    const reporter = new TaskReporter(IDENTITY, START, 'deltas', 'as_given');
    expect(reporter.compose(START)).toMatchObject({ prior_timestamp: START, timestamp: START });
    reporter.acknowledged();
    expect(reporter.compose(998)).toMatchObject({ prior_timestamp: START, timestamp: 998 });
  });
});

describe('misuse is told, and changes nothing', () => {
  test('a second compose while one is out; an answer to nothing', () => {
    const reporter = reporterFrom();
    expect(() => reporter.acknowledged()).toThrow('compose one first');
    expect(() => reporter.failed()).toThrow('compose one first');
    reporter.compose(1_005);
    expect(() => reporter.compose(1_006)).toThrow('acknowledged or failed');
    expect(reporter.posting).toBe(true);
  });

  test.each<[string, Report]>([
    ['error_count', { error_count: -1 }],
    ['retry_count', { retry_count: 0.5 }],
    ['processed_bytes', { error_count: 1, processed_stats: { processed_bytes: 2 ** 53 } }],
    ['inputs', { error_count: 1, inputs: inputs({ a: Number.NaN }) }],
    ['outputs', { error_count: 1, outputs: inputs({ a: -3 }) }],
  ])('%s that is no delta', (name, report) => {
    const reporter = reporterFrom();
    expect(() => reporter.record(report)).toThrow(RangeError);
    expect(() => reporter.record(report)).toThrow(name);
    expect(reporter.compose(1_005)).toMatchObject({ error_count: null });
  });
});

describe('whatever is recorded, and whichever posts fail', () => {
  const count = fc.nat({ max: 1_000 });
  const counts = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', ''), count, { maxKeys: 3 });
  const report = fc.record(
    {
      error_count: count,
      retry_count: count,
      processed_stats: fc.record({ processed_bytes: count, processed_chunks: count }, { requiredKeys: [] }),
      inputs: counts.map((of) => new Map(Object.entries(of))),
      outputs: counts.map((of) => new Map(Object.entries(of))),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Report>;
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('record' as const), report }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('compose' as const), after: fc.nat({ max: 7 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), ok: fc.boolean() }) },
  );

  test.each<IoFigures>(['deltas_and_totals', 'deltas', 'totals'])(
    'the acknowledged deltas add up to all the work, they chain without gap or overlap, and totals never fall (%s)',
    (figures) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const reporter = reporterFrom(START, figures);
          const done: Report[] = [];
          const accepted: TaskStatusDetail[] = [];
          let now = START;
          let out: TaskStatusDetail | null = null;
          const answer = (ok: boolean) => {
            if (!out) return;
            if (ok) reporter.acknowledged();
            else reporter.failed();
            if (ok) accepted.push(out);
            out = null;
          };
          for (const each of steps) {
            if (each.do === 'record') {
              reporter.record(each.report);
              done.push(each.report);
            } else if (each.do === 'answer') answer(each.ok);
            else if (!out) {
              now += each.after;
              out = reporter.compose(now);
            }
          }
          answer(true);
          out = reporter.compose(now);
          answer(true);

          const sum = (numbers: (number | null | undefined)[]) => {
            const given = numbers.filter((number) => typeof number === 'number');
            return given.length === 0 ? null : given.reduce((a, b) => a + b, 0);
          };
          for (const field of ['error_count', 'retry_count'] as const) {
            expect(sum(accepted.map((update) => update[field]))).toBe(sum(done.map((work) => work[field])));
          }
          for (const stat of ['processed_bytes', 'processed_chunks'] as const) {
            const reported = accepted.map((update) => update.processed_stats?.[stat]);
            expect(sum(reported)).toBe(sum(done.map((work) => work.processed_stats?.[stat])));
          }
          for (const side of ['inputs', 'outputs'] as const) {
            for (const id of ['a', 'b', '__proto__', '']) {
              const worked = sum(done.map((work) => work[side]?.get(id)));
              const reported = accepted.flatMap((update) => (update[side] ?? []).filter((io) => io.id === id));
              const totals = reported.map((io) => io.processed_total_count);
              if (figures !== 'totals') expect(sum(reported.map((io) => io.processed_count))).toBe(worked);
              if (figures !== 'deltas') expect(totals.at(-1) ?? null).toBe(worked);
              if (figures !== 'deltas') expect(totals).toEqual([...totals].sort((a, b) => a! - b!));
            }
          }
          let chain = START;
          for (const { prior_timestamp, timestamp } of accepted) {
            expect(prior_timestamp).toBe(chain);
            chain = timestamp!;
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});
