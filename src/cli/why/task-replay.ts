// Folds a task's own records again, by the real fold over an empty partition, and keeps of each update what the ledger
// said of it and what the task was before and after it.

import { newHead, type SlotPins } from '../../domain/head.ts';
import type { Judgement } from '../../domain/ledger.ts';
import type { Notice } from '../../domain/notice.ts';
import { PartitionFold } from '../../domain/partition-fold.ts';
import type { Post } from '../../domain/post.ts';
import type { TaskError, TaskState } from '../../domain/task-state.ts';
import type { UpdateClass } from '../../domain/update-class.ts';
import { type TaskDocument, taskDocument } from '../../read/task-document.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { changesBetween, figuresOf } from './task-figures.ts';
import type { TaskRecord } from './task-records.ts';

/** What the ledger said of an update. */
export interface ReplayedJudgement {
  readonly updateClass: UpdateClass;
  readonly doubt: Judgement['doubt'];
  /** null where the update names no work request or no interval */
  readonly post: Post | null;
}

export interface ReplayedUpdate {
  /** null: it did not get as far as the ledger; it is rejected, or a second copy of a re-routed record */
  readonly judgement: ReplayedJudgement | null;
  readonly notices: readonly Notice[];
  /** errors that it added to the kept ones */
  readonly errors: readonly TaskError[];
  /** null: no update of the task had been applied yet */
  readonly before: TaskDocument | null;
  readonly after: TaskDocument | null;
}

export class TaskReplay {
  readonly #id: string;
  readonly #place: TaskDocument['source'];
  readonly #errorsKept: number;
  readonly #fold: PartitionFold;
  #state: TaskState | null = null;
  #errors: readonly TaskError[] = [];
  #output: string | undefined;
  #judgement: ReplayedJudgement | null = null;
  #document: TaskDocument | null = null;

  constructor({ internal_task_id, source }: TaskDocument, pins: SlotPins) {
    this.#id = internal_task_id;
    this.#place = source;
    this.#errorsKept = pins.settings.errors_kept;
    this.#fold = new PartitionFold(
      source.partition,
      newHead(pins),
      // Of other tasks only their places among the re-routed records matter, so each begins anew.
      (id) => (id === this.#id ? this.#state : null),
      ({ updateClass, doubt, post }) => {
        this.#judgement = { updateClass, doubt, post };
      },
    );
  }

  /** The task as it is after what was folded so far, or null: there is none yet. */
  get document(): TaskDocument | null {
    return this.#document;
  }

  /** Folds the next record; answers null for one of another task. */
  fold({ input, own }: TaskRecord): ReplayedUpdate | null {
    this.#judgement = null;
    const before = this.#document;
    const notices = this.#fold.fold(input);
    const change = this.#fold.takeChanges()[0];
    if (!own) return null;
    if (change !== undefined) {
      this.#state = change.task;
      const told = [...this.#errors, ...change.errors];
      this.#errors = told.slice(Math.max(0, told.length - this.#errorsKept));
      this.#output = change.task_output ?? this.#output;
      const { topic, partition } = this.#place;
      this.#document = taskDocument(change.task, this.#errors, this.#output, { topic, partition });
    }
    const errors = change?.errors ?? [];
    return { judgement: this.#judgement, notices, errors, before, after: this.#document };
  }
}

/** @throws CommandFailure (exit 1) unless the replay has made the task that Redis has */
export function requireSameTask(task: TaskDocument, replayed: TaskDocument | null): void {
  const differing = changesBetween(figuresOf(replayed), figuresOf(task)).map(
    ({ field, from, to }) => `${field} is ${to ?? 'absent'} in Redis, and ${from ?? 'absent'} by the log`,
  );
  for (const part of ['errors', 'task_output', 'source', 'first_update_at', 'last_update_at'] as const) {
    if (JSON.stringify(replayed?.[part]) !== JSON.stringify(task[part])) differing.push(`${part} differs`);
  }
  if (differing.length === 0) return;
  const more = differing.length > DIFFERING_SHOWN ? `; and ${differing.length - DIFFERING_SHOWN} more` : '';
  throw new CommandFailure(
    `folded again, the task is another than Redis has: ${differing.slice(0, DIFFERING_SHOWN).join('; ')}${more}`,
    EXIT.failed,
    '"taskfold verify" compares the whole partition',
  );
}

const DIFFERING_SHOWN = 5;
