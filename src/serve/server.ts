// The API: one Fastify server that only reads. Routes are beside it, each with its schemas; the OpenAPI document is made of
// them.

import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { notFound, onError, sendProblem } from './problems.ts';
import { rollUpRoutes } from './roll-up-routes.ts';
import type { ApiSources } from './sources.ts';
import { stateRoutes } from './state-routes.ts';

export interface ApiOptions {
  readonly version: string;
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
const YEAR_MS = 365 * 24 * 3_600 * 1_000;

export async function createServer(sources: ApiSources, options: ApiOptions): Promise<FastifyInstance> {
  const app = fastify({ logger: false, bodyLimit: 1_024, requestTimeout: 30_000, exposeHeadRoutes: true });
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
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(stateRoutes(sources));
  await app.register(rollUpRoutes(sources));
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
