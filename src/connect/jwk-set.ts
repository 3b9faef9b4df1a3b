// The public keys of an issuer of tokens, as RFC 7517 writes them: which of a document's keys can check a signature, and
// where such a document may come from.

import { createPublicKey } from 'node:crypto';
import { isLoopback } from '../setting.ts';

/** One key; a field beside `kty` counts for some kinds only. */
export type JsonWebKey = Readonly<Record<string, unknown>> & { readonly kty: string };

export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** More than any issuer has. */
const KEYS_MAX = 100;
const RSA_BITS_MIN = 2_048;
const KINDS: ReadonlySet<string> = new Set(['rsa', 'ec', 'ed25519']);

/** What a document holds: keys, or in a sentence's end why it is of no use. */
export type ReadKeys = { readonly set: JsonWebKeySet } | { readonly problem: string };

/**
 * Those keys of a JWKS document that can check a signature. Keys of other kinds or uses are passed over, as RFC 7517 wants
 * it; a secret or private key makes the whole document unusable: whoever may read it could sign.
 * @param text JSON
 */
export function readJwkSet(text: string): ReadKeys {
  const document = parsed(text);
  const given = typeof document === 'object' && document !== null ? (document as { keys?: unknown }).keys : undefined;
  if (!Array.isArray(given)) return { problem: 'is no JWKS document (JSON with a list "keys")' };
  if (given.length > KEYS_MAX) return { problem: `has more than ${KEYS_MAX} keys` };
  const keys = given.filter((key): key is JsonWebKey => typeof (key as { kty?: unknown } | null)?.kty === 'string');
  if (keys.some((key) => key.kty === 'oct' || 'd' in key || 'k' in key)) {
    return { problem: 'holds a private or secret key: only public ones may be there' };
  }
  const usable = keys.filter(isUsable);
  if (usable.length === 0) {
    return { problem: `has no public key that can check a signature (RSA of ${RSA_BITS_MIN} bits, EC or Ed25519)` };
  }
  return { set: { keys: usable } };
}

function isUsable(key: JsonWebKey): boolean {
  if (key.use !== undefined && key.use !== 'sig') return false;
  try {
    const { asymmetricKeyType: kind, asymmetricKeyDetails } = createPublicKey({ key, format: 'jwk' });
    return KINDS.has(String(kind)) && (kind !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS_MIN);
  } catch {
    return false;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keys as a setting gives them: where they are fetched, or themselves. */
export type KeysSource = { readonly url: URL } | { readonly set: JsonWebKeySet };

/**
 * @param text a URL or a JWKS document. Keys that come without TLS could be anybody's, so `http:` is for the loopback alone.
 * @returns in a sentence's end what is wrong with it
 */
export function keysSource(text: string): KeysSource | { readonly problem: string } {
  if (/^\s*\{/.test(text)) return readJwkSet(text);
  if (!URL.canParse(text)) return { problem: 'is neither a URL nor a JWKS document' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return { problem: 'names a user: public keys need none' };
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return { url };
  return { problem: 'does not begin with https://, and only those of the loopback may come over http://' };
}
