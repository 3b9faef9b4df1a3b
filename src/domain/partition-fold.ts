// The fold of one partition: record by record, in log order, into tasks, roll-up, counts and notices (docs/fold.md).
// Batch borders change nothing: every decision is taken here, on one record; only the writing is coalesced.

import { addTotals, evolve, type JudgedUpdate, newTask, reasonOf, sumsPassTheBound } from './evolve.ts';
import { addToShare, countFailure, emptyFleetShare, moveStatus } from './fleet-share.ts';
import type { SlotHead, SlotPins } from './head.ts';
import { homeOf } from './home.ts';
import { InvariantBroken } from './invariant-broken.ts';
import { judgeUpdate, takeIntoLedger } from './judge-update.ts';
import type { Judgement } from './ledger.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import type { FailureFacts, FailureKind, Notice, NoticeBody, SourceCoordinates } from './notice.ts';
import type { Outcome, RejectReason } from './outcome.ts';
import type { TaskChange, TaskState } from './task-state.ts';
import { outcomeOf } from './update-class.ts';
import { numberProblem } from './validate.ts';

/** One record as the fold sees it: decoded, and without anything of Kafka but its coordinates. */
export interface FoldInput {
  readonly offset: number;
  /** log time, ms */
  readonly timestamp: number;
  /** key + value + header names and values, bytes */
  readonly size: number;
  readonly decoded:
    | { readonly kind: 'update'; readonly update: TaskStatusDetail }
    | { readonly kind: 'reject'; readonly reason: RejectReason; readonly detail: string };
  /** home partition of the update's task; -1 where it has none */
  readonly home: number;
  /** first coordinates, where the record was re-routed */
  readonly source: SourceCoordinates | null;
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The home of a decoded record's task, -1 where it has no id or one that is too long. */
export function homeOfDecoded(decoded: FoldInput['decoded'], partitions: number): number {
  const id = decoded.kind === 'update' ? decoded.update.internal_task_id : null;
  return id ? homeOf(id, partitions) : -1;
}

export function newHead(pins: SlotPins): SlotHead {
  return {
    pins,
    received: 0,
    outcomes: { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 },
    rejected_by_reason: new Map(),
    rerouted_from: new Map(),
    fleet: emptyFleetShare(),
  };
}

/** Whether every record has exactly one outcome (received = applied + duplicate + stale + rejected + rerouted). */
export function conserves(head: SlotHead): boolean {
  const { applied, duplicate, stale, rejected, rerouted } = head.outcomes;
  return head.received === applied + duplicate + stale + rejected + rerouted;
}

/** Folds a run of records over one slot. The head and the tasks given are changed in place. */
export class PartitionFold {
  /** what changed since the last `takeChanges`, by internal_task_id */
  #changes = new Map<string, TaskChange>();
  readonly #partition: number;
  readonly #head: SlotHead;
  readonly #task: (internal_task_id: string) => TaskState | null;
  readonly #onJudged: ((judged: JudgedUpdate & Judgement) => void) | undefined;

  /**
   * @param task the present state of a task of this partition, or null where there is none yet
   * @param onJudged told what the ledger says of each update that reaches its task, before the task changes; it must
   *   keep nothing of `reporter`, which goes on changing
   */
  constructor(
    partition: number,
    head: SlotHead,
    task: (internal_task_id: string) => TaskState | null,
    onJudged?: (judged: JudgedUpdate & Judgement) => void,
  ) {
    this.#partition = partition;
    this.#head = head;
    this.#task = task;
    this.#onJudged = onJudged;
  }

  /** The changes since the last call, each task once, in the order of first change. */
  takeChanges(): TaskChange[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }

  /**
   * Folds one record and answers its notices, in order.
   * @throws InvariantBroken if the task already holds this offset or a later one
   */
  fold(input: FoldInput): Notice[] {
    this.#head.received++;
    const { decoded } = input;
    if (decoded.kind === 'reject') return this.#reject(input, decoded.reason, decoded.detail, null);
    const { update } = decoded;
    const id = update.internal_task_id;
    if (!id) return this.#reject(input, 'internal_task_id_missing', 'The update names no internal_task_id.', update);
    if (input.home < 0) {
      return this.#reject(input, 'internal_task_id_too_long', 'internal_task_id is above 1,024 bytes.', update);
    }
    if (input.home !== this.#partition) return this.#sendHome(input, update);
    if (input.source !== null && !this.#takeRerouted(input.source)) {
      this.#count('duplicate');
      return [];
    }
    return this.#foldAtHome(input, id, update);
  }

  #foldAtHome(input: FoldInput, id: string, update: TaskStatusDetail): Notice[] {
    const { settings } = this.#head.pins;
    const known = this.#changes.get(id)?.task ?? this.#task(id);
    if (known !== null && known.last_offset >= input.offset) {
      throw new InvariantBroken(
        'task_offset_ahead',
        `Task ${JSON.stringify(id)} has folded offset ${known.last_offset} before offset ${input.offset} came.`,
      );
    }
    const problem = numberProblem(update);
    if (problem) {
      const detail = `${problem.field} is ${problem.reason === 'negative_number' ? 'negative' : 'beyond 2^53-2'}.`;
      return this.#rejectOfTask(input, known, problem.reason, detail, update);
    }
    if (update.create_jobs_action?.length && input.size > settings.copy_bytes_max) {
      const detail = `A record of ${input.size} bytes cannot be copied into job creations (copy_bytes_max ${settings.copy_bytes_max}).`;
      return this.#rejectOfTask(input, known, 'too_large_to_copy', detail, update);
    }
    const task = known ?? newTask(id, input.offset, input.timestamp);
    const judged = judgeUpdate(task, update, settings);
    if (sumsPassTheBound(task, judged.contribution, judged.reporter.totals, settings)) {
      return this.#rejectOfTask(input, known, 'sum_out_of_range', 'A sum of the task would pass 2^53-2.', update);
    }
    this.#onJudged?.(judged);
    const change = this.#changeOf(task);
    takeIntoLedger(change, judged, input, settings);
    task.last_offset = input.offset;
    task.last_update_at = input.timestamp;
    const outcome = outcomeOf(judged.updateClass);
    this.#count(outcome);
    if (outcome === 'applied') return this.#apply(input, known === null, change, judged);
    addTotals(task, judged, settings);
    if (outcome === 'duplicate') task.updates_duplicate++;
    else task.updates_stale++;
    return [];
  }

  #apply(input: FoldInput, isNew: boolean, change: TaskChange, judged: JudgedUpdate): Notice[] {
    const { task } = change;
    const { update, contribution } = judged;
    const { fleet, pins } = this.#head;
    const statusBefore = isNew ? null : task.task_status;
    const errorsBefore = change.errors.length;
    const failure = evolve(change, judged, pins.settings);
    moveStatus(fleet, statusBefore, task.task_status);
    addToShare(fleet, contribution);

    const bodies: NoticeBody[] = [];
    if (failure !== null) {
      if (failure !== 'error') countFailure(fleet, reasonOf(update));
      bodies.push({ kind: 'failure', facts: failureFacts(failure, change, errorsBefore, update, input) });
    }
    for (const { index, repeat } of contribution.actions) bodies.push(jobCreation(task, index, repeat));
    if (change.errors.length > pins.settings.errors_kept)
      change.errors = change.errors.slice(-pins.settings.errors_kept);
    return notices(input, bodies);
  }

  /** The record lies in a partition that is not its task's home. */
  #sendHome(input: FoldInput, update: TaskStatusDetail): Notice[] {
    if (input.source !== null) {
      const detail = `Re-routed from partition ${input.source.partition}, and its home is partition ${input.home}.`;
      return this.#reject(input, 'rerouted_not_at_home', detail, update);
    }
    const { copy_bytes_max } = this.#head.pins.settings;
    if (input.size > copy_bytes_max) {
      const detail = `A record of ${input.size} bytes cannot be copied to its home, partition ${input.home} (copy_bytes_max ${copy_bytes_max}).`;
      return this.#reject(input, 'too_large_to_copy', detail, update);
    }
    this.#count('rerouted');
    return notices(input, [{ kind: 'reroute', to: input.home }]);
  }

  /** Takes a re-routed record unless it was taken before: they arrive in order for each source partition. */
  #takeRerouted(source: SourceCoordinates): boolean {
    const { rerouted_from } = this.#head;
    if (source.offset <= (rerouted_from.get(source.partition) ?? -1)) return false;
    rerouted_from.set(source.partition, source.offset);
    return true;
  }

  #rejectOfTask(
    input: FoldInput,
    task: TaskState | null,
    reason: RejectReason,
    detail: string,
    update: TaskStatusDetail,
  ): Notice[] {
    if (task !== null) {
      this.#changeOf(task);
      task.updates_rejected++;
      task.last_offset = input.offset;
    }
    return this.#reject(input, reason, detail, update);
  }

  #reject(input: FoldInput, reason: RejectReason, detail: string, update: TaskStatusDetail | null): Notice[] {
    this.#count('rejected');
    const byReason = this.#head.rejected_by_reason;
    byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    const holdsToken = update?.create_jobs_action?.some((action) => !!action.token) ?? false;
    const tooLarge = input.size > this.#head.pins.settings.copy_bytes_max;
    const id = input.home >= 0 ? update?.internal_task_id : undefined;
    return notices(input, [
      {
        kind: 'reject',
        reason,
        detail,
        form: holdsToken || tooLarge ? 'pointer' : 'copy',
        ...(id ? { internal_task_id: id } : {}),
      },
    ]);
  }

  #changeOf(task: TaskState): TaskChange {
    let change = this.#changes.get(task.internal_task_id);
    if (change === undefined) {
      change = { task, errors: [], task_output: undefined, reporters: new Set(), base_changed: false };
      this.#changes.set(task.internal_task_id, change);
    }
    return change;
  }

  #count(outcome: Outcome): void {
    this.#head.outcomes[outcome]++;
  }
}

function notices(input: FoldInput, bodies: readonly NoticeBody[]): Notice[] {
  const { offset, source } = input;
  return bodies.map((body, i) => ({ offset, index: i + 1, ...(source === null ? {} : { source }), body }));
}

function jobCreation(task: TaskState, action: number, repeat: number): NoticeBody {
  return {
    kind: 'job_creation',
    action,
    repeat,
    internal_task_id: task.internal_task_id,
    ...(task.internal_job_id === undefined ? {} : { internal_job_id: task.internal_job_id }),
    ...(task.engine_id === undefined ? {} : { engine_id: task.engine_id }),
  };
}

function failureFacts(
  failure: FailureKind,
  change: TaskChange,
  errorsBefore: number,
  update: TaskStatusDetail,
  input: FoldInput,
): FailureFacts {
  const { task } = change;
  const facts: { -readonly [field in keyof FailureFacts]?: FailureFacts[field] | undefined } = {
    failure,
    internal_task_id: task.internal_task_id,
    internal_job_id: task.internal_job_id,
    engine_id: task.engine_id,
    work_request_id: update.work_request_id || undefined,
    task_route_id: task.task_route_id,
    task_status: task.task_status,
    failure_reason: reasonOf(update),
    attempt: task.attempts,
    timestamp: update.timestamp ?? undefined,
    prior_timestamp: update.prior_timestamp ?? undefined,
    errors: change.errors.slice(errorsBefore),
    error_count: task.error_count,
    retry_count: task.retry_count,
    processed_stats: { ...task.processed_stats },
    log_time: input.timestamp,
    traceparent: input.traceparent,
    tracestate: input.tracestate,
  };
  for (const field of Object.keys(facts) as (keyof FailureFacts)[]) if (facts[field] === undefined) delete facts[field];
  return facts as FailureFacts;
}
