// What of a task is held against the truth of the engines: of the plain fold's task, or of Redis alone where the log no longer
// reaches back to where the fold began.

import type { PlainTask } from './plain-task.ts';
import { iosOf, isDoubted, TERMINAL } from './truth-figures.ts';
import type { TruthIo } from './truth-file.ts';

export interface TruthSubject {
  readonly internal_job_id: string | undefined;
  readonly engine_id: string | undefined;
  /** applied, duplicate and stale ones */
  readonly updates: number;
  readonly updates_rejected: number;
  readonly error_count?: number | undefined;
  readonly retry_count?: number | undefined;
  readonly processed_stats: { readonly [stat: string]: number };
  readonly inputs: readonly TruthIo[];
  readonly outputs: readonly TruthIo[];
  readonly task_status: string | undefined;
  readonly attempts: number;
  readonly completion_requested: boolean;
  /** all its work requests are over; undefined: it cannot be told from those that a silence has given up */
  readonly ended: boolean | undefined;
  readonly timestamp: number | undefined;
  readonly work_request_id: string | undefined;
  /** it carries a mark that says: a delta may be missing, or counted twice */
  readonly doubted: boolean;
}

export function subjectOfPlain(task: PlainTask): TruthSubject {
  const { updates_applied: applied, updates_duplicate: duplicate, updates_stale: stale } = task;
  return {
    internal_job_id: task.internal_job_id,
    engine_id: task.engine_id,
    updates: applied + duplicate + stale,
    updates_rejected: task.updates_rejected,
    error_count: task.error_count,
    retry_count: task.retry_count,
    processed_stats: Object.fromEntries(task.processed_stats),
    inputs: iosOf(task.ios.inputs),
    outputs: iosOf(task.ios.outputs),
    task_status: task.task_status,
    attempts: task.attempts,
    completion_requested: task.completion_requested,
    ended: task.liveness === 'ended' && !waitsForLost(task),
    timestamp: task.timestamp,
    work_request_id: task.work_request_id,
    doubted: isDoubted(task),
  };
}

/** Whether it would wait, but for a silence that told of whom it waits for. */
function waitsForLost({ task_status, reporters }: PlainTask): boolean {
  return !TERMINAL.includes(task_status ?? '') && [...reporters.values()].some(({ ended, lost }) => lost && !ended);
}

const STAT = 'processed_stats.';
const DOUBTS = ['ambiguous', 'restart', 'unverified', 'too_old', 'shrunk'].map((mark) => `marks.${mark}`);

/** @param fields of the published layout, as found-state.ts names them */
export function subjectOfFound(fields: ReadonlyMap<string, string>): TruthSubject {
  const number = (name: string) => (fields.has(name) ? Number(fields.get(name)) : undefined);
  const counted = (name: string) => number(name) ?? 0;
  const stats = [...fields].filter(([name]) => name.startsWith(STAT));
  const [inputs, outputs] = [foundIos(fields, 'inputs'), foundIos(fields, 'outputs')];
  const drifts = [...inputs, ...outputs].some(
    ({ processed_count: count, processed_total_count: total }) =>
      count !== undefined && total !== undefined && count !== total,
  );
  return {
    internal_job_id: fields.get('internal_job_id'),
    engine_id: fields.get('engine_id'),
    updates: counted('updates.applied') + counted('updates.duplicate') + counted('updates.stale'),
    updates_rejected: counted('updates.rejected'),
    error_count: number('error_count'),
    retry_count: number('retry_count'),
    processed_stats: Object.fromEntries(stats.map(([name, text]) => [name.slice(STAT.length), Number(text)])),
    inputs,
    outputs,
    task_status: fields.get('task_status'),
    attempts: counted('attempts'),
    completion_requested: fields.get('completion_requested') === '1',
    ended: fields.has('lost_before') ? undefined : fields.get('liveness') === 'ended',
    timestamp: number('timestamp'),
    work_request_id: fields.get('work_request_id'),
    doubted: drifts || counted('open_gaps') > 0 || DOUBTS.some((mark) => fields.has(mark)),
  };
}

function foundIos(fields: ReadonlyMap<string, string>, side: 'inputs' | 'outputs'): TruthIo[] {
  const found: TruthIo[] = [];
  for (const [name, text] of fields) {
    if (!name.startsWith(`${side}.`)) continue;
    const [count, total] = text.split(',');
    found.push({
      id: name.slice(side.length + 1),
      ...(count ? { processed_count: Number(count) } : {}),
      ...(total ? { processed_total_count: Number(total) } : {}),
    });
  }
  return found;
}
