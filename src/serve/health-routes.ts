// /livez, /readyz and /metrics of the API itself.

import type { FastifyPluginAsync } from 'fastify';
import type { Access } from './access.ts';
import type { ApiSources } from './sources.ts';

export function healthRoutes({ watch, logEnds, metrics }: ApiSources, { issuer }: Access): FastifyPluginAsync {
  return async (app) => {
    app.get('/livez', { schema: { hide: true } }, () => ({ live: true, reasons: [] }));
    // Without Kafka most questions have an answer still, and every answer says that it is away; without the issuer's keys
    // other tokens are let in.
    app.get('/readyz', { schema: { hide: true } }, (_request, reply) => {
      const reasons = watch.away === null ? [] : [watch.away];
      reply.code(reasons.length === 0 ? 200 : 503);
      const notes = [logEnds.away, issuer?.keys.away ?? null].filter((note) => note !== null);
      return { ready: reasons.length === 0, reasons, notes };
    });
    app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.scrape();
    });
  };
}
