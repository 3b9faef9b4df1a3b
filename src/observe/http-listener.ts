// A small HTTP listener for those who watch a process: probes and scrapers. It only answers GET and HEAD, and only on the
// paths that it is given.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port */
  readonly port: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Answers by path. */
export type HttpRoutes = Readonly<Record<string, () => HttpAnswer | Promise<HttpAnswer>>>;

export interface HttpListener {
  readonly address: ListenAddress;
  /** e.g. `http://127.0.0.1:9464` */
  readonly url: string;
  /** Takes no more requests, and cuts those under way. */
  close(): Promise<void>;
}

/** ms for a whole request; a client that is slower is cut off */
const REQUEST_MS_MAX = 10_000;
const CONNECTIONS_MAX = 100;

/** @throws the listener's own error (EADDRINUSE, EACCES, ENOTFOUND, …) where it cannot listen */
export async function listen(address: ListenAddress, routes: HttpRoutes): Promise<HttpListener> {
  const server = createServer({ requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX }, (request, response) =>
    answer(routes, request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.listen({ host: address.host, port: address.port });
  await once(server, 'listening');
  // Errors of single connections come here as well, and are nobody's concern.
  server.on('error', () => {});
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return { address: { host: address.host, port }, url: `http://${host}:${port}`, close: () => closed(server) };
}

function answer(routes: HttpRoutes, { method, url = '/' }: IncomingMessage, response: ServerResponse): void {
  const [path = '/'] = url.split('?', 1);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) {
    send(response, 404, 'text/plain; charset=utf-8', `there is only ${Object.keys(routes).join(', ')}\n`);
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(response, 405, 'text/plain; charset=utf-8', 'only GET and HEAD\n');
  } else {
    Promise.resolve()
      .then(route)
      .then(({ status, contentType, body }) => send(response, status, contentType, body))
      // What went wrong is not for whoever can reach the port.
      .catch(() => send(response, 500, 'text/plain; charset=utf-8', 'this went wrong\n'));
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  // Node leaves the body of an answer to HEAD out by itself.
  response.end(body);
}

async function closed(server: Server): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await ended;
}
