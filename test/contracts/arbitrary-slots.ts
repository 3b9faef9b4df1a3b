// Arbitrary heads, tasks and notices for the contract suite of SlotStore, to surprise. Texts are well-formed, as all texts
// that were decoded from UTF-8 are.

import fc from 'fast-check';
import { exactSum } from '../../src/domain/exact-sum.ts';
import { FOLD_SETTING_NAMES } from '../../src/domain/fold-settings.ts';
import type { SlotHead } from '../../src/domain/head.ts';
import type { Side } from '../../src/domain/io-counters.ts';
import type { FailureFacts, Notice, NoticeBody } from '../../src/domain/notice.ts';
import { OUTCOMES, REJECT_REASONS } from '../../src/domain/outcome.ts';
import type { Post } from '../../src/domain/post.ts';
import { type IoNames, remember } from '../../src/domain/remembered-post.ts';
import type { Reporter } from '../../src/domain/reporter.ts';
import { COUNTED_REASONS } from '../../src/domain/roll-up.ts';
import {
  FAILURE_REASONS,
  LIVENESSES,
  PROCESSED_STATS,
  TASK_ACTIONS,
  TASK_STATUSES,
  type TaskState,
  UNRECOGNIZED,
} from '../../src/domain/task-state.ts';
import { MARKS } from '../../src/domain/update-class.ts';
import { iosOf, pinsOf } from './slot-samples.ts';

const ODD_TEXTS = [
  '',
  '__proto__',
  'constructor',
  'a:io',
  'x:errors',
  '%3A',
  '{a}',
  '}{',
  '*?[^]\\',
  '\0',
  'long',
  'ä€😀',
  '-0',
];

const anyText = fc.oneof(
  fc.uuid(),
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary', maxLength: 24 }).map((text) => text.toWellFormed()),
  fc.string({ unit: 'grapheme', minLength: 60, maxLength: 70 }),
  fc.string({ minLength: 300, maxLength: 600 }),
);

export const anyId = anyText;

const count = fc.oneof(fc.nat(), fc.constantFrom(0, 1, 2 ** 31, 2 ** 53 - 2), fc.maxSafeNat());
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const anyReason = maybe(fc.constantFrom(...FAILURE_REASONS, UNRECOGNIZED));

const anyStats = fc
  .record(Object.fromEntries(PROCESSED_STATS.map((stat) => [stat, count])), { requiredKeys: [] })
  .map((stats) => stats as FailureFacts['processed_stats']);

function anyMap<V>(value: fc.Arbitrary<V>, maxLength: number): fc.Arbitrary<Map<string, V>> {
  const entries = fc.uniqueArray(fc.tuple(anyText, value), { selector: ([name]) => name, maxLength });
  return entries.map((list) => new Map(list));
}
const anyIos = (side: Side) =>
  anyMap(fc.record({ processed_count: maybe(count), processed_total_count: maybe(count) }), 6).map((ios) =>
    iosOf(side, ios),
  );

const anyMarks = fc
  .record(Object.fromEntries(MARKS.map((mark) => [mark, count])), { requiredKeys: [] })
  .map((marks) => marks as TaskState['marks']);

// A task that has failed once has failures for good.
const anyFailures = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...COUNTED_REASONS), count), { selector: ([reason]) => reason, minLength: 1 })
  .map((list) => Object.fromEntries(list));

const orNone = fc.oneof(fc.constant(-1), count);
const digests = fc.array(count, { maxLength: 3 });
const anySymbol = fc.oneof(fc.constantFrom('', 'running', 'none'), anyText);
export const anyPost: fc.Arbitrary<Post> = fc.record({
  prior: count,
  timestamp: count,
  deltas: fc.array(orNone, { minLength: 7, maxLength: 7 }),
  ios: fc.array(fc.record({ io: anyText, count: orNone, total: orNone }), { maxLength: 3 }),
  actions: digests,
  errors: digests,
  status: anySymbol,
  reason: anySymbol,
  others: digests,
  other_ends: digests,
  ended: fc.boolean(),
});
const anyReporter: fc.Arbitrary<Reporter> = fc
  .record({
    totals: anyMap(count, 4),
    ledger: fc.array(anyPost, { maxLength: 4 }),
    newest_prior: orNone,
    newest_timestamp: orNone,
    timestamp_max: orNone,
    ...{ start: orNone, forgotten: orNone },
    open: digests,
    reopened_at: orNone,
    last_offset: orNone,
    heard_at: count,
    ...{ ended: fc.boolean(), rerouted: fc.boolean() },
  })
  .map(({ ledger, ...rest }) => {
    const io_names: IoNames = [];
    return { ...rest, io_names, posts: ledger.map((post) => remember(post, io_names)) };
  });

/** All of a task but its id and the offset at which it began. */
export const anyTaskFields: fc.Arbitrary<Omit<TaskState, 'internal_task_id' | 'first_offset'>> = fc.record({
  internal_job_id: maybe(anyText),
  engine_id: maybe(anyText),
  work_request_id: maybe(anyText),
  task_route_id: maybe(anyText),
  timestamp: maybe(count),
  prior_timestamp: maybe(count),
  failure_reason: anyReason,
  task_action: maybe(fc.constantFrom(...TASK_ACTIONS, UNRECOGNIZED)),
  unrecognized_task_status: maybe(anyText),
  unrecognized_failure_reason: maybe(anyText),
  unrecognized_task_action: maybe(anyText),
  task_status: maybe(fc.constantFrom(...TASK_STATUSES)),
  status_at: count,
  attempts: count,
  completion_requested: fc.boolean(),
  error_count: maybe(count),
  retry_count: maybe(count),
  processed_stats: anyStats,
  inputs: anyIos('inputs'),
  outputs: anyIos('outputs'),
  ios_dropped: count,
  error_episode_open: fc.boolean(),
  error_episode_reason: anyReason,
  updates_applied: count,
  updates_duplicate: count,
  updates_stale: count,
  open_gaps: count,
  marks: anyMarks,
  updates_rejected: count,
  updates_came_rerouted: count,
  job_creations: count,
  failures_by_reason: anyFailures,
  last_offset: count,
  first_update_at: count,
  last_update_at: count,
  liveness: fc.constantFrom(...LIVENESSES),
  liveness_at: count,
  lost_before: maybe(count),
  no_progress_since: maybe(count),
  look_at: count,
  // Their order is that of their last updates.
  reporters: anyMap(anyReporter, 5).map(
    (reporters) => new Map([...reporters].map(([id, reporter], i) => [id, { ...reporter, last_offset: i }])),
  ),
  reporters_base: anyMap(count, 4),
  work_requests_let_go: fc.uniqueArray(anyText, { maxLength: 3 }),
  reporters_let_go: fc
    .uniqueArray(fc.tuple(count, count), { selector: ([digest]) => digest })
    .map((list) => new Map(list)),
});

const anySum = fc.bigInt({ min: 0n, max: 2n ** 80n }).map(exactSum);
const anyCounts = (names: readonly string[]): fc.Arbitrary<Map<string, number>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), count), { selector: ([name]) => name })
    .map((list) => new Map(list));

const anySums = {
  job_creations: count,
  error_count: anySum,
  retry_count: anySum,
  processed_stats: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...PROCESSED_STATS), anySum), { selector: ([stat]) => stat })
    .map((list) => new Map(list)),
};

const anySettings = fc.record(Object.fromEntries(FOLD_SETTING_NAMES.map((name) => [name, count])));

/** A head of the first life with any counts, whose settings were changed. */
export const anyHead: fc.Arbitrary<SlotHead> = fc
  .record({
    received: count,
    outcomes: fc.record(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count]))),
    rejected_by_reason: anyCounts(REJECT_REASONS),
    rerouted_from: fc.uniqueArray(fc.tuple(fc.nat(500), count), { selector: ([partition]) => partition }),
    clock: fc.record({ now: count, log_time: fc.option(count), alarms_after: count }),
    ticks: count,
    generation: fc.record({ number: count, since: count }),
    controls: fc.record({ obeyed: fc.integer({ min: 1, max: 1_000 }), repeated: count, ignored: count }),
    settings: anySettings,
    changes: fc.array(fc.record({ change: anyText, offset: count, log_time: count, settings: anySettings })),
    fleet: fc.record({
      tasks: count,
      tasks_by_liveness: anyCounts(LIVENESSES),
      retired: fc.record({ tasks: count, ...anySums }),
      tasks_by_status: anyCounts([...TASK_STATUSES, 'unreported']),
      failures_by_reason: anyCounts([...FAILURE_REASONS, UNRECOGNIZED, 'unreported']),
      ...anySums,
    }),
  })
  .map((head) => {
    const rerouted_from = new Map(head.rerouted_from);
    return { ...head, pins: pinsOf(), rerouted_from, grown_from: null } as unknown as SlotHead;
  });

const anyBody: fc.Arbitrary<NoticeBody> = fc.oneof(
  fc.record({ kind: fc.constant('reroute' as const), to: fc.nat(500) }),
  fc.record(
    {
      kind: fc.constant('job_creation' as const),
      action: fc.nat(),
      repeat: fc.nat(),
      internal_task_id: anyText,
      internal_job_id: anyText,
      engine_id: anyText,
    },
    { requiredKeys: ['kind', 'action', 'repeat', 'internal_task_id'] },
  ),
  fc.record(
    {
      kind: fc.constant('reject' as const),
      reason: fc.constantFrom(...REJECT_REASONS),
      detail: anyText,
      form: fc.constantFrom('copy' as const, 'pointer' as const),
      internal_task_id: anyText,
    },
    { requiredKeys: ['kind', 'reason', 'detail', 'form'] },
  ),
  fc.record({
    kind: fc.constant('failure' as const),
    facts: fc.record(
      {
        failure: fc.constantFrom('failed' as const, 'error' as const),
        internal_task_id: anyText,
        failure_reason: fc.constantFrom(...FAILURE_REASONS),
        attempt: fc.nat(),
        errors: fc.array(fc.record({ id: anyText, msg: anyText }, { requiredKeys: [] }), { maxLength: 3 }),
        error_count: count,
        processed_stats: anyStats,
        log_time: count,
        traceparent: anyText,
      },
      { requiredKeys: ['failure', 'internal_task_id', 'attempt', 'errors', 'processed_stats', 'log_time'] },
    ),
  }),
);

/** Notices of some records at or above `from`, in order. */
export function anyNotices(from: number): fc.Arbitrary<Notice[]> {
  const records = fc.array(
    fc.record({
      step: fc.integer({ min: 1, max: 1000 }),
      bodies: fc.array(anyBody, { minLength: 1, maxLength: 3 }),
      source: maybe(fc.record({ partition: fc.nat(500), offset: count })),
    }),
    { maxLength: 5 },
  );
  return records.map((list) => {
    let offset = from;
    return list.flatMap(({ step, bodies, source }) => {
      offset += step;
      return bodies.map((body, i) => ({ offset, index: i + 1, ...(source ? { source } : {}), body }) as Notice);
    });
  });
}
