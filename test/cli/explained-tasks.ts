// What `why` and `task` say of a task, as figures that can be held against each other: the sums over the changes of its
// updates, and its numbers as `task --json` shows them, each by the name under which the contract has it.

import type { ExplainedNow, ExplainedTime, ExplainedUpdate } from '../../src/cli/why/explained-update.ts';
import type { FigureChange } from '../../src/cli/why/task-figures.ts';
import type { TaskDocument } from '../../src/read/task-document.ts';
import { type Env, taskfold } from './taskfold.ts';

/** A line of `why --json`: an update, what time alone did, or how far it was followed. */
export type Explained = ExplainedUpdate | ExplainedTime | ExplainedNow;

export function explained(stdout: string): Explained[] {
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Explained]));
}

const NO_UPDATES: readonly string[] = ['silent', 'stalled', 'retired', 'now'];

export function updatesOf(told: readonly Explained[]): ExplainedUpdate[] {
  return told.filter((one): one is ExplainedUpdate => !NO_UPDATES.includes(one.class));
}

/** @throws Error with what it said unless it exits with 0 */
export async function whyOf(env: Env, id: string, ...flags: string[]): Promise<Explained[]> {
  const { code, stdout, stderr } = await taskfold(['why', id, '--json', ...flags], env);
  if (code !== 0) throw new Error(`why ${id}: exit ${code}: ${stderr}`);
  return explained(stdout);
}

export async function taskNow(env: Env, id: string): Promise<TaskDocument> {
  return JSON.parse((await taskfold(['task', id, '--json'], env)).stdout) as TaskDocument;
}

type Figures = Record<string, number>;

/** For each figure that counts, the sum of what the updates added; what stayed at 0 is left out. */
export function sumsOf(updates: readonly Explained[]): Figures {
  const sums: Figures = {};
  for (const { field, plus } of updates.flatMap(({ changed }): readonly FigureChange[] => changed)) {
    if (plus !== undefined) sums[field] = (sums[field] ?? 0) + plus;
  }
  return withoutZeros(sums);
}

/** All numbers of a task but coordinates and times, by hand: not by the code that is tested. */
export function figures(task: TaskDocument): Figures {
  const { error_count, retry_count, attempts, job_creations, ios_dropped, ledger } = task;
  const found: Record<string, number | undefined> = {
    error_count,
    retry_count,
    attempts,
    job_creations,
    ios_dropped,
    'ledger.open_gaps': ledger.open_gaps,
    'ledger.drifted_ios': ledger.drifted_ios,
  };
  for (const [stat, value] of Object.entries(task.processed_stats ?? {})) found[`processed_stats.${stat}`] = value;
  for (const [outcome, value] of Object.entries(task.updates)) found[`updates.${outcome}`] = value;
  for (const [mark, value] of Object.entries(ledger.marks ?? {})) found[`ledger.marks.${mark}`] = value;
  for (const [reason, value] of Object.entries(task.failures_by_reason ?? {})) {
    found[`failures_by_reason.${reason}`] = value;
  }
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { id, processed_count, processed_total_count } of task[side] ?? []) {
      found[`${side}.${id}.processed_count`] = processed_count;
      found[`${side}.${id}.processed_total_count`] = processed_total_count;
    }
  }
  return withoutZeros(found);
}

function withoutZeros(all: Record<string, number | undefined>): Figures {
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, number] => !!entry[1]));
}
