// Tasks in the answers of the API: whole ones, rows of lists, and the updates of one.

import { z } from 'zod';
import { MARKS, UPDATE_CLASSES } from '../domain/update-class.ts';
import type { TaskDocument } from '../read/task-document.ts';
import { asOf, id, liveness, logTime, nextCursor, whole } from './common-documents.ts';

const io = z
  .object({
    id,
    processed_count: z.number().optional().describe('the sum of its deltas'),
    processed_total_count: z.number().optional().describe('the sum of its reporters’ highest totals'),
  })
  .meta({ id: 'Io' });

const ledger = z
  .object({
    exact: z
      .boolean()
      .describe('every delta that an engine published is counted once; false: one may be missing, or counted twice'),
    marks: z.partialRecord(z.enum(MARKS), z.number()).optional(),
    open_gaps: z.number().optional().describe('intervals whose beginning no update has reached'),
    drifted_ios: z.number().optional().describe('IOs whose total is not the sum of their deltas'),
  })
  .meta({ id: 'Ledger' });

const source = z.object({ topic: z.string(), partition: whole, first_offset: whole, last_offset: whole });
const updates = z.object({
  applied: z.number(),
  duplicate: z.number(),
  stale: z.number(),
  rejected: z.number(),
  came_rerouted: z.number().optional(),
});

/** What a list shows of a task. */
export const taskRow = z
  .object({
    internal_task_id: id,
    internal_job_id: id.optional(),
    engine_id: id.optional(),
    work_request_id: id.optional(),
    task_status: z.string().optional(),
    status_at: logTime.describe('since when it has this status; without one, when its first update came'),
    unrecognized_task_status: z.string().optional(),
    failure_reason: z.string().optional(),
    unrecognized_failure_reason: z.string().optional(),
    liveness,
    liveness_at: logTime,
    error_count: z.number().optional(),
    retry_count: z.number().optional(),
    processed_stats: z.record(z.string(), z.number()).optional(),
    attempts: z.number(),
    updates,
    ledger,
    first_update_at: logTime,
    last_update_at: logTime,
    source,
  })
  .meta({ id: 'TaskRow' });
export type TaskRow = z.infer<typeof taskRow>;

/** What a list shows of it, and no more. */
export function rowOf(task: TaskDocument): TaskRow {
  return taskRow.parse(task);
}

/** Names are the contract's; what is absent was never reported. */
export const task = z
  .object({
    ...taskRow.shape,
    task_route_id: id.optional(),
    timestamp: z.number().optional().describe('UTC epoch seconds, as reported'),
    prior_timestamp: z.number().optional(),
    task_action: z.string().optional(),
    unrecognized_task_action: z.string().optional(),
    inputs: z.array(io).optional(),
    outputs: z.array(io).optional(),
    ios_dropped: z.number().optional(),
    errors: z.array(z.object({ id: z.string().optional(), msg: z.string().optional() })).optional(),
    task_output: z.string().optional().describe('JSON text, as reported'),
    completion_requested: z.boolean(),
    job_creations: z.number(),
    failures_by_reason: z.record(z.string(), z.number()).optional(),
  })
  .meta({ id: 'Task' });

export const taskAnswer = z.object({ task, as_of: asOf }).meta({ id: 'TaskAnswer' });
export const tasksAnswer = z
  .object({
    tasks: z.array(taskRow),
    total: whole
      .optional()
      .describe(
        'how many tasks the index behind the list holds (as counted, not scanned); absent: filters without an index apply',
      ),
    next_cursor: nextCursor,
    as_of: asOf,
  })
  .meta({ id: 'TasksAnswer' });
export type TasksAnswer = z.infer<typeof tasksAnswer>;

const value = z.union([z.string(), z.number(), z.boolean()]);
const change = z
  .object({
    field: z.string().describe('by its name in the task, e.g. inputs.camera-1.processed_count'),
    from: value.optional(),
    to: value.optional(),
    plus: z.number().optional().describe('of a figure that counts: how much it grew'),
    added: z
      .array(z.object({ id: z.string().optional(), msg: z.string().optional() }))
      .readonly()
      .optional(),
  })
  .meta({ id: 'FigureChange' });

const emitted = z.object({
  event: z.enum(['failure', 'job_creation', 'reject']),
  kind: z.string().optional(),
  ce_id: z.string(),
});

/** One update of a task, or what time alone did to it (classes silent, stalled, retired), or `now`. */
export const explainedUpdate = z
  .object({
    partition: whole,
    offset: whole,
    log_time: logTime.optional(),
    class: z.enum([...UPDATE_CLASSES, 'rejected', 'unknown', 'silent', 'stalled', 'retired', 'now']),
    schema_id: whole.nullable().optional(),
    source: z
      .object({ partition: whole, offset: whole })
      .optional()
      .describe('where it lay first, if it was re-routed'),
    reason: z.string().optional().describe('why it was rejected'),
    detail: z.string().optional(),
    doubt: z.string().optional().describe('why the class may be wrong'),
    work_request_id: id.optional(),
    prior_timestamp: z
      .number()
      .optional()
      .describe('begin of the interval that it reports, epoch seconds of the engine’s clock'),
    timestamp: z.number().optional().describe('its end'),
    covered_by: whole.nullable().optional().describe('of one that was dropped: the offset that had counted it'),
    supersedes: whole.optional().describe('of a superseding one: the offset that it contains'),
    liveness: liveness.optional().describe('of class now: how its engines stand'),
    liveness_at: logTime.optional(),
    changed: z.array(change).readonly(),
    emitted: z.array(emitted).readonly(),
  })
  .meta({ id: 'ExplainedUpdate' });
export type ExplainedUpdateDocument = z.infer<typeof explainedUpdate>;

export const updatesAnswer = z
  .object({
    internal_task_id: id,
    updates: z.array(explainedUpdate).describe('in the order of the log'),
    complete: z.boolean().describe('false: there are more behind the last one, or the log no longer reaches back'),
    note: z.string().optional().describe('why it is not complete, or what differs, in a sentence'),
    next_after: whole.optional().describe('give it as `after` to go on'),
    as_of: asOf,
  })
  .meta({ id: 'UpdatesAnswer' });
export type UpdatesAnswer = z.infer<typeof updatesAnswer>;
