// What the simulated engines really did, as far as the broker acknowledged it (docs/truth.md). It adds up the engines' own
// reports of work and deeds, and reads no delta of an update and no rule of the fold: it is what both are held against.

import type { FailureKind } from '../domain/notice.ts';
import type { RejectReason } from '../domain/outcome.ts';
import { type FleetRecord, isMisplaced } from './deed.ts';
import { TaskTruth } from './task-truth.ts';

/** How the fleet was made, for the first line. */
export interface RunLine {
  readonly topic: string;
  readonly partitions: number;
  readonly seed: number;
  readonly engines: number;
  readonly tasks: number;
  /** updates a second; 0: as fast as possible */
  readonly rate: number;
  readonly seconds: number;
  /** RFC 3339 */
  readonly started_at: string;
}

/** What must become of the run's records; the last line. */
export interface TruthSummary {
  readonly published: number;
  readonly applied: number;
  readonly rejected: number;
  readonly rejected_by_reason: { readonly [reason in RejectReason]?: number };
  readonly rerouted: number;
  readonly tasks: number;
  readonly failures: number;
  readonly failures_by_kind: { readonly [kind in FailureKind]?: number };
  readonly job_creations: number;
  /** records of which nobody knows whether the broker has them */
  readonly unknown: number;
  readonly seconds: number;
}

export class Truth {
  readonly #tasks = new Map<string, TaskTruth>();
  #applied = 0;
  #rejected = 0;
  #rerouted = 0;
  #failures = 0;
  #job_creations = 0;
  #unknown = 0;
  readonly #rejected_by_reason: { [reason in RejectReason]?: number } = {};
  readonly #failures_by_kind: { [kind in FailureKind]?: number } = {};

  /** The broker has the record. Of one task, records must be told in the order in which they were sent. */
  acknowledged(record: FleetRecord): void {
    const { deed, flaw } = record;
    if (deed) {
      this.#applied++;
      this.#failures += deed.failures.length;
      this.#job_creations += deed.job_creations.length;
      for (const { failure } of deed.failures) {
        this.#failures_by_kind[failure] = (this.#failures_by_kind[failure] ?? 0) + 1;
      }
      if (isMisplaced(record)) this.#rerouted++;
      this.#taskOf(deed.task).did(deed);
    } else if (flaw) {
      this.#rejected++;
      this.#rejected_by_reason[flaw] = (this.#rejected_by_reason[flaw] ?? 0) + 1;
      if (record.task) this.#taskOf(record.task).rejected();
    }
  }

  /** Nobody knows whether the broker has the record, and the run ends. */
  unknown(record: FleetRecord): void {
    this.#unknown++;
    const task = record.deed?.task ?? record.task;
    if (task) this.#taskOf(task).isUnknown();
  }

  /** @param seconds how long the run took */
  summary(seconds: number): TruthSummary {
    let tasks = 0;
    for (const task of this.#tasks.values()) if (task.isKnown) tasks++;
    return {
      published: this.#applied + this.#rejected,
      applied: this.#applied,
      rejected: this.#rejected,
      rejected_by_reason: this.#rejected_by_reason,
      rerouted: this.#rerouted,
      tasks,
      failures: this.#failures,
      failures_by_kind: this.#failures_by_kind,
      job_creations: this.#job_creations,
      unknown: this.#unknown,
      seconds,
    };
  }

  /** The lines of the truth file, without their line ends. */
  *lines(run: RunLine, seconds: number): Generator<string> {
    yield JSON.stringify({ kind: 'run', version: 1, ...run });
    for (const task of this.#tasks.values()) if (task.isKnown) yield JSON.stringify(task.toLine());
    yield JSON.stringify({ kind: 'summary', ...this.summary(seconds) });
  }

  #taskOf(task: NonNullable<FleetRecord['task']>): TaskTruth {
    let truth = this.#tasks.get(task.internal_task_id);
    if (!truth) {
      truth = new TaskTruth(task);
      this.#tasks.set(task.internal_task_id, truth);
    }
    return truth;
  }
}
