// Folds a task's own records again, by the real fold over an empty partition, and keeps of each update what the ledger
// said of it and what the task was before and after it.

import type { FoldInput } from '../../domain/fold-input.ts';
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
import type { PassedRecord, TaskRecord } from './task-records.ts';

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

  /** Lets the time pass to the next record, whosever it is; answers null where that changes nothing of the task. */
  pass({ record: { offset, timestamp } }: TaskRecord | PassedRecord): ReplayedUpdate | null {
    const nothing = { decoded: { kind: 'update', update: {} }, size: 0, home: -1, source: null, tick: true } as const;
    const replayed = this.#take({ offset, timestamp, ...nothing });
    return replayed.before?.liveness === replayed.after?.liveness ? null : replayed;
  }

  /** Folds the record that the time has passed to; answers null for one of another task. */
  fold({ input, own }: TaskRecord): ReplayedUpdate | null {
    const replayed = this.#take(input);
    return own ? replayed : null;
  }

  #take(input: FoldInput): ReplayedUpdate {
    this.#judgement = null;
    const before = this.#document;
    const notices = this.#fold.fold(input);
    const change = this.#fold.takeChanges().find(({ task }) => task.internal_task_id === this.#id);
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

/** Whether the replay has come as far as the task: what time did to both is the same. */
export function hasLivenessOf(task: TaskDocument, replayed: TaskDocument | null): boolean {
  return replayed?.liveness === task.liveness && replayed.liveness_at === task.liveness_at;
}

/** @throws CommandFailure (exit 1) unless the replay has made the task that Redis has */
export function requireSameTask(task: TaskDocument, replayed: TaskDocument | null): void {
  const differing = changesBetween(figuresOf(replayed), figuresOf(task)).map(
    ({ field, from, to }) => `${field} is ${to ?? 'absent'} in Redis, and ${from ?? 'absent'} by the log`,
  );
  for (const part of ['errors', 'task_output', 'source', 'first_update_at', 'last_update_at', 'liveness_at'] as const) {
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
