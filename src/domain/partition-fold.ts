// The fold of one partition: record by record, in log order, into tasks, roll-up, counts and notices (docs/fold.md).
// Batch borders change nothing: every decision is taken here, on one record; only the writing is coalesced.

import { addTotals, evolve, type JudgedUpdate, newTask, reasonOf, sumsPassTheBound } from './evolve.ts';
import { factsOfRecovery, factsOfUpdate } from './failure-facts.ts';
import { addToShare, countFailure, countFailureOf, moveLiveness, moveStatus } from './fleet-share.ts';
import { FoldChanges } from './fold-changes.ts';
import type { FoldInput } from './fold-input.ts';
import type { SlotHead } from './head.ts';
import { InvariantBroken } from './invariant-broken.ts';
import { JOBS_OF_PRIOR_MAX, jobsPassTheBound, judgeUpdate, takeIntoLedger } from './judge-update.ts';
import type { Judgement } from './ledger.ts';
import { hearOf, makesProgress } from './liveness.ts';
import type { Look } from './looks.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import { jobCreationOf, type Notice, type NoticeBody, noticesOf } from './notice.ts';
import type { Outcome, RejectReason } from './outcome.ts';
import { PassingTime } from './passing-time.ts';
import { isFromBeforeGrowth, takeRerouted } from './rerouted.ts';
import { type KnownRollUp, type RollUpChange, RollUps } from './roll-ups.ts';
import { takeControl } from './settings-change.ts';
import type { TaskChange, TaskState } from './task-state.ts';
import { generationOf, type KnownTask, Tombstone } from './tombstone.ts';
import { outcomeOf } from './update-class.ts';
import { problemOf } from './validate.ts';

/** Folds a run of records over one slot. The head and the tasks given are changed in place. */
export class PartitionFold {
  readonly #changes: FoldChanges;
  readonly #rollUps: RollUps;
  readonly #time: PassingTime;
  readonly #partition: number;
  readonly #head: SlotHead;
  readonly #onJudged: ((judged: JudgedUpdate & Judgement) => void) | undefined;

  /**
   * @param task what the slot knows of a task of this partition
   * @param rollUp what the slot knows of a share of a job or engine. Without it the fold has to see the slot's whole log, and
   *   keeps the shares itself
   * @param onJudged told what the ledger says of each update that reaches its task, before the task changes; it must
   *   keep nothing of `reporter`, which goes on changing
   */
  constructor(
    partition: number,
    head: SlotHead,
    task: (internal_task_id: string) => KnownTask,
    rollUp: KnownRollUp = () => null,
    onJudged?: (judged: JudgedUpdate & Judgement) => void,
  ) {
    this.#partition = partition;
    this.#head = head;
    this.#changes = new FoldChanges(task);
    this.#rollUps = new RollUps(rollUp);
    this.#time = new PassingTime(head, this.#changes, this.#rollUps);
    this.#onJudged = onJudged;
  }

  /**
   * Begins a stretch of the log. Without it, the fold has to see the slot's whole log from its origin.
   * @param looks all tasks of the slot whose `look_at` lies before `horizon`, or the earliest of them: then as many as the
   *   stretch can look at
   * @param horizon the clock at the end of the stretch, ms
   */
  beginStretch(looks: readonly Look[], horizon: number): void {
    this.#time.beginStretch(looks, horizon);
  }

  /** The changes since the last call, each task once, in the order of first change. */
  takeChanges(): TaskChange[] {
    return this.#changes.take();
  }

  /** The shares of jobs and engines that changed since the last call, each once. */
  takeRollUps(): RollUpChange[] {
    return this.#rollUps.take();
  }

  /** Tombstones made or moved since the last call: internal_task_id → generation. */
  takeTombstones(): ReadonlyMap<string, number> {
    return this.#changes.takeTombstones();
  }

  /**
   * Folds one record and answers its notices, in order. What a change is saved by depends on the settings: so before a
   * control record all changes must have been taken, and a stretch ends with it.
   * @throws InvariantBroken if the task already holds this offset or a later one
   */
  fold(input: FoldInput): readonly Notice[] {
    const bodies: NoticeBody[] = [];
    this.#time.passTo(input, bodies);
    const { decoded, control, tick } = input;
    const namesNoTask = decoded.kind === 'update' && !decoded.update.internal_task_id;
    if (namesNoTask && control !== undefined) takeControl(this.#head, control, input);
    else if (namesNoTask && tick) this.#head.ticks++;
    else this.#receive(input, bodies);
    return noticesOf(input, bodies);
  }

  #receive(input: FoldInput, bodies: NoticeBody[]): void {
    this.#head.received++;
    const { decoded } = input;
    if (decoded.kind === 'reject') {
      this.#reject(input, bodies, decoded.reason, decoded.detail, null);
      return;
    }
    const { update } = decoded;
    const id = update.internal_task_id;
    if (!id) {
      this.#reject(input, bodies, 'internal_task_id_missing', 'The update names no internal_task_id.', update);
    } else if (input.home < 0) {
      this.#reject(input, bodies, 'internal_task_id_too_long', 'internal_task_id is above 1,024 bytes.', update);
    } else if (input.home !== this.#partition) {
      this.#sendHome(input, bodies, update);
    } else if (input.source !== null && !takeRerouted(this.#head, input.source)) {
      this.#count('duplicate');
    } else {
      this.#foldAtHome(input, bodies, id, update);
    }
  }

  #foldAtHome(input: FoldInput, bodies: NoticeBody[], id: string, update: TaskStatusDetail): void {
    const { settings } = this.#head;
    const kept = this.#changes.known(id);
    if (kept instanceof Tombstone && this.#remembers(kept)) {
      this.#changes.bury(id, generationOf(this.#head));
      this.#reject(input, bodies, 'task_retired', 'The task was retired before the update came.', update);
      return;
    }
    const known = kept instanceof Tombstone ? null : kept;
    if (known !== null && known.last_offset >= input.offset) {
      throw new InvariantBroken(
        'task_offset_ahead',
        `Task ${JSON.stringify(id)} has folded offset ${known.last_offset} before offset ${input.offset} came.`,
      );
    }
    const problem = problemOf(update, input.engine_instance_id);
    if (problem) {
      this.#rejectOfTask(input, bodies, known, problem.reason, problem.detail, update);
      return;
    }
    if (update.create_jobs_action?.length && input.size > settings.copy_bytes_max) {
      const detail = `A record of ${input.size} bytes cannot be copied into job creations (copy_bytes_max ${settings.copy_bytes_max}).`;
      this.#rejectOfTask(input, bodies, known, 'too_large_to_copy', detail, update);
      return;
    }
    const task = known ?? newTask(id, input.offset, input.timestamp);
    const judged = judgeUpdate(task, update, input, settings);
    if (jobsPassTheBound(judged)) {
      const detail = `The posts on one prior_timestamp would have brought more than ${JOBS_OF_PRIOR_MAX} job creations.`;
      this.#rejectOfTask(input, bodies, known, 'too_many_job_creations', detail, update);
      return;
    }
    if (sumsPassTheBound(task, judged.contribution, judged.reporter.totals, settings)) {
      this.#rejectOfTask(input, bodies, known, 'sum_out_of_range', 'A sum of the task would pass 2^53-2.', update);
      return;
    }
    this.#onJudged?.(judged);
    this.#take(input, bodies, task, known === null, judged);
  }

  /** Takes a sound update of a task that lives here. */
  #take(
    input: FoldInput,
    bodies: NoticeBody[],
    task: TaskState,
    isNew: boolean,
    judged: JudgedUpdate & Judgement,
  ): void {
    const { clock, fleet, settings } = this.#head;
    const { update } = judged;
    const change = this.#changes.of(task, isNew);
    this.#rollUps.beforeUpdate(task, isNew);
    const livenessBefore = task.liveness;
    const updatedBefore = task.last_update_at;
    const attemptsBefore = task.attempts;
    const outcome = outcomeOf(judged.updateClass);
    const progress = outcome === 'applied' && makesProgress(judged.contribution, judged.reporter.totals);
    takeIntoLedger(
      change,
      judged,
      {
        offset: input.offset,
        clock: clock.now,
        rerouted: input.source !== null,
      },
      settings,
    );
    task.last_offset = input.offset;
    task.last_update_at = input.timestamp;
    if (input.source !== null) task.updates_came_rerouted++;
    this.#count(outcome);
    const told = bodies.length;
    if (outcome === 'applied') {
      this.#apply(input, bodies, isNew, change, judged);
    } else {
      addTotals(change, judged, settings);
      if (outcome === 'duplicate') task.updates_duplicate++;
      else task.updates_stale++;
    }
    hearOf(task, progress || task.attempts > attemptsBefore, clock);
    moveLiveness(fleet, isNew ? null : livenessBefore, task.liveness);
    this.#rollUps.afterUpdate(task, input.timestamp);
    // Before what the update itself has to tell.
    if (livenessBefore === 'silent') {
      bodies.splice(told, 0, { kind: 'failure', facts: factsOfRecovery(task, updatedBefore, update, input) });
    }
    this.#time.watch(change);
  }

  #apply(input: FoldInput, bodies: NoticeBody[], isNew: boolean, change: TaskChange, judged: JudgedUpdate): void {
    const { task } = change;
    const { update, contribution } = judged;
    const { fleet, settings } = this.#head;
    const statusBefore = isNew ? null : task.task_status;
    const errorsBefore = change.errors.length;
    const failure = evolve(change, judged, settings);
    moveStatus(fleet, statusBefore, task.task_status);
    if (task.task_status !== statusBefore) task.status_at = input.timestamp;
    addToShare(fleet, contribution);
    if (failure !== null) {
      if (failure !== 'error') {
        countFailure(fleet, reasonOf(update));
        countFailureOf(task, reasonOf(update));
      }
      const errors = change.errors.slice(errorsBefore);
      bodies.push({ kind: 'failure', facts: factsOfUpdate(failure, task, errors, update, input) });
    }
    for (const { index, repeat } of contribution.actions) bodies.push(jobCreationOf(task, index, repeat));
    if (change.errors.length > settings.errors_kept) change.errors = change.errors.slice(-settings.errors_kept);
  }

  /** The record lies in a partition that is not its task's home. */
  #sendHome(input: FoldInput, bodies: NoticeBody[], update: TaskStatusDetail): void {
    const { copy_bytes_max } = this.#head.settings;
    const { source } = input;
    // Whoever re-routed it before the growth knew another home: so it goes on, as a record of this partition.
    const goesOn = source !== null && isFromBeforeGrowth(this.#head, source);
    if (goesOn && !takeRerouted(this.#head, source)) {
      this.#count('duplicate');
    } else if (source !== null && !goesOn) {
      const detail = `Re-routed from partition ${source.partition}, and its home is partition ${input.home}.`;
      this.#reject(input, bodies, 'rerouted_not_at_home', detail, update);
    } else if (input.size > copy_bytes_max) {
      const detail = `A record of ${input.size} bytes cannot be copied to its home, partition ${input.home} (copy_bytes_max ${copy_bytes_max}).`;
      this.#reject(input, bodies, 'too_large_to_copy', detail, update);
    } else {
      this.#count('rerouted');
      bodies.push({ kind: 'reroute', to: input.home });
    }
  }

  #rejectOfTask(
    input: FoldInput,
    bodies: NoticeBody[],
    task: TaskState | null,
    reason: RejectReason,
    detail: string,
    update: TaskStatusDetail,
  ): void {
    if (task !== null) {
      this.#changes.of(task);
      task.updates_rejected++;
      task.last_offset = input.offset;
      this.#rollUps.rejected(task);
    }
    this.#reject(input, bodies, reason, detail, update);
  }

  #reject(
    input: FoldInput,
    bodies: NoticeBody[],
    reason: RejectReason,
    detail: string,
    update: TaskStatusDetail | null,
  ): void {
    this.#count('rejected');
    const byReason = this.#head.rejected_by_reason;
    byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    const holdsToken = update?.create_jobs_action?.some((action) => !!action.token) ?? false;
    const tooLarge = input.size > this.#head.settings.copy_bytes_max;
    const id = input.home >= 0 ? update?.internal_task_id : undefined;
    bodies.push({
      kind: 'reject',
      reason,
      detail,
      form: holdsToken || tooLarge ? 'pointer' : 'copy',
      ...(id ? { internal_task_id: id } : {}),
    });
  }

  #remembers({ generation }: Tombstone): boolean {
    return generation >= generationOf(this.#head) - 1;
  }

  #count(outcome: Outcome): void {
    this.#head.outcomes[outcome]++;
  }
}
