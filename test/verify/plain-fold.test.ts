// The plain fold of `taskfold verify` against the hand-worked vectors, and its murmur2 against Kafka's own figures.

import { describe, expect, test } from 'vitest';
import { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import { plainHome, plainMurmur2 } from '../../src/cli/verify/plain-murmur2.ts';
import type { PlainEvent, PlainSource } from '../../src/cli/verify/plain-record.ts';
import { figuresOfRollUp } from '../../src/cli/verify/plain-roll-ups.ts';
import { type PlainTask, plainOpenGaps } from '../../src/cli/verify/plain-task.ts';
import { DEFAULT_FOLD_SETTINGS } from '../../src/domain/fold-settings.ts';
import { REJECT_REASONS } from '../../src/domain/outcome.ts';
import { FOLD_VECTORS, type FoldVector, placed, timeTellers, VECTOR_GROUP } from '../vectors/fold-vectors.ts';

interface Placed {
  offset: number;
  index: number;
  source: PlainSource | null;
}

function run(vector: FoldVector): { fold: PlainFold; events: (PlainEvent & Placed)[] } {
  const settings = { ...DEFAULT_FOLD_SETTINGS, ...vector.settings };
  const fold = new PlainFold(vector.partition ?? 0, vector.partition_count ?? 1, settings, VECTOR_GROUP);
  const events: (PlainEvent & Placed)[] = [];
  for (const { offset, log_time, size, source = null, update, undecodable, ...headers } of placed(vector)) {
    const content = undecodable === undefined ? { update: update ?? {} } : { undecodable };
    // As they are: traceparent, tick, work_request_status, each only where the vector has it.
    const verdict = fold.fold({ offset, log_time, size, source, content, ...headers });
    for (const [at, event] of verdict.events.entries()) events.push({ ...event, offset, index: at + 1, source });
  }
  return { fold, events };
}

/** Maps as plain objects, and the IOs of both sides at the top. */
function shown(task: PlainTask): Record<string, unknown> {
  const { ios, processed_stats, reporters, reporters_base, marks, failures_by_reason, ...rest } = task;
  return {
    ...rest,
    processed_stats: Object.fromEntries(processed_stats),
    inputs: Object.fromEntries(ios.inputs),
    outputs: Object.fromEntries(ios.outputs),
    reporters: Object.fromEntries([...reporters].map(([name, { totals }]) => [name, Object.fromEntries(totals)])),
    reporters_base: Object.fromEntries(reporters_base),
    marks: Object.fromEntries(marks),
    failures_by_reason: failures_by_reason.size === 0 ? null : Object.fromEntries(failures_by_reason),
    open_gaps: plainOpenGaps(task),
  };
}

/** Of what was found, the fields that the vector names; absent reads null. */
function named(expected: object, found: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((field) => [field, Reflect.get(found, field) ?? null]));
}

function rollUp(fold: PlainFold, wanted: { readonly retired?: object }) {
  const { retired } = fold;
  const tasks = [...fold.tasks.values()];
  const sum = (figure: (task: PlainTask) => number | undefined, gone: bigint) =>
    String(tasks.reduce((all, task) => all + BigInt(figure(task) ?? 0), gone));
  const countedBy = (name: (task: PlainTask) => string) => {
    const counts: Record<string, number> = {};
    for (const task of tasks) counts[name(task)] = (counts[name(task)] ?? 0) + 1;
    return counts;
  };
  const stats = new Set([
    ...tasks.flatMap((task) => [...task.processed_stats.keys()]),
    ...retired.processed_stats.keys(),
  ]);
  return {
    tasks: tasks.length,
    tasks_by_status: countedBy(({ task_status = 'unreported' }) => task_status),
    tasks_by_liveness: countedBy(({ liveness }) => liveness),
    failures_by_reason: Object.fromEntries(fold.failures_by_reason),
    job_creations: tasks.reduce((all, task) => all + task.job_creations, retired.job_creations),
    error_count: sum((task) => task.error_count, retired.error_count),
    retry_count: sum((task) => task.retry_count, retired.retry_count),
    processed_stats: Object.fromEntries(
      [...stats].map((stat) => [
        stat,
        sum((task) => task.processed_stats.get(stat), retired.processed_stats.get(stat) ?? 0n),
      ]),
    ),
    retired: named(wanted.retired ?? {}, {
      tasks: retired.tasks,
      job_creations: retired.job_creations,
      error_count: String(retired.error_count),
      retry_count: String(retired.retry_count),
      processed_stats: Object.fromEntries([...retired.processed_stats].map(([stat, all]) => [stat, String(all)])),
    }),
  };
}

describe('the plain fold does what docs/fold.md says', () => {
  test.each(FOLD_VECTORS.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const { fold, events } = run(vector);
    const { expect: wanted } = vector;

    const living = Object.keys(wanted.tasks).filter((id) => wanted.tasks[id] !== null);
    expect([...fold.tasks.keys()].sort()).toEqual(living.sort());
    for (const id of living) {
      expect(named(wanted.tasks[id]!, shown(fold.tasks.get(id)!)), id).toEqual(wanted.tasks[id]);
    }
    expect(events.map((event, at) => named(wanted.events?.[at] ?? event, event))).toEqual(wanted.events ?? []);

    const { ticks, controls, obeyed } = timeTellers(vector);
    const received = vector.records.length - ticks - controls;
    expect(fold.settings.controls).toEqual({ obeyed: 0, repeated: 0, ignored: 0, ...(wanted.controls ?? { obeyed }) });
    if (wanted.settings) expect(named(wanted.settings, fold.settings.now)).toEqual(wanted.settings);
    if (wanted.clock) expect(named(wanted.clock, fold.clock)).toEqual(wanted.clock);
    const none = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
    expect(fold.outcomes).toEqual({ ...none, ...(wanted.outcomes ?? { applied: received }) });
    const reasons = Object.fromEntries(fold.rejected_by_reason);
    if (wanted.rejected_by_reason) expect(reasons).toEqual(wanted.rejected_by_reason);
    expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(fold.outcomes.rejected);
    if (wanted.fleet) expect(named(wanted.fleet, rollUp(fold, wanted.fleet))).toEqual(wanted.fleet);
    for (const [wantedShares, found] of [
      [wanted.jobs, fold.rollUps.byId.internal_job_id],
      [wanted.engines, fold.rollUps.byId.engine_id],
    ] as const) {
      if (wantedShares === undefined) continue;
      expect([...found.keys()].sort()).toEqual(Object.keys(wantedShares).sort());
      for (const [id, share] of Object.entries(wantedShares)) {
        const figures = [...figuresOfRollUp(found.get(id)!)].map(([name, figure]) => [name, String(figure)] as const);
        expect(named(share, Object.fromEntries(figures)), id).toEqual(share);
      }
    }
    if (wanted.rerouted_from) expect(Object.fromEntries(fold.rerouted_from)).toEqual(wanted.rerouted_from);
  });

  test('no two vectors have one name, so a failing one is found at once', () => {
    expect(new Set(FOLD_VECTORS.map(({ name }) => name)).size).toBe(FOLD_VECTORS.length);
  });

  test('every reason that the fold itself gives stands in some vector', () => {
    const told = new Set(FOLD_VECTORS.flatMap(({ expect: { events = [] } }) => events.map(({ reason }) => reason)));
    // The others are the decoder's: the fold passes them on, whichever they are.
    const decoders = ['wrong_magic_byte', 'too_short', 'incompatible_schema', 'truncated', 'trailing_bytes'];
    expect(REJECT_REASONS.filter((reason) => !told.has(reason) && !decoders.includes(reason))).toEqual([]);
  });
});

describe('a task’s home is the partition that Kafka’s own partitioner takes', () => {
  // Figures of Kafka's UtilsTest.testMurmur2.
  test.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('murmur2 of %s', (text, hash) => {
    expect(plainMurmur2(Buffer.from(text))).toBe(hash);
  });

  test('the home is the hash made positive, modulo the partitions, of the id’s UTF-8', () => {
    expect([plainHome('foobar', 4), plainHome('abc', 4), plainHome('21', 4)]).toEqual([2, 3, 0]);
    expect(plainHome('foobar', 1)).toBe(0);
  });
});
