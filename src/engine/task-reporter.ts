// What an engine uses to report one task under one work request: it keeps the delta bookkeeping of the contract, so that
// accepted updates of a reporter chain without gap or overlap. It sends nothing itself; its caller posts what it composes.

import type { TaskIOStatus, TaskStatusDetail } from '../domain/messages.generated.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import { checkReport, mergeReport, type Report, type Unreported } from './report.ts';

/** What every update of the reporter carries. */
export interface ReporterIdentity {
  readonly internal_task_id: string;
  readonly internal_job_id?: string;
  readonly engine_id?: string;
  readonly work_request_id?: string;
  readonly task_route_id?: string;
}

/** Which counters the reporter's IOs carry. */
export type IoFigures = 'deltas' | 'totals' | 'deltas_and_totals';

/**
 * What an update's timestamp is. `rising`: the clock, but always later than the update before, also where that is in the
 * future: updates that continue from different seconds can't be mistaken for each other, whatever the clock does.
 * `as_given`: just the clock, as engines do that keep their own books.
 */
export type Timestamps = 'rising' | 'as_given';

/**
 * Modes: idle (may compose) and posting (an update is out, its answer is not known). Work may be recorded in both: what is
 * recorded while posting belongs to the next update.
 */
export class TaskReporter {
  readonly identity: ReporterIdentity;
  readonly #figures: IoFigures;
  readonly #timestamps: Timestamps;
  #unreported: Unreported = {};
  #posting: { readonly contents: Unreported; readonly timestamp: number } | null = null;
  #prior_timestamp: number;
  #task_status: TaskStatus | null = null;
  readonly #totals = { inputs: new Map<string, number>(), outputs: new Map<string, number>() };

  /**
   * @param started_at when work on the task began, UTC epoch seconds
   * @param figures which counters IOs carry
   */
  constructor(
    identity: ReporterIdentity,
    started_at: number,
    figures: IoFigures = 'deltas_and_totals',
    timestamps: Timestamps = 'rising',
  ) {
    this.identity = identity;
    this.#prior_timestamp = Math.floor(started_at);
    this.#figures = figures;
    this.#timestamps = timestamps;
  }

  /** Whether an update is out whose answer is not known. */
  get posting(): boolean {
    return this.#posting !== null;
  }

  /**
   * Adds to what the next update says.
   * @throws RangeError if a count is no whole number from 0 to 2^53−2; nothing of the report is taken then
   */
  record(report: Report): void {
    checkReport(report);
    mergeReport(this.#unreported, report);
    if (report.task_status !== undefined) this.#task_status = report.task_status;
    for (const side of ['inputs', 'outputs'] as const) {
      const totals = this.#totals[side];
      if (report[side]) for (const [id, count] of report[side]) totals.set(id, (totals.get(id) ?? 0) + count);
    }
  }

  /**
   * The next update: everything since the last acknowledged one. Its answer must be told by `acknowledged` or `failed`.
   * @param now UTC epoch seconds
   * @throws Error while another update is out
   */
  compose(now: number): TaskStatusDetail {
    if (this.#posting) throw new Error('An update is out: tell whether it was acknowledged or failed before the next.');
    const contents = this.#unreported;
    const prior_timestamp = this.#prior_timestamp;
    const clock = Math.floor(now);
    const timestamp = this.#timestamps === 'rising' ? Math.max(clock, prior_timestamp + 1) : clock;
    this.#posting = { contents, timestamp };
    this.#unreported = {};
    const identity = this.identity;
    return {
      internal_task_id: identity.internal_task_id,
      internal_job_id: identity.internal_job_id ?? null,
      engine_id: identity.engine_id ?? null,
      work_request_id: identity.work_request_id ?? null,
      task_route_id: identity.task_route_id ?? null,
      timestamp,
      prior_timestamp,
      error_count: contents.error_count ?? null,
      retry_count: contents.retry_count ?? null,
      error_details: contents.errors ? JSON.stringify(contents.errors) : null,
      failure_reason: contents.failure_reason ?? null,
      task_status: this.#task_status,
      task_action: contents.task_action ?? null,
      create_jobs_action: contents.create_jobs_action ?? null,
      inputs: this.#ios('inputs', contents),
      outputs: this.#ios('outputs', contents),
      processed_stats: contents.processed_stats ?? null,
      task_output: contents.task_output ?? null,
    };
  }

  /** The update that is out was accepted: its deltas are done with, and the next one continues from its timestamp. */
  acknowledged(): void {
    this.#prior_timestamp = this.#answered().timestamp;
  }

  /** The update that is out was not accepted: nothing is reset, so the next one contains it. */
  failed(): void {
    const { contents } = this.#answered();
    mergeReport(contents, this.#unreported);
    this.#unreported = contents;
  }

  #answered(): { readonly contents: Unreported; readonly timestamp: number } {
    const posting = this.#posting;
    if (!posting) throw new Error('No update is out: compose one first.');
    this.#posting = null;
    return posting;
  }

  #ios(side: 'inputs' | 'outputs', contents: Unreported): TaskIOStatus[] | null {
    const counts = contents[side];
    if (!counts) return null;
    const totals = this.#totals[side];
    const ios: TaskIOStatus[] = [];
    for (const [id, count] of counts) {
      ios.push({
        id,
        processed_count: this.#figures === 'totals' ? null : count,
        processed_total_count: this.#figures === 'deltas' ? null : totals.get(id)!,
      });
    }
    return ios;
  }
}
