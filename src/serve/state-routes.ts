// /api/fleet, /api/tasks, /api/partitions: what Redis holds now.

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { LIVENESSES } from '../domain/task-state.ts';
import { LIST_SORTS } from '../read/task-filter.ts';
import { statuses } from './common-documents.ts';
import { fleetAnswer, partitionsAnswer } from './fleet-documents.ts';
import { notFound, serviceAway } from './problems.ts';
import { cursor, epochMs, flag, limit, problems, text, told } from './route-parts.ts';
import type { ApiSources } from './sources.ts';
import { taskAnswer, tasksAnswer, updatesAnswer } from './task-documents.ts';

const taskQuery = z.object({
  task_status: statuses.optional(),
  engine_id: text.optional(),
  internal_job_id: text.optional(),
  failure_reason: text.optional(),
  liveness: z
    .enum(LIVENESSES)
    .optional()
    .describe('silent: its engines said nothing for too long; stalled: they report and process nothing'),
  drifted: flag.optional().describe('true: an IO’s total is not the sum of its deltas'),
  updated_from: epochMs.optional().describe('log time of its last update, UTC epoch milliseconds: not before'),
  updated_to: epochMs.optional().describe('and before this'),
  sort: z
    .enum(LIST_SORTS)
    .optional()
    .describe(
      'status: by when the task came to its status; last_update: by its last update. Without it: by since when it is silent or stalls ' +
        'where the filter asks for that, a job’s tasks by their ids, by last update where only that is asked for, else by status',
    ),
  order: z.enum(['newest', 'oldest']).default('newest').describe('ids have one order only'),
  limit,
  cursor,
});

export function stateRoutes({ topic, group, reads, logEnds, updatesOf, watch }: ApiSources): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/fleet',
      { schema: { operationId: 'getFleet', summary: 'the whole fleet', response: { 200: fleetAnswer, ...problems } } },
      async () => {
        const { fleet, as_of } = await reads.readFleet();
        return { topic, group, fleet, rates: watch.rates, as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/tasks',
      {
        schema: {
          operationId: 'listTasks',
          summary: 'tasks, filtered, page by page',
          querystring: taskQuery,
          response: { 200: tasksAnswer, ...problems },
        },
      },
      async ({ query }) => {
        const { limit, cursor, sort, order, ...filter } = query;
        const { as_of, ...page } = await reads.readTasks(filter, { limit, cursor, sort, order });
        return { ...page, as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/tasks/:internal_task_id',
      {
        schema: {
          operationId: 'getTask',
          summary: 'all that is known of one task',
          params: z.object({ internal_task_id: text }),
          response: { 200: taskAnswer, ...problems },
        },
      },
      async ({ params: { internal_task_id } }) => {
        const { task, as_of } = await reads.readTask(internal_task_id);
        if (task === null) {
          const cure = 'its first update may not be folded yet (/api/partitions shows the lag), or it was retired';
          throw notFound(`there is no task "${internal_task_id}" in group ${group}`, cure);
        }
        return { task, as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/tasks/:internal_task_id/updates',
      {
        schema: {
          operationId: 'listUpdates',
          summary: 'the updates of a task, in order, and what each changed; read from Kafka, in bounded time',
          params: z.object({ internal_task_id: text }),
          querystring: z.object({
            after: z.coerce.number().int().min(-1).default(-1).describe('only those behind this offset'),
            limit,
          }),
          response: { 200: updatesAnswer, ...problems },
        },
      },
      async ({ params: { internal_task_id }, query }) => {
        if (logEnds.away !== null) throw serviceAway('kafka', logEnds.away);
        const { as_of } = await reads.readTask(internal_task_id);
        const { updates, ...rest } = await updatesOf(internal_task_id, query);
        return { internal_task_id, updates: [...updates], ...rest, as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/partitions',
      {
        schema: {
          operationId: 'listPartitions',
          summary: 'every partition: positions, owner, what halts it and the cure',
          response: { 200: partitionsAnswer, ...problems },
        },
      },
      async () => {
        const { partitions, as_of } = await reads.readPartitions();
        const joined = partitions.map((one, i) => {
          const { lag, log_end, log_time, condition } = as_of.partitions[i]!;
          return { ...one, lag, log_end, log_time, condition };
        });
        return { partitions: joined, as_of: told(as_of, logEnds) };
      },
    );
  };
}
