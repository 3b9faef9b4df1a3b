// One stream of updates through the fold of src/domain and through the plain fold, each shown in the same plain words.

import { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import type { PlainVerdict } from '../../src/cli/verify/plain-record.ts';
import { figuresOfRollUp } from '../../src/cli/verify/plain-roll-ups.ts';
import { type PlainTask, plainOpenGaps } from '../../src/cli/verify/plain-task.ts';
import { FOLD_VERSION, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { conserves, newHead, type SlotHead } from '../../src/domain/head.ts';
import { homeOf } from '../../src/domain/home.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { figuresOf, type RollUp } from '../../src/domain/roll-up.ts';
import { readControl } from '../../src/domain/settings-change.ts';
import { PROCESSED_STATS, type TaskChange, type TaskError, type TaskState } from '../../src/domain/task-state.ts';
import { generationOf, type KnownTask, Tombstone } from '../../src/domain/tombstone.ts';
import { writeRollUp } from '../simulator/memory-indexes.ts';
import { STREAM_GROUP, type StreamRecord } from './random-updates.ts';
import { RulesMet } from './rules-met.ts';
import {
  byId,
  changed,
  keptErrors,
  plainly,
  positive,
  type Shown,
  shownEvent,
  shownNotice,
  shownReporter,
  shownRollUps,
  shownSettings,
  shownSums,
  sorted,
} from './shown.ts';

const SIZE = 200;

/** A slot of the fold of src/domain, and all that it holds. */
export class DomainSlot {
  readonly partition: number;
  head: SlotHead;
  readonly known = new Map<string, KnownTask>();
  readonly kept = new Map<string, { errors: TaskError[]; task_output: string | undefined }>();
  readonly rollUps = { internal_job_id: new Map<string, RollUp>(), engine_id: new Map<string, RollUp>() };
  readonly jobTasks = new Map<string, Set<string>>();
  readonly steps: object[] = [];
  offset = 0;
  /** told of changes as a save is */
  onChanges: ((changes: readonly TaskChange[]) => void) | undefined;

  constructor(partition: number, partition_count: number, settings: FoldSettings) {
    this.partition = partition;
    this.head = newHead({ origin: 0, incarnation: 'i', partition_count, fold_version: FOLD_VERSION, settings });
  }

  get tasks(): TaskState[] {
    return [...this.known.values()].filter((task): task is TaskState => task !== null && !(task instanceof Tombstone));
  }

  /** @param batch how many records are folded before their changes are taken */
  fold(records: readonly StreamRecord[], batch: number): void {
    const { head, known, rollUps, partition } = this;
    const fold = new PartitionFold(
      partition,
      head,
      (id) => known.get(id) ?? null,
      (kind, id) => rollUps[kind].get(id) ?? null,
    );
    // Elsewhere what is due comes with each stretch.
    const looks = this.tasks.map(({ internal_task_id, look_at: at }) => ({ internal_task_id, at }));
    fold.beginStretch(looks, Number.POSITIVE_INFINITY);
    for (const { log_time: timestamp, update, source = null, tick, control, ...headers } of records) {
      if (control !== undefined) this.#take(fold);
      const before = { ...head.outcomes };
      const decoded =
        update === null
          ? ({ kind: 'reject', reason: 'malformed', detail: '' } as const)
          : ({ kind: 'update', update: update as never } as const);
      const home = update?.internal_task_id ? homeOf(update.internal_task_id, head.pins.partition_count) : -1;
      const notices = fold.fold({
        ...{ offset: this.offset, timestamp, size: SIZE, decoded, home, source },
        ...(tick === undefined ? {} : { tick }),
        ...(control === undefined ? {} : { control: readControl(control ?? undefined, STREAM_GROUP) }),
        ...headers,
      });
      if (++this.offset % batch === 0 || control !== undefined) this.#take(fold);
      const outcome = changed(before, head.outcomes);
      this.steps.push({ outcome, events: notices.map(shownNotice), conserves: conserves(head) });
    }
    this.#take(fold);
  }

  #take(fold: PartitionFold): void {
    const { known, kept, head } = this;
    const changes = fold.takeChanges();
    this.onChanges?.(changes);
    for (const change of fold.takeRollUps()) writeRollUp(this, change);
    for (const [id, generation] of fold.takeTombstones()) known.set(id, new Tombstone(generation));
    for (const { task, errors, task_output, retired, begins_anew } of changes) {
      const { internal_task_id: id } = task;
      const before = begins_anew || retired ? undefined : kept.get(id);
      kept.delete(id);
      if (retired) continue;
      known.set(id, task);
      kept.set(id, {
        errors: keptErrors(before?.errors ?? [], errors, head.settings.errors_kept),
        task_output: task_output ?? before?.task_output,
      });
    }
  }

  show(): Shown {
    const { head, known, kept, rollUps, jobTasks, steps } = this;
    const { fleet, clock } = head;
    const oldest = generationOf(head) - 1;
    const tombstones = [...known].flatMap(([id, task]): [string, number][] =>
      task instanceof Tombstone && task.generation >= oldest ? [[id, task.generation]] : [],
    );
    return plainly({
      steps,
      clock,
      ticks: head.ticks,
      settings: { now: head.settings, changes: head.changes, controls: head.controls, generation: head.generation },
      tasks: byId(this.tasks, (task) => {
        const { inputs, outputs, reporters, reporters_base, reporters_let_go: _, ...rest } = task;
        const counters = (ios: typeof inputs) => [...ios].map(([id, { name: _, ...counts }]) => [id, counts]);
        const ios = { inputs: counters(inputs), outputs: counters(outputs) };
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
      jobs: shownRollUps(rollUps.internal_job_id, (rollUp) => figuresOf(rollUp)),
      engines: shownRollUps(rollUps.engine_id, (rollUp) => figuresOf(rollUp)),
      job_tasks: sorted(jobTasks).map(([id, tasks]) => [id, [...tasks].sort()]),
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
}

/** @param batch how many records are folded before their changes are taken */
export function foldOfDomain(records: readonly StreamRecord[], settings: FoldSettings, batch: number): Shown {
  const slot = new DomainSlot(0, 1, settings);
  slot.fold(records, batch);
  return slot.show();
}

/** @param met told the rules that the stream comes upon */
export function foldPlainly(records: readonly StreamRecord[], settings: FoldSettings, met?: Set<string>): Shown {
  const fold = new PlainFold(0, 1, settings, STREAM_GROUP);
  const rules = met === undefined ? null : new RulesMet(fold, met);
  return showPlain(
    fold,
    stepsOfPlain(fold, records, 0, (verdict) => rules?.look(verdict)),
  );
}

/** @param from the offset of the first record @param onVerdict told what each record comes to */
export function stepsOfPlain(
  fold: PlainFold,
  records: readonly StreamRecord[],
  from: number,
  onVerdict: (verdict: PlainVerdict) => void = () => {},
): object[] {
  return records.map(({ log_time, update, source = null, tick, control, ...headers }, at) => {
    const offset = from + at;
    const verdict = fold.fold({
      ...{ offset, log_time, size: SIZE, source },
      content: update === null ? { undecodable: 'malformed' } : { update: update as never },
      ...(tick === undefined ? {} : { tick }),
      ...(control === undefined ? {} : { control }),
      ...headers,
    });
    onVerdict(verdict);
    const received = Object.values(fold.outcomes).reduce((sum, count) => sum + count, 0);
    const { obeyed, repeated, ignored } = fold.settings.controls;
    // Of a slot that has grown only some of the counts begin at its first record.
    const conserves = fold.cuts.length > 0 || received + fold.ticks + obeyed + repeated + ignored === offset + 1;
    return { outcome: verdict.outcome ?? '', events: verdict.events.map(shownEvent), conserves };
  });
}

export function showPlain(fold: PlainFold, steps: readonly object[]): Shown {
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
    settings: { ...shownSettings(fold.settings), generation: retired.start },
    tasks: byId(tasks, (task) => {
      const { ios, reporters_let_go: _, open_gaps_let_go: __, retired: ___, failures_by_reason, ...rest } = task;
      return {
        ...rest,
        processed_stats: Object.fromEntries(task.processed_stats),
        marks: Object.fromEntries(task.marks),
        failures_by_reason: failures_by_reason.size === 0 ? undefined : Object.fromEntries(failures_by_reason),
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
    jobs: shownRollUps(fold.rollUps.byId.internal_job_id, figuresOfRollUp),
    engines: shownRollUps(fold.rollUps.byId.engine_id, figuresOfRollUp),
    job_tasks: sorted(fold.rollUps.byId.internal_job_id).map(([id, { tasks }]) => [
      id,
      [...tasks].map(({ internal_task_id }) => internal_task_id).sort(),
    ]),
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
