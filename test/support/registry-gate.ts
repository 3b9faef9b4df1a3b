// A small HTTPS server before the registry, as fleets have one: it asks for user and password, or for a token, and passes
// on what it lets in. It can also behave as proxies do that are in the way.
import { readFileSync } from 'node:fs';
import { request as askPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface RegistryGate {
  /** the API's base, over TLS */
  readonly url: string;
  close(): Promise<void>;
}

export interface GateOptions {
  /** PEM files */
  readonly certificate: string;
  readonly key: string;
  /** whom it lets in; it asks for nothing where both are missing */
  readonly basic?: { readonly username: string; readonly password: string };
  readonly token?: string;
  /** PEM file: it asks for a certificate of this authority */
  readonly clientAuthority?: string;
}

/** @param target the registry's own API base */
export async function openRegistryGate(target: string, options: GateOptions): Promise<RegistryGate> {
  const { basic, token, clientAuthority } = options;
  const allowed = new Set<string>();
  if (basic) allowed.add(`Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`);
  if (token !== undefined) allowed.add(`Bearer ${token}`);
  const server = createServer(
    {
      cert: readFileSync(options.certificate),
      key: readFileSync(options.key),
      ...(clientAuthority === undefined
        ? {}
        : { ca: readFileSync(clientAuthority), requestCert: true, rejectUnauthorized: true }),
    },
    (asked, answer) => {
      if (allowed.size > 0 && !allowed.has(asked.headers.authorization ?? '')) {
        answer.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
        return;
      }
      passOn(target, asked, answer);
    },
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}${new URL(target).pathname}`,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

function passOn(target: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { authorization: _kept, host: _ours, ...headers } = asked.headers;
  const url = new URL(asked.url ?? '/', target);
  const onward = askPlain(url, { method: asked.method ?? 'GET', headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
  });
  onward.on('error', () => {
    if (!answer.headersSent) answer.writeHead(502);
    answer.end();
  });
  asked.pipe(onward);
}
