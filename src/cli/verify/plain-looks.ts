// Which tasks of the plain fold are looked at next: a binary heap by look_at and the ids' bytes. An entry that the task's
// look_at has left behind is passed over when it comes up.

import type { PlainTask } from './plain-task.ts';

interface Entry {
  readonly at: number;
  readonly task: PlainTask;
}

export class PlainLooks {
  readonly #heap: Entry[] = [];

  /** Notes the task's look_at, each time it has changed. */
  put(task: PlainTask): void {
    const heap = this.#heap;
    const entry = { at: task.look_at, task };
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isEarlier(entry, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = entry;
  }

  /**
   * Takes out the tasks whose look_at lies before the clock, the earliest first; each must be put in again or retired.
   * @param clock ms @param max how many at most
   */
  takeBefore(clock: number, max: number): PlainTask[] {
    const due = new Set<PlainTask>();
    while (due.size < max && this.#heap.length > 0 && this.#heap[0]!.at < clock) {
      const { at, task } = this.#takeFirst();
      if (task.look_at === at && !task.retired) due.add(task);
    }
    return [...due];
  }

  #takeFirst(): Entry {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below + 1 < heap.length && isEarlier(heap[below + 1]!, heap[below]!)) below += 1;
      if (below >= heap.length || !isEarlier(heap[below]!, last)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}

function isEarlier(one: Entry, other: Entry): boolean {
  if (one.at !== other.at) return one.at < other.at;
  return Buffer.compare(Buffer.from(one.task.internal_task_id), Buffer.from(other.task.internal_task_id)) < 0;
}
