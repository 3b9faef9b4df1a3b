// What a record of the simulated fleet stands for: the record as the engine sends it, and beside it what the engine really
// did, which only the truth reads (truth.ts).

import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { FailureKind } from '../domain/notice.ts';
import type { FailureReason, TaskStatus } from '../domain/task-state.ts';
import type { Fault } from './fault.ts';
import type { Flaw } from './flaw.ts';
import type { FleetEngine } from './fleet-engine.ts';
import type { Report } from './report.ts';

export interface FleetTask {
  readonly internal_task_id: string;
  readonly internal_job_id: string;
  readonly engine: FleetEngine;
  /** the partition that the contract wants */
  readonly home: number;
  /** something outside of the task goes wrong: all its instances report errors until it is over */
  trouble: { reason: FailureReason | undefined; updates_left: number } | null;
  /** beats so far, of all its instances */
  beats: number;
  /** the work request that was opened last */
  work_request_id: string | null;
  /** faults that hit it */
  readonly faults: Map<Fault, number>;
  /** how often posts of one reporter continued from the same second, and they alone don't tell whether they contain each other */
  unclear_priors: number;
}

/** An event that must leave through `task-failures`. */
export interface FailureDeed {
  readonly failure: FailureKind;
  readonly failure_reason?: FailureReason;
}

/** What an engine did and found between two posts, whichever updates carry it: more than one where a reply was lost. */
export interface Beat {
  /** its place among the beats of the task, from 1 */
  readonly number: number;
  readonly report: Report;
  /** what the task's status is from now on; null: as before */
  readonly task_status: TaskStatus | null;
  readonly new_attempt: boolean;
  readonly completion_requested: boolean;
  readonly failures: readonly FailureDeed[];
  /** base_internal_job_id of each action */
  readonly job_creations: readonly string[];
}

/** What one valid update stands for. */
export interface Deed {
  readonly task: FleetTask;
  /** all that the update carries, oldest first: what no update before it was acknowledged to carry */
  readonly beats: readonly Beat[];
  readonly timestamp: number;
  readonly work_request_id: string;
  /** the work request ends with it */
  readonly ends: boolean;
}

export interface FleetRecord {
  /** null: sent without a key */
  readonly key: string | null;
  /** null: the producer's partitioner places it by the key */
  readonly partition: number | null;
  readonly update: TaskStatusDetail;
  /** what is wrong with the record, if anything */
  readonly flaw: Flaw | null;
  /** null for a flawed record */
  readonly deed: Deed | null;
  /** the task that the record names, for the truth's count of its rejected records; null where it names none */
  readonly task: FleetTask | null;
  /** when it reaches the log, in virtual time, ms; never less than the record before it */
  readonly log_time: number;
  /** the process that sent it: a restart makes a new one. Null for a flawed record */
  readonly instance: string | null;
}

/** Whether the record lies where its task is not at home, and can be read there: it will be re-routed. */
export function isMisplaced(record: FleetRecord): boolean {
  return record.deed !== null && record.partition !== null && record.partition !== record.deed.task.home;
}

/** Counts a fault that hit the task. */
export function hit(task: FleetTask, fault: Fault): void {
  task.faults.set(fault, (task.faults.get(fault) ?? 0) + 1);
}
