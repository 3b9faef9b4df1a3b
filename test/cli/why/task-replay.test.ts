// The replay of one task against the fold of its whole partition: other tasks, holes, ticks and all. No service takes part.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskRecord } from '../../../src/cli/why/task-records.ts';
import { TaskReplay } from '../../../src/cli/why/task-replay.ts';
import type { FoldInput } from '../../../src/domain/fold-input.ts';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../../src/domain/fold-settings.ts';
import { newHead } from '../../../src/domain/head.ts';
import { homeOf } from '../../../src/domain/home.ts';
import type { Notice } from '../../../src/domain/notice.ts';
import { PartitionFold } from '../../../src/domain/partition-fold.ts';
import type { TaskError } from '../../../src/domain/task-state.ts';
import { type KnownTask, Tombstone } from '../../../src/domain/tombstone.ts';
import { type TaskDocument, taskDocument } from '../../../src/read/task-document.ts';

/** Small enough that every deadline is met within some dozen records. */
const settings = {
  ...DEFAULT_FOLD_SETTINGS,
  errors_kept: 2,
  reporters_kept: 2,
  reporter_idle_s: 3,
  silence_after_s: 2,
  stalled_after_s: 4,
  retain_finished_s: 5,
  retain_silent_s: 7,
  tombstones_kept_s: 4,
};
const pins = { origin: 0, incarnation: 'replay', partition_count: 2, fold_version: FOLD_VERSION, settings };
const place = { topic: 'task-status', partition: 0 };
/** All at home in partition 0. */
const IDS = Array.from({ length: 40 }, (_, n) => `t${n}`).filter((id) => homeOf(id, 2) === 0);

/** One in so many has it. */
const maybe = <T>(one_in: number, value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 1, arbitrary: value }, { weight: one_in - 1, arbitrary: fc.constant(undefined) });
const update = fc.record({
  internal_task_id: fc.constantFrom(...IDS.slice(0, 3)),
  work_request_id: fc.constantFrom('w1', 'w1', 'w2', 'w3'),
  prior_timestamp: maybe(2, fc.nat(3)),
  timestamp: fc.nat(4),
  task_status: maybe(8, fc.constantFrom('running', 'queued', 'complete', 'failed', 'pending')),
  task_output: maybe(10, fc.constant('1')),
  error_count: maybe(6, fc.integer({ min: -1, max: 1 })),
  error_details: maybe(4, fc.constant('[{"id":"E"}]')),
  processed_stats: maybe(6, fc.record({ processed_bytes: fc.nat(2) })),
});
const content = fc.oneof(
  { weight: 4, arbitrary: fc.record({ update, isRerouted: maybe(6, fc.constant(true)), ends: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.constant('tick' as const) },
  { weight: 1, arbitrary: fc.constantFrom('undecodable' as const, 'the same again' as const) },
);
/** Half of silence_after_s is 1 s: most steps count, some are holes, some go back. */
const record = fc.record({ step: fc.constantFrom(0, 100, 400, 700, 999, 1_000, 1_000, 1_001, -500, 5_000), content });

type Drawn = typeof record extends fc.Arbitrary<infer One> ? One : never;

function inputsOf(drawn: readonly Drawn[]): FoldInput[] {
  const inputs: FoldInput[] = [];
  let timestamp = 1_700_000_000_000;
  for (const [offset, { step, content }] of drawn.entries()) {
    timestamp += step;
    const at = { offset, timestamp, size: 100 };
    const last = inputs.at(-1);
    if (content === 'the same again') {
      if (last !== undefined) inputs.push({ ...last, ...at });
      else inputs.push({ ...at, ...TICK });
    } else if (content === 'tick') inputs.push({ ...at, ...TICK });
    else if (content === 'undecodable') inputs.push({ ...at, decoded: UNDECODABLE, home: -1, source: null });
    else {
      const source = content.isRerouted ? { partition: 1, offset } : null;
      const ends = content.ends === 0 ? { work_request_status: 'complete' } : {};
      inputs.push({ ...at, decoded: { kind: 'update', update: content.update as object }, home: 0, source, ...ends });
    }
  }
  return inputs;
}

const TICK = { decoded: { kind: 'update', update: {} }, home: -1, source: null, tick: true } as const;
const UNDECODABLE: FoldInput['decoded'] = { kind: 'reject', reason: 'truncated', detail: 'cut' };

/** What the processor makes of the log: its tasks as dashboards show them, and the notices of each. */
function foldAll(inputs: readonly FoldInput[]) {
  const slot = new Map<string, KnownTask>();
  const kept = new Map<string, { errors: readonly TaskError[]; output: string | undefined }>();
  const fold = new PartitionFold(0, newHead(pins), (id) => slot.get(id) ?? null);
  const notices = new Map<string, Notice[]>();
  for (const input of inputs) {
    for (const notice of fold.fold(input)) {
      const { body } = notice;
      const id =
        body.kind === 'failure' ? body.facts.internal_task_id : 'internal_task_id' in body ? body.internal_task_id : '';
      notices.set(id ?? '', [...(notices.get(id ?? '') ?? []), notice]);
    }
    for (const [id, generation] of fold.takeTombstones()) slot.set(id, new Tombstone(generation));
    for (const { task, errors, task_output, retired } of fold.takeChanges()) {
      const id = task.internal_task_id;
      if (retired) kept.delete(id);
      else {
        const before = kept.get(id);
        slot.set(id, task);
        const told = [...(before?.errors ?? []), ...errors].slice(-settings.errors_kept);
        kept.set(id, { errors: told, output: task_output ?? before?.output });
      }
    }
  }
  const documents = [...slot].flatMap(([id, task]): TaskDocument[] => {
    if (task === null || task instanceof Tombstone) return [];
    const { errors, output } = kept.get(id)!;
    return [taskDocument(task, errors, output, place)];
  });
  return { documents, notices };
}

/** As replayTask does it, but to the log's end. */
function replayOf(document: TaskDocument, inputs: readonly FoldInput[]) {
  const replay = new TaskReplay(document, pins);
  const notices: Notice[] = [];
  let livenesses = 0;
  for (const input of inputs.slice(document.source.first_offset)) {
    const { decoded, source } = input;
    const own = decoded.kind === 'update' && decoded.update.internal_task_id === document.internal_task_id;
    const time = replay.pass(input);
    notices.push(...(time?.notices ?? []));
    if (time !== null) livenesses++;
    // The replay folds what it takes of the log, and only that.
    if (!own && source === null) continue;
    const taken = { input, own } as TaskRecord;
    notices.push(...(replay.fold(taken, time?.notices.length ?? 0)?.notices ?? []));
  }
  return { replayed: replay.document, notices, livenesses };
}

/** Of a record's notices only one task's are known to its replay, so their numbers may be lower. */
const withoutNumber = ({ index: _, ...notice }: Notice) => notice;

test('a task replayed by its own records and the time of the others is the one that the whole partition’s fold has, with its events', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(record, { minLength: 10, maxLength: 80 }), (drawn) => {
      const inputs = inputsOf(drawn);
      const { documents, notices } = foldAll(inputs);
      for (const document of documents) {
        const { replayed, notices: again, livenesses } = replayOf(document, inputs);
        expect(replayed).toEqual(document);
        const { first_offset } = document.source;
        const told = (notices.get(document.internal_task_id) ?? []).filter(({ offset }) => offset >= first_offset);
        expect(again.map(withoutNumber)).toEqual(told.map(withoutNumber));
        seen.set(document.liveness, (seen.get(document.liveness) ?? 0) + 1);
        seen.set('changed by time', (seen.get('changed by time') ?? 0) + livenesses);
        if (first_offset > 0 && (notices.get(document.internal_task_id) ?? []).length > told.length) {
          seen.set('begun anew', (seen.get('begun anew') ?? 0) + 1);
        }
      }
    }),
    { numRuns: 2_000 },
  );
  for (const what of ['reporting', 'stalled', 'silent', 'unknown', 'ended', 'changed by time', 'begun anew']) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(10);
  }
});
