// Who may ask: bearers of a token whose SHA-256 stands in the settings, or, where there are none, whoever reaches the port.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from './problems.ts';

/** Probes have no token, the page has to be there before one can be given, and the document says how to ask. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/openapi.json']);

/** @param hashes SHA-256 of the tokens, hexadecimal; none: everybody is let in */
export function requireToken(hashes: readonly string[]) {
  const known = hashes.map((hash) => Buffer.from(hash, 'hex'));
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const path = request.url.split('?', 1)[0]!;
    if (known.length === 0 || OPEN_PATHS.has(path) || !(path.startsWith('/api/') || path === '/metrics')) return;
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const hash = token === undefined ? null : createHash('sha256').update(token).digest();
    // All are compared, so that the time tells nothing.
    const matches = known.map((one) => hash !== null && timingSafeEqual(one, hash));
    if (matches.includes(true)) return;
    reply.header('www-authenticate', 'Bearer realm="taskfold"');
    const detail = token === undefined ? 'this needs a token' : 'this token is not one of those that are let in';
    const cure = 'send "Authorization: Bearer <token>"; TASKFOLD_API_TOKENS holds the SHA-256 of each';
    throw new ApiProblem(401, 'unauthorized', 'you are not let in', detail, { cure });
  };
}
