// The fold of one partition once more, plain and slow, written from docs/fold.md alone: `taskfold verify` holds Redis
// and the outgoing topics against it. No caches, no batches; it shares nothing with the fold of src/domain but names.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { Outcome, RejectReason } from '../../domain/outcome.ts';
import { markOf, outcomeOf } from '../../domain/update-class.ts';
import { applyPlainly, newest, reasonOf } from './plain-apply.ts';
import { figuresOf, hasToken, PLAIN_NUMBER_MAX, reporterOf, sumsOverflow } from './plain-checks.ts';
import { contributionOf, type PlainContribution } from './plain-contribution.ts';
import { findPlainly } from './plain-ledger.ts';
import { plainHome } from './plain-murmur2.ts';
import { PlainPassing, saidOfTask } from './plain-passing.ts';
import { postOf, saidBy } from './plain-post.ts';
import type { PlainEvent, PlainFailure, PlainRecord, PlainVerdict } from './plain-record.ts';
import { newPlainReporter, rememberPost } from './plain-reporter.ts';
import { newPlainTask, type PlainTask } from './plain-task.ts';
import { errorsOf, given } from './plain-texts.ts';
import { endsPlainly, hearPlainly, makesProgress } from './plain-time.ts';
import { iosAfter, keepBounds, moveTotalsToBase, takeTotals, totalChanges } from './plain-totals.ts';

const ID_BYTES_MAX = 1_024;
const FAILURES = ['failed', 'aborted', 'rejected'];

export class PlainFold {
  readonly tasks = new Map<string, PlainTask>();
  readonly outcomes: Record<Outcome, number> = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  readonly rejected_by_reason = new Map<string, number>();
  /** source partition → highest offset taken */
  readonly rerouted_from = new Map<number, number>();
  readonly failures_by_reason = new Map<string, number>();
  ticks = 0;
  readonly passing: PlainPassing;
  readonly #partition: number;
  readonly #partitionCount: number;
  readonly #settings: FoldSettings;

  constructor(partition: number, partitionCount: number, settings: FoldSettings) {
    this.#partition = partition;
    this.#partitionCount = partitionCount;
    this.#settings = settings;
    this.passing = new PlainPassing(this.tasks, settings);
  }

  /** Folds the next record of the partition. */
  fold(record: PlainRecord): PlainVerdict {
    const passed = this.passing.passTo(record.log_time);
    if (record.tick && 'update' in record.content && given(record.content.update.internal_task_id) === undefined) {
      this.ticks += 1;
      return { outcome: null, events: passed };
    }
    const { outcome, events } = this.#judge(record);
    if (outcome !== null) this.outcomes[outcome] += 1;
    for (const event of events) {
      if (event.kind === 'reject') count(this.rejected_by_reason, event.reason);
      if (event.kind === 'failure' && FAILURES.includes(event.failure)) {
        count(this.failures_by_reason, event.failure_reason ?? 'unreported');
      }
    }
    return { outcome, events: [...passed, ...events] };
  }

  // The rules of "One record", in their order.
  #judge(record: PlainRecord): PlainVerdict {
    if ('undecodable' in record.content) return this.#reject(record, record.content.undecodable);
    const { update } = record.content;
    const id = given(update.internal_task_id);
    if (id === undefined) return this.#reject(record, 'internal_task_id_missing');
    if (Buffer.byteLength(id) > ID_BYTES_MAX) return this.#reject(record, 'internal_task_id_too_long');

    const tooLarge = record.size > this.#settings.copy_bytes_max;
    const home = plainHome(id, this.#partitionCount);
    if (home !== this.#partition) {
      if (record.source !== null) return this.#reject(record, 'rerouted_not_at_home');
      if (tooLarge) return this.#reject(record, 'too_large_to_copy');
      return { outcome: 'rerouted', events: [{ kind: 'reroute', to: home }] };
    }
    if (record.source !== null) {
      const taken = this.rerouted_from.get(record.source.partition) ?? -1;
      if (record.source.offset <= taken) return { outcome: 'duplicate', events: [] };
      this.rerouted_from.set(record.source.partition, record.source.offset);
    }

    if (this.passing.isRetired(id)) return this.#reject(record, 'task_retired');
    const figures = figuresOf(update);
    if (figures.some((figure) => figure < 0)) return this.#rejectOfTask(record, id, 'negative_number');
    if (figures.some((figure) => figure > PLAIN_NUMBER_MAX))
      return this.#rejectOfTask(record, id, 'number_out_of_range');
    if (tooLarge && (update.create_jobs_action ?? []).length > 0) {
      return this.#rejectOfTask(record, id, 'too_large_to_copy');
    }
    return this.#take(record, id, update);
  }

  #reject(record: PlainRecord, reason: RejectReason): PlainVerdict {
    const update = 'update' in record.content ? record.content.update : undefined;
    const pointer = record.size > this.#settings.copy_bytes_max || (update !== undefined && hasToken(update));
    // An id that is too long is told nowhere.
    const internal_task_id = reason === 'internal_task_id_too_long' ? undefined : given(update?.internal_task_id);
    return {
      outcome: 'rejected',
      events: [{ kind: 'reject', reason, form: pointer ? 'pointer' : 'copy', internal_task_id }],
    };
  }

  #rejectOfTask(record: PlainRecord, id: string, reason: RejectReason): PlainVerdict {
    const task = this.tasks.get(id);
    if (task !== undefined) {
      task.updates_rejected += 1;
      task.last_offset = record.offset;
    }
    return this.#reject(record, reason);
  }

  // "The ledger" and the rules behind it. Until the sums are known to fit, nothing changes.
  #take(record: PlainRecord, id: string, update: TaskStatusDetail): PlainVerdict {
    const { log_time, offset } = record;
    const task = this.tasks.get(id) ?? newPlainTask(id, offset, log_time);
    const name = reporterOf(update);
    const known = task.reporters.get(name);
    const letGo = task.reporters_let_go.find(({ reporter }) => reporter === name);
    const reporter = known ?? newPlainReporter(letGo);
    const errors = newest(errorsOf(update.error_details), this.#settings.errors_kept);
    const said = saidBy(update, errors);
    const post = postOf(update, said);
    const found = findPlainly(reporter, post);
    const outcome = outcomeOf(found.updateClass);
    const contribution = outcome === 'applied' ? contributionOf(update, said, errors, found) : null;
    const held = iosAfter(task, contribution === null ? {} : update, this.#settings.ios_kept);
    const totals = totalChanges(task, reporter, said, found, held);
    const isRestart = found.updateClass === 'restart';
    if (sumsOverflow(task, contribution?.update ?? null, held, reporter, totals, isRestart)) {
      return this.#rejectOfTask(record, id, 'sum_out_of_range');
    }

    this.tasks.set(id, task);
    if (isRestart) moveTotalsToBase(task, reporter);
    const told = found.memory?.post;
    const isUnknownReporter = name !== '' && known === undefined && letGo === undefined;
    if (post !== null) rememberPost(reporter, post, found, this.#settings.priors_kept);
    // The one that was heard of last stands at the end.
    task.reporters.delete(name);
    task.reporters.set(name, reporter);
    reporter.heard_at = this.passing.clock.now;
    reporter.rerouted = record.source !== null;
    if (found.newest) reporter.ended = endsPlainly(update, record.work_request_status);
    const [wasSilent, updatedBefore, attemptsBefore] = [
      ...[task.liveness === 'silent', task.last_update_at, task.attempts],
    ] as const;
    const progress = contribution !== null && makesProgress(contribution.update, said.totals, totals, reporter);
    const mark = found.mark ?? markOf(found.updateClass);
    if (mark !== null) count(task.marks, mark);
    task.last_offset = offset;
    task.last_update_at = log_time;
    task[`updates_${outcome}`] += 1;
    const events: PlainEvent[] = [];
    if (contribution === null) {
      takeTotals(task, reporter, totals);
    } else {
      const view = { found, said, told, reporter, isUnknownReporter, held, totals };
      const failure = applyPlainly(task, contribution, view, this.#settings.errors_kept);
      if (failure !== null) events.push(this.#failureEvent(task, record, contribution, failure));
      task.job_creations += contribution.jobs.length;
      const { internal_job_id, engine_id } = task;
      for (const job of contribution.jobs) {
        events.push({ kind: 'job_creation', ...job, internal_task_id: id, internal_job_id, engine_id });
      }
    }
    keepBounds(task, this.#settings, this.passing.clock.now);
    hearPlainly(task, progress || task.attempts > attemptsBefore, this.passing.clock);
    this.passing.watch(task);
    if (wasSilent) events.unshift(this.#recovery(task, record, update, updatedBefore));
    return { outcome, events };
  }

  #failureEvent(
    task: PlainTask,
    record: PlainRecord,
    { update, errors }: PlainContribution,
    failure: string,
  ): PlainFailure {
    return {
      ...saidOfTask(task, failure, record.log_time),
      work_request_id: given(update.work_request_id),
      failure_reason: reasonOf(update),
      timestamp: update.timestamp ?? undefined,
      prior_timestamp: update.prior_timestamp ?? undefined,
      errors,
      traceparent: record.traceparent,
      tracestate: record.tracestate,
    };
  }

  #recovery(task: PlainTask, record: PlainRecord, update: TaskStatusDetail, last_update_at: number): PlainFailure {
    const contribution = { update, errors: [], jobs: [] };
    return { ...this.#failureEvent(task, record, contribution, 'recovered'), last_update_at };
  }
}

function count<Name extends string>(counts: Map<Name, number>, name: Name): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
