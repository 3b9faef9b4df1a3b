// What really happened to one task of the simulated fleet: the sums of its engines' work and the list of their deeds.

import { PROCESSED_STATS, type ProcessedStat, type TaskStatus } from '../domain/task-state.ts';
import type { Beat, Deed, FailureDeed, FleetTask } from './deed.ts';
import { type Exactness, exactnessOf } from './exactness.ts';
import type { Fault } from './fault.ts';
import type { Report } from './report.ts';

/** The task's line in the truth file (docs/truth.md). */
export interface TaskLine {
  readonly kind: 'task';
  readonly internal_task_id: string;
  readonly internal_job_id: string;
  readonly engine_id: string;
  readonly updates: number;
  readonly updates_rejected: number;
  readonly task_status?: TaskStatus;
  readonly attempts: number;
  readonly completion_requested: boolean;
  readonly error_count?: number;
  readonly retry_count?: number;
  readonly processed_stats: { readonly [stat in ProcessedStat]?: number };
  readonly inputs: readonly IoLine[];
  readonly outputs: readonly IoLine[];
  readonly failures: readonly FailureDeed[];
  readonly job_creations: readonly string[];
  readonly timestamp?: number;
  readonly work_request_id?: string;
  readonly open_work_requests?: readonly string[];
  readonly faults?: { readonly [fault in Fault]?: number };
  readonly exactness?: Exactness;
  readonly reordered?: true;
  readonly unknown?: true;
}

export interface IoLine {
  readonly id: string;
  readonly processed_count?: number;
  readonly processed_total_count?: number;
}

export class TaskTruth {
  readonly #task: FleetTask;
  /** the beats that an acknowledged record carried */
  readonly #done = new WeakSet<Beat>();
  #updates = 0;
  #updates_rejected = 0;
  #task_status: TaskStatus | undefined;
  /** the number of the beat that gave it */
  #status_at = 0;
  /** the beat that said so, by its number and its work request */
  #latest = { number: 0, work_request_id: '' };
  #overtaken = false;
  #attempts = 1;
  #completion_requested = false;
  #error_count: number | undefined;
  #retry_count: number | undefined;
  readonly #processed_stats: { [stat in ProcessedStat]?: number } = {};
  readonly #processed = { inputs: new Map<string, number>(), outputs: new Map<string, number>() };
  readonly #failures: FailureDeed[] = [];
  readonly #job_creations: string[] = [];
  #timestamp: number | undefined;
  #work_request_id: string | undefined;
  /** those that have reported → whether they have ended */
  readonly #work_requests = new Map<string, boolean>();
  #unknown = false;

  constructor(task: FleetTask) {
    this.#task = task;
  }

  /** Whether at least one valid update is acknowledged, or may be. */
  get isKnown(): boolean {
    return this.#updates > 0 || this.#unknown;
  }

  get failures(): readonly FailureDeed[] {
    return this.#failures;
  }

  /** How many jobs its engines created. */
  get job_creations(): number {
    return this.#job_creations.length;
  }

  get faults(): ReadonlyMap<Fault, number> {
    return this.#task.faults;
  }

  /** A valid update of it is in the log. What several updates carry counts once. */
  did(deed: Deed): void {
    this.#updates++;
    for (const beat of deed.beats) {
      if (this.#done.has(beat)) continue;
      this.#done.add(beat);
      this.#happened(beat, deed.work_request_id);
    }
    this.#timestamp = deed.timestamp;
    this.#work_request_id = deed.work_request_id;
    const ended = deed.ends || (this.#work_requests.get(deed.work_request_id) ?? false);
    this.#work_requests.set(deed.work_request_id, ended);
  }

  #happened(beat: Beat, work_request_id: string): void {
    this.#worked(beat.report);
    // A later beat that changes no status can arrive before the one that does.
    if (beat.task_status !== null && beat.number > this.#status_at) {
      this.#task_status = beat.task_status;
      this.#status_at = beat.number;
    }
    if (beat.number > this.#latest.number) this.#latest = { number: beat.number, work_request_id };
    else if (work_request_id !== this.#latest.work_request_id) this.#overtaken = true;
    if (beat.new_attempt) this.#attempts++;
    if (beat.completion_requested) this.#completion_requested = true;
    if (beat.failures.length > 0) this.#failures.push(...beat.failures);
    if (beat.job_creations.length > 0) this.#job_creations.push(...beat.job_creations);
  }

  rejected(): void {
    this.#updates_rejected++;
  }

  isUnknown(): void {
    this.#unknown = true;
  }

  #worked(report: Report): void {
    if (report.error_count !== undefined) this.#error_count = (this.#error_count ?? 0) + report.error_count;
    if (report.retry_count !== undefined) this.#retry_count = (this.#retry_count ?? 0) + report.retry_count;
    if (report.processed_stats) {
      const sums = this.#processed_stats;
      for (const stat of PROCESSED_STATS) {
        const count = report.processed_stats[stat];
        if (count !== undefined) sums[stat] = (sums[stat] ?? 0) + count;
      }
    }
    for (const side of ['inputs', 'outputs'] as const) {
      const sums = this.#processed[side];
      if (report[side]) for (const [id, count] of report[side]) sums.set(id, (sums.get(id) ?? 0) + count);
    }
  }

  toLine(): TaskLine {
    const { internal_task_id, internal_job_id, engine, faults } = this.#task;
    const reordered = engine.keying === 'no_key';
    const exactness = this.#exactness();
    const open = [...this.#work_requests].flatMap(([id, ended]) => (ended ? [] : [id]));
    const latest = !reordered && faults.size === 0;
    return {
      kind: 'task',
      internal_task_id,
      internal_job_id,
      engine_id: engine.engine_id,
      updates: this.#updates,
      updates_rejected: this.#updates_rejected,
      ...(this.#task_status === undefined ? {} : { task_status: this.#task_status }),
      attempts: this.#attempts,
      completion_requested: this.#completion_requested,
      ...(this.#error_count === undefined ? {} : { error_count: this.#error_count }),
      ...(this.#retry_count === undefined ? {} : { retry_count: this.#retry_count }),
      processed_stats: this.#processed_stats,
      inputs: this.#ios('inputs'),
      outputs: this.#ios('outputs'),
      failures: this.#failures,
      job_creations: this.#job_creations,
      ...(latest && this.#timestamp !== undefined ? { timestamp: this.#timestamp } : {}),
      ...(latest && this.#work_request_id !== undefined ? { work_request_id: this.#work_request_id } : {}),
      ...(open.length > 0 ? { open_work_requests: open } : {}),
      ...(faults.size > 0 ? { faults: Object.fromEntries(faults) } : {}),
      ...(Object.keys(exactness).length > 0 ? { exactness } : {}),
      ...(reordered ? { reordered } : {}),
      ...(this.#unknown ? { unknown: true } : {}),
    };
  }

  #exactness(): Exactness {
    const { engine, faults, unclear_priors } = this.#task;
    return exactnessOf({
      faults: new Set(faults.keys()),
      unclear_priors: unclear_priors > 0,
      // A chunk engine never says anything but `running`, so no order changes that.
      overtaken: this.#overtaken && engine.kind === 'stream',
      error_events: this.#failures.some(({ failure }) => failure === 'error'),
      figures: engine.figures,
    });
  }

  #ios(side: 'inputs' | 'outputs'): IoLine[] {
    const { figures } = this.#task.engine;
    return [...this.#processed[side]]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, done]) => ({
        id,
        ...(figures === 'totals' ? {} : { processed_count: done }),
        ...(figures === 'deltas' ? {} : { processed_total_count: done }),
      }));
  }
}
