// What `why` has told so far: how many updates of which class, what time alone did, and what they changed. Its end says so.

import type { TaskDocument } from '../../read/task-document.ts';
import { type ExplainedNow, type ExplainedTime, type ExplainedUpdate, narrowed } from './explained-update.ts';
import { type FigureChange, figuresOf } from './task-figures.ts';
import type { TaskLook } from './task-look.ts';
import { nowText, sumTexts } from './update-text.ts';

export class Explanation {
  readonly #field: string | undefined;
  readonly #changes: FigureChange[] = [];
  /** class → how many updates, or what time did */
  readonly #updates = new Map<string, number>();
  readonly #passings = new Map<string, number>();

  /** @param field the only figure that is asked for */
  constructor(field: string | undefined) {
    this.#field = field;
  }

  /** Takes note of what is told, as far as it is asked for; null: it is not. */
  takeUpdate(update: ExplainedUpdate): ExplainedUpdate | null {
    return this.#take(update, this.#updates);
  }

  takeTime(time: ExplainedTime): ExplainedTime | null {
    return this.#take(time, this.#passings);
  }

  #take<Told extends ExplainedUpdate | ExplainedTime>(all: Told, counts: Map<string, number>): Told | null {
    const told = this.#field === undefined ? all : narrowed(all, this.#field);
    if (told === null) return null;
    counts.set(told.class, (counts.get(told.class) ?? 0) + 1);
    this.#changes.push(...told.changed);
    return told;
  }

  /** Whether the liveness belongs to what is asked for. */
  get tellsNow(): boolean {
    return this.#field === undefined || this.#field === 'liveness';
  }

  /** The last lines for people. */
  endText({ task }: TaskLook, now: ExplainedNow): string {
    const field = this.#field;
    const sums = field === undefined ? [] : sumTexts(field, this.#changes, figuresOf(task));
    return ['', ...sums, ...(this.tellsNow ? [nowText(now)] : []), this.#countText(task)].join('\n');
  }

  #countText({ source }: TaskDocument): string {
    const count = [...this.#updates.values()].reduce((sum, one) => sum + one, 0);
    const of = listText(this.#updates);
    const which = this.#field === undefined ? '' : ` that moved ${this.#field}`;
    const listed = `${count} ${count === 1 ? 'update' : 'updates'}${which}${of === '' ? '' : ` (${of})`}`;
    const alone = this.#passings.size === 0 ? '' : `; time alone: ${listText(this.#passings)}`;
    const place = `partition ${source.partition} of ${source.topic}, offsets ${source.first_offset} to ${source.last_offset}`;
    return `${listed}${alone}, ${place}; folded again they make the task that Redis has`;
  }
}

function listText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, times]) => `${times} ${name}`).join(', ');
}
