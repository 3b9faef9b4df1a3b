// One stream of updates through the fold of src/domain and through the plain fold, each shown in the same plain words; and
// the smallest part of a stream that the two still see differently.

import { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import type { PlainEvent } from '../../src/cli/verify/plain-record.ts';
import {
  addPlainSums,
  emptyPlainSums,
  type PlainSums,
  type PlainTask,
  plainOpenGaps,
} from '../../src/cli/verify/plain-task.ts';
import { FOLD_VERSION, type FoldSettings } from '../../src/domain/fold-settings.ts';
import type { FleetSums } from '../../src/domain/head.ts';
import { conserves, newHead } from '../../src/domain/head.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { PROCESSED_STATS, type TaskError } from '../../src/domain/task-state.ts';
import { type KnownTask, Tombstone } from '../../src/domain/tombstone.ts';
import type { StreamRecord } from './random-updates.ts';

/** What comes of a stream: after each record its outcome and events, and at the end tasks and roll-up. */
export type Shown = { readonly [field: string]: unknown };

const SIZE = 200;

export function foldOfDomain(records: readonly StreamRecord[], settings: FoldSettings): Shown {
  const head = newHead({ origin: 0, incarnation: 'i', partition_count: 1, fold_version: FOLD_VERSION, settings });
  const tasks = new Map<string, KnownTask>();
  const kept = new Map<string, { errors: TaskError[]; task_output: string | undefined }>();
  const fold = new PartitionFold(0, head, (id) => tasks.get(id) ?? null);
  const steps = records.map(({ log_time: timestamp, update, ...record }, offset) => {
    const before = { ...head.outcomes };
    const decoded = { kind: 'update', update: update as TaskStatusDetail } as const;
    const notices = fold.fold({ offset, timestamp, size: SIZE, decoded, home: 0, source: null, ...record });
    for (const [id, generation] of fold.takeTombstones()) tasks.set(id, new Tombstone(generation));
    for (const { task, errors, task_output, retired, begins_anew } of fold.takeChanges()) {
      const { internal_task_id: id } = task;
      if (retired || begins_anew) kept.delete(id);
      if (retired) continue;
      const known = kept.get(id);
      tasks.set(id, task);
      kept.set(id, {
        errors: [...(known?.errors ?? []), ...errors].slice(-settings.errors_kept),
        task_output: task_output ?? known?.task_output,
      });
    }
    return { outcome: changed(before, head.outcomes), events: notices.map(shownNotice), conserves: conserves(head) };
  });
  const { fleet } = head;
  return plainly({
    steps,
    ticks: head.ticks,
    clock: { ...head.clock },
    tombstones: sorted(tombstonesOf(tasks)),
    tasks: byId([...tasks.values()].flatMap((task) => (task === null || task instanceof Tombstone ? [] : [task]))).map(
      (task) => {
        const { inputs, outputs, reporters, reporters_base, reporters_let_go: _, ...rest } = task;
        const named = [...reporters].map(([name, { totals, open, heard_at, ended, rerouted }]) => ({
          ...{ name, totals: sorted(totals), open, heard_at, ended, rerouted },
        }));
        const ios = { inputs: [...inputs], outputs: [...outputs] };
        return {
          ...rest,
          ...ios,
          reporters: named,
          reporters_base: sorted(reporters_base),
          ...kept.get(task.internal_task_id),
        };
      },
    ),
    reasons: sorted(head.rejected_by_reason),
    fleet: {
      tasks: fleet.tasks,
      tasks_by_status: sorted(fleet.tasks_by_status),
      failures_by_reason: sorted(fleet.failures_by_reason),
      tasks_by_liveness: sorted(fleet.tasks_by_liveness),
      ...shownSums(fleet),
      retired: { tasks: fleet.retired.tasks, ...shownSums(fleet.retired) },
    },
  });
}

function shownSums({ job_creations, error_count, retry_count, processed_stats }: FleetSums | PlainSums) {
  const stats: ReadonlyMap<string, bigint> = processed_stats;
  return {
    job_creations,
    error_count: String(error_count),
    retry_count: String(retry_count),
    stats: PROCESSED_STATS.map((stat) => String(stats.get(stat) ?? 0n)),
  };
}

function tombstonesOf(tasks: ReadonlyMap<string, KnownTask>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [id, task] of tasks) if (task instanceof Tombstone) found.set(id, task.generation);
  return found;
}

function byId<T extends { readonly internal_task_id: string }>(tasks: readonly T[]): T[] {
  return [...tasks].sort((a, b) => (a.internal_task_id < b.internal_task_id ? -1 : 1));
}

export function foldPlainly(records: readonly StreamRecord[], settings: FoldSettings): Shown {
  const fold = new PlainFold(0, 1, settings);
  const steps = records.map(({ log_time, update, ...record }, offset) => {
    const content = { update: update as TaskStatusDetail };
    const { outcome, events } = fold.fold({ offset, log_time, size: SIZE, source: null, content, ...record });
    const received = Object.values(fold.outcomes).reduce((sum, count) => sum + count, 0);
    return { outcome: outcome ?? '', events: events.map(shownEvent), conserves: received + fold.ticks === offset + 1 };
  });
  const tasks = byId([...fold.tasks.values()]);
  const sums = emptyPlainSums();
  for (const task of tasks) addPlainSums(sums, task);
  const { retired, clock, tombstones } = fold.passing;
  const byStatus = new Map<string, number>();
  for (const { task_status = 'unreported' } of tasks) byStatus.set(task_status, (byStatus.get(task_status) ?? 0) + 1);
  const byLiveness = new Map<string, number>();
  for (const { liveness } of tasks) byLiveness.set(liveness, (byLiveness.get(liveness) ?? 0) + 1);
  // A tombstone that the id has begun anew over says nothing any more.
  const buried = new Map([...tombstones].filter(([id]) => !fold.tasks.has(id)));
  return plainly({
    steps,
    ticks: fold.ticks,
    clock: { now: clock.now, log_time: clock.log_time, alarms_after: clock.alarms_after },
    tombstones: sorted(buried),
    tasks: tasks.map((task: PlainTask) => {
      const { ios, reporters_let_go: _, open_gaps_let_go: __, ...rest } = task;
      return {
        ...rest,
        processed_stats: Object.fromEntries(task.processed_stats),
        marks: Object.fromEntries(task.marks),
        open_gaps: plainOpenGaps(task),
        inputs: [...ios.inputs],
        outputs: [...ios.outputs],
        reporters: [...task.reporters].map(([name, { totals, open, heard_at, ended, rerouted }]) => ({
          ...{ name, totals: sorted(totals), open, heard_at, ended, rerouted },
        })),
        reporters_base: sorted(task.reporters_base),
      };
    }),
    reasons: sorted(fold.rejected_by_reason),
    fleet: {
      tasks: tasks.length,
      tasks_by_status: sorted(byStatus),
      failures_by_reason: sorted(fold.failures_by_reason),
      tasks_by_liveness: sorted(byLiveness),
      ...shownSums(sumOf(sums, retired)),
      retired: { tasks: retired.tasks, ...shownSums(retired) },
    },
  });
}

function sumOf(one: PlainSums, other: PlainSums): PlainSums {
  const processed_stats = new Map(one.processed_stats);
  for (const [stat, sum] of other.processed_stats) processed_stats.set(stat, (processed_stats.get(stat) ?? 0n) + sum);
  return {
    job_creations: one.job_creations + other.job_creations,
    error_count: one.error_count + other.error_count,
    retry_count: one.retry_count + other.retry_count,
    processed_stats,
  };
}

/** The paths at which two of the same shape differ, with both values. */
export function differences(one: unknown, other: unknown, path = ''): string[] {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other) ? [] : [`${path}: domain ${JSON.stringify(one)}, plain ${JSON.stringify(other)}`];
  }
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].flatMap((name) => differences(Reflect.get(one, name), Reflect.get(other, name), `${path}/${name}`));
}

/** Takes records and fields away for as long as the rest still fails. */
export function smallest(
  records: readonly StreamRecord[],
  fails: (records: readonly StreamRecord[]) => boolean,
): readonly StreamRecord[] {
  let least = records;
  for (let progress = true; progress; ) {
    progress = false;
    for (const smaller of smallerStreams(least)) {
      if (!fails(smaller)) continue;
      least = smaller;
      progress = true;
      break;
    }
  }
  return least;
}

function* smallerStreams(records: readonly StreamRecord[]): Generator<StreamRecord[]> {
  for (const [at, { update }] of records.entries()) {
    yield records.filter((_, other) => other !== at);
    for (const field of Object.keys(update)) {
      if (field === 'internal_task_id') continue;
      const { [field as keyof typeof update]: _, ...rest } = update;
      yield records.map((record, other) => (other === at ? { ...record, update: rest } : record));
    }
  }
}

function changed(
  before: { readonly [outcome: string]: number },
  after: { readonly [outcome: string]: number },
): string {
  return Object.keys(after)
    .filter((outcome) => after[outcome] !== before[outcome])
    .join();
}

function shownNotice({ body, index }: Notice): object {
  if (body.kind === 'failure') return { kind: body.kind, index, ...body.facts };
  // The sentence for people is the processor's own.
  if (body.kind === 'reject') return { ...body, index, detail: undefined };
  return { ...body, index };
}

function shownEvent(event: PlainEvent, at: number): object {
  return { ...event, index: at + 1 };
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Without what is undefined. */
function plainly(shown: Shown): Shown {
  return JSON.parse(JSON.stringify(shown)) as Shown;
}
