// What goes wrong, as RFC 9457 wants it said: what it is, and what to do about it; never what only a log should hold.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { maskSecrets } from '../observe/mask-secrets.ts';
import { Fault } from '../pipeline/errors.ts';
import { InvalidCursor } from '../read/list-cursor.ts';
import type { Problem } from './common-documents.ts';

/** A problem that a handler has found. */
export class ApiProblem extends Error {
  readonly problem: Problem;
  constructor(status: number, code: string, title: string, detail: string, more: Partial<Problem> = {}) {
    super(detail);
    this.name = 'ApiProblem';
    this.problem = { type: `urn:taskfold:problem:${code}`, code, title, status, detail, ...more };
  }
}

const SERVICES: Readonly<Record<string, string>> = { redis: 'Redis', kafka: 'Kafka', registry: 'the schema registry' };

/** A service that does not answer. */
export function serviceAway(service: string, reason: string): ApiProblem {
  return new ApiProblem(503, 'service_away', `${SERVICES[service] ?? service} does not answer`, maskSecrets(reason), {
    away: service,
    cure: 'the API goes on by itself when it is back; nothing has to be restarted',
  });
}

export function notFound(what: string, cure: string): ApiProblem {
  return new ApiProblem(404, 'not_found', 'there is no such thing', what, { cure });
}

export function badRequest(detail: string, cure?: string): ApiProblem {
  return new ApiProblem(400, 'bad_request', 'this cannot be asked', detail, cure === undefined ? {} : { cure });
}

/** @param error whatever was thrown while a request was answered */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  if (error instanceof Fault) {
    if (error.code === 'service_unavailable') return serviceAway(error.service ?? 'redis', error.message).problem;
    return new ApiProblem(503, error.code, 'the stored state cannot be read', maskSecrets(error.message), {
      cure: '/api/partitions, or "taskfold status", tells what to do',
    }).problem;
  }
  if (error instanceof InvalidCursor) return badRequest(error.message, 'begin again without a cursor').problem;
  const { statusCode, message, code, validation } = error as FastifyError;
  if (validation !== undefined) {
    const fields = validation.map(({ instancePath, message: said = 'is not good' }) => ({
      field: instancePath.replace(/^\//, '').replaceAll('/', '.'),
      problem: said,
    }));
    const detail = fields.map(({ field, problem }) => `${field}: ${problem}`).join('; ');
    const cure = '/openapi.json says what each path takes';
    return new ApiProblem(400, 'bad_request', 'this cannot be asked', detail, { fields, cure }).problem;
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const own = code?.toLowerCase() ?? 'bad_request';
    return new ApiProblem(statusCode, own, 'this cannot be asked', message).problem;
  }
  return new ApiProblem(
    500,
    'unexpected',
    'this went wrong',
    'an error that nobody expected; the log of taskfold serve has it',
  ).problem;
}

export function sendProblem(reply: FastifyReply, { status, ...rest }: Problem): FastifyReply {
  const body = { ...rest, status };
  return reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(body));
}

/** For what no handler has caught. */
export function onError(told: (error: unknown, path: string) => void) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemOf(error);
    if (problem.status === 500) told(error, request.routeOptions.url ?? 'unknown');
    void sendProblem(reply, problem);
  };
}
