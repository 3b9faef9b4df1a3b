// What the simulated engines really did, as far as the broker acknowledged it (docs/truth.md). It adds up the engines' own
// reports of work and deeds, and reads no delta of an update and no rule of the fold: it is what both are held against.

import type { FailureKind } from '../domain/notice.ts';
import type { RejectReason } from '../domain/outcome.ts';
import { type FleetRecord, type FleetTask, isMisplaced } from './deed.ts';
import type { Fault, FaultShares } from './fault.ts';
import { type TaskLine, TaskTruth } from './task-truth.ts';

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
  /** left out: none */
  readonly faults?: FaultShares;
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
  /** how often each fault happened; left out: none did */
  readonly faults?: { readonly [fault in Fault]?: number };
  readonly seconds: number;
}

export class Truth {
  readonly #tasks = new Map<string, TaskTruth>();
  #applied = 0;
  #rejected = 0;
  #rerouted = 0;
  #unknown = 0;
  readonly #rejected_by_reason: { [reason in RejectReason]?: number } = {};

  /** The broker has the record. Records must be told in the order of the log. */
  acknowledged(record: FleetRecord): void {
    const { deed, flaw } = record;
    if (deed) {
      this.#applied++;
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
    let [tasks, failures, job_creations] = [0, 0, 0];
    const failures_by_kind: { [kind in FailureKind]?: number } = {};
    const faults: { [fault in Fault]?: number } = {};
    for (const task of this.#tasks.values()) {
      if (!task.isKnown) continue;
      tasks++;
      failures += task.failures.length;
      job_creations += task.job_creations;
      for (const { failure } of task.failures) failures_by_kind[failure] = (failures_by_kind[failure] ?? 0) + 1;
      for (const [fault, times] of task.faults) faults[fault] = (faults[fault] ?? 0) + times;
    }
    return {
      published: this.#applied + this.#rejected,
      applied: this.#applied,
      rejected: this.#rejected,
      rejected_by_reason: this.#rejected_by_reason,
      rerouted: this.#rerouted,
      tasks,
      failures,
      failures_by_kind,
      job_creations,
      unknown: this.#unknown,
      ...(Object.keys(faults).length > 0 ? { faults } : {}),
      seconds,
    };
  }

  /** The lines of the truth file, without their line ends. */
  *lines(run: RunLine, seconds: number): Generator<string> {
    yield JSON.stringify({ kind: 'run', version: 1, ...run });
    for (const line of this.#taskLines()) yield JSON.stringify(line);
    yield JSON.stringify({ kind: 'summary', ...this.summary(seconds) });
  }

  /** A line for each task of which something is known. */
  tasks(): TaskLine[] {
    return [...this.#taskLines()];
  }

  *#taskLines(): Generator<TaskLine> {
    for (const task of this.#tasks.values()) if (task.isKnown) yield task.toLine();
  }

  #taskOf(task: FleetTask): TaskTruth {
    let truth = this.#tasks.get(task.internal_task_id);
    if (!truth) {
      truth = new TaskTruth(task);
      this.#tasks.set(task.internal_task_id, truth);
    }
    return truth;
  }
}
