// The process behind a lane of the simulated fleet: its reporter, its clock, and what it does not know to be published.
// It behaves as the contract says: only an acknowledgement resets anything.

import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { Beat, FleetTask } from './deed.ts';
import type { DrawnBeat } from './lane-beats.ts';
import { TaskReporter } from './task-reporter.ts';

export class LaneSender {
  readonly work_request_id: string;
  readonly #task: FleetTask;
  #reporter: TaskReporter;
  #started_at: number;
  #unacknowledged: DrawnBeat[] = [];
  /** grows when something is reset: posts of one base contain each other, posts of two share nothing */
  #base = 0;
  /** prior_timestamp of what was published → its base, and the newest post's timestamp; null where nobody asks */
  readonly #priors: Map<number, { base: number; timestamp: number }> | null;

  /**
   * @param started_at what its clock says when it starts, UTC epoch seconds
   * @param watched whether to notice where posts alone don't tell whether they contain each other
   */
  constructor(task: FleetTask, work_request_id: string, started_at: number, watched: boolean) {
    this.#task = task;
    this.work_request_id = work_request_id;
    this.#started_at = started_at;
    this.#reporter = this.#newReporter(started_at);
    this.#priors = watched ? new Map() : null;
  }

  /** What the next update carries, oldest first. */
  get unacknowledged(): readonly Beat[] {
    return this.#unacknowledged;
  }

  /** Whether a crash would lose nothing but ordinary work. */
  get mayForget(): boolean {
    return this.#unacknowledged.every((beat) => beat.ordinary);
  }

  /** Starts it at this second, before anything is recorded. */
  startAt(started_at: number): void {
    this.#started_at = started_at;
    this.#reporter = this.#newReporter(started_at);
  }

  /** The process dies and comes back: what it has not told is gone, its totals begin at 0. @param started_at null: as at first */
  restart(started_at: number | null): void {
    this.#unacknowledged = [];
    this.#base++;
    this.startAt(started_at ?? this.#started_at);
  }

  record(beat: DrawnBeat): void {
    this.#reporter.record(beat.report);
    this.#unacknowledged.push(beat);
  }

  compose(clock: number): TaskStatusDetail {
    return this.#reporter.compose(clock);
  }

  /** The update lies in the log, or will. */
  published(update: TaskStatusDetail): void {
    if (this.#priors === null) return;
    const prior = update.prior_timestamp!;
    const timestamp = update.timestamp!;
    const before = this.#priors.get(prior);
    this.#priors.set(prior, { base: this.#base, timestamp });
    if (before === undefined) return;
    // After a post that covers no time, the next one continues from the same second whether it was acknowledged or not;
    // and of two posts made within one second, what continues from that second may continue from either.
    const unclear = before.timestamp <= prior || timestamp <= before.timestamp;
    if (unclear || before.base !== this.#base) this.#task.unclear_priors++;
  }

  acknowledged(): void {
    this.#reporter.acknowledged();
    this.#unacknowledged = [];
    this.#base++;
  }

  failed(): void {
    this.#reporter.failed();
    // What was posted keeps its list; the next post has a longer one.
    this.#unacknowledged = [...this.#unacknowledged];
  }

  #newReporter(started_at: number): TaskReporter {
    const { internal_task_id, internal_job_id, engine } = this.#task;
    const identity = {
      internal_task_id,
      internal_job_id,
      engine_id: engine.engine_id,
      work_request_id: this.work_request_id,
      ...(engine.task_route_id === undefined ? {} : { task_route_id: engine.task_route_id }),
    };
    return new TaskReporter(identity, started_at, engine.figures, 'as_given');
  }
}
