// /api/jobs and /api/engines: sums of the partitions' shares, of one or page by page in the order of their ids.

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { statuses } from './common-documents.ts';
import { engineAnswer, enginesAnswer, jobAnswer, jobsAnswer } from './fleet-documents.ts';
import { notFound } from './problems.ts';
import { cursor, flag, limit, problems, text, told } from './route-parts.ts';
import type { ApiSources } from './sources.ts';

const listQuery = z.object({
  task_status: statuses.optional().describe('only with a task in this status; of the page, which may then be short'),
  limit,
  cursor,
});

const jobsQuery = listQuery.extend({
  open: flag
    .default(false)
    .describe(
      'true: only with a task that has not ended, by last update: exact to the minute, within a page to the millisecond',
    ),
  order: z.enum(['newest', 'oldest']).default('newest').describe('of last updates; ids have one order only'),
});

export function rollUpRoutes({ group, reads, logEnds }: ApiSources): FastifyPluginAsyncZod {
  const hasStatus = (status: string | undefined) => (one: { tasks_by_status: Record<string, number> }) =>
    status === undefined || (one.tasks_by_status[status] ?? 0) > 0;

  const byId = async (limit: number, after: string | undefined) => {
    const { next, ...page } = await reads.readJobs(limit, after);
    return { ...page, next_cursor: next };
  };

  return async (app) => {
    app.get(
      '/api/jobs',
      {
        schema: {
          operationId: 'listJobs',
          summary: 'jobs in the order of their ids, or those that are not over by their last updates, page by page',
          querystring: jobsQuery,
          response: { 200: jobsAnswer, ...problems },
        },
      },
      async ({ query }) => {
        const { open, order, limit, cursor } = query;
        const { jobs, next_cursor, as_of } = open
          ? await reads.readOpenJobs({ order, limit, cursor })
          : await byId(limit, cursor);
        const chosen = jobs.filter(hasStatus(query.task_status));
        return { jobs: chosen, ...(next_cursor === undefined ? {} : { next_cursor }), as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/jobs/:internal_job_id',
      {
        schema: {
          operationId: 'getJob',
          summary: 'what the tasks of one job come to',
          params: z.object({ internal_job_id: text }),
          response: { 200: jobAnswer, ...problems },
        },
      },
      async ({ params: { internal_job_id } }) => {
        const { job, as_of } = await reads.readJob(internal_job_id);
        if (job === null) throw nothingFolded('job', internal_job_id, group);
        return { job, as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/engines',
      {
        schema: {
          operationId: 'listEngines',
          summary: 'engines in the order of their ids, page by page',
          querystring: listQuery,
          response: { 200: enginesAnswer, ...problems },
        },
      },
      async ({ query }) => {
        const { engines, next, as_of } = await reads.readEngines(query.limit, query.cursor);
        const chosen = engines.filter(hasStatus(query.task_status));
        return { engines: chosen, ...(next === undefined ? {} : { next_cursor: next }), as_of: told(as_of, logEnds) };
      },
    );

    app.get(
      '/api/engines/:engine_id',
      {
        schema: {
          operationId: 'getEngine',
          summary: 'what the tasks of one engine come to',
          params: z.object({ engine_id: text }),
          response: { 200: engineAnswer, ...problems },
        },
      },
      async ({ params: { engine_id } }) => {
        const { engine, as_of } = await reads.readEngine(engine_id);
        if (engine === null) throw nothingFolded('engine', engine_id, group);
        return { engine, as_of: told(as_of, logEnds) };
      },
    );
  };
}

function nothingFolded(what: string, id: string, group: string) {
  const cure = 'no update of a task that has it may be folded yet (/api/partitions shows the lag)';
  return notFound(`there is no ${what} "${id}" in group ${group}`, cure);
}
