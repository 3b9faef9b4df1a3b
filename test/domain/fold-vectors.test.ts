// The fold against the hand-worked vectors of test/vectors: given these records, that state and those events.

import { describe, expect, test } from 'vitest';
import { type FoldInput, homeOfDecoded } from '../../src/domain/fold-input.ts';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { newHead } from '../../src/domain/head.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { Tombstone } from '../../src/domain/tombstone.ts';
import { FOLD_VECTORS, type FoldVector, placed } from '../vectors/fold-vectors.ts';

interface Kept {
  task: TaskState;
  errors: unknown[];
  task_output: string | undefined;
}

function run(vector: FoldVector) {
  const partition_count = vector.partition_count ?? 1;
  const settings = { ...DEFAULT_FOLD_SETTINGS, ...vector.settings };
  const head = newHead({ origin: 0, incarnation: 'vector', partition_count, fold_version: FOLD_VERSION, settings });
  const kept = new Map<string, Kept>();
  const tombstones = new Map<string, Tombstone>();
  const fold = new PartitionFold(vector.partition ?? 0, head, (id) => kept.get(id)?.task ?? tombstones.get(id) ?? null);
  const records = placed(vector);
  const events = records.flatMap((record) => {
    const { offset, log_time, size, source = null, update, undecodable, traceparent, tick = false } = record;
    const decoded: FoldInput['decoded'] =
      undecodable === undefined
        ? { kind: 'update', update: (update ?? {}) as never }
        : { kind: 'reject', reason: undecodable, detail: 'undecodable' };
    const notices = fold.fold({
      offset,
      timestamp: log_time,
      size,
      decoded,
      home: homeOfDecoded(decoded, partition_count),
      source,
      tick,
      ...(record.work_request_status === undefined ? {} : { work_request_status: record.work_request_status }),
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    for (const [id, generation] of fold.takeTombstones()) tombstones.set(id, new Tombstone(generation));
    // Taken after every record: a task's errors and output are what the saves so far have kept.
    for (const { task, errors, task_output, retired } of fold.takeChanges()) {
      if (retired) {
        kept.delete(task.internal_task_id);
        continue;
      }
      const before = kept.get(task.internal_task_id);
      kept.set(task.internal_task_id, {
        task,
        errors: newest([...(before?.errors ?? []), ...errors], settings.errors_kept),
        task_output: task_output ?? before?.task_output,
      });
    }
    return notices.map(({ body, ...at }) => {
      const { kind } = body;
      return { ...at, source: at.source ?? null, ...(kind === 'failure' ? { kind, ...body.facts } : body) };
    });
  });
  return { head, kept, events, records: records.length };
}

function newest<T>(list: readonly T[], max: number): T[] {
  return list.slice(Math.max(0, list.length - max));
}

function shown({ task, errors, task_output }: Kept): Record<string, unknown> {
  return {
    ...task,
    errors,
    task_output,
    inputs: Object.fromEntries(task.inputs),
    outputs: Object.fromEntries(task.outputs),
    reporters: Object.fromEntries([...task.reporters].map(([name, { totals }]) => [name, Object.fromEntries(totals)])),
    reporters_base: Object.fromEntries(task.reporters_base),
  };
}

function textsOf(sums: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...sums].map(([name, sum]) => [name, String(sum)]));
}

/** Of what was found, the fields that the vector names; absent reads null. */
function named(expected: object, found: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((field) => [field, Reflect.get(found, field) ?? null]));
}

describe('the fold does what docs/fold.md says', () => {
  test.each(FOLD_VECTORS.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const { head, kept, events, records } = run(vector);
    const { expect: wanted } = vector;

    const living = Object.keys(wanted.tasks).filter((id) => wanted.tasks[id] !== null);
    expect([...kept.keys()].sort()).toEqual(living.sort());
    for (const id of living) {
      expect(named(wanted.tasks[id]!, shown(kept.get(id)!)), id).toEqual(wanted.tasks[id]);
    }
    expect(events.map((event, at) => named(wanted.events?.[at] ?? event, event))).toEqual(wanted.events ?? []);

    const none = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
    expect(head.outcomes).toEqual({ ...none, ...(wanted.outcomes ?? { applied: records - head.ticks }) });
    expect(head.received).toBe(records - head.ticks);
    if (wanted.rejected_by_reason) {
      expect(Object.fromEntries(head.rejected_by_reason)).toEqual(wanted.rejected_by_reason);
    }
    if (wanted.fleet) {
      const { fleet } = head;
      const found = {
        ...fleet,
        tasks_by_status: Object.fromEntries(fleet.tasks_by_status),
        tasks_by_liveness: Object.fromEntries(fleet.tasks_by_liveness),
        retired: {
          ...fleet.retired,
          error_count: String(fleet.retired.error_count),
          retry_count: String(fleet.retired.retry_count),
          processed_stats: textsOf(fleet.retired.processed_stats),
        },
        failures_by_reason: Object.fromEntries(fleet.failures_by_reason),
        error_count: String(fleet.error_count),
        retry_count: String(fleet.retry_count),
        processed_stats: textsOf(fleet.processed_stats),
      };
      expect(named(wanted.fleet, found)).toEqual(wanted.fleet);
    }
    if (wanted.rerouted_from) expect(Object.fromEntries(head.rerouted_from)).toEqual(wanted.rerouted_from);
  });
});
