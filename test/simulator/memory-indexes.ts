// The indexes of a slot in memory: places of tasks, work requests, shares of jobs and engines with the tasks of jobs.

import type { RollUpChange } from '../../src/domain/roll-ups.ts';
import { movePlaces } from '../../src/domain/task-places.ts';
import type { TaskChange, TaskState } from '../../src/domain/task-state.ts';
import { movesOf, workRequestsOf } from '../../src/domain/work-requests.ts';
import type { Slot } from './memory-slot-store.ts';

export function writePlaces(
  places: Slot['places'],
  change: Pick<TaskChange, 'task' | 'places_before' | 'retired'>,
): void {
  const move = (name: string, id: string, score: number | undefined) => {
    const place = places.get(name) ?? new Map<string, number>();
    if (score === undefined) place.delete(id);
    else place.set(id, score);
    if (place.size > 0) places.set(name, place);
    else places.delete(name);
  };
  movePlaces(change, { place: move, engine: (engine_id, id, score) => move(`engine ${engine_id}`, id, score) });
}

export function writeWorkRequests(workRequests: Slot['workRequests'], change: TaskChange): void {
  const id = change.task.internal_task_id;
  for (const [work_request_id, leads] of movesOf(change)) {
    moveIn(workRequests, work_request_id, id, leads);
  }
}

/** What the index must hold, from the tasks as they are, whatever changes made them so. */
export function workRequestsOfAll(tasks: Iterable<TaskState>): Slot['workRequests'] {
  const all: Slot['workRequests'] = new Map();
  for (const task of tasks) for (const one of workRequestsOf(task)) moveIn(all, one, task.internal_task_id, true);
  return all;
}

/** A task among those of a name, or no longer; a name without any goes. */
function moveIn(tasksOf: Map<string, Set<string>>, name: string, id: string, belongs: boolean): void {
  const tasks = tasksOf.get(name) ?? new Set();
  if (belongs) tasks.add(id);
  else tasks.delete(id);
  if (tasks.size > 0) tasksOf.set(name, tasks);
  else tasksOf.delete(name);
}

export function writeRollUp({ rollUps, jobTasks }: Pick<Slot, 'rollUps' | 'jobTasks'>, change: RollUpChange): void {
  const { kind, id, rollUp, members } = change;
  if (rollUp === null) rollUps[kind].delete(id);
  else rollUps[kind].set(id, rollUp);
  if (kind !== 'internal_job_id' || members === null) return;
  for (const [task, belongs] of members) moveIn(jobTasks, id, task, belongs);
}
