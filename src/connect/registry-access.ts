// How we reach the registry and prove who we are; and one bare request that finds out why it cannot be asked: the API
// client keeps neither error codes nor headers.

import { type Agent, get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { type ConnectProblem, connectProblem, type ProblemKind } from './connect-problem.ts';

export interface RegistryOptions {
  /** the Confluent API's base; user and password may stand in it */
  readonly url: string;
  /** how long one request may take, ms */
  readonly timeoutMs: number;
  /** basic authentication, where the URL names nobody */
  readonly basic?: { readonly username: string; readonly password: string };
  /** bearer authentication */
  readonly token?: string;
  /** PEM; for `https:` */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly passphrase?: string };
}

export interface RegistryAccess {
  /** the API's base without credentials */
  readonly host: string;
  /** the header `authorization`, if any */
  readonly authorization: string | null;
  /** null: Node's own, which honours a proxy of the environment */
  readonly agent: Agent | null;
}

export function registryAccess({ url: text, basic, token, tls }: RegistryOptions): RegistryAccess {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const host = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const inUrl = username !== '' || password !== '';
  const login = inUrl ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : basic;
  const encoded = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const authorization = token !== undefined ? `Bearer ${token}` : encoded === undefined ? null : `Basic ${encoded}`;
  const ownTls = url.protocol === 'https:' && tls !== undefined && Object.keys(tls).length > 0;
  return { host, authorization, agent: ownTls ? new HttpsAgent({ ...tls, keepAlive: true }) : null };
}

/** Characters of an answer; no schema is longer. */
const BODY_MAX = 20_000_000;

export interface RegistryReply {
  readonly status: number;
  readonly type: string;
  readonly location: string;
  readonly body: string;
}

/** Asks once; null: it answers as a registry does. */
export async function registryProblem(access: RegistryAccess, timeoutMs: number): Promise<ConnectProblem | null> {
  const { host } = access;
  const url = new URL(host);
  try {
    return problemOfAnswer(await getFromRegistry(access, '/subjects', timeoutMs), access);
  } catch (error) {
    const address = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
    const known = connectProblem('registry', error, address);
    if (known !== null) return known;
    const said = error instanceof Error ? error.message : String(error);
    return problem(
      'closed',
      `the schema registry at ${host}: ${said}`,
      'look at SCHEMA_REGISTRY_URL, and whether the port takes TLS (https://)',
    );
  }
}

/** One GET of the registry's API. @throws what Node's own client does, or an Error after `timeoutMs` */
export function getFromRegistry(
  { host, authorization, agent }: RegistryAccess,
  path: string,
  timeoutMs: number,
): Promise<RegistryReply> {
  return new Promise((resolve, reject) => {
    const headers = authorization === null ? {} : { authorization };
    const signal = AbortSignal.timeout(timeoutMs);
    const get = host.startsWith('https:') ? httpsGet : httpGet;
    const request = get(`${host}${path}`, { headers, signal, ...(agent === null ? {} : { agent }) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < BODY_MAX) body += text;
      });
      response.on('error', reject);
      response.on('end', () => {
        const { 'content-type': type = '', location = '' } = response.headers;
        resolve({ status: response.statusCode ?? 0, type, location, body });
      });
    });
    request.on('error', (error) => {
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
    });
  });
}

function problemOfAnswer({ status, type, location, body }: RegistryReply, { host, authorization }: RegistryAccess) {
  const who = authorization === null ? 'asks who we are' : 'refuses our user, password or token';
  const where = `what answers at ${host}`;
  const login =
    'set SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD_FILE, or SCHEMA_REGISTRY_TOKEN_FILE, to what it takes';
  const title = /<title>\s*([^<]{0,80}?)\s*<\/title>/i.exec(body)?.[1];
  const html = type.includes('text/html') || /^\s*<(!doctype html|html)/i.test(body);
  const direct = 'set SCHEMA_REGISTRY_URL to the registry itself, or let the proxy pass us (NO_PROXY)';
  if (status === 407) return problem('proxy', `a proxy before ${host} asks for a login (status 407)`, direct);
  if (status === 401) return problem('login_refused', `the schema registry at ${host} ${who} (status 401)`, login);
  if (status === 403) {
    return problem(
      'not_allowed',
      `the schema registry at ${host} does not allow us to ask (status 403)`,
      `give our user its read and write rights, or ${login}`,
    );
  }
  if (html) {
    const named = title === undefined ? '' : `, "${title}"`;
    return problem(
      'proxy',
      `${where} is a web page (status ${status}${named}) and no schema registry: a proxy's, or a login page`,
      direct,
    );
  }
  if (status >= 300 && status < 400) {
    return problem('proxy', `${where} sends us elsewhere (status ${status}, ${locationHost(location)})`, direct);
  }
  const said = messageIn(body);
  if (status >= 400 && status !== 404 && said !== null) {
    return problem(
      'trouble',
      `the schema registry at ${host} says: ${said} (status ${status})`,
      'look at the registry',
    );
  }
  if (status === 429 || status >= 500) {
    return problem(
      'proxy',
      `${where} says status ${status}: a proxy without its registry, or a registry in trouble`,
      'look at the registry, and at what is before it',
    );
  }
  const isList = status === 200 && /^\s*\[/.test(body);
  if (isList) return null;
  return problem(
    'proxy',
    `${where} answers, but not as a schema registry (status ${status})`,
    "set SCHEMA_REGISTRY_URL to the base of Confluent's API (of Apicurio it ends with /apis/ccompat/v7)",
  );
}

/** What a registry says of its own troubles. */
function messageIn(body: string): string | null {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, 300) : null;
  } catch {
    return null;
  }
}

/** Where a redirection leads may hold a session in its query. */
function locationHost(location: string): string {
  return URL.canParse(location) ? new URL(location).host : 'to no place';
}

function problem(kind: ProblemKind, message: string, cure: string): ConnectProblem {
  return { kind, message, cure };
}
