// What a stretch of log has changed so far, by task, over what the slot knew before it.

import { placesOf } from './task-places.ts';
import type { TaskChange, TaskState } from './task-state.ts';
import { type KnownTask, Tombstone } from './tombstone.ts';
import { movesOf } from './work-requests.ts';

export class FoldChanges {
  #changes = new Map<string, TaskChange>();
  /** internal_task_id → generation */
  #tombstones = new Map<string, number>();
  readonly #slot: (internal_task_id: string) => KnownTask;

  /** @param slot what the slot knew of a task when the changes were taken last */
  constructor(slot: (internal_task_id: string) => KnownTask) {
    this.#slot = slot;
  }

  /** The task as it is now. */
  known(internal_task_id: string): KnownTask {
    const change = this.#changes.get(internal_task_id);
    if (change !== undefined && !change.retired) return change.task;
    const generation = this.#tombstones.get(internal_task_id);
    return generation === undefined ? this.#slot(internal_task_id) : new Tombstone(generation);
  }

  /** The change of a task as it was before it, begun where there is none. @param isNew the slot did not know the task */
  of(task: TaskState, isNew = false): TaskChange {
    const known = this.#changes.get(task.internal_task_id);
    if (known !== undefined && !known.retired) return known;
    const change: TaskChange = {
      task,
      errors: [],
      task_output: undefined,
      ios: new Set(),
      reporters: new Set(),
      base_changed: false,
      work_requests: known === undefined ? undefined : new Map(movesOf(known)),
      look_changed: false,
      before: isNew || known !== undefined ? null : asItIs(task),
      // Of one that begins anew in the same stretch the slot has what it had before.
      places_before: known !== undefined ? known.places_before : isNew ? null : placesOf(task),
      retired: false,
      begins_anew: known !== undefined,
    };
    this.#changes.set(task.internal_task_id, change);
    return change;
  }

  /** Makes or moves a tombstone. */
  bury(internal_task_id: string, generation: number): void {
    this.#tombstones.set(internal_task_id, generation);
  }

  /** The changes since the last call, each task once, in the order of first change. */
  take(): TaskChange[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }

  /** Tombstones made or moved since the last call. */
  takeTombstones(): ReadonlyMap<string, number> {
    const tombstones = this.#tombstones;
    if (tombstones.size > 0) this.#tombstones = new Map();
    return tombstones;
  }
}

/** For `before`: the task's own values as they are now. */
export function asItIs(task: TaskState): TaskState {
  return { ...task, processed_stats: { ...task.processed_stats } };
}
