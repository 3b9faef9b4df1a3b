// /api/search: where an id leads, whatever it is the id of.

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type SearchAnswer, searchAnswer } from './fleet-documents.ts';
import { problems, text, told } from './route-parts.ts';
import type { ApiSources } from './sources.ts';

/** Ids that begin with the text, of each kind. */
const SUGGESTED_MAX = 10;

const NOT_SEARCHED = { tasks: [], looked: 0, isComplete: true } as const;

export function searchRoutes({ reads, logEnds }: ApiSources): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/search',
      {
        schema: {
          operationId: 'search',
          summary: 'what an id is the id of: a task, a job, an engine, or a work request of a recent task',
          querystring: z.object({ id: text }),
          response: { 200: searchAnswer, ...problems },
        },
      },
      async ({ query: { id } }) => {
        const [{ task, as_of }, { job }, { engine }, begins_with] = await Promise.all([
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
        // It takes a search, so it is the last resort.
        const requests = found.length > 0 ? NOT_SEARCHED : await reads.findWorkRequest(id);
        for (const internal_task_id of requests.tasks) {
          const path = `/api/tasks/${encodeURIComponent(internal_task_id)}`;
          found.push({ kind: 'work_request', id, path, internal_task_id });
        }
        const searched = requests.isComplete
          ? undefined
          : `of work requests only the latest one of the ${requests.looked.toLocaleString('en-US')} tasks that changed their status last`;
        return { id, found, begins_with, searched, as_of: told(as_of, logEnds) };
      },
    );
  };
}
