// "Lists of tasks" of docs/fold.md: the scores of a task in the sorted sets of its slot.

import { FAILURE_REASONS, TASK_STATUSES, UNRECOGNIZED } from '../../domain/task-state.ts';
import type { PlainTask } from './plain-task.ts';

const RANGE = 10 ** 13;
const MINUTE_MS = 60 * 1_000;
const REASONS: readonly string[] = [...FAILURE_REASONS, UNRECOGNIZED];
const STATUSES: readonly string[] = [...TASK_STATUSES, 'unreported'];

/** Name of the set → score; a set that the task is not in is left out. */
export function plainPlaces(task: PlainTask): Map<string, number> {
  const places = new Map([['by_status', plainScore(task)]]);
  if (task.failure_reason !== undefined) {
    places.set('by_reason', REASONS.indexOf(task.failure_reason) * RANGE + within(task.status_at));
  }
  if (task.liveness === 'silent' || task.liveness === 'stalled') places.set(task.liveness, task.liveness_at);
  const ios = [...task.ios.inputs.values(), ...task.ios.outputs.values()];
  const drifts = ios.some(({ processed_count: counted, processed_total_count: total }) => {
    return counted !== undefined && total !== undefined && counted !== total;
  });
  if (drifts) places.set('drifted', task.status_at);
  const minute = plainMinute(task.last_update_at);
  if (minute !== plainMinute(task.status_at)) places.set('by_last_update', minute);
  return places;
}

/** Of `by_status`, and of the set of its engine's tasks. */
export function plainScore(task: PlainTask): number {
  return STATUSES.indexOf(task.task_status ?? 'unreported') * RANGE + within(task.status_at);
}

/** The last multiple of a minute that is not above it, ms. */
export function plainMinute(log_time: number): number {
  const beyond = ((log_time % MINUTE_MS) + MINUTE_MS) % MINUTE_MS;
  return log_time - beyond;
}

function within(log_time: number): number {
  return Math.max(0, Math.min(log_time, RANGE - 1));
}
