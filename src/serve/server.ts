// The API: one Fastify server that only reads. Routes are beside it, each with its schemas; the OpenAPI document is made of
// them.

import { existsSync } from 'node:fs';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { type Access, requireToken } from './access.ts';
import { changeRoutes } from './change-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { tidyDocument } from './openapi-document.ts';
import { ApiProblem, notFound, onError, sendProblem } from './problems.ts';
import { rejectRoutes } from './reject-routes.ts';
import { rollUpRoutes } from './roll-up-routes.ts';
import { searchRoutes } from './search-routes.ts';
import type { ApiSources } from './sources.ts';
import { stateRoutes } from './state-routes.ts';

export interface ApiOptions {
  readonly version: string;
  readonly access: Access;
  /** of one address */
  readonly requestsPerMinute: number;
  /** folder of the built page; left out where there is none */
  readonly page?: string;
  /** an error that nobody expected */
  readonly onUnexpected: (error: unknown, path: string) => void;
}

/** The page may load what this server brings, and nothing else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const CONNECTIONS_MAX = 4_000;
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
const YEAR_MS = 365 * 24 * 3_600 * 1_000;

export async function createServer(sources: ApiSources, options: ApiOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 30_000,
    exposeHeadRoutes: true,
    forceCloseConnections: true,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(onError(options.onUnexpected));
  const { page } = options;
  const hasPage = page !== undefined && existsSync(page);
  app.setNotFoundHandler((request, reply) => {
    // The page's own addresses (/tasks?status=failed, /jobs/J1): whoever asks for a page gets it, and it shows the view.
    if (hasPage && asksForPage(request)) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    const known = '/openapi.json lists what there is';
    return sendProblem(reply, notFound(`there is no ${request.method} ${request.url.split('?', 1)[0]}`, known).problem);
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('cross-origin-resource-policy', 'same-origin');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Taskfold',
        version: options.version,
        description: 'Live state of an engine fleet, and how old it is. Read-only.',
      },
    },
    transform: jsonSchemaTransform,
    transformObject: tidyDocument,
  });
  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: '1 minute',
    allowList: (request) => PROBES.has(request.url),
    errorResponseBuilder: (_request, { after }) =>
      new ApiProblem(
        429,
        'too_many_requests',
        'too many requests',
        `this address has asked too often; again in ${after}`,
        {
          cure: 'follow /api/changes in place of asking again and again, or raise TASKFOLD_API_REQUESTS_PER_MINUTE',
        },
      ),
  });
  // Behind the limit, so that strangers are counted, too.
  app.decorateRequest('letInUntil', null);
  app.addHook('preParsing', requireToken(options.access));
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    sources.metrics.answered(route, reply.statusCode, reply.elapsedTime / 1_000);
  });
  await app.register(healthRoutes(sources, options.access));
  await app.register(stateRoutes(sources));
  await app.register(rollUpRoutes(sources));
  await app.register(rejectRoutes(sources));
  await app.register(searchRoutes(sources));
  await app.register(changeRoutes(sources));
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  if (hasPage) {
    await app.register(fastifyStatic, {
      root: page,
      cacheControl: false,
      setHeaders(response, path) {
        // Vite names what it builds by its content.
        const hashed = path.includes('/assets/');
        response.header('cache-control', hashed ? `public, max-age=${YEAR_MS / 1_000}, immutable` : 'no-cache');
      },
    });
  }
  await app.ready();
  return app;
}

function asksForPage({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return !/^\/(api|assets)(\/|$)/.test(url) && (headers.accept ?? '').includes('text/html');
}
