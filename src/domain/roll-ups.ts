// What a stretch of log has changed so far of the partition's shares of jobs and engines. Which share begins, is dropped and
// begins anew is decided record by record, so that it does not depend on when the changes are taken.

import type { ExactSum } from './exact-sum.ts';
import { InvariantBroken } from './invariant-broken.ts';
import {
  countRejected,
  countTask,
  emptyCounted,
  hear,
  isEmpty,
  join,
  leave,
  newRollUp,
  ROLL_UP_KINDS,
  type RollUp,
  type RollUpKind,
  recount,
  retireFrom,
} from './roll-up.ts';
import type { TaskState } from './task-state.ts';

/** What the fold did to one share since the changes were taken last. */
export interface RollUpChange {
  readonly kind: RollUpKind;
  readonly id: string;
  /** its figures when the changes were taken last; null: there was none. It may have been dropped and begun anew since */
  readonly before: readonly ExactSum[] | null;
  /** null: no task belongs to it any more */
  rollUp: RollUp | null;
  /** internal_task_id of each task that came or went: whether it belongs to the share now; null: none did */
  members: Map<string, boolean> | null;
}

/** What the slot knew of a share when the changes were taken last; null: there was none. */
export type KnownRollUp = (kind: RollUpKind, id: string) => RollUp | null;

export class RollUps {
  readonly #slot: KnownRollUp;
  #changes = noChanges();
  /** what the task of the record at hand had counted before it, and where; the task is new where `#isNew` */
  readonly #before = emptyCounted();
  readonly #now = emptyCounted();
  readonly #ids: { [kind in RollUpKind]: string | undefined } = { internal_job_id: undefined, engine_id: undefined };
  #isNew = false;

  constructor(slot: KnownRollUp) {
    this.#slot = slot;
  }

  /** Takes note of a task before an update changes it. */
  beforeUpdate(task: TaskState, isNew: boolean): void {
    this.#isNew = isNew;
    for (const kind of ROLL_UP_KINDS) this.#ids[kind] = isNew ? undefined : task[kind];
    countTask(task, this.#before);
  }

  /** Counts what an update has changed of the task that `beforeUpdate` was told of. @param log_time ms */
  afterUpdate(task: TaskState, log_time: number): void {
    countTask(task, this.#now);
    for (const kind of ROLL_UP_KINDS) {
      const [before, now] = [this.#ids[kind], task[kind]];
      if (before !== now && before !== undefined) this.#leave(kind, before, task);
      if (now === undefined) continue;
      if (before === now && !this.#isNew) {
        const rollUp = this.#rollUpOf(kind, now, task);
        recount(rollUp, this.#before, this.#now);
        hear(rollUp, log_time);
      } else {
        const change = this.#of(kind, now);
        change.rollUp ??= newRollUp(now);
        join(change.rollUp, task, this.#now);
        hear(change.rollUp, log_time);
        change.members ??= new Map();
        change.members.set(task.internal_task_id, true);
      }
    }
  }

  /** An update of the task was rejected. */
  rejected(task: TaskState): void {
    for (const kind of ROLL_UP_KINDS) {
      const id = task[kind];
      if (id !== undefined) countRejected(this.#rollUpOf(kind, id, task));
    }
  }

  /** Counts what the passing of time has changed of the task that `beforeUpdate` was told of. */
  afterTime(task: TaskState): void {
    countTask(task, this.#now);
    for (const kind of ROLL_UP_KINDS) {
      const id = task[kind];
      if (id !== undefined) recount(this.#rollUpOf(kind, id, task), this.#before, this.#now);
    }
  }

  /** The task is retired. */
  retire(task: TaskState): void {
    countTask(task, this.#now);
    for (const kind of ROLL_UP_KINDS) {
      const id = task[kind];
      if (id === undefined) continue;
      retireFrom(this.#rollUpOf(kind, id, task), this.#now);
      this.#gone(kind, id, task);
    }
  }

  /** The changes since the last call, each share once. */
  take(): RollUpChange[] {
    const changes = ROLL_UP_KINDS.flatMap((kind) => [...this.#changes[kind].values()]);
    if (changes.length > 0) this.#changes = noChanges();
    return changes;
  }

  #leave(kind: RollUpKind, id: string, task: TaskState): void {
    leave(this.#rollUpOf(kind, id, task), this.#before);
    this.#gone(kind, id, task);
  }

  #gone(kind: RollUpKind, id: string, task: TaskState): void {
    const change = this.#of(kind, id);
    change.members ??= new Map();
    change.members.set(task.internal_task_id, false);
    if (isEmpty(change.rollUp!)) change.rollUp = null;
  }

  /** The share that the task belongs to. @throws InvariantBroken if the slot lost it */
  #rollUpOf(kind: RollUpKind, id: string, task: TaskState): RollUp {
    const { rollUp } = this.#of(kind, id);
    if (rollUp !== null) return rollUp;
    const what = `the roll-up of ${kind} ${JSON.stringify(id)} is not`;
    throw new InvariantBroken(
      'roll_up_missing',
      `Task ${JSON.stringify(task.internal_task_id)} is there, but ${what}.`,
    );
  }

  #of(kind: RollUpKind, id: string): RollUpChange {
    const changes = this.#changes[kind];
    const known = changes.get(id);
    if (known !== undefined) return known;
    const rollUp = this.#slot(kind, id);
    const change: RollUpChange = { kind, id, before: rollUp?.figures.slice() ?? null, rollUp, members: null };
    changes.set(id, change);
    return change;
  }
}

function noChanges(): { [kind in RollUpKind]: Map<string, RollUpChange> } {
  return { internal_job_id: new Map(), engine_id: new Map() };
}
