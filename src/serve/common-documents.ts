// What many answers of the API share: how far an answer is exact, counts, and problems. A schema is both the type and what
// the OpenAPI document says.

import { z } from 'zod';
import { OUTCOMES } from '../domain/outcome.ts';
import { LIVENESSES, PROCESSED_STATS, TASK_STATUSES } from '../domain/task-state.ts';

export const id = z.string();
export const whole = z.int();
export const ms = z.int().describe('UTC epoch milliseconds');
export const logTime = z.int().describe('log time (the broker’s clock), UTC epoch milliseconds');
export const exactCount = z
  .union([z.number(), z.string()])
  .describe('a number up to 2^53−1; above that decimal text, because readers of JSON would round it');
export const counts = z.record(z.string(), z.number());
export const statuses = z.enum([...TASK_STATUSES, 'unreported']);
export const liveness = z.enum(LIVENESSES);
export const byLiveness = z.partialRecord(liveness, z.number());
export const processedStats = z.partialRecord(z.enum(PROCESSED_STATS), exactCount);
export const outcomes = z.record(z.enum(OUTCOMES), z.number());

/** Conditions of a partition, as `taskfold status` names them. */
export const condition = z
  .string()
  .describe(
    'how the partition stands: running, claiming, draining or waiting (its owner has met a fault that heals by itself), halted, ' +
      'torn, damaged, stopped, away (nobody has reported for 15 s), empty (never folded), unreachable (its master of ' +
      'a Redis Cluster does not answer)',
  );

export const partitionAsOf = z
  .object({
    topic: z.string(),
    partition: whole,
    watermark: whole
      .optional()
      .describe(
        'W: of this partition exactly the records below it are in the answer; absent: none is, its slot is empty',
      ),
    log_time: logTime.optional().describe('of the last record that is in the answer, UTC epoch milliseconds'),
    log_end: whole.optional().describe('where the log of the partition ended'),
    log_end_at: ms.optional().describe('when that was asked of Kafka, or told by the owner; UTC epoch milliseconds'),
    lag: whole.optional().describe('records of the log that are not in the answer yet: log_end − watermark'),
    complete_until: ms
      .optional()
      .describe(
        'all that the log had before this moment is in the answer, UTC epoch milliseconds; absent: nobody knows',
      ),
    condition,
    halted: z.boolean().describe('nothing more is folded until an operator acts; /api/partitions names the cure'),
  })
  .meta({ id: 'PartitionAsOf' });

export const asOf = z
  .object({
    read_at: ms.describe('when it was read, by the clock of the API, UTC epoch milliseconds'),
    complete_until: ms
      .optional()
      .describe(
        'the earliest one of the partitions below: the answer is read_at − complete_until old; absent: nobody knows',
      ),
    lag: whole.optional().describe('records that are not in the answer yet; absent: not known of every partition'),
    halted: z
      .array(whole)
      .describe('partitions that are halted, torn or damaged: their part of the answer stands still'),
    unreachable: z
      .array(whole)
      .describe('partitions whose master of a Redis Cluster does not answer: nothing of them is in the answer'),
    away: z
      .array(z.enum(['kafka']))
      .describe('services that did not answer: what comes from them is the last that was heard'),
    partitions: z.array(partitionAsOf).describe('every partition that the answer comes from'),
  })
  .meta({ id: 'AsOf' });
export type AsOf = z.infer<typeof asOf>;

/** RFC 9457. */
export const problem = z
  .object({
    type: z.string().describe('urn:taskfold:problem:<code>'),
    code: z.string(),
    title: z.string(),
    status: whole,
    detail: z.string(),
    cure: z.string().optional().describe('what to do about it'),
    away: z.string().optional().describe('the service that does not answer'),
    fields: z.array(z.object({ field: z.string(), problem: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

export const nextCursor = z
  .string()
  .optional()
  .describe(
    'give it as `cursor` to go on; absent: there is nothing more. A page may be shorter than `limit`, or empty, and go on.',
  );
