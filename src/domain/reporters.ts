// The reporters of one task: who they are, and what is kept of those that have been quiet for long.

import { digestOf } from './digest.ts';
import type { JudgedUpdate } from './evolve.ts';
import type { FoldSettings } from './fold-settings.ts';
import { forgetPosts } from './ledger-memory.ts';
import { isOpen } from './liveness.ts';
import { newReporter, type Reporter } from './reporter.ts';
import type { TaskChange, TaskState } from './task-state.ts';

/** How many reporters that were let go a task knows, as a multiple of `reporters_kept`. */
const LET_GO_FACTOR = 4;

// No instance's id has one: a header's value with a line feed counts as none.
const INSTANCE_BEHIND = '\n';

/** The name of a reporter among those of its task. @param engine_instance_id where a header tells it */
export function reporterName(work_request_id: string, engine_instance_id: string | undefined): string {
  const instance = instanceOf(engine_instance_id);
  if (instance === undefined && !work_request_id.includes(INSTANCE_BEHIND)) return work_request_id;
  return `${work_request_id}${INSTANCE_BEHIND}${instance ?? ''}`;
}

/** The instance that a header names, as far as it is taken for one. */
export function instanceOf(engine_instance_id: string | undefined): string | undefined {
  return !engine_instance_id || engine_instance_id.includes(INSTANCE_BEHIND) ? undefined : engine_instance_id;
}

/** The work request of a reporter. */
export function workRequestOf(reporter: string): string {
  const at = reporter.lastIndexOf(INSTANCE_BEHIND);
  return at < 0 ? reporter : reporter.slice(0, at);
}

/**
 * A reporter that the task does not have, as it begins. Changes nothing: it is part of the task once {@link keepReporter} was called.
 * @returns the latest timestamp that it told before it was let go, or null
 */
export function beginReporter(task: TaskState, name: string): { reporter: Reporter; endedAt: number | null } {
  const endedAt = task.reporters_let_go.size > 0 ? (task.reporters_let_go.get(digestOf(name)) ?? null) : null;
  const reporter = newReporter();
  if (endedAt !== null) {
    // Whatever it told up to there may have been counted.
    reporter.forgotten = endedAt;
    reporter.newest_timestamp = endedAt;
    reporter.timestamp_max = endedAt;
  }
  return { reporter, endedAt };
}

/** Puts the reporter behind all others of its task, and lets go of those that have been quiet for too long. */
export function keepReporter(
  change: TaskChange,
  { name, reporter, known }: Pick<JudgedUpdate, 'name' | 'reporter' | 'known'>,
  at: { readonly offset: number; readonly clock: number; readonly rerouted: boolean },
  settings: FoldSettings,
): void {
  const { reporters } = change.task;
  const isNew = known !== reporter;
  if (reporters.size > 1 || isNew) {
    reporters.delete(name);
    reporters.set(name, reporter);
  }
  if (isNew) workRequestCame(change, workRequestOf(name));
  reporter.last_offset = at.offset;
  reporter.heard_at = at.clock;
  reporter.rerouted = at.rerouted;
  change.reporters.add(name);
  if (reporters.size === 1) return;
  for (const [other, quiet] of reporters) {
    if (at.clock - quiet.heard_at <= settings.reporter_idle_s * 1_000) break;
    // Whoever is waited for stays: its silence may be to come.
    if (!isOpen(change.task, quiet)) letGo(change, other, quiet, settings);
    else if (quiet.posts.length > 0) {
      forgetPosts(quiet);
      change.reporters.add(other);
    }
  }
  for (const [other, quiet] of reporters) {
    // More than one is too many only where the settings have come down since.
    if (reporters.size <= settings.reporters_kept) break;
    letGo(change, other, quiet, settings);
  }
}

function letGo(change: TaskChange, name: string, reporter: Reporter, settings: FoldSettings): void {
  const { task } = change;
  const { reporters } = task;
  reporters.delete(name);
  change.reporters.add(name);
  addToBase(change, reporter.totals, 1);
  const known = new Map(task.reporters_let_go);
  task.reporters_let_go = known;
  // One that was let go before goes behind the others.
  known.delete(digestOf(name));
  known.set(digestOf(name), reporter.timestamp_max);
  while (known.size > settings.reporters_kept * LET_GO_FACTOR) known.delete(known.keys().next().value!);
  workRequestLeft(change, workRequestOf(name), settings.reporters_kept);
}

/** A reporter of it is the task's from now on: it leads to the task, if it did not before. */
function workRequestCame(change: TaskChange, came: string): void {
  const { task } = change;
  if (task.work_requests_let_go.includes(came)) {
    task.work_requests_let_go = task.work_requests_let_go.filter((one) => one !== came);
    change.base_changed = true;
  } else moveWorkRequest(change, came, true);
}

/** A reporter of it was let go. @param kept how many work requests without a reporter lead to their task */
function workRequestLeft(change: TaskChange, left: string, kept: number): void {
  const { task } = change;
  if (left === '') return;
  for (const other of task.reporters.keys()) if (workRequestOf(other) === left) return;
  const all = [...task.work_requests_let_go, left];
  task.work_requests_let_go = all.slice(-kept);
  for (const forgotten of all.slice(0, -kept)) moveWorkRequest(change, forgotten, false);
}

function moveWorkRequest(change: TaskChange, work_request_id: string, leads: boolean): void {
  if (work_request_id === '' || work_request_id === change.task.internal_task_id) return;
  change.work_requests ??= new Map();
  change.work_requests.set(work_request_id, leads);
}

/** Adds a run's totals to the base of its task, IO by IO, or takes them away. */
export function addToBase(change: TaskChange, totals: Iterable<[io: string, total: number]>, sign: 1 | -1): void {
  const base = new Map(change.task.reporters_base);
  for (const [io, total] of totals) base.set(io, (base.get(io) ?? 0) + sign * total);
  change.task.reporters_base = base;
  change.base_changed = true;
}
