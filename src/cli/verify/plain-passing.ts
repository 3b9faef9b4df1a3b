// What time alone does to the tasks of the plain fold, before each record, and what is left of those that were retired.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { PlainEvent, PlainFailure } from './plain-record.ts';
import { addPlainSums, emptyPlainSums, type PlainTask } from './plain-task.ts';
import { given } from './plain-texts.ts';
import { becomePlainly, lastOpen, PlainClock, PlainLooks, plainDeadlines } from './plain-time.ts';

export class PlainPassing {
  readonly clock = new PlainClock();
  /** retired ids → the generation of their tombstone */
  readonly tombstones = new Map<string, number>();
  readonly retired = { tasks: 0, ...emptyPlainSums() };
  readonly #tasks: Map<string, PlainTask>;
  readonly #settings: FoldSettings;
  readonly #looks = new PlainLooks();

  constructor(tasks: Map<string, PlainTask>, settings: FoldSettings) {
    this.#tasks = tasks;
    this.#settings = settings;
  }

  get generation(): number {
    return Math.floor(this.clock.now / (1_000 * this.#settings.tombstones_kept_s));
  }

  /** Whether updates of this id are rejected; if so, its tombstone is of the present generation from now on. */
  isRetired(id: string): boolean {
    const generation = this.tombstones.get(id);
    if (generation === undefined || generation < this.generation - 1) return false;
    this.tombstones.set(id, this.generation);
    return true;
  }

  passTo(log_time: number): PlainEvent[] {
    this.clock.passTo(log_time, this.#settings.silence_after_s);
    const due = this.#looks
      .upTo(this.clock.now)
      .map((id) => this.#tasks.get(id)!)
      .filter(({ look_at }) => look_at! < this.clock.now)
      .sort((a, b) => a.look_at! - b.look_at! || compareBytes(a.internal_task_id, b.internal_task_id));
    return due.slice(0, this.#settings.looks_max).flatMap((task) => this.#look(task, log_time));
  }

  /** After an update: a deadline that has come nearer moves the look. */
  watch(task: PlainTask): void {
    const earliest = this.#earliest(task);
    if (task.look_at === undefined || earliest < task.look_at) this.#lookAt(task, earliest);
  }

  #look(task: PlainTask, log_time: number): PlainEvent[] {
    const events: PlainEvent[] = [];
    const { silence, stall, retirement } = plainDeadlines(task, this.clock, this.#settings);
    if (silence !== undefined && silence < this.clock.now) {
      events.push(silenceOf(task, log_time));
      becomePlainly(task, 'silent', this.clock);
    } else if (stall !== undefined && stall < this.clock.now) {
      becomePlainly(task, 'stalled', this.clock);
    }
    if (retirement < this.clock.now) this.#retire(task);
    else this.#lookAt(task, this.#earliest(task));
    return events;
  }

  #retire(task: PlainTask): void {
    this.#looks.move(task.internal_task_id, task.look_at, undefined);
    this.#tasks.delete(task.internal_task_id);
    this.tombstones.set(task.internal_task_id, this.generation);
    this.retired.tasks += 1;
    addPlainSums(this.retired, task);
  }

  #earliest(task: PlainTask): number {
    return Math.min(...Object.values(plainDeadlines(task, this.clock, this.#settings)));
  }

  #lookAt(task: PlainTask, at: number): void {
    this.#looks.move(task.internal_task_id, task.look_at, at);
    task.look_at = at;
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function silenceOf(task: PlainTask, log_time: number): PlainFailure {
  return {
    ...saidOfTask(task, 'silent', log_time),
    work_request_id: given(lastOpen(task)?.[0]),
    failure_reason: undefined,
    timestamp: undefined,
    prior_timestamp: undefined,
    errors: [],
    traceparent: undefined,
    tracestate: undefined,
    last_update_at: task.last_update_at,
  };
}

/** What every event of `task-failures` says of its task. */
export function saidOfTask(task: PlainTask, failure: string, log_time: number) {
  return {
    kind: 'failure' as const,
    failure,
    internal_task_id: task.internal_task_id,
    internal_job_id: task.internal_job_id,
    engine_id: task.engine_id,
    task_route_id: task.task_route_id,
    task_status: task.task_status,
    attempt: task.attempts,
    error_count: task.error_count,
    retry_count: task.retry_count,
    processed_stats: Object.fromEntries(task.processed_stats),
    log_time,
  };
}
