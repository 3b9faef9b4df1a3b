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
import { generationOf, type KnownTask, Tombstone } from '../../src/domain/tombstone.ts';
import type { StreamRecord } from './random-updates.ts';
import { RulesMet } from './rules-met.ts';

/** What comes of a stream: after each record its outcome and events, and at the end tasks and roll-up. */
export type Shown = { readonly [field: string]: unknown };

const SIZE = 200;

/** @param batch how many records are folded before their changes are taken */
export function foldOfDomain(records: readonly StreamRecord[], settings: FoldSettings, batch: number): Shown {
  const head = newHead({ origin: 0, incarnation: 'i', partition_count: 1, fold_version: FOLD_VERSION, settings });
  const known = new Map<string, KnownTask>();
  const kept = new Map<string, { errors: TaskError[]; task_output: string | undefined }>();
  const fold = new PartitionFold(0, head, (id) => known.get(id) ?? null);
  const takeChanges = () => {
    const changes = fold.takeChanges();
    for (const [id, generation] of fold.takeTombstones()) known.set(id, new Tombstone(generation));
    for (const { task, errors, task_output, retired, begins_anew } of changes) {
      const { internal_task_id: id } = task;
      const before = begins_anew || retired ? undefined : kept.get(id);
      kept.delete(id);
      if (retired) continue;
      known.set(id, task);
      kept.set(id, {
        errors: [...(before?.errors ?? []), ...errors].slice(-settings.errors_kept),
        task_output: task_output ?? before?.task_output,
      });
    }
  };
  const steps = records.map(({ log_time: timestamp, update, source = null, tick, ...headers }, offset) => {
    const before = { ...head.outcomes };
    const decoded =
      update === null
        ? ({ kind: 'reject', reason: 'malformed', detail: '' } as const)
        : ({ kind: 'update', update: update as never } as const);
    const home = update?.internal_task_id ? 0 : -1;
    const notices = fold.fold({
      ...{ offset, timestamp, size: SIZE, decoded, home, source },
      ...(tick === undefined ? {} : { tick }),
      ...headers,
    });
    if ((offset + 1) % batch === 0) takeChanges();
    return { outcome: changed(before, head.outcomes), events: notices.map(shownNotice), conserves: conserves(head) };
  });
  takeChanges();
  const { fleet, clock } = head;
  const oldest = generationOf(head) - 1;
  const tasks = [...known.values()].filter((task): task is TaskState => task !== null && !(task instanceof Tombstone));
  const tombstones = [...known].flatMap(([id, task]): [string, number][] =>
    task instanceof Tombstone && task.generation >= oldest ? [[id, task.generation]] : [],
  );
  return plainly({
    steps,
    clock,
    ticks: head.ticks,
    tasks: byId(tasks, (task) => {
      const { inputs, outputs, reporters, reporters_base, reporters_let_go: _, ...rest } = task;
      const ios = { inputs: [...inputs], outputs: [...outputs] };
      return {
        ...rest,
        ...ios,
        reporters: [...reporters].map(shownReporter),
        reporters_base: sorted(reporters_base),
        ...kept.get(task.internal_task_id),
      };
    }),
    tombstones: sorted(new Map(tombstones)),
    reasons: sorted(head.rejected_by_reason),
    rerouted_from: [...head.rerouted_from],
    fleet: {
      tasks: fleet.tasks,
      tasks_by_status: sorted(positive(fleet.tasks_by_status)),
      tasks_by_liveness: sorted(positive(fleet.tasks_by_liveness)),
      failures_by_reason: sorted(fleet.failures_by_reason),
      ...shownSums(fleet),
      retired: { tasks: fleet.retired.tasks, ...shownSums(fleet.retired) },
    },
  });
}

/** @param met told the rules that the stream comes upon */
export function foldPlainly(records: readonly StreamRecord[], settings: FoldSettings, met?: Set<string>): Shown {
  const fold = new PlainFold(0, 1, settings);
  const rules = met === undefined ? null : new RulesMet(fold, settings, met);
  const steps = records.map(({ log_time, update, source = null, tick, ...headers }, offset) => {
    const verdict = fold.fold({
      ...{ offset, log_time, size: SIZE, source },
      content: update === null ? { undecodable: 'malformed' } : { update: update as never },
      ...(tick === undefined ? {} : { tick }),
      ...headers,
    });
    rules?.look(verdict);
    const received = Object.values(fold.outcomes).reduce((sum, count) => sum + count, 0);
    const conserves = received + fold.ticks === offset + 1;
    return { outcome: verdict.outcome ?? '', events: verdict.events.map(shownEvent), conserves };
  });
  const tasks = [...fold.tasks.values()];
  const { retired } = fold;
  const counted = (nameOf: (task: PlainTask) => string) => {
    const counts = new Map<string, number>();
    for (const task of tasks) counts.set(nameOf(task), (counts.get(nameOf(task)) ?? 0) + 1);
    return sorted(counts);
  };
  const sum = (ofRetired: bigint, figure: (task: PlainTask) => number | undefined) =>
    tasks.reduce((total, task) => total + BigInt(figure(task) ?? 0), ofRetired);
  return plainly({
    steps,
    clock: fold.clock,
    ticks: fold.ticks,
    tasks: byId(tasks, (task) => {
      const { ios, reporters_let_go: _, open_gaps_let_go: __, retired: ___, ...rest } = task;
      return {
        ...rest,
        processed_stats: Object.fromEntries(task.processed_stats),
        marks: Object.fromEntries(task.marks),
        open_gaps: plainOpenGaps(task),
        inputs: [...ios.inputs],
        outputs: [...ios.outputs],
        reporters: [...task.reporters].map(shownReporter),
        reporters_base: sorted(task.reporters_base),
      };
    }),
    tombstones: sorted(retired.tombstones),
    reasons: sorted(fold.rejected_by_reason),
    rerouted_from: [...fold.rerouted_from],
    fleet: {
      tasks: tasks.length,
      tasks_by_status: counted(({ task_status }) => task_status ?? 'unreported'),
      tasks_by_liveness: counted(({ liveness }) => liveness),
      failures_by_reason: sorted(fold.failures_by_reason),
      ...shownSums({
        job_creations: tasks.reduce((total, task) => total + task.job_creations, retired.job_creations),
        error_count: sum(retired.error_count, (task) => task.error_count),
        retry_count: sum(retired.retry_count, (task) => task.retry_count),
        processed_stats: new Map(
          PROCESSED_STATS.map((stat) => [
            stat,
            sum(retired.processed_stats.get(stat) ?? 0n, (task) => task.processed_stats.get(stat)),
          ]),
        ),
      }),
      retired: { tasks: retired.tasks, ...shownSums(retired) },
    },
  });
}

interface Sums {
  readonly job_creations: number;
  readonly error_count: bigint;
  readonly retry_count: bigint;
  readonly processed_stats: ReadonlyMap<string, bigint>;
}

function shownSums({ job_creations, error_count, retry_count, processed_stats }: Sums): object {
  return {
    job_creations,
    error_count: String(error_count),
    retry_count: String(retry_count),
    stats: PROCESSED_STATS.map((stat) => String(processed_stats.get(stat) ?? 0n)),
  };
}

interface ShownReporter {
  readonly totals: ReadonlyMap<string, number>;
  readonly open: readonly number[];
  readonly heard_at: number;
  readonly ended: boolean;
  readonly rerouted: boolean;
}

function shownReporter([name, { totals, open, heard_at, ended, rerouted }]: readonly [string, ShownReporter]): object {
  return { name, totals: sorted(totals), open, heard_at, ended, rerouted };
}

function byId<Task extends { readonly internal_task_id: string }>(
  tasks: readonly Task[],
  show: (task: Task) => object,
): object {
  return Object.fromEntries(tasks.map((task) => [task.internal_task_id, show(task)]));
}

function positive<Name>(counts: ReadonlyMap<Name, number>): Map<Name, number> {
  return new Map([...counts].filter(([, count]) => count > 0));
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
  for (const [at, record] of records.entries()) {
    yield records.filter((_, other) => other !== at);
    // The same without the time that went by before it.
    const step = record.log_time - (records[at - 1]?.log_time ?? record.log_time);
    const moved = records.map((one, other) => (other > at ? { ...one, log_time: one.log_time - step } : one));
    if (step !== 0) yield moved.filter((_, other) => other !== at);
    const instead = (smaller: StreamRecord) => records.map((one, other) => (other === at ? smaller : one));
    for (const field of ['tick', 'work_request_status', 'source'] as const) {
      const { [field]: value, ...rest } = record;
      if (value !== undefined) yield instead(rest);
    }
    for (const field of Object.keys(record.update ?? {})) {
      if (field === 'internal_task_id') continue;
      const { [field as keyof typeof record.update]: _, ...rest } = record.update!;
      yield instead({ ...record, update: rest });
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
