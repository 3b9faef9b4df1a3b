// What the passing of time does to tasks that no update speaks of: they fall silent, stall, are retired (docs/fold.md,
// "Silence and retirement"). It happens before a record is looked at, and by the log's time alone.

import { factsOfSilence } from './failure-facts.ts';
import { moveLiveness, retireFromShare } from './fleet-share.ts';
import type { FoldChanges } from './fold-changes.ts';
import type { SlotHead } from './head.ts';
import { deadlines, earliestDeadline, setLiveness } from './liveness.ts';
import { type Look, Looks } from './looks.ts';
import type { NoticeBody } from './notice.ts';
import { moveClock } from './partition-clock.ts';
import type { RollUps } from './roll-ups.ts';
import type { Liveness, TaskChange, TaskState } from './task-state.ts';
import { generationOf, Tombstone } from './tombstone.ts';

export class PassingTime {
  readonly #head: SlotHead;
  readonly #changes: FoldChanges;
  readonly #rollUps: RollUps;
  readonly #looks = new Looks();

  constructor(head: SlotHead, changes: FoldChanges, rollUps: RollUps) {
    this.#head = head;
    this.#changes = changes;
    this.#rollUps = rollUps;
  }

  /** See PartitionFold.beginStretch. */
  beginStretch(looks: readonly Look[], horizon: number): void {
    this.#looks.begin(looks, horizon);
  }

  /** Goes on to the next record. @param bodies gets what is to be told */
  passTo(record: { readonly timestamp: number }, bodies: NoticeBody[]): void {
    const { clock, settings } = this.#head;
    moveClock(clock, record.timestamp, settings);
    for (let looked = 0; looked < settings.looks_max; ) {
      const look = this.#looks.take(clock.now);
      if (look === null) return;
      const task = this.#changes.known(look.internal_task_id);
      // One that was moved to an earlier look is there twice.
      if (task === null || task instanceof Tombstone || task.look_at !== look.at) continue;
      this.#lookAt(task, record, bodies);
      looked++;
    }
  }

  /** Has the task looked at no later than at its earliest deadline. */
  watch(change: TaskChange): void {
    const { clock, settings } = this.#head;
    const deadline = earliestDeadline(change.task, clock, settings);
    if (deadline < change.task.look_at) this.#setLook(change, deadline);
  }

  #lookAt(task: TaskState, record: { readonly timestamp: number }, bodies: NoticeBody[]): void {
    const { clock, fleet, settings } = this.#head;
    const { silence, stall, retirement } = deadlines(task, clock, settings);
    const change = this.#changes.of(task);
    if (silence < clock.now) {
      bodies.push({ kind: 'failure', facts: factsOfSilence(task, record) });
      this.#change(task, 'silent');
    } else if (stall < clock.now) {
      this.#change(task, 'stalled');
    }
    if (retirement < clock.now) {
      retireFromShare(fleet, task);
      this.#rollUps.retire(task);
      change.retired = true;
      this.#changes.bury(task.internal_task_id, generationOf(this.#head));
    } else {
      this.#setLook(change, earliestDeadline(task, clock, settings));
    }
  }

  #change(task: TaskState, liveness: Liveness): void {
    const { clock, fleet } = this.#head;
    this.#rollUps.beforeUpdate(task, false);
    moveLiveness(fleet, task.liveness, liveness);
    setLiveness(task, liveness, clock);
    this.#rollUps.afterTime(task);
  }

  #setLook(change: TaskChange, at: number): void {
    change.task.look_at = at;
    change.look_changed = true;
    this.#looks.add({ at, internal_task_id: change.task.internal_task_id });
  }
}
