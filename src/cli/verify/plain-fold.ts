// The fold of one partition once more, plain and slow, written from docs/fold.md alone: `taskfold verify` holds Redis
// and the outgoing topics against it. No caches, no batches; it shares nothing with the fold of src/domain but names.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { Outcome, RejectReason } from '../../domain/outcome.ts';
import { applyPlainly, newest, reasonOf } from './plain-apply.ts';
import {
  figuresOf,
  hasLongId,
  hasToken,
  jobsOverflow,
  PLAIN_NUMBER_MAX,
  reporterOf,
  sumsOverflow,
  workRequestOf,
} from './plain-checks.ts';
import { PLAIN_CLOCK_BEFORE, plainClockAt } from './plain-clock.ts';
import { contributionOf } from './plain-contribution.ts';
import { failureBy, silenceOf } from './plain-failure.ts';
import { findPlainly, markOfPost, outcomeOfPost } from './plain-ledger.ts';
import {
  deadlinesOf,
  earliest,
  endsWorkRequest,
  highestTold,
  lastHeardOpen,
  liveOn,
  loseOpen,
  makesProgress,
  setLiveness,
} from './plain-liveness.ts';
import { PlainLooks } from './plain-looks.ts';
import { plainHome } from './plain-murmur2.ts';
import { postOf, saidBy, totalsOf } from './plain-post.ts';
import type { PlainEvent, PlainRecord, PlainSource, PlainVerdict } from './plain-record.ts';
import { newPlainReporter, rememberPost } from './plain-reporter.ts';
import { PlainRetired } from './plain-retired.ts';
import { PlainRollUps } from './plain-roll-ups.ts';
import { PlainSettings } from './plain-settings.ts';
import { newPlainTask, type PlainTask } from './plain-task.ts';
import { errorsOf, given } from './plain-texts.ts';
import { iosAfter, keepBounds, moveTotalsToBase, takeTotals, totalChanges } from './plain-totals.ts';

const ID_BYTES_MAX = 1_024;

export class PlainFold {
  readonly tasks = new Map<string, PlainTask>();
  readonly outcomes: Record<Outcome, number> = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  readonly rejected_by_reason = new Map<string, number>();
  /** source partition → highest offset taken */
  readonly rerouted_from = new Map<number, number>();
  readonly failures_by_reason = new Map<string, number>();
  readonly retired: PlainRetired;
  readonly rollUps = new PlainRollUps();
  readonly settings: PlainSettings;
  clock = PLAIN_CLOCK_BEFORE;
  ticks = 0;
  /** by partition before the growth: where it was cut; empty: the slot has not grown */
  cuts: readonly number[] = [];
  readonly #looks = new PlainLooks();
  readonly #partition: number;
  readonly #partitionCount: number;

  /** @param settings at the origin @param group whose control records are obeyed */
  constructor(partition: number, partitionCount: number, settings: FoldSettings, group: string) {
    this.#partition = partition;
    this.#partitionCount = partitionCount;
    this.settings = new PlainSettings(settings, group);
    this.retired = new PlainRetired(settings.tombstones_kept_s);
  }

  /** Folds the next record of the partition. */
  fold(record: PlainRecord): PlainVerdict {
    const passed = this.#passTime(record);
    if (namesNoTask(record) && (record.control !== undefined || record.tick)) {
      if (record.control === undefined) this.ticks += 1;
      else if (this.settings.take(record.control, record)) this.#changeSettings();
      return { outcome: null, events: passed };
    }
    const { outcome, events } = this.#judge(record);
    this.outcomes[outcome] += 1;
    for (const event of events) {
      if (event.kind === 'reject') count(this.rejected_by_reason, event.reason);
      if (event.kind === 'failure' && COUNTED.includes(event.failure)) {
        count(this.failures_by_reason, event.failure_reason ?? 'unreported');
      }
    }
    return { outcome, events: [...passed, ...events] };
  }

  #passTime(record: PlainRecord): PlainEvent[] {
    this.clock = plainClockAt(this.clock, record.log_time, this.settings.now.silence_after_s);
    this.retired.passTo(this.clock.now);
    const due = this.#looks.takeBefore(this.clock.now, this.settings.now.looks_max);
    return due.flatMap((task) => this.#look(task, record));
  }

  /** What a change of the settings does at once. */
  #changeSettings(): void {
    const { silence_after_s, tombstones_kept_s } = this.settings.now;
    const { now, alarms_after } = this.clock;
    this.clock = { ...this.clock, alarms_after: Math.min(alarms_after, now + 1_000 * silence_after_s) };
    this.retired.keepFor(tombstones_kept_s, now);
  }

  #look(task: PlainTask, record: PlainRecord): PlainEvent[] {
    const events: PlainEvent[] = [];
    const isOver = (deadline: 'silence' | 'stall' | 'retirement') =>
      deadlinesOf(task, this.clock, this.settings.now)[deadline] < this.clock.now;
    if (isOver('silence')) {
      const [reporter] = lastHeardOpen(task)!;
      setLiveness(task, 'silent', record.log_time);
      loseOpen(task, this.clock.now);
      events.push(silenceOf(task, record, reporter));
    }
    if (isOver('stall')) setLiveness(task, 'stalled', record.log_time);
    if (isOver('retirement')) {
      this.tasks.delete(task.internal_task_id);
      this.retired.take(task);
      this.rollUps.retire(task);
    } else {
      task.look_at = earliest(deadlinesOf(task, this.clock, this.settings.now));
      this.#looks.put(task);
    }
    return events;
  }

  // The rules of "One record", in their order.
  #judge(record: PlainRecord): Judged {
    if ('undecodable' in record.content) return this.#reject(record, record.content.undecodable);
    const { update } = record.content;
    const id = given(update.internal_task_id);
    if (id === undefined) return this.#reject(record, 'internal_task_id_missing');
    if (Buffer.byteLength(id) > ID_BYTES_MAX) return this.#reject(record, 'internal_task_id_too_long');

    const tooLarge = record.size > this.settings.now.copy_bytes_max;
    const home = plainHome(id, this.#partitionCount);
    if (home !== this.#partition) {
      if (record.source !== null) {
        const { partition, offset } = record.source;
        if (!(offset < (this.cuts[partition] ?? 0))) return this.#reject(record, 'rerouted_not_at_home');
        if (!this.#takeSource(record.source)) return { outcome: 'duplicate', events: [] };
      }
      if (tooLarge) return this.#reject(record, 'too_large_to_copy');
      return { outcome: 'rerouted', events: [{ kind: 'reroute', to: home }] };
    }
    if (record.source !== null && !this.#takeSource(record.source)) return { outcome: 'duplicate', events: [] };

    if (this.retired.meets(id)) return this.#reject(record, 'task_retired');
    const figures = figuresOf(update);
    if (figures.some((figure) => figure < 0)) return this.#rejectOfTask(record, id, 'negative_number');
    if (figures.some((figure) => figure > PLAIN_NUMBER_MAX))
      return this.#rejectOfTask(record, id, 'number_out_of_range');
    if (hasLongId(update, record.engine_instance_id)) return this.#rejectOfTask(record, id, 'id_too_long');
    if (tooLarge && (update.create_jobs_action ?? []).length > 0) {
      return this.#rejectOfTask(record, id, 'too_large_to_copy');
    }
    return this.#take(record, id, update);
  }

  #takeSource({ partition, offset }: PlainSource): boolean {
    if (offset <= (this.rerouted_from.get(partition) ?? -1)) return false;
    this.rerouted_from.set(partition, offset);
    return true;
  }

  /** A task comes here from another slot, or from this one before it grew. */
  bring(task: PlainTask): void {
    this.tasks.set(task.internal_task_id, task);
    this.#looks.put(task);
  }

  #reject(record: PlainRecord, reason: RejectReason): Judged {
    const update = 'update' in record.content ? record.content.update : undefined;
    const pointer = record.size > this.settings.now.copy_bytes_max || (update !== undefined && hasToken(update));
    // An id that is too long is told nowhere.
    const internal_task_id = reason === 'internal_task_id_too_long' ? undefined : given(update?.internal_task_id);
    return {
      outcome: 'rejected',
      events: [{ kind: 'reject', reason, form: pointer ? 'pointer' : 'copy', internal_task_id }],
    };
  }

  #rejectOfTask(record: PlainRecord, id: string, reason: RejectReason): Judged {
    const task = this.tasks.get(id);
    if (task !== undefined) {
      task.updates_rejected += 1;
      task.last_offset = record.offset;
    }
    return this.#reject(record, reason);
  }

  // "The ledger" and the rules behind it. Until the sums are known to fit, nothing changes.
  #take(record: PlainRecord, id: string, update: TaskStatusDetail): Judged {
    const { log_time, offset } = record;
    const task = this.tasks.get(id) ?? newPlainTask(id, offset, log_time);
    const name = reporterOf(update, record.engine_instance_id);
    const known = task.reporters.get(name);
    const letGo = task.reporters_let_go.find(({ reporter }) => reporter === name);
    const reporter = known ?? newPlainReporter(letGo);
    const errors = newest(errorsOf(update.error_details), this.settings.now.errors_kept);
    const said = saidBy(update, errors, iosAfter(task, update, this.settings.now.ios_kept));
    const ends = endsWorkRequest(update, record.work_request_status);
    const post = postOf(update, said, ends);
    const found = findPlainly(reporter, post);
    const outcome = outcomeOfPost(found);
    const contribution = outcome === 'applied' ? contributionOf(update, said, errors, found) : null;
    const held = iosAfter(task, contribution === null ? {} : update, this.settings.now.ios_kept);
    const totals = totalChanges(task, reporter, said, found, held);
    if (post !== null && jobsOverflow(contribution?.jobs.length ?? 0, found.memory?.post.jobs.length ?? 0)) {
      return this.#rejectOfTask(record, id, 'too_many_job_creations');
    }
    const isRestart = found.updateClass === 'restart';
    if (sumsOverflow(task, contribution?.update ?? null, held, reporter, totals, isRestart)) {
      return this.#rejectOfTask(record, id, 'sum_out_of_range');
    }

    const highest = highestTold(reporter, totals);
    const progress = makesProgress(contribution, totalsOf(update), highest);
    const before = { ...task };
    this.tasks.set(id, task);
    if (isRestart) moveTotalsToBase(task, reporter);
    const told = found.memory?.post;
    const isUnknownReporter = given(update.work_request_id) !== undefined && known === undefined && letGo === undefined;
    if (post !== null) rememberPost(reporter, post, found, this.settings.now);
    // The one that was heard of last stands at the end.
    task.reporters.delete(name);
    task.reporters.set(name, reporter);
    task.work_requests_let_go = task.work_requests_let_go.filter((request) => request !== workRequestOf(name));
    reporter.heard_at = this.clock.now;
    reporter.lost = false;
    reporter.rerouted = record.source !== null;
    if (post === null) reporter.ended = ends;
    const mark = markOfPost(found);
    if (mark !== null) count(task.marks, mark);
    task.last_offset = offset;
    task.last_update_at = log_time;
    task[`updates_${outcome}`] += 1;
    if (record.source !== null) task.updates_came_rerouted += 1;
    const events: PlainEvent[] = [];
    if (contribution === null) {
      takeTotals(task, reporter, totals);
    } else {
      const view = { found, said, told, post, reporter, isUnknownReporter, held, totals };
      const failure = applyPlainly(task, contribution, view, this.settings.now.errors_kept);
      if (task.task_status !== before.task_status) task.status_at = log_time;
      const { errors: counted } = contribution;
      if (failure !== null && COUNTED.includes(failure)) {
        count(task.failures_by_reason, reasonOf(update) ?? 'unreported');
      }
      if (failure !== null) events.push(failureBy(task, record, failure, update, { errors: counted }));
      task.job_creations += contribution.jobs.length;
      const { internal_job_id, engine_id } = task;
      for (const job of contribution.jobs) {
        events.push({ kind: 'job_creation', ...job, internal_task_id: id, internal_job_id, engine_id });
      }
    }
    keepBounds(task, this.settings.now, this.clock.now);
    liveOn(task, { progress, newAttempt: task.attempts > before.attempts, log_time, now: this.clock.now });
    this.#lookEarlier(task);
    const { internal_job_id, engine_id } = before;
    this.rollUps.updated(task, { internal_job_id, engine_id }, log_time);
    if (before.liveness === 'silent') {
      const { last_update_at } = before;
      events.unshift(failureBy(task, record, 'recovered', update, { last_update_at }));
    }
    return { outcome, events };
  }

  #lookEarlier(task: PlainTask): void {
    const look_at = earliest(deadlinesOf(task, this.clock, this.settings.now));
    if (look_at >= task.look_at) return;
    task.look_at = look_at;
    this.#looks.put(task);
  }
}

type Judged = PlainVerdict & { readonly outcome: Outcome };

const COUNTED: readonly string[] = ['failed', 'aborted', 'rejected'];

function namesNoTask({ content }: PlainRecord): boolean {
  return 'update' in content && given(content.update.internal_task_id) === undefined;
}

function count<Name extends string>(counts: Map<Name, number>, name: Name): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
