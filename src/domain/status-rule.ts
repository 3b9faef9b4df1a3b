// The status of a task, in log order: terminal latch, re-opening, attempts (docs/fold.md, "Status").

import type { TaskStatus } from './task-state.ts';

const TERMINAL: ReadonlySet<string> = new Set<TaskStatus>(['complete', 'failed', 'aborted', 'rejected']);
const REOPENING: ReadonlySet<string> = new Set<TaskStatus>(['reprocessing', 'pending', 'queued', 'scheduled']);

/** Whether the status ends an attempt. */
export function isTerminal(status: TaskStatus | undefined): boolean {
  return status !== undefined && TERMINAL.has(status);
}

/** Whether entering the status is a failure of the task. */
export function isFailure(status: TaskStatus | undefined): status is 'failed' | 'aborted' | 'rejected' {
  return status === 'failed' || status === 'aborted' || status === 'rejected';
}

/**
 * @param current the task's status before the update
 * @param reported the update's status, if it brings one of the contract's
 * @param fromNewWorkRequest the update names a work request that the task does not remember
 * @returns the status after it, and whether a new attempt begins
 */
export function nextStatus(
  current: TaskStatus | undefined,
  reported: TaskStatus | undefined,
  fromNewWorkRequest: boolean,
): { status: TaskStatus | undefined; newAttempt: boolean } {
  if (!isTerminal(current)) return { status: reported ?? current, newAttempt: false };
  if (reported !== undefined && REOPENING.has(reported)) return { status: reported, newAttempt: true };
  if (current === 'failed' && fromNewWorkRequest) return { status: reported ?? 'running', newAttempt: true };
  return { status: current, newAttempt: false };
}
