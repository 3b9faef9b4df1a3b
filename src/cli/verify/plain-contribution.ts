// What of an update has not been counted yet (docs/fold.md, "The ledger"): the update with the deltas that are left, its
// job creations and its errors.

import type { TaskIOStatus, TaskStatusDetail } from '../../domain/messages.generated.ts';
import { PROCESSED_STATS, type TaskError } from '../../domain/task-state.ts';
import { countOf, countsBefore, type PlainSaid, type SIDES } from './plain-post.ts';
import type { PlainFinding } from './plain-reporter.ts';

export interface PlainContribution {
  /** the update with the deltas that count */
  readonly update: TaskStatusDetail;
  readonly jobs: readonly PlainJob[];
  readonly errors: readonly TaskError[];
}

export interface PlainJob {
  /** index into `create_jobs_action` */
  readonly action: number;
  /** how many equal ones stand before it on the same prior */
  readonly repeat: number;
}

/**
 * @param toldErrors the newest `errors_kept` of the update's errors
 * @param found of a class that is applied
 */
export function contributionOf(
  update: TaskStatusDetail,
  said: PlainSaid,
  toldErrors: readonly TaskError[],
  { standing, memory }: PlainFinding,
): PlainContribution {
  const brought = memory?.post.jobs ?? [];
  const jobsBefore = countsBefore(said.jobs);
  const jobs: PlainJob[] = [];
  for (const [action, job] of said.jobs.entries()) {
    const before = jobsBefore[action]!;
    if (standing === 'apart') jobs.push({ action, repeat: countOf(brought, job) + before });
    else if (before >= countOf(brought, job)) jobs.push({ action, repeat: before });
  }
  const known = memory?.post.errors ?? [];
  const errorsBefore = countsBefore(said.errors);
  const errors = toldErrors.filter((_, at) => errorsBefore[at]! >= countOf(known, said.errors[at]!));
  return { update: standing === 'contains' ? excess(update, said, memory!.post) : update, jobs, errors };
}

/** The update with what exceeds the known post, never below zero. What it reports stays reported. */
function excess(update: TaskStatusDetail, said: PlainSaid, known: PlainSaid): TaskStatusDetail {
  const rest = (name: string) =>
    said.vector[name] === undefined ? null : Math.max(0, said.vector[name] - (known.vector[name] ?? 0));
  // Two entries of one IO are one here.
  const entries = (side: (typeof SIDES)[number]): TaskIOStatus[] => {
    const ofPost = said.ios.filter((io) => io.startsWith(`${side}.`));
    const others = (update[side] ?? []).filter(({ id }) => !ofPost.includes(`${side}.${id ?? ''}`));
    return [...ofPost.map((io) => ({ id: io.slice(side.length + 1), processed_count: rest(io) })), ...others];
  };
  return {
    ...update,
    error_count: rest('error_count'),
    retry_count: rest('retry_count'),
    processed_stats: Object.fromEntries(PROCESSED_STATS.map((stat) => [stat, rest(stat)])),
    inputs: entries('inputs'),
    outputs: entries('outputs'),
  };
}
