// When which task is to be looked at: a heap of what is due within the stretch of log at hand. The whole list is part of
// the slot; before a stretch is folded, its part that may come due in it is put in here.

/** A task and its `look_at`, ms of the partition's clock. */
export interface Look {
  readonly at: number;
  readonly internal_task_id: string;
}

export class Looks {
  #heap: Look[] = [];
  /** looks from here on are none of this stretch's business */
  #horizon = Number.POSITIVE_INFINITY;

  /** Begins a stretch: of all looks before `horizon` these are the earliest. */
  begin(looks: readonly Look[], horizon: number): void {
    this.#horizon = horizon;
    // In order, a list is a heap.
    this.#heap = [...looks].sort(compareLooks);
  }

  add(look: Look): void {
    if (look.at >= this.#horizon) return;
    const heap = this.#heap;
    let at = heap.push(look) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compareLooks(heap[parent]!, look) <= 0) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = look;
  }

  /** The earliest one before `clock`, taken out; null where there is none. */
  take(clock: number): Look | null {
    const first = this.#heap[0];
    if (first === undefined || first.at >= clock) return null;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(look: Look): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && compareLooks(heap[child + 1]!, heap[child]!) < 0) child++;
      if (compareLooks(look, heap[child]!) <= 0) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = look;
  }
}

function compareLooks(a: Look, b: Look): number {
  return a.at - b.at || compareUtf8(a.internal_task_id, b.internal_task_id);
}

/** The order of the texts' bytes in UTF-8, which is that of their code points. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [one, other] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (one === other) continue;
    // Surrogates stand for code points above all others.
    return place(one) - place(other);
  }
  return a.length - b.length;
}

function place(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10_000 : unit;
}
