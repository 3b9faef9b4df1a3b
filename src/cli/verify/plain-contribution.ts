// What of an update has not been counted yet (docs/fold.md, "The ledger"): the update with the deltas that are left, its
// job creations and its errors.

import type { TaskIOStatus, TaskStatusDetail } from '../../domain/messages.generated.ts';
import { PROCESSED_STATS, type TaskError } from '../../domain/task-state.ts';
import { countOf, type PlainSaid, SIDES } from './plain-post.ts';
import type { PlainFinding } from './plain-reporter.ts';
import { errorsOf } from './plain-texts.ts';

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

/** @param found of a class that is applied */
export function contributionOf(update: TaskStatusDetail, said: PlainSaid, found: PlainFinding): PlainContribution {
  const { standing, memory } = found;
  const brought = standing === null ? [] : memory!.jobs;
  const jobs: PlainJob[] = [];
  for (const [action, job] of said.jobs.entries()) {
    const before = countOf(said.jobs.slice(0, action), job);
    if (standing === null || standing === 'apart') jobs.push({ action, repeat: countOf(brought, job) + before });
    else if (before >= countOf(brought, job)) jobs.push({ action, repeat: before });
  }
  const known = standing === null ? [] : memory!.errors;
  const errors = errorsOf(update.error_details).filter((_, at) => {
    const error = said.errors[at]!;
    return countOf(said.errors.slice(0, at), error) >= countOf(known, error);
  });
  return { update: standing === 'contains' ? excess(update, memory!.post) : update, jobs, errors };
}

/** The update with what exceeds the known post, never below zero. What it reports stays reported. */
function excess(update: TaskStatusDetail, known: PlainSaid): TaskStatusDetail {
  const rest = (name: string, delta: number | null | undefined) =>
    typeof delta === 'number' ? Math.max(0, delta - (known.vector[name] ?? 0)) : delta;
  const stats = update.processed_stats;
  const processed_stats =
    stats && Object.fromEntries(PROCESSED_STATS.map((stat) => [stat, rest(stat, stats[stat]) ?? null]));
  const { error_count, retry_count } = update;
  const left = {
    error_count: rest('error_count', error_count) ?? null,
    retry_count: rest('retry_count', retry_count) ?? null,
    processed_stats: processed_stats ?? null,
    ...Object.fromEntries(SIDES.map((side) => [side, excessOfIos(side, update[side] ?? [], known)])),
  };
  return { ...update, ...left };
}

function excessOfIos(side: string, entries: readonly TaskIOStatus[], known: PlainSaid): TaskIOStatus[] {
  // Of two entries of one IO the known deltas are taken off the sum.
  const off = new Map<string, number>();
  return entries.map((entry) => {
    const { id, processed_count } = entry;
    if (typeof processed_count !== 'number') return entry;
    const io = `${side}.${id ?? ''}`;
    const taken = Math.min(processed_count, off.get(io) ?? known.vector[io] ?? 0);
    off.set(io, (off.get(io) ?? known.vector[io] ?? 0) - taken);
    return { ...entry, processed_count: processed_count - taken };
  });
}
