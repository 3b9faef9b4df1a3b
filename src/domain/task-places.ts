// Where a task stands in the sorted sets of its slot that lists are made of: a function of its state alone, so that a save
// writes only what has moved (docs/fold.md, "Lists of tasks").

import { FAILURE_REASONS, TASK_STATUSES, type TaskChange, type TaskState, UNRECOGNIZED } from './task-state.ts';

/** Sorted sets of the slot, by the ids of tasks. */
export const PLACES = ['by_status', 'by_reason', 'silent', 'stalled', 'drifted', 'by_last_update'] as const;
export type Place = (typeof PLACES)[number];

/** The score of each; undefined: the task is not in it. The tasks of an engine are in a set of their own, scored as by_status. */
export type TaskPlaces = { readonly [place in Place]: number | undefined } & { readonly engine_id: string | undefined };

/** The order of statuses within `by_status`: a part of the layout, so it only grows at its end. */
export const STATUS_ORDER: readonly string[] = [...TASK_STATUSES, 'unreported'];
/** The same of failure reasons within `by_reason`. */
export const REASON_ORDER: readonly string[] = [...FAILURE_REASONS, UNRECOGNIZED];

/** Scores of one status, or reason, lie in a range of this length: its number times this, and the log time within, ms. */
export const SCORE_RANGE = 10_000_000_000_000;

export function scoreOf(number: number, log_time: number): number {
  return number * SCORE_RANGE + Math.min(Math.max(log_time, 0), SCORE_RANGE - 1);
}

/**
 * How coarse the scores of `by_last_update` are, ms: so a task moves within it at most once in so much time, and not at
 * each of its updates.
 */
export const LAST_UPDATE_STEP_MS = 60_000;

/** The score in `by_last_update` of a log time, ms: the minute that it lies in. */
export function minuteOf(log_time: number): number {
  return Math.floor(log_time / LAST_UPDATE_STEP_MS) * LAST_UPDATE_STEP_MS;
}

/** IOs whose total is not the sum of their deltas. */
export function driftedIos({ inputs, outputs }: TaskState): number {
  let drifted = 0;
  for (const ios of [inputs, outputs]) {
    for (const { processed_count, processed_total_count } of ios.values()) {
      const audited = processed_count !== undefined && processed_total_count !== undefined;
      if (audited && processed_count !== processed_total_count) drifted++;
    }
  }
  return drifted;
}

export function placesOf(task: TaskState): TaskPlaces {
  const { task_status, status_at, failure_reason, liveness, liveness_at, last_update_at } = task;
  const minute = minuteOf(last_update_at);
  return {
    by_status: scoreOf(STATUS_ORDER.indexOf(task_status ?? 'unreported'), status_at),
    by_reason: failure_reason === undefined ? undefined : scoreOf(REASON_ORDER.indexOf(failure_reason), status_at),
    silent: liveness === 'silent' ? liveness_at : undefined,
    stalled: liveness === 'stalled' ? liveness_at : undefined,
    drifted: driftedIos(task) > 0 ? status_at : undefined,
    // Where the minute is that of its status, `by_status` tells as much: most tasks are over, and need no second place.
    by_last_update: minute === minuteOf(status_at) ? undefined : minute,
    engine_id: task.engine_id,
  };
}

/** Hears what a change moves. @param score undefined: the task leaves the set */
export interface PlaceMoves {
  place(place: Place, internal_task_id: string, score: number | undefined): void;
  engine(engine_id: string, internal_task_id: string, score: number | undefined): void;
}

export function movePlaces(
  { task, places_before: before, retired }: Pick<TaskChange, 'task' | 'places_before' | 'retired'>,
  moves: PlaceMoves,
): void {
  const id = task.internal_task_id;
  const now = retired ? null : placesOf(task);
  for (const place of PLACES) {
    if (before?.[place] !== now?.[place]) moves.place(place, id, now?.[place]);
  }
  const [left, engine] = [before?.engine_id, now?.engine_id];
  if (left !== undefined && left !== engine) moves.engine(left, id, undefined);
  if (engine === undefined || (left === engine && before?.by_status === now?.by_status)) return;
  moves.engine(engine, id, now?.by_status);
}
