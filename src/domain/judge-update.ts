// From an update to what it adds: who reported it, what the ledger says of it, what is left to count.

import { contributionOf } from './contribution.ts';
import { errorsOf } from './error-details.ts';
import type { JudgedUpdate } from './evolve.ts';
import type { FoldInput } from './fold-input.ts';
import type { FoldSettings } from './fold-settings.ts';
import { type Judgement, judge } from './ledger.ts';
import { settle } from './ledger-memory.ts';
import { endsWorkRequest } from './liveness.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import { type Post, postOf } from './post.ts';
import type { Reporter } from './reporter.ts';
import { addToBase, beginReporter, keepReporter, reporterName } from './reporters.ts';
import type { TaskChange, TaskState } from './task-state.ts';
import { markOf, outcomeOf, type UpdateClass } from './update-class.ts';

const UNVERIFIED: Judgement = { updateClass: 'unverified', before: null, newest: true, doubt: null };

/** Judges one valid update of a task. Changes nothing. @param input what the headers of its record tell */
export function judgeUpdate(
  task: TaskState,
  update: TaskStatusDetail,
  input: Pick<FoldInput, 'work_request_status' | 'engine_instance_id'>,
  settings: FoldSettings,
): JudgedUpdate & Judgement {
  const work_request_id = update.work_request_id ?? '';
  const name = reporterName(work_request_id, input.engine_instance_id);
  const known = task.reporters.get(name) ?? null;
  const { reporter, endedAt } = known === null ? beginReporter(task, name) : { reporter: known, endedAt: null };
  const fromNewWorkRequest = work_request_id !== '' && known === null && endedAt === null;
  const ended = endsWorkRequest(update, input.work_request_status);
  const errors = errorsOf(update.error_details, settings.errors_kept);
  const { prior_timestamp, timestamp } = update;
  const told = work_request_id !== '' && isNumber(prior_timestamp) && isNumber(timestamp);
  const post = told ? postOf(update, prior_timestamp, timestamp, errors, ended, task, settings.ios_kept) : null;
  const judgement = post === null ? UNVERIFIED : judge(reporter, post);
  const counted = countedReporter(task, reporter, post, judgement.updateClass);
  const { updateClass, before, newest, doubt } = judgement;
  const contribution = contributionOf(updateClass, update, post, before, reporter, errors);
  return {
    updateClass,
    before,
    newest,
    doubt,
    update,
    name,
    ended,
    reporter: counted,
    known,
    fromNewWorkRequest,
    post,
    contribution,
  };
}

/** How many job creations the ledger remembers of one prior: one that is forgotten could be made twice. */
export const JOBS_OF_PRIOR_MAX = 10_000;

/** Whether the ledger would have to forget job creations (`too_many_job_creations`). Changes nothing. */
export function jobsPassTheBound({ post, before, contribution }: JudgedUpdate): boolean {
  const count = contribution.actions.length;
  return count > 0 && post !== null && (before?.actions.length ?? 0) + count > JOBS_OF_PRIOR_MAX;
}

/** Makes the ledger of the task remember the judged update of the record `at`. */
export function takeIntoLedger(
  change: TaskChange,
  judged: JudgedUpdate & Judgement,
  at: { readonly offset: number; readonly clock: number; readonly rerouted: boolean },
  settings: FoldSettings,
): void {
  const { task } = change;
  const { updateClass, reporter, post, doubt } = judged;
  moveToBase(change, judged);
  const gaps = reporter.open.length;
  let lost = 0;
  if (post === null) reporter.ended = judged.ended;
  else lost = settle(reporter, post, judged, settings);
  task.open_gaps += reporter.open.length - gaps + lost;
  keepReporter(change, judged, at, settings);
  const mark = doubt ?? markOf(updateClass);
  if (mark !== null) task.marks = { ...task.marks, [mark]: (task.marks[mark] ?? 0) + 1 };
}

/**
 * The reporter with the totals that the update is counted against. The run before a restart has its totals in the base: the
 * new run's begin at nothing. What a reporter told before it was let go is in the base too: of a total that it tells for the
 * first time since, only the growth counts.
 */
function countedReporter(task: TaskState, reporter: Reporter, post: Post | null, updateClass: UpdateClass): Reporter {
  if (updateClass === 'restart') return { ...reporter, totals: new Map() };
  // Only of a reporter that was let go the end is known, and no start.
  const returned = reporter.start < 0 && reporter.newest_timestamp >= 0;
  if (!returned || post === null || outcomeOf(updateClass) !== 'applied') return reporter;
  const totals = new Map(reporter.totals);
  for (const { io, count, total } of post.ios) {
    // Where the task has no total yet, none was counted.
    if (total >= 0 && !totals.has(io) && hasTotal(task, io)) totals.set(io, Math.max(0, total - Math.max(0, count)));
  }
  return { ...reporter, totals };
}

function hasTotal({ inputs, outputs }: TaskState, io: string): boolean {
  const known = io.startsWith('inputs.')
    ? inputs.get(io.slice('inputs.'.length))
    : outputs.get(io.slice('outputs.'.length));
  return known?.processed_total_count !== undefined;
}

/** Keeps each IO's total the base and the sum over reporters, where totals move between them. */
function moveToBase(change: TaskChange, { known, reporter, updateClass }: JudgedUpdate): void {
  if (updateClass === 'restart') {
    addToBase(change, known!.totals, 1);
  } else if (reporter !== known) {
    const news = [...reporter.totals].filter(([io, total]) => total !== 0 && !known?.totals.has(io));
    if (news.length > 0) addToBase(change, news, -1);
  }
}

function isNumber(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}
