// The keys of the issuer of signed tokens: fetched, kept, and fetched again. A token can make the server ask for keys, so how
// often that happens is bounded, also while the issuer is away.

import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, errors as joseErrors } from 'jose';
import { type JsonWebKeySet, type KeysSource, readJwkSet } from '../connect/jwk-set.ts';

/** Keys older than this are fetched again. */
const FRESH_MS = 300_000;
/** While the issuer is away the keys it had still count for so long; what it has withdrawn meanwhile counts too. */
const TRUSTED_MS = 3_600_000;
/** The shortest time between two fetches, whatever tokens name. */
const FETCH_EVERY_MS = 5_000;
const FETCH_MS_MAX = 3_000;
const BYTES_MAX = 262_144;

/** The keys cannot be had. */
export class KeysAway extends Error {
  override readonly name = 'KeysAway';
}

export interface IssuerKeysOptions {
  /** ms that grow with time */
  readonly now?: () => number;
  /** whether the keys can be had, each time that it changes; a reason: they cannot */
  readonly onChange?: (away: string | null) => void;
}

export class IssuerKeys {
  readonly #source: KeysSource;
  readonly #now: () => number;
  readonly #onChange: (away: string | null) => void;
  #keys: JWTVerifyGetKey | null = null;
  /** when they were fetched last, and when that was tried last, ms */
  #had = Number.NEGATIVE_INFINITY;
  #tried = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | null = null;
  #away: string | null = null;

  constructor(source: KeysSource, options: IssuerKeysOptions = {}) {
    this.#source = source;
    this.#now = options.now ?? (() => performance.now());
    this.#onChange = options.onChange ?? (() => {});
    if ('set' in source) this.#keys = localKeys(source.set);
  }

  /** Why they could not be had when that was tried last; null: they could. */
  get away(): string | null {
    return this.#away;
  }

  /** Fetches them, where they are fetched at all; never rejects. */
  async begin(): Promise<void> {
    if ('url' in this.#source) await this.#fetchOnce(this.#source.url);
  }

  /** The key that a token's header names. @throws KeysAway; jose's errors, JWKSNoMatchingKey for one that the issuer has not */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if ('set' in this.#source) return this.#keys!(header, token);
    const { url } = this.#source;
    const age = this.#now() - this.#had;
    if (age > FRESH_MS) {
      const fetched = this.#fetchOnce(url);
      // Who has keys need not wait for newer ones.
      if (age > TRUSTED_MS) await fetched;
    }
    try {
      return await this.#trusted()(header, token);
    } catch (error) {
      if (!(error instanceof joseErrors.JWKSNoMatchingKey)) throw error;
      // It may be newer than what is kept.
      await this.#fetchOnce(url);
      if (this.#away !== null) throw new KeysAway(this.#away);
      return this.#trusted()(header, token);
    }
  };

  #trusted(): JWTVerifyGetKey {
    if (this.#keys === null || this.#now() - this.#had > TRUSTED_MS) {
      throw new KeysAway(this.#away ?? 'they have not been fetched yet');
    }
    return this.#keys;
  }

  /** At most once in a while; whoever asks meanwhile gets what the last time brought. */
  #fetchOnce(url: URL): Promise<void> {
    if (this.#fetching === null && this.#now() - this.#tried >= FETCH_EVERY_MS) {
      this.#tried = this.#now();
      this.#fetching = this.#fetch(url).finally(() => {
        this.#fetching = null;
      });
    }
    return this.#fetching ?? Promise.resolve();
  }

  async #fetch(url: URL): Promise<void> {
    let away: string | null = null;
    try {
      this.#keys = localKeys(await fetchKeys(url));
      this.#had = this.#now();
    } catch (error) {
      away = error instanceof Error ? error.message : String(error);
    }
    const changed = (away === null) !== (this.#away === null);
    this.#away = away;
    if (changed) this.#onChange(away);
  }
}

function localKeys(set: JsonWebKeySet): JWTVerifyGetKey {
  return createLocalJWKSet(set as JSONWebKeySet);
}

/** @throws Error that says in a sentence what is wrong with the answer, or that there is none */
async function fetchKeys(url: URL): Promise<JsonWebKeySet> {
  const where = `${url.origin}${url.pathname}`;
  const signal = AbortSignal.timeout(FETCH_MS_MAX);
  const headers = { accept: 'application/jwk-set+json, application/json' };
  let text: string;
  try {
    // Nobody but the URL of the setting is asked: where a redirection leads is not for the answer to say.
    const answer = await fetch(url, { signal, headers, redirect: 'manual' });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new UnusableAnswer(`${where} answers ${answer.status} in place of keys`);
    }
    text = await boundedText(answer, where);
  } catch (error) {
    if (error instanceof UnusableAnswer) throw error;
    if (signal.aborted) throw new Error(`${where} does not answer within ${FETCH_MS_MAX / 1_000} s`);
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    throw new Error(`${where} does not answer (${code ?? message})`);
  }
  const read = readJwkSet(text);
  if ('problem' in read) throw new Error(`what ${where} answers ${read.problem}`);
  return read.set;
}

class UnusableAnswer extends Error {}

async function boundedText({ body }: Response, where: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new UnusableAnswer(`${where} answers more than ${BYTES_MAX / 1_024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
