// Which work requests lead to a task, so that whoever has the id of one finds the task (docs/fold.md, "Work requests"): a
// function of the task's state alone.

import { workRequestOf } from './reporters.ts';
import type { TaskChange, TaskState } from './task-state.ts';

/** All that lead to the task. Its own id is none of them: that leads there by itself. */
export function workRequestsOf(task: TaskState): Set<string> {
  const known = new Set(task.work_requests_let_go);
  for (const name of task.reporters.keys()) known.add(workRequestOf(name));
  known.delete('');
  known.delete(task.internal_task_id);
  return known;
}

/** What a save has to write of a change: work request → whether it leads to the task now. */
export function movesOf({ task, work_requests, retired }: TaskChange): Iterable<readonly [string, boolean]> {
  if (!retired) return work_requests ?? [];
  const gone = new Map<string, boolean>();
  for (const one of work_requests?.keys() ?? []) gone.set(one, false);
  for (const one of workRequestsOf(task)) gone.set(one, false);
  return gone;
}
