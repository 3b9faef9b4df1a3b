// /api/rejects: what was rejected and why, the newest first, decoded as far as possible; never bytes.

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { REJECT_REASONS } from '../domain/outcome.ts';
import { rejectsAnswer } from './fleet-documents.ts';
import { badRequest, serviceAway } from './problems.ts';
import { cursor, epochMs, problems, text, told } from './route-parts.ts';
import type { ApiSources } from './sources.ts';

const query = z.object({
  reason: z.enum(REJECT_REASONS).optional(),
  partition: z.coerce.number().int().min(0).optional().describe('of the input topic'),
  internal_task_id: text.optional().describe('of this task, or keyed by it'),
  since: epochMs.optional().describe('log time of the rejected record, UTC epoch milliseconds: not before'),
  until: epochMs.optional().describe('and before this'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor,
});

export function rejectRoutes({ reads, logEnds, newestRejects }: ApiSources): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/rejects',
      {
        schema: {
          operationId: 'listRejects',
          summary: 'rejected records, the newest first, read from Kafka in bounded time',
          querystring: query,
          response: { 200: rejectsAnswer, ...problems },
        },
      },
      async ({ query: { reason, internal_task_id: task, cursor: after, ...rest } }) => {
        if (logEnds.away !== null) throw serviceAway('kafka', logEnds.away);
        const { as_of } = await reads.readPartitions();
        const page = await newestRejects({
          ...rest,
          task,
          reason: reason && new Set([reason]),
          before: after === undefined ? undefined : offsetsOf(after),
        });
        const next_cursor = page.before && cursorOf(page.before);
        return { rejects: [...page.rejects], next_cursor, as_of: told(as_of, logEnds) };
      },
    );
  };
}

function cursorOf(before: ReadonlyMap<number, number>): string {
  return [...before].map(([partition, offset]) => `${partition}.${offset}`).join('~');
}

function offsetsOf(text: string): Map<number, number> {
  const pairs = text.split('~').map((pair) => /^(\d{1,6})\.(\d{1,16})$/.exec(pair));
  if (pairs.includes(null))
    throw badRequest('cursor: no page of this list has given it', 'begin again without a cursor');
  return new Map(pairs.map((pair) => [Number(pair![1]), Number(pair![2])]));
}
