// What an update adds to its task, once the ledger has taken off what was counted already.

import { digestOf } from './digest.ts';
import type { Side } from './io-counters.ts';
import { canonicalAction } from './job-action.ts';
import type { TaskIOStatus, TaskStatusDetail } from './messages.generated.ts';
import { beyondKnown, countsOf, ioFinder, type Post } from './post.ts';
import type { Reporter } from './reporter.ts';
import { PROCESSED_STATS, type ProcessedStat, type TaskError } from './task-state.ts';
import type { UpdateClass } from './update-class.ts';

export interface Contribution {
  /** the update's deltas as far as they count; totals as the update has them */
  readonly deltas: Pick<TaskStatusDetail, 'error_count' | 'retry_count' | 'processed_stats'> & {
    readonly [side in Side]?: readonly TaskIOStatus[] | null | undefined;
  };
  /** the job creations to send: index into `create_jobs_action`, and how many equal ones came before on the same prior */
  readonly actions: readonly { readonly index: number; readonly repeat: number }[];
  readonly errors: readonly TaskError[];
}

const NONE: readonly never[] = [];
const NOTHING: Contribution = { deltas: {}, actions: NONE, errors: NONE };

/**
 * @param post the update as a post; null where it names no interval
 * @param before the post of the same prior that was counted already
 * @param errors those of the update's error_details
 */
export function contributionOf(
  updateClass: UpdateClass,
  update: TaskStatusDetail,
  post: Post | null,
  before: Post | null,
  reporter: Reporter,
  errors: readonly TaskError[],
): Contribution {
  if (updateClass === 'duplicate' || updateClass === 'too_old') return NOTHING;
  // A total holds whenever it was told: a contained post may be the only one that told it.
  if (updateClass === 'stale') return { ...NOTHING, deltas: totalsOf(post!, reporter) };
  return {
    deltas: updateClass === 'supersede' ? excess(update, post!, before!) : update,
    actions: update.create_jobs_action?.length ? newActions(repeatsOf(updateClass, update, post, before)) : NONE,
    errors: before === null || post === null ? errors : beyond(errors, post.errors, before.errors),
  };
}

function newActions(repeats: readonly number[]): Contribution['actions'] {
  return repeats.flatMap((repeat, index) => (repeat < 0 ? [] : [{ index, repeat }]));
}

/** For each job creation how many equal ones came before, −1 where it was sent already. */
function repeatsOf(updateClass: UpdateClass, update: TaskStatusDetail, post: Post | null, before: Post | null) {
  if (post === null)
    return beyondKnown(
      update.create_jobs_action!.map((action) => digestOf(canonicalAction(action))),
      [],
    );
  if (before === null) return beyondKnown(post.actions, []);
  // Where it is not certain that the job is asked for anew, it is never created twice.
  if (updateClass !== 'next' && updateClass !== 'fill') return beyondKnown(post.actions, before.actions);
  // Certainly another post: what it asks for is asked for once more, and told apart by its number.
  const known = countsOf(before.actions);
  return beyondKnown(post.actions, []).map((repeat, i) => repeat + (known.get(post.actions[i]!) ?? 0));
}

function beyond(errors: readonly TaskError[], digests: readonly number[], known: readonly number[]): TaskError[] {
  const news = beyondKnown(digests, known);
  return errors.filter((_, i) => news[i]! >= 0);
}

function excess(update: TaskStatusDetail, post: Post, before: Post): Contribution['deltas'] {
  const over = (value: number | null | undefined, i: number) =>
    value === null || value === undefined ? value : Math.max(0, value - Math.max(0, before.deltas[i]!));
  const find = ioFinder(before);
  const stats = update.processed_stats;
  const processed_stats: { [stat in ProcessedStat]?: number | null } = {};
  for (const [i, stat] of PROCESSED_STATS.entries()) processed_stats[stat] = over(stats?.[stat], i + 2) ?? null;
  const { inputs, outputs } = iosOf(post, ({ io, count }) =>
    count < 0 ? -1 : Math.max(0, count - Math.max(0, find(io)?.count ?? 0)),
  );
  const ofPost = ioFinder(post);
  const withoutRoom = (side: Side) => (update[side] ?? []).filter(({ id }) => !ofPost(`${side}.${id ?? ''}`));
  return {
    error_count: over(update.error_count, 0) ?? null,
    retry_count: over(update.retry_count, 1) ?? null,
    processed_stats: stats ? processed_stats : null,
    inputs: [...inputs, ...withoutRoom('inputs')],
    outputs: [...outputs, ...withoutRoom('outputs')],
  };
}

/** Only the totals, and only of IOs that the reporter has named before. */
function totalsOf(post: Post, reporter: Reporter): Contribution['deltas'] {
  return iosOf({ ...post, ios: post.ios.filter(({ io }) => reporter.totals.has(io)) }, () => -1);
}

function iosOf(
  post: Post,
  countFor: (io: Post['ios'][number]) => number,
): { readonly [side in Side]: readonly TaskIOStatus[] } {
  const sides: { readonly [side in Side]: TaskIOStatus[] } = { inputs: [], outputs: [] };
  for (const io of post.ios) {
    const count = countFor(io);
    const side = io.io.startsWith('inputs.') ? 'inputs' : 'outputs';
    sides[side].push({
      id: io.io.slice(side.length + 1),
      processed_count: count < 0 ? null : count,
      processed_total_count: io.total < 0 ? null : io.total,
    });
  }
  return sides;
}
