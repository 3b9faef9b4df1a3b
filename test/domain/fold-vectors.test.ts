// The fold against the hand-worked vectors of test/vectors: given these records, that state and those events.

import { describe, expect, test } from 'vitest';
import { type FoldInput, homeOfDecoded } from '../../src/domain/fold-input.ts';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { type FleetSums, newHead } from '../../src/domain/head.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { figuresOf } from '../../src/domain/roll-up.ts';
import type { KnownRollUp } from '../../src/domain/roll-ups.ts';
import { readControl } from '../../src/domain/settings-change.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { Tombstone } from '../../src/domain/tombstone.ts';
import { workRequestsOfAll, writeRollUp, writeWorkRequests } from '../simulator/memory-indexes.ts';
import { noRollUps } from '../simulator/memory-slot-store.ts';
import { FOLD_VECTORS, type FoldVector, placed, timeTellers, VECTOR_GROUP } from '../vectors/fold-vectors.ts';

type Takes = 'after every record' | 'after the first record' | 'at the end';

interface Kept {
  task: TaskState;
  errors: unknown[];
  task_output: string | undefined;
}

/** @param takes when the changes leave the fold: a save may come after any record, and must change nothing */
function run(vector: FoldVector, takes: Takes) {
  const partition_count = vector.partition_count ?? 1;
  const settings = { ...DEFAULT_FOLD_SETTINGS, ...vector.settings };
  const head = newHead({ origin: 0, incarnation: 'vector', partition_count, fold_version: FOLD_VERSION, settings });
  const kept = new Map<string, Kept>();
  const tombstones = new Map<string, Tombstone>();
  const known = (id: string) => kept.get(id)?.task ?? tombstones.get(id) ?? null;
  const workRequests = new Map<string, Set<string>>();
  const shares = { rollUps: noRollUps(), jobTasks: new Map<string, Set<string>>() };
  const rollUp: KnownRollUp = (kind, id) => shares.rollUps[kind].get(id) ?? null;
  const fold = new PartitionFold(vector.partition ?? 0, head, known, rollUp);
  const events = placed(vector).flatMap((record, i) => {
    // What is kept goes by the settings, so changes are never taken across a change of them.
    if (record.control !== undefined) take();
    const notices = fold.fold(inputOf(record, partition_count));
    const isFirst = takes === 'after the first record' && i === 0;
    if (takes === 'after every record' || isFirst || record.control !== undefined) take();
    return notices.map(({ body, ...at }) => {
      const { kind } = body;
      return { ...at, source: at.source ?? null, ...(kind === 'failure' ? { kind, ...body.facts } : body) };
    });
  });
  take();
  return { head, kept, events, workRequests, ...shares };

  function take() {
    for (const change of fold.takeRollUps()) writeRollUp(shares, change);
    for (const [id, generation] of fold.takeTombstones()) tombstones.set(id, new Tombstone(generation));
    for (const change of fold.takeChanges()) {
      const { task, errors, task_output, retired, begins_anew } = change;
      writeWorkRequests(workRequests, change);
      const id = task.internal_task_id;
      const before = begins_anew ? undefined : kept.get(id);
      if (retired) kept.delete(id);
      else
        kept.set(id, {
          task,
          errors: keptErrors(before?.errors ?? [], errors, head.settings.errors_kept),
          task_output: task_output ?? before?.task_output,
        });
    }
  }
}

function inputOf(record: ReturnType<typeof placed>[number], partition_count: number): FoldInput {
  const { offset, log_time, size, source = null, update, undecodable, traceparent, tick, control } = record;
  const { work_request_status, engine_instance_id } = record;
  const decoded: FoldInput['decoded'] =
    undecodable === undefined
      ? { kind: 'update', update: (update ?? {}) as never }
      : { kind: 'reject', reason: undecodable, detail: 'undecodable' };
  return {
    offset,
    timestamp: log_time,
    size,
    decoded,
    home: homeOfDecoded(decoded, partition_count),
    source,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tick === undefined ? {} : { tick }),
    ...(control === undefined ? {} : { control: readControl(control ?? undefined, VECTOR_GROUP) }),
    ...(work_request_status === undefined ? {} : { work_request_status }),
    ...(engine_instance_id === undefined ? {} : { engine_instance_id }),
  };
}

function keptErrors(before: unknown[], added: readonly unknown[], max: number): unknown[] {
  const all = [...before, ...added];
  return added.length === 0 ? before : all.slice(Math.max(0, all.length - max));
}

function shown({ task, errors, task_output }: Kept): Record<string, unknown> {
  return {
    ...task,
    errors,
    task_output,
    inputs: counters(task.inputs),
    outputs: counters(task.outputs),
    reporters: Object.fromEntries([...task.reporters].map(([name, { totals }]) => [name, Object.fromEntries(totals)])),
    reporters_base: Object.fromEntries(task.reporters_base),
  };
}

function counters(ios: Kept['task']['inputs']): Record<string, object> {
  return Object.fromEntries([...ios].map(([id, { name: _, ...counts }]) => [id, counts]));
}

/** Of what was found, the fields that the vector names; absent reads null. */
function named(expected: object, found: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((field) => [field, Reflect.get(found, field) ?? null]));
}

function shownSums({ error_count, retry_count, processed_stats, ...counts }: FleetSums) {
  return {
    ...counts,
    error_count: String(error_count),
    retry_count: String(retry_count),
    processed_stats: Object.fromEntries([...processed_stats].map(([stat, sum]) => [stat, String(sum)])),
  };
}

describe.each<Takes>(['after every record', 'after the first record', 'at the end'])(
  'the fold does what docs/fold.md says, its changes taken %s',
  (takes) => {
    test.each(FOLD_VECTORS.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
      const { head, kept, events, rollUps, workRequests } = run(vector, takes);
      const { expect: wanted } = vector;

      const living = Object.keys(wanted.tasks).filter((id) => wanted.tasks[id] !== null);
      expect([...kept.keys()].sort()).toEqual(living.sort());
      for (const id of living) {
        expect(named(wanted.tasks[id]!, shown(kept.get(id)!)), id).toEqual(wanted.tasks[id]);
      }
      expect(workRequests).toEqual(workRequestsOfAll([...kept.values()].map(({ task }) => task)));
      expect(events.map((event, at) => named(wanted.events?.[at] ?? event, event))).toEqual(wanted.events ?? []);

      const { ticks, controls, obeyed } = timeTellers(vector);
      const received = vector.records.length - ticks - controls;
      expect([head.ticks, head.received]).toEqual([ticks, received]);
      expect(head.controls).toEqual({ obeyed: 0, repeated: 0, ignored: 0, ...(wanted.controls ?? { obeyed }) });
      if (wanted.settings) expect(named(wanted.settings, head.settings)).toEqual(wanted.settings);
      if (wanted.clock) expect(named(wanted.clock, head.clock)).toEqual(wanted.clock);
      const none = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
      expect(head.outcomes).toEqual({ ...none, ...(wanted.outcomes ?? { applied: received }) });
      if (wanted.rejected_by_reason) {
        expect(Object.fromEntries(head.rejected_by_reason)).toEqual(wanted.rejected_by_reason);
      }
      if (wanted.fleet) {
        const { fleet } = head;
        const found = {
          ...shownSums(fleet),
          tasks: fleet.tasks,
          tasks_by_status: Object.fromEntries(fleet.tasks_by_status),
          tasks_by_liveness: Object.fromEntries(fleet.tasks_by_liveness),
          failures_by_reason: Object.fromEntries(fleet.failures_by_reason),
          retired: named(wanted.fleet.retired ?? {}, shownSums(fleet.retired)),
        };
        expect(named(wanted.fleet, found)).toEqual(wanted.fleet);
      }
      for (const [wantedShares, found] of [
        [wanted.jobs, rollUps.internal_job_id],
        [wanted.engines, rollUps.engine_id],
      ] as const) {
        if (wantedShares === undefined) continue;
        expect([...found.keys()].sort()).toEqual(Object.keys(wantedShares).sort());
        for (const [id, share] of Object.entries(wantedShares)) {
          const figures = [...figuresOf(found.get(id)!)].map(([name, figure]) => [name, String(figure)] as const);
          expect(named(share, Object.fromEntries(figures)), id).toEqual(share);
        }
      }
      if (wanted.rerouted_from) expect(Object.fromEntries(head.rerouted_from)).toEqual(wanted.rerouted_from);
    });
  },
);
