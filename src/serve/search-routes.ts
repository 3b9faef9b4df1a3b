// /api/search: where an id leads, whatever it is the id of.

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type SearchAnswer, searchAnswer } from './fleet-documents.ts';
import { problems, text, told } from './route-parts.ts';
import type { ApiSources } from './sources.ts';

/** Ids that begin with the text, of each kind. */
const SUGGESTED_MAX = 10;

export function searchRoutes({ reads, logEnds }: ApiSources): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/search',
      {
        schema: {
          operationId: 'search',
          summary: 'what an id is the id of: a task, a job, an engine, or a work request',
          querystring: z.object({ id: text }),
          response: { 200: searchAnswer, ...problems },
        },
      },
      async ({ query: { id } }) => {
        const [{ tasks, as_of }, { task }, { job }, { engine }, begins_with] = await Promise.all([
          reads.findWorkRequest(id),
          reads.readTask(id),
          reads.readJob(id),
          reads.readEngine(id),
          reads.readIdsThatBegin(id, SUGGESTED_MAX),
        ]);
        const found: SearchAnswer['found'] = [];
        const add = (kind: 'task' | 'job' | 'engine') =>
          found.push({ kind, id, path: `/api/${kind}s/${encodeURIComponent(id)}` });
        if (task !== null) add('task');
        if (job !== null) add('job');
        if (engine !== null) add('engine');
        for (const internal_task_id of tasks) {
          const path = `/api/tasks/${encodeURIComponent(internal_task_id)}`;
          found.push({ kind: 'work_request', id, path, internal_task_id });
        }
        return { id, found, begins_with, as_of: told(as_of, logEnds) };
      },
    );
  };
}
