// An issuer of signed tokens, as it is met in the wild: keys behind a real HTTP server, which can be told to misbehave.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

export const ISSUER = 'https://id.example';
export const AUDIENCE = 'taskfold';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly secret: CryptoKey;
  readonly published: JWK;
  /** what everybody can know of it */
  readonly spki: string;
}

export async function signingKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const published = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, secret: privateKey, published, spki: await exportSPKI(publicKey) };
}

/** A token as it should be, unless `claims` or `header` say otherwise. */
export function sign(key: SigningKey, claims: object = {}, header: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'somebody', exp: now + 600, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.secret);
}

export class KeyServer {
  readonly url: string;
  asked = 0;
  /** null: as it should be */
  answer: ((response: ServerResponse) => void) | null = null;
  #keys: readonly JWK[];

  private constructor(url: string, keys: readonly JWK[]) {
    this.url = url;
    this.#keys = keys;
  }

  static async start(...keys: readonly SigningKey[]): Promise<KeyServer> {
    const server = createServer((_request, response) => {
      own.asked++;
      if (own.answer !== null) own.answer(response);
      else response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: own.#keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const own = new KeyServer(`http://127.0.0.1:${port}/keys`, []);
    own.publish(...keys);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return own;
  }

  publish(...keys: readonly SigningKey[]): void {
    this.#keys = keys.map(({ published }) => published);
  }
}
