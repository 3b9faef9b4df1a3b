// One stream of updates through the fold of src/domain and through the plain fold, each shown in the same plain words; and
// the smallest part of a stream that the two still see differently.

import { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import type { PlainEvent } from '../../src/cli/verify/plain-record.ts';
import { type PlainTask, plainOpenGaps } from '../../src/cli/verify/plain-task.ts';
import { FOLD_VERSION, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { conserves, newHead } from '../../src/domain/head.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { PROCESSED_STATS, type TaskError, type TaskState } from '../../src/domain/task-state.ts';
import type { StreamRecord } from './random-updates.ts';

/** What comes of a stream: after each record its outcome and events, and at the end tasks and roll-up. */
export type Shown = { readonly [field: string]: unknown };

const SIZE = 200;

export function foldOfDomain(records: readonly StreamRecord[], settings: FoldSettings): Shown {
  const head = newHead({ origin: 0, incarnation: 'i', partition_count: 1, fold_version: FOLD_VERSION, settings });
  const tasks = new Map<string, TaskState>();
  const kept = new Map<string, { errors: TaskError[]; task_output: string | undefined }>();
  const fold = new PartitionFold(0, head, (id) => tasks.get(id) ?? null);
  const steps = records.map(({ log_time: timestamp, update }, offset) => {
    const before = { ...head.outcomes };
    const decoded = { kind: 'update', update: update as never } as const;
    const notices = fold.fold({ offset, timestamp, size: SIZE, decoded, home: 0, source: null });
    for (const { task, errors, task_output } of fold.takeChanges()) {
      const { internal_task_id: id } = task;
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
    tasks: [...tasks.values()].map((task) => {
      const { inputs, outputs, reporters, reporters_base, reporters_let_go: _, ...rest } = task;
      const named = [...reporters].map(([name, { totals, open }]) => ({ name, totals: sorted(totals), open }));
      const ios = { inputs: [...inputs], outputs: [...outputs] };
      return {
        ...rest,
        ...ios,
        reporters: named,
        reporters_base: sorted(reporters_base),
        ...kept.get(task.internal_task_id),
      };
    }),
    reasons: sorted(head.rejected_by_reason),
    fleet: {
      tasks: fleet.tasks,
      tasks_by_status: sorted(fleet.tasks_by_status),
      failures_by_reason: sorted(fleet.failures_by_reason),
      job_creations: fleet.job_creations,
      error_count: String(fleet.error_count),
      retry_count: String(fleet.retry_count),
      stats: PROCESSED_STATS.map((stat) => String(fleet.processed_stats.get(stat) ?? 0n)),
    },
  });
}

export function foldPlainly(records: readonly StreamRecord[], settings: FoldSettings): Shown {
  const fold = new PlainFold(0, 1, settings);
  const steps = records.map(({ log_time, update }, offset) => {
    const { outcome, events } = fold.fold({
      offset,
      log_time,
      size: SIZE,
      source: null,
      content: { update: update as never },
    });
    const received = Object.values(fold.outcomes).reduce((sum, count) => sum + count, 0);
    return { outcome, events: events.map(shownEvent), conserves: received === offset + 1 };
  });
  const tasks = [...fold.tasks.values()];
  const byStatus = new Map<string, number>();
  for (const { task_status = 'unreported' } of tasks) byStatus.set(task_status, (byStatus.get(task_status) ?? 0) + 1);
  const sum = (figure: (task: PlainTask) => number | undefined) =>
    String(tasks.reduce((total, task) => total + BigInt(figure(task) ?? 0), 0n));
  return plainly({
    steps,
    tasks: tasks.map((task) => {
      const { ios, reporters_let_go: _, open_gaps_let_go: __, ...rest } = task;
      return {
        ...rest,
        processed_stats: Object.fromEntries(task.processed_stats),
        marks: Object.fromEntries(task.marks),
        open_gaps: plainOpenGaps(task),
        inputs: [...ios.inputs],
        outputs: [...ios.outputs],
        reporters: [...task.reporters].map(([name, { totals, open }]) => ({ name, totals: sorted(totals), open })),
        reporters_base: sorted(task.reporters_base),
      };
    }),
    reasons: sorted(fold.rejected_by_reason),
    fleet: {
      tasks: tasks.length,
      tasks_by_status: sorted(byStatus),
      failures_by_reason: sorted(fold.failures_by_reason),
      job_creations: tasks.reduce((total, task) => total + task.job_creations, 0),
      error_count: sum((task) => task.error_count),
      retry_count: sum((task) => task.retry_count),
      stats: PROCESSED_STATS.map((stat) => sum((task) => task.processed_stats.get(stat))),
    },
  });
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
