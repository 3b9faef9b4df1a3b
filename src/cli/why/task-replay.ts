// Folds a task's own records again, by the real fold over an empty partition, and keeps of each update what the ledger
// said of it and what the task was before and after it; and the same of the time that passes with each other record.

import type { FoldInput } from '../../domain/fold-input.ts';
import { newHead, type SlotHead, type SlotPins } from '../../domain/head.ts';
import type { Judgement } from '../../domain/ledger.ts';
import type { Notice } from '../../domain/notice.ts';
import { PartitionFold } from '../../domain/partition-fold.ts';
import type { Post } from '../../domain/post.ts';
import type { TaskError, TaskState } from '../../domain/task-state.ts';
import { type KnownTask, Tombstone } from '../../domain/tombstone.ts';
import type { UpdateClass } from '../../domain/update-class.ts';
import { type TaskDocument, taskDocument } from '../../read/task-document.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { changesBetween, figuresOf } from './task-figures.ts';
import type { TaskRecord } from './task-records.ts';

/** What the ledger said of an update. */
export interface ReplayedJudgement {
  readonly updateClass: UpdateClass;
  /** of the reporter */
  readonly name: string;
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

/** What the time that has passed did to the task, before the record at `offset` was looked at. */
export interface ReplayedTime {
  readonly notices: readonly Notice[];
  readonly before: TaskDocument;
  /** null: it was retired */
  readonly after: TaskDocument | null;
}

/** The record that the time passes with, as far as the fold sees it. */
type Moment = Pick<FoldInput, 'offset' | 'timestamp' | 'source'>;

const NO_UPDATE: FoldInput['decoded'] = { kind: 'update', update: {} };

export class TaskReplay {
  readonly #id: string;
  readonly #place: TaskDocument['source'];
  readonly #head: SlotHead;
  readonly #fold: PartitionFold;
  #state: KnownTask = null;
  #errors: readonly TaskError[] = [];
  #output: string | undefined;
  #judgement: ReplayedJudgement | null = null;
  #document: TaskDocument | null = null;

  constructor({ internal_task_id, source }: TaskDocument, pins: SlotPins) {
    this.#id = internal_task_id;
    this.#place = source;
    this.#head = newHead(pins);
    this.#fold = new PartitionFold(
      source.partition,
      this.#head,
      // Of other tasks only their places among the re-routed records matter, so each begins anew.
      (id) => (id === this.#id ? this.#state : null),
      () => null,
      ({ updateClass, name, doubt, post }) => {
        this.#judgement = { updateClass, name, doubt, post };
      },
    );
  }

  /** The task as it is after what was folded so far, or null: there is none yet, or it was retired. */
  get document(): TaskDocument | null {
    return this.#document;
  }

  /** Whether time alone can still change its liveness. */
  get isWatched(): boolean {
    const { liveness } = this.#document ?? {};
    return liveness === 'reporting' || liveness === 'stalled';
  }

  /** Goes on to the next record without looking at it; answers null where the time did nothing to the task. */
  pass({ offset, timestamp, source }: Moment): ReplayedTime | null {
    const before = this.#document;
    // A tick is what tells nothing but the time.
    const tick = { offset, timestamp, source, size: 0, decoded: NO_UPDATE, home: -1, tick: true };
    const notices = this.#fold.fold(tick);
    this.#take();
    const after = this.#document;
    return before === null || after?.liveness === before.liveness ? null : { notices, before, after };
  }

  /**
   * Folds the next record, which the time has been passed to; answers null for one of another task.
   * @param noticesBefore how many notices that time has made at this record: theirs come before
   */
  fold({ input, own }: TaskRecord, noticesBefore: number): ReplayedUpdate | null {
    this.#judgement = null;
    const before = this.#document;
    const folded = this.#fold.fold(input);
    const errors = this.#take();
    if (!own) return null;
    const notices = folded.map((notice) => ({ ...notice, index: notice.index + noticesBefore }));
    return { judgement: this.#judgement, notices, errors, before, after: this.#document };
  }

  /** Takes over what the fold has changed of the task; answers the errors that came with it. */
  #take(): readonly TaskError[] {
    const generation = this.#fold.takeTombstones().get(this.#id);
    const change = this.#fold.takeChanges().find(({ task }) => task.internal_task_id === this.#id);
    if (generation !== undefined) this.#keep(new Tombstone(generation), [], undefined);
    if (change === undefined || change.retired) return [];
    const told = [...this.#errors, ...change.errors];
    const kept = change.errors.length === 0 ? told.length : this.#head.settings.errors_kept;
    const errors = told.slice(Math.max(0, told.length - kept));
    this.#keep(change.task, errors, change.task_output ?? this.#output);
    return change.errors;
  }

  #keep(state: TaskState | Tombstone, errors: readonly TaskError[], output: string | undefined): void {
    const { topic, partition } = this.#place;
    this.#state = state;
    this.#errors = errors;
    this.#output = output;
    this.#document =
      state instanceof Tombstone ? null : taskDocument(state, this.#errors, this.#output, { topic, partition });
  }
}

/** @throws CommandFailure (exit 1) unless the replay has made the task that Redis has */
export function requireSameTask(task: TaskDocument, replayed: TaskDocument | null): void {
  const differing = changesBetween(figuresOf(replayed), figuresOf(task)).map(
    ({ field, from, to }) => `${field} is ${to ?? 'absent'} in Redis, and ${from ?? 'absent'} by the log`,
  );
  for (const part of ['errors', 'task_output', 'source', 'status_at', 'first_update_at', 'last_update_at'] as const) {
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

/**
 * Where more tasks are due at once than are looked at before one record, the last ones are looked at later: the replay knows
 * of one task only, and looks at it at once.
 * @returns what differs so, in a sentence; null: nothing
 */
export function lateLook(task: TaskDocument, replayed: TaskDocument | null): string | null {
  if (replayed === null || replayed.liveness_at === task.liveness_at) return null;
  const [ours, theirs] = [replayed.liveness_at, task.liveness_at].map((ms) => new Date(ms).toISOString());
  return `Redis has it ${task.liveness} since ${theirs}, by the log since ${ours}: more tasks were due then than one record may look at`;
}
