// The fleet, jobs, engines, partitions and rejects in the answers of the API, and what a search finds.

import { z } from 'zod';
import { FOLD_SETTING_NAMES } from '../domain/fold-settings.ts';
import { MARKS } from '../domain/update-class.ts';
import {
  asOf,
  byLiveness,
  condition,
  counts,
  exactCount,
  id,
  logTime,
  ms,
  nextCursor,
  outcomes,
  processedStats,
  whole,
} from './common-documents.ts';

const sums = {
  job_creations: z.number(),
  error_count: exactCount,
  retry_count: exactCount,
  processed_stats: processedStats,
};

/** The sums are those of the tasks that are there and of the retired ones. */
export const fleet = z
  .object({
    tasks: z.number(),
    tasks_by_status: counts.describe('now; without a status under unreported'),
    tasks_by_liveness: byLiveness.describe('whether their engines still report'),
    failures_by_reason: counts.describe('failures so far; without a reason under unreported'),
    ...sums,
    retired: z.object({ tasks: z.number(), ...sums }),
    updates: z
      .object({ received: z.number(), ...outcomesShape() })
      .describe('records of the input by outcome: received = applied + duplicate + stale + rejected + rerouted'),
    rejected_by_reason: counts,
  })
  .meta({ id: 'Fleet' });

function outcomesShape() {
  const count = z.number();
  return { applied: count, duplicate: count, stale: count, rejected: count, rerouted: count };
}

/** Measured by the API itself over its last looks. */
const rates = z
  .object({
    seconds: z.number().describe('over how long, at most 10'),
    logged_per_s: z.number().optional().describe('records that the log grew by; absent: Kafka did not answer'),
    folded_per_s: z.number().describe('records that were folded'),
  })
  .meta({ id: 'Rates' });

export const fleetAnswer = z
  .object({
    topic: z.string(),
    group: z.string(),
    fleet: fleet.nullable().describe('null: nothing was folded yet'),
    rates: rates.optional(),
    as_of: asOf,
  })
  .meta({ id: 'FleetAnswer' });
export type FleetAnswer = z.infer<typeof fleetAnswer>;

const rollUpSums = {
  ...sums,
  completion_requested: exactCount.describe('tasks that asked to complete their job'),
  failures_by_reason: z.record(z.string(), exactCount),
  updates: z
    .object({
      applied: exactCount,
      duplicate: exactCount,
      stale: exactCount,
      rejected: exactCount,
      came_rerouted: exactCount.describe('of the first three: how many lay in a wrong partition at first'),
    })
    .describe('updates of its tasks by outcome'),
  marks: z
    .partialRecord(z.enum(MARKS), exactCount)
    .describe('updates of its tasks of which the ledger had to say more than first or next'),
};

const rollUp = {
  tasks: z.number(),
  tasks_by_status: counts,
  tasks_by_liveness: byLiveness,
  ...rollUpSums,
  first_update_at: logTime,
  last_update_at: logTime,
  retired: z.object({ tasks: z.number(), ...rollUpSums }),
};

export const job = z.object({ internal_job_id: id, ...rollUp }).meta({ id: 'Job' });
export const engine = z.object({ engine_id: id, ...rollUp }).meta({ id: 'Engine' });
export const jobAnswer = z.object({ job, as_of: asOf }).meta({ id: 'JobAnswer' });
export const engineAnswer = z.object({ engine, as_of: asOf }).meta({ id: 'EngineAnswer' });
export const jobsAnswer = z
  .object({ jobs: z.array(job), next_cursor: nextCursor, as_of: asOf })
  .meta({ id: 'JobsAnswer' });
export const enginesAnswer = z
  .object({ engines: z.array(engine), next_cursor: nextCursor, as_of: asOf })
  .meta({ id: 'EnginesAnswer' });

const foldSettings = z.partialRecord(z.enum(FOLD_SETTING_NAMES), z.number());

export const partition = z
  .object({
    partition: whole,
    condition,
    watermark: whole.optional().describe('W: the next offset to fold'),
    emitted: whole.optional().describe('C: the next offset whose events are not committed yet'),
    log_start: whole.optional(),
    log_end: whole.optional(),
    lag: whole.optional(),
    log_time: logTime.optional().describe('of the last folded record'),
    owner: z.string().optional(),
    state: z.string().optional().describe('the owner’s own word'),
    seen_at: ms.optional().describe('when the owner last reported, by its wall clock'),
    halt: z.object({ code: z.string(), message: z.string(), cure: z.string() }).optional(),
    cure: z.string().optional().describe('what to do about a halted or torn partition'),
    torn: z.string().optional(),
    damaged: z.string().optional(),
    unreachable: z.string().optional().describe('why the master of a Redis Cluster that holds it could not be asked'),
    received: z.number().optional(),
    outcomes: outcomes.optional(),
    rejected_by_reason: counts.optional(),
    ticks: z.number().optional(),
    origin: whole.optional(),
    settings: foldSettings.optional(),
    outbox_length: z.number(),
  })
  .meta({ id: 'Partition' });
export const partitionsAnswer = z
  .object({ partitions: z.array(partition), as_of: asOf })
  .meta({ id: 'PartitionsAnswer' });
export type PartitionsAnswer = z.infer<typeof partitionsAnswer>;

const textOrSize = z.union([z.string(), z.object({ bytes: z.number() })]);

/** Never bytes of a record: what does not decode may hide a credential. */
export const reject = z
  .object({
    id,
    reject: z.string().describe('where the reject lies: topic/partition/offset'),
    source: z.string().describe('where the rejected record lay: topic/partition/offset'),
    log_time: logTime,
    rejected_at: ms,
    reason: z.string(),
    detail: z.string(),
    form: z.enum(['copy', 'pointer']),
    internal_task_id: id.optional(),
    origin: z.string().optional(),
    replayed_at: ms.optional(),
    record: z
      .object({
        key: textOrSize.nullable(),
        value_bytes: z.number().nullable(),
        schema_id: z.number().optional(),
        replays: z.number(),
        replayed_from: z.string().optional(),
        first_source: z.string().optional(),
        headers: z.record(z.string(), textOrSize),
        update: z.unknown().optional().describe('the update as it decodes now, tokens masked'),
      })
      .optional()
      .describe('absent: a pointer whose record is not in the input any more'),
    now: z
      .object({ outlook: z.string(), detail: z.string().optional(), reason: z.string().optional() })
      .describe('what would become of a replay now'),
  })
  .meta({ id: 'Reject' });
export type RejectOfApi = z.infer<typeof reject>;
export const rejectsAnswer = z
  .object({ rejects: z.array(reject).describe('the newest first'), next_cursor: nextCursor, as_of: asOf })
  .meta({ id: 'RejectsAnswer' });
export type RejectsAnswer = z.infer<typeof rejectsAnswer>;

export const searchAnswer = z
  .object({
    id,
    found: z.array(
      z.object({
        kind: z.enum(['task', 'job', 'engine', 'work_request']),
        id,
        path: z.string().describe('of the API, e.g. /api/tasks/IJ1'),
        internal_task_id: id.optional().describe('of a work request: a task that it has reported for'),
      }),
    ),
    begins_with: z
      .object({ jobs: z.array(id), engines: z.array(id) })
      .describe('the first ids that begin with the text; tasks are found by their whole id only'),
    as_of: asOf,
  })
  .meta({ id: 'SearchAnswer' });
export type SearchAnswer = z.infer<typeof searchAnswer>;
