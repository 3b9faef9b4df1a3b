// Who may ask: bearers of a token whose SHA-256 stands in the settings, or of one that the issuer in the settings has signed;
// where there are neither, whoever reaches the port.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KeysAway } from './issuer-keys.ts';
import { ApiProblem } from './problems.ts';
import { isSignedToken, judgeSignedToken, type TokenIssuer } from './signed-tokens.ts';

export interface Access {
  /** SHA-256 of the tokens that are let in, hexadecimal */
  readonly tokenHashes: readonly string[];
  readonly issuer?: TokenIssuer | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** when its token ends, epoch ms; null: it does not */
    letInUntil: number | null;
  }
}

/** Without hashes and issuer everybody is let in. */
export function requireToken({ tokenHashes, issuer }: Access) {
  const known = tokenHashes.map((hash) => Buffer.from(hash, 'hex'));
  const isOpen = known.length === 0 && issuer === undefined;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const path = request.url.split('?', 1)[0]!;
    // Probes have no token, the page has to be there before one can be given, and the document says how to ask.
    if (isOpen || !(path.startsWith('/api/') || path === '/metrics')) return;
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw refused(reply, 'this needs a token', '');
    const hash = createHash('sha256').update(token).digest();
    // All are compared, so that the time tells nothing.
    if (known.map((one) => timingSafeEqual(one, hash)).includes(true)) return;
    if (issuer === undefined || !isSignedToken(token)) {
      throw refused(reply, 'this token is not one of those that are let in', INVALID);
    }
    const judged = await judgeSignedToken(token, issuer).catch((error: unknown) => {
      throw error instanceof KeysAway ? issuerAway(error.message) : error;
    });
    if ('refused' in judged) throw refused(reply, judged.refused, INVALID);
    request.letInUntil = judged.until;
  };

  function refused(reply: FastifyReply, detail: string, error: string): ApiProblem {
    reply.header('www-authenticate', `Bearer realm="taskfold"${error}`);
    const ways = [
      ...(known.length > 0 || issuer === undefined ? ['TASKFOLD_API_TOKENS holds the SHA-256 of each'] : []),
      ...(issuer === undefined ? [] : ['TASKFOLD_API_JWT_ISSUER and TASKFOLD_API_JWT_AUDIENCE say whose signed ones']),
    ];
    const cure = `send "Authorization: Bearer <token>"; ${ways.join('; ')}`;
    return new ApiProblem(401, 'unauthorized', 'you are not let in', detail, { cure });
  }
}

/** RFC 6750 */
const INVALID = ', error="invalid_token"';

function issuerAway(reason: string): ApiProblem {
  return new ApiProblem(503, 'issuer_away', 'signed tokens cannot be checked: the issuer’s keys are away', reason, {
    away: 'issuer',
    cure:
      'the API asks for them again by itself; it goes by TASKFOLD_API_JWT_KEYS, which can also be a file ' +
      '(TASKFOLD_API_JWT_KEYS_FILE); tokens of TASKFOLD_API_TOKENS are let in meanwhile',
  });
}
