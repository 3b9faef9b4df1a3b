// What happens between two posts of an instance of the simulated fleet: ordinary work, a trouble that begins or ends, jobs
// to create, an attempt's or a batch's end. Drawn from the seed; how it is reported is fleet-lane.ts' job.

import type { CreateJobsAction } from '../domain/messages.generated.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import type { Beat, FailureDeed, FleetTask } from './deed.ts';
import { addErrors, batchOutput, type Draft, jobsToCreate, ordinaryWork, troubleReason } from './fleet-work.ts';
import type { Random } from './random.ts';

// Probabilities of one beat.
const TROUBLE_BEGINS = 0.01;
const TROUBLE_CHANGES = 0.1;
const JOBS_ARE_CREATED = 0.015;

/** Where in its lane a beat stands. */
export interface BeatPlace {
  readonly firstOfStint: boolean;
  readonly lastOfStint: boolean;
  /** the last one of the lane */
  readonly ending: boolean;
  /** an attempt of the task ended before this stint */
  readonly retries: boolean;
  /** a late heartbeat that does not know of the task's end */
  readonly afterTheEnd: boolean;
  /** of the jobs that it may create, it wants the first one twice */
  readonly doublesJob: boolean;
}

/** A beat that is still being drawn. */
export interface DrawnBeat extends Beat {
  readonly report: Draft;
  /** what the engine says, which is not always the task's status */
  says: TaskStatus;
  task_status: TaskStatus | null;
  new_attempt: boolean;
  completion_requested: boolean;
  /** nothing but work: such a post may always fail to arrive, since nothing but sums depends on it */
  ordinary: boolean;
  readonly failures: FailureDeed[];
  job_creations: readonly string[];
}

const NOTHING: readonly string[] = [];

export function drawBeat(task: FleetTask, place: BeatPlace, random: Random): DrawnBeat {
  const { engine } = task;
  const beat: DrawnBeat = {
    number: ++task.beats,
    report: ordinaryWork(engine, random),
    says: 'running',
    task_status: null,
    new_attempt: false,
    completion_requested: false,
    ordinary: true,
    failures: [],
    job_creations: NOTHING,
  };
  if (place.afterTheEnd) {
    // The task stays as it ended.
    beat.ordinary = false;
  } else {
    if (engine.kind === 'stream') drawAttempt(task, beat, place, random);
    else drawBatch(task, beat, place, random);
    if (random.chance(JOBS_ARE_CREATED)) createJobs(beat, place, random);
    beat.task_status = beat.says;
  }
  beat.report.task_status = beat.says;
  return beat;
}

function drawBatch(task: FleetTask, beat: DrawnBeat, place: BeatPlace, random: Random): void {
  if (place.firstOfStint) beat.ordinary = false;
  // Troubles make events whose number depends on the order of updates, which scattered records don't keep.
  if (task.engine.keying !== 'no_key') drawTrouble(task, beat, random);
  if (!place.lastOfStint) return;
  beat.ordinary = false;
  beat.report.task_output = batchOutput(random);
  if (place.ending && random.chance(0.1)) requestCompletion(beat);
}

function drawAttempt(task: FleetTask, beat: DrawnBeat, place: BeatPlace, random: Random): void {
  if (place.firstOfStint) {
    beat.ordinary = false;
    beat.new_attempt = place.retries;
    if (beat.new_attempt) beat.says = random.chance(0.6) ? 'reprocessing' : 'running';
    else if (random.chance(0.1)) beat.says = 'queued';
  }
  if (!place.lastOfStint) {
    drawTrouble(task, beat, random);
    return;
  }
  beat.ordinary = false;
  task.trouble = null;
  beat.says = place.ending ? drawEnding(random) : 'failed';
  if (beat.says === 'complete') {
    beat.report.task_output = batchOutput(random);
    if (random.chance(0.2)) requestCompletion(beat);
  } else if (beat.says === 'failed' || beat.says === 'aborted' || beat.says === 'rejected') {
    const failure_reason = troubleReason(task.engine, random);
    addErrors(beat.report, failure_reason, random);
    beat.failures.push({ failure: beat.says, ...(failure_reason === undefined ? {} : { failure_reason }) });
  }
}

/** Lets a trouble of the task begin, change or end with this beat. A trouble lies outside of the instance: all see it. */
function drawTrouble(task: FleetTask, beat: DrawnBeat, random: Random): void {
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

function requestCompletion(beat: DrawnBeat): void {
  beat.completion_requested = true;
  beat.report.task_action = 'completeJob';
}

function createJobs(beat: DrawnBeat, place: BeatPlace, random: Random): void {
  beat.ordinary = false;
  const jobs: CreateJobsAction[] = jobsToCreate(random);
  if (place.doublesJob) jobs.push({ ...jobs[0]! });
  beat.job_creations = jobs.map((job) => job.base_internal_job_id!);
  const task_action = beat.completion_requested ? 'completeAndCreateJobs' : 'createJobs';
  // Some senders leave the action's name out; the jobs are wanted all the same.
  const named = beat.completion_requested || random.chance(0.8);
  beat.report.create_jobs_action = jobs;
  if (named) beat.report.task_action = task_action;
}
