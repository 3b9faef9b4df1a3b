// Signed tokens (JWT, RFC 7519): whether one is the issuer's, for us, and of now. Why it is not is told in words of our own:
// nothing of a token gets into an answer or a log.

import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { IssuerKeys } from './issuer-keys.ts';

/** Only those whose key the issuer alone has; `none` and the symmetric ones (HS256 …) are never taken. */
export const ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** How far the issuer's clock and ours may differ, s. */
export const CLOCK_TOLERANCE_S = 30;

export interface TokenIssuer {
  /** the claim `iss`, letter by letter */
  readonly issuer: string;
  /** what `aud` has to be, or to hold */
  readonly audience: string;
  readonly keys: IssuerKeys;
}

/** `until`: when it ends, epoch ms, the tolerance included */
export type Judged = { readonly until: number } | { readonly refused: string };

/** @throws KeysAway */
export async function judgeSignedToken(token: string, { issuer, audience, keys }: TokenIssuer): Promise<Judged> {
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      algorithms: [...ALGORITHMS],
      issuer,
      audience,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    return { until: endOf(payload) };
  } catch (error) {
    const refused = reasonOf(error);
    if (refused === null) throw error;
    return { refused };
  }
}

/** Three parts with dots between, as every signed JWT is written. */
export function isSignedToken(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

function endOf({ exp }: JWTPayload): number {
  return (exp! + CLOCK_TOLERANCE_S) * 1_000;
}

/** null: it is not the token's fault */
function reasonOf(error: unknown): string | null {
  if (error instanceof errors.JWTExpired) return 'this token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return reasonOfClaim(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return `its algorithm is none of ${ALGORITHMS.join(', ')}`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is not right';
  if (error instanceof errors.JWKSNoMatchingKey) return 'it is signed with a key that the issuer does not have';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it names no key (kid), and the issuer has several';
  return error instanceof errors.JOSEError ? 'it is no signed token that can be read' : null;
}

function reasonOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `it lacks the claim "${claim}"`;
  if (claim === 'iss') return 'it is of another issuer';
  if (claim === 'aud') return 'it is for another audience';
  if (claim === 'nbf') return 'it does not hold yet';
  return `its claim "${claim}" is not right`;
}
