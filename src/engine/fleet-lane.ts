// One place of work on a task of the simulated fleet: an instance that goes through stints, each under a work request of
// its own. A chunk engine's stint is a batch that ends with task_output; a stream engine's stint is an attempt at the task.

import type { CreateJobsAction, TaskStatusDetail } from '../domain/messages.generated.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import type { Deed, FailureDeed, FleetTask } from './deed.ts';
import { addErrors, batchOutput, type Draft, jobsToCreate, ordinaryWork, troubleReason } from './fleet-work.ts';
import type { Random } from './random.ts';
import type { Report } from './report.ts';
import { TaskReporter } from './task-reporter.ts';

// Probabilities of one beat.
const ORDINARY_POST_FAILS = 0.01;
const TROUBLE_BEGINS = 0.01;
const TROUBLE_CHANGES = 0.1;
const JOBS_ARE_CREATED = 0.015;
const TALKS_AFTER_THE_END = 0.03;

const NOTHING: readonly string[] = [];

/** What a beat turns out to be, before it becomes a post. */
interface Beat {
  report: Draft;
  /** what the engine says, and whether that is the task's status then */
  says: TaskStatus;
  counts: boolean;
  new_attempt: boolean;
  completion_requested: boolean;
  /** nothing but work: such a post may fail to arrive, and the next one contains it */
  ordinary: boolean;
  failures: FailureDeed[];
  jobs: CreateJobsAction[];
}

export class Lane {
  readonly task: FleetTask;
  /** how many updates each stint has, at least 1 */
  readonly #stints: number[];
  #stint = 0;
  #beat = 0;
  #afterTheEnd = false;
  #reporter: TaskReporter;
  /** work of posts that failed: it travels with the next one */
  #undelivered: Report[] = [];
  /** turns to sit out before the next beat: a retry comes some time after the failure */
  wait = 0;

  constructor(task: FleetTask, stints: number[], now: number, random: Random) {
    this.task = task;
    this.#stints = stints;
    this.#reporter = newReporter(task, now - random.between(1, 5), random);
  }

  get done(): boolean {
    return this.#stint === this.#stints.length;
  }

  get #isLastOfStint(): boolean {
    return this.#beat === this.#stints[this.#stint]! - 1;
  }

  /** Whether the next beat is the last of the lane. */
  get isEnding(): boolean {
    return !this.#afterTheEnd && this.#stint === this.#stints.length - 1 && this.#isLastOfStint;
  }

  /** Makes the current stint longer. */
  extend(updates: number): void {
    this.#stints[this.#stint]! += updates;
  }

  /**
   * The next heartbeat, or the update when work ends; null where its post failed, so that nothing was published.
   * @param now UTC epoch seconds
   */
  next(now: number, random: Random): { update: TaskStatusDetail; deed: Deed } | null {
    const beat = this.#draw(random);
    const reporter = this.#reporter;
    reporter.record(beat.report);
    this.#undelivered.push(beat.report);
    const update = reporter.compose(now);
    if (beat.ordinary && random.chance(ORDINARY_POST_FAILS)) {
      reporter.failed();
      return null;
    }
    // The fleet's publisher either gets every record to the broker, in order, or ends the run.
    reporter.acknowledged();
    const deed: Deed = {
      task: this.task,
      reports: this.#undelivered,
      task_status: beat.counts ? beat.says : null,
      new_attempt: beat.new_attempt,
      completion_requested: beat.completion_requested,
      failures: beat.failures,
      job_creations: beat.jobs.length === 0 ? NOTHING : beat.jobs.map((job) => job.base_internal_job_id!),
      timestamp: update.timestamp!,
      work_request_id: reporter.identity.work_request_id!,
    };
    this.#undelivered = [];
    this.#advance(beat.says, now, random);
    return { update, deed };
  }

  #draw(random: Random): Beat {
    const { engine } = this.task;
    const beat: Beat = {
      report: ordinaryWork(engine, random),
      says: 'running',
      counts: true,
      new_attempt: false,
      completion_requested: false,
      ordinary: true,
      failures: [],
      jobs: [],
    };
    if (this.#afterTheEnd) {
      // A late heartbeat that did not know of the end: the task stays as it ended.
      beat.counts = false;
      beat.ordinary = false;
    } else {
      if (engine.kind === 'stream') this.#drawAttempt(beat, random);
      else this.#drawBatch(beat, random);
      if (random.chance(JOBS_ARE_CREATED)) createJobs(beat, random);
    }
    beat.report.task_status = beat.says;
    return beat;
  }

  #drawBatch(beat: Beat, random: Random): void {
    if (this.#beat === 0) beat.ordinary = false;
    // Troubles make events whose number depends on the order of updates, which scattered records don't keep.
    if (this.task.engine.keying !== 'no_key') drawTrouble(this.task, beat, random);
    if (!this.#isLastOfStint) return;
    beat.ordinary = false;
    beat.report.task_output = batchOutput(random);
    if (this.isEnding && random.chance(0.1)) requestCompletion(beat);
  }

  #drawAttempt(beat: Beat, random: Random): void {
    const { task } = this;
    if (this.#beat === 0) {
      beat.ordinary = false;
      beat.new_attempt = this.#stint > 0;
      if (beat.new_attempt) beat.says = random.chance(0.6) ? 'reprocessing' : 'running';
      else if (random.chance(0.1)) beat.says = 'queued';
    }
    if (!this.#isLastOfStint) {
      drawTrouble(task, beat, random);
      return;
    }
    beat.ordinary = false;
    task.trouble = null;
    beat.says = this.isEnding ? drawEnding(random) : 'failed';
    if (beat.says === 'complete') {
      beat.report.task_output = batchOutput(random);
      if (random.chance(0.2)) requestCompletion(beat);
    } else if (beat.says === 'failed' || beat.says === 'aborted' || beat.says === 'rejected') {
      const failure_reason = troubleReason(task.engine, random);
      addErrors(beat.report, failure_reason, random);
      beat.failures.push({ failure: beat.says, ...(failure_reason === undefined ? {} : { failure_reason }) });
    }
  }

  #advance(said: TaskStatus, now: number, random: Random): void {
    if (!this.#afterTheEnd && this.isEnding && said === 'complete' && random.chance(TALKS_AFTER_THE_END)) {
      this.#afterTheEnd = true;
      return;
    }
    if (!this.#isLastOfStint) {
      this.#beat++;
      return;
    }
    this.#stint++;
    this.#beat = 0;
    if (this.done) return;
    if (said === 'failed') this.wait = random.between(2, 6);
    this.#reporter = newReporter(this.task, now, random);
  }
}

function newReporter(task: FleetTask, started_at: number, random: Random): TaskReporter {
  const { internal_task_id, internal_job_id, engine } = task;
  const identity = {
    internal_task_id,
    internal_job_id,
    engine_id: engine.engine_id,
    work_request_id: random.uuid(),
    ...(engine.task_route_id === undefined ? {} : { task_route_id: engine.task_route_id }),
  };
  return new TaskReporter(identity, started_at, engine.figures);
}

/** Lets a trouble of the task begin, change or end with this update. A trouble lies outside of the instance: all see it. */
function drawTrouble(task: FleetTask, beat: Beat, random: Random): void {
  const { trouble, engine } = task;
  if (trouble) {
    beat.ordinary = false;
    if (--trouble.updates_left <= 0) {
      task.trouble = null;
      return;
    }
    if (random.chance(TROUBLE_CHANGES)) {
      trouble.reason = troubleReason(engine, random, trouble.reason ?? 'none');
      if (trouble.reason !== undefined) beat.failures.push({ failure: 'error', failure_reason: trouble.reason });
    }
    addErrors(beat.report, trouble.reason, random);
  } else if (random.chance(TROUBLE_BEGINS)) {
    const reason = troubleReason(engine, random);
    task.trouble = { reason, updates_left: random.between(1, 5) };
    beat.ordinary = false;
    beat.failures.push({ failure: 'error', ...(reason === undefined ? {} : { failure_reason: reason }) });
    addErrors(beat.report, reason, random);
  }
}

function drawEnding(random: Random): TaskStatus {
  const lot = random.below(200);
  if (lot < 12) return 'failed';
  if (lot < 17) return 'aborted';
  return lot < 20 ? 'rejected' : 'complete';
}

function requestCompletion(beat: Beat): void {
  beat.completion_requested = true;
  beat.report.task_action = 'completeJob';
}

function createJobs(beat: Beat, random: Random): void {
  beat.ordinary = false;
  beat.jobs = jobsToCreate(random);
  const task_action = beat.completion_requested ? 'completeAndCreateJobs' : 'createJobs';
  // Some senders leave the action's name out; the jobs are wanted all the same.
  const named = beat.completion_requested || random.chance(0.8);
  beat.report.create_jobs_action = beat.jobs;
  if (named) beat.report.task_action = task_action;
}
